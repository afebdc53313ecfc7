import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.store.monitor import metrics
from controller.store.monitor.metrics import MetricsReader, Read, Report, parse
from heirloom.store.limits.metrics import COUNT_LIMIT, NAME_LIMIT, MetricLimits

LONGEST = "x" * NAME_LIMIT


def reader(text: bytes) -> Read:
    return lambda offset, limit: text[offset : offset + limit]


def rest(metrics_reader: MetricsReader, read: Read) -> list[Report]:
    """All reports that are left."""
    found, more = metrics_reader.read_new(read)
    while more:
        reports, more = metrics_reader.read_new(read)
        found += reports
    return found


def line(step: int, value: object = 0.5) -> bytes:
    return b'{"step": %d, "value": %s, "at": 1.0}\n' % (step, str(value).encode())


def test_new_reports_are_returned_once() -> None:
    metrics_reader, text = MetricsReader(), line(1, 0.25)
    assert metrics_reader.read_new(reader(text)) == ([(1, 0.25, None)], False)
    assert metrics_reader.read_new(reader(text)) == ([], False)
    assert metrics_reader.read_new(reader(text + line(2, 0.75))) == ([(2, 0.75, None)], False)


def test_a_line_without_a_newline_is_not_complete_yet() -> None:
    metrics_reader, text = MetricsReader(), line(1) + line(2)
    assert metrics_reader.read_new(reader(text[:-1]))[0] == [(1, 0.5, None)]
    assert metrics_reader.read_new(reader(text))[0] == [(2, 0.5, None)]


def test_nul_bytes_are_not_written_yet() -> None:
    metrics_reader, text = MetricsReader(), line(1) + line(2) + line(3)
    hole = text.replace(line(2), b"\0" * len(line(2)))
    assert rest(metrics_reader, reader(hole)) == [(1, 0.5, None)]
    assert rest(metrics_reader, reader(hole)) == []
    assert rest(metrics_reader, reader(text)) == [(2, 0.5, None), (3, 0.5, None)]


def test_known_reports_are_not_returned() -> None:
    text = line(1) + b"no report\n" + line(2) + line(3)
    assert rest(MetricsReader(reports_known=2), reader(text)) == [(3, 0.5, None)]
    assert rest(MetricsReader(reports_known=9), reader(text)) == []


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
        b'{"step": 1, "value": %s1%s}' % (b"[" * 200, b"]" * 200),
        b'\xff\xfe{"step": 1, "value": 1}',
    ],
)
def test_an_invalid_line_is_not_a_report(text: bytes) -> None:
    assert parse(text, MetricLimits()) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_becomes_none(value: str) -> None:
    assert parse(b'{"step": 1, "value": %s}' % value.encode(), MetricLimits()) == (1, None, None)
    text = b'{"step": 1, "value": {"default": %s, "loss": 1e-1}}' % value.encode()
    assert parse(text, MetricLimits()) == (1, {"default": None, "loss": 0.1}, {"loss": 0.1})


def test_an_integer_beyond_every_float_becomes_none() -> None:
    assert parse(b'{"step": 1, "value": 1%s}' % (b"0" * 400), MetricLimits()) == (1, None, None)
    assert parse(b'{"step": 1, "value": [1%s, 2]}' % (b"0" * 400), MetricLimits()) == (
        1,
        [None, 2],
        None,
    )


@pytest.mark.parametrize(
    ("metrics", "kept"),
    [
        ('{"loss": 0.5, "lr": 1}', {"loss": 0.5, "lr": 1}),
        ('{"loss": NaN, "lr": 1e999, "n": null}', {"loss": None, "lr": None, "n": None}),
        ('{"n": 1%s}' % ("0" * 400), {"n": None}),
        ('{"a": "text", "b": true, "c": [1], "d": 1}', {"d": 1}),
        ('{"": 1, "a\\n": 1, "\\ud800": 1, "Verlust/ä": 1}', {"Verlust/ä": 1}),
        (f'{{"{LONGEST}": 1, "{LONGEST}y": 2}}', {LONGEST: 1}),
        ("{}", None),
        ("[1]", None),
        ("null", None),
    ],
)
def test_metrics_by_name_are_kept_within_limits(
    metrics: str, kept: dict[str, float | None] | None
) -> None:
    text = f'{{"step": 1, "value": 0.5, "metrics": {metrics}}}'
    assert parse(text.encode(), MetricLimits()) == (1, 0.5, kept)


def test_of_too_many_metrics_the_first_names_are_kept_and_the_reader_says_which_is_not() -> None:
    names = [f"m{number}" for number in range(COUNT_LIMIT + 2)]
    reports = [{"step": 0, "value": 1, "metrics": {name: 0.5}} for name in [*names, "m0"]]
    text = b"".join(json.dumps(report).encode() + b"\n" for report in reports)
    metrics_reader = MetricsReader(reports_known=1)
    found = [row for _, _, row in rest(metrics_reader, reader(text))]
    assert found == [{name: 0.5} for name in names[1:COUNT_LIMIT]] + [None, None, {"m0": 0.5}]
    assert metrics_reader.problem == "metric 'm64' is one too many: an attempt has 64 names"


def test_further_numbers_of_a_dictionary_are_metrics() -> None:
    value = {"default": 0.5, "loss": 0.25, "epoch": 3, "note": "text", "flag": True, "list": [1]}
    text = json.dumps({"step": 1, "value": value}).encode()
    assert parse(text, MetricLimits()) == (1, value, {"loss": 0.25, "epoch": 3})


def test_a_line_that_is_too_long_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 100)
    monkeypatch.setattr(metrics, "LINE_LIMIT", 80)
    text = line(1) + b"x" * 1000 + b"\n" + line(2)
    assert rest(MetricsReader(), reader(text)) == [(1, 0.5, None), (2, 0.5, None)]


def test_a_large_file_is_read_in_parts_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 100)
    monkeypatch.setattr(metrics, "LINE_LIMIT", 80)
    monkeypatch.setattr(metrics, "FILE_LIMIT", 1000)
    text = b"".join(line(step) for step in range(100))
    metrics_reader = MetricsReader()
    first, more = metrics_reader.read_new(reader(text))
    assert more
    assert 0 < len(first) < 4
    assert len(first) + len(rest(metrics_reader, reader(text))) == text[:1000].count(b"\n")
    assert metrics_reader.read_new(reader(text)) == ([], False)


def test_an_error_while_reading_loses_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 100)
    text = b"".join(line(step) for step in range(10))

    def failing(offset: int, limit: int) -> bytes:
        if offset > 140:
            raise OSError(5, "Input/output error")
        return text[offset : offset + limit]

    metrics_reader = MetricsReader(reports_known=3)
    found: list[Report] = []
    for _ in range(2):
        found += metrics_reader.read_new(failing)[0]
    with pytest.raises(OSError, match="Input/output"):
        metrics_reader.read_new(failing)
    found += rest(metrics_reader, reader(text))
    assert [step for step, _, _ in found] == list(range(3, 10))


@given(
    st.lists(st.sampled_from([b"nonsense\n", b"\n", line(1), line(2), b'{"step": 3}\n'])),
    st.lists(st.integers(0, 40), max_size=30),
    st.integers(0, 5),
)
def test_every_report_is_returned_once_however_the_file_grows(
    lines: list[bytes], growth: list[int], seen: int
) -> None:
    text, size, metrics_reader = b"".join(lines), 0, MetricsReader(seen)
    taken = []
    for more in [*growth, len(text)]:
        size = min(size + more, len(text))
        # Bytes that are not written yet read as NUL bytes, or the file is shorter.
        shown = text[:size] + b"\0" * (more % 3)
        taken += metrics_reader.read_new(reader(shown))[0]
    expected = [
        parse(one, MetricLimits())
        for one in lines
        if parse(one.strip(), MetricLimits()) is not None
    ]
    assert taken == expected[seen:]


def test_the_first_line_may_say_where_the_attempt_continues() -> None:
    text = b'{"continued": {"attempt": 1, "step": 90}}\n' + line(91)
    metrics_reader = MetricsReader()
    assert rest(metrics_reader, reader(text))[0][0] == 91
    assert metrics_reader.continued == (1, 90)


@pytest.mark.parametrize(
    "text",
    [
        line(1) + b'{"continued": {"attempt": 1, "step": 90}}\n',
        b'{"continued": {"attempt": 1, "step": 90}}',
        b'{"continued": {"attempt": -1, "step": 90}}\n',
        b'{"continued": {"attempt": true, "step": 90}}\n',
        b'{"continued": {"attempt": 1}}\n',
        b'{"continued": 7}\n',
        b'{"continued"\n',
    ],
)
def test_another_line_does_not(text: bytes) -> None:
    metrics_reader = MetricsReader()
    rest(metrics_reader, reader(text))
    assert metrics_reader.continued is None
