import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.store import metrics
from controller.store.metrics import Read, Tail, parse


def reader(text: bytes) -> Read:
    return lambda offset, limit: text[offset : offset + limit]


def line(step: int, value: object = 0.5) -> bytes:
    return b'{"step": %d, "value": %s, "at": 1.0}\n' % (step, str(value).encode())


def test_takes_what_is_new() -> None:
    tail, text = Tail(), line(1, 0.25)
    assert tail.take(reader(text)) == ([(1, 0.25)], False)
    assert tail.take(reader(text)) == ([], False)
    assert tail.take(reader(text + line(2, 0.75))) == ([(2, 0.75)], False)


def test_a_line_without_its_end_is_not_there_yet() -> None:
    tail, text = Tail(), line(1) + line(2)
    assert tail.take(reader(text[:-1]))[0] == [(1, 0.5)]
    assert tail.take(reader(text))[0] == [(2, 0.5)]


def test_nul_bytes_are_not_written_yet() -> None:
    tail, text = Tail(), line(1) + line(2) + line(3)
    hole = text.replace(line(2), b"\0" * len(line(2)))
    assert tail.rest(reader(hole)) == [(1, 0.5)]
    assert tail.rest(reader(hole)) == []
    assert tail.rest(reader(text)) == [(2, 0.5), (3, 0.5)]


def test_known_reports_are_passed_over() -> None:
    text = line(1) + b"no report\n" + line(2) + line(3)
    assert Tail(seen=2).rest(reader(text)) == [(3, 0.5)]
    assert Tail(seen=9).rest(reader(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1]",
        b"7",
        b'{"step": 1}',
        b'{"value": 1}',
        b'{"step": "1", "value": 1}',
        b'{"step": true, "value": 1}',
        b'{"step": 1.5, "value": 1}',
        b'{"step": %d, "value": 1}' % (1 << 63),
        b'{"step": 1, "value": \xff}',
        b"[" * 50_000,
        b'{"step": 1, "value": "%s"}' % (b"x" * metrics.LINE_LIMIT),
        b'{"step": 1, "value": 1%s}' % (b"0" * 5000),
    ],
)
def test_what_is_no_report_is_passed_over(text: bytes) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_none(value: str) -> None:
    assert parse(b'{"step": 1, "value": %s}' % value.encode()) == (1, None)
    text = b'{"step": 1, "value": {"default": %s, "loss": 1e-1}}' % value.encode()
    assert parse(text) == (1, {"default": None, "loss": 0.1})


def test_a_line_without_end_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 100)
    monkeypatch.setattr(metrics, "LINE_LIMIT", 80)
    text = line(1) + b"x" * 1000 + b"\n" + line(2)
    assert Tail().rest(reader(text)) == [(1, 0.5), (2, 0.5)]


def test_a_flood_is_read_in_parts_and_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 100)
    monkeypatch.setattr(metrics, "LINE_LIMIT", 80)
    monkeypatch.setattr(metrics, "FILE_LIMIT", 1000)
    text = b"".join(line(step) for step in range(100))
    tail = Tail()
    first, more = tail.take(reader(text))
    assert more
    assert 0 < len(first) < 4
    assert len(first) + len(tail.rest(reader(text))) == text[:1000].count(b"\n")
    assert tail.take(reader(text)) == ([], False)


def test_a_store_that_fails_in_between_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 100)
    text = b"".join(line(step) for step in range(10))

    def failing(offset: int, limit: int) -> bytes:
        if offset > 150:
            raise OSError(5, "Input/output error")
        return text[offset : offset + limit]

    tail = Tail(seen=3)
    with pytest.raises(OSError, match="Input/output"):
        tail.rest(failing)
    assert [step for step, _ in tail.rest(reader(text))] == list(range(3, 10))


@given(
    st.lists(st.sampled_from([b"nonsense\n", b"\n", line(1), line(2), b'{"step": 3}\n'])),
    st.lists(st.integers(0, 40), max_size=30),
    st.integers(0, 5),
)
def test_however_a_file_grows_every_report_is_taken_once(
    lines: list[bytes], growth: list[int], seen: int
) -> None:
    text, size, tail = b"".join(lines), 0, Tail(seen)
    taken = []
    for more in [*growth, len(text)]:
        size = min(size + more, len(text))
        # What is not written yet reads as NUL bytes, or is not there.
        shown = text[:size] + b"\0" * (more % 3)
        taken += tail.take(reader(shown))[0]
    expected = [parse(one) for one in lines if parse(one.strip()) is not None]
    assert taken == expected[seen:]
