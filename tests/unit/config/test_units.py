"""Durations and sizes as people write them."""

import pytest

from controller.config import units


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90),
        (0.5, 0.5),
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5400),
        ("2d", 172800),
        ("1h 30m", 5400),
        ("250ms", 0.25),
        ("1.5h", 5400),
    ],
)
def test_duration(written: object, seconds: float) -> None:
    assert units.seconds(written) == seconds


@pytest.mark.parametrize(
    "written",
    [0, -1, True, None, "", "90", "10 minutes", "h", "1h30", "m10", float("nan"), [1], 10**400],
)
def test_invalid_duration(written: object) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        units.seconds(written)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (65536, 65536),
        ("64MB", 64_000_000),
        ("1GiB", 2**30),
        ("1.5kb", 1500),
        ("10", 10),
        ("10 B", 10),
    ],
)
def test_size(written: object, size: int) -> None:
    assert units.size(written) == size


@pytest.mark.parametrize("written", [0, -1, True, None, "", "MB", "64 bananas", 1.5, "-3MB"])
def test_invalid_size(written: object) -> None:
    with pytest.raises(ValueError, match="must be a size"):
        units.size(written)
