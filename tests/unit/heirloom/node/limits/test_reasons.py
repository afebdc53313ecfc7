import pytest

from heirloom.node.limits.reasons import exceeded


@pytest.mark.parametrize(
    ("limit", "used", "text"),
    [
        (2 << 30, (2 << 30) + 1, "used 2.1 GiB, more than its memory limit of 2 GiB"),
        (200_000_000, 800_000_000, "used 800 MB, more than its memory limit of 200 MB"),
        (200_000_000, 1_234_000_000, "used 1.3 GB, more than its memory limit of 200 MB"),
        (1_500_000_000, None, "used more than its memory limit of 1.5 GB"),
        (100 << 20, None, "used more than its memory limit of 100 MiB"),
        (500, 700, "used 700 bytes, more than its memory limit of 500 bytes"),
        (3 << 60, None, "used more than its memory limit of 3.14573e+06 TiB"),
        (None, None, "used more memory than the node has"),
    ],
)
def test_a_reason_names_sizes_in_the_unit_of_the_limit(limit, used, text):
    assert exceeded(limit, used) == text
