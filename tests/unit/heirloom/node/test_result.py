import contextlib
import json
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.node.process import result
from heirloom.node.process.output_log import OutputLog


@given(st.binary(max_size=200) | st.text('{}[]"value:0129.eE-NainftyI, ').map(str.encode))
def test_any_bytes_give_a_valid_result_or_a_result_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("result") / "result.json"
    path.write_bytes(data)
    with contextlib.suppress(result.ResultError):
        contents = result.read(str(path))
        assert json.loads(json.dumps(contents, allow_nan=False)) == contents
        assert math.isfinite(contents["value"])


@pytest.mark.parametrize("value", ["1e999", "-Infinity", "NaN", "1" + "0" * 400])
def test_non_finite_values_are_refused(tmp_path, value):
    (tmp_path / "r").write_text(f'{{"value": {value}}}')
    with pytest.raises(result.ResultError, match="not finite"):
        result.read(str(tmp_path / "r"))


def test_an_optional_value_may_be_missing_but_not_invalid(tmp_path):
    path = tmp_path / "r"
    assert result.read(str(path), needed=False) == {}
    for contents in ({"value": None, "nni": ["a"]}, {"nni": "b"}, {"value": 0.5}):
        path.write_text(json.dumps(contents))
        assert result.read(str(path), needed=False) == contents
    for text in ('{"value": "x"}', '{"value": NaN}', "[]", "{"):
        path.write_text(text)
        with pytest.raises(result.ResultError):
            result.read(str(path), needed=False)
    path.write_text('{"value": null}')
    with pytest.raises(result.ResultError, match="not a number: null"):
        result.read(str(path))


def test_non_finite_numbers_beside_the_value_become_null(tmp_path):
    (tmp_path / "r").write_text('{"value": 1, "loss": NaN, "all": [Infinity, 2]}')
    assert result.read(str(tmp_path / "r")) == {"value": 1, "loss": None, "all": [None, 2]}


def test_a_fifo_as_result_file_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "r")
    with pytest.raises(result.ResultError):
        result.read(str(tmp_path / "r"))


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        (b"", None),
        (b'{"value": 0.5}\n', 0.5),
        (b'{"value": 0.5}\n{"value": 0.7}', 0.5),  # the last line is incomplete
        (b'{"value": 0.5}\n\0\0\0\n', 0.5),
        (b'{"value": 0.5}\n{"value": null}\n{"val\n', 0.5),
        (b'{"value": "x"}\n', None),
        (b'{"value": 1}\n{"value": {"default": 0.5, "loss": 2}}\n', 0.5),
        (b'{"value": 1}\n{"value": {"loss": 2}}\n', 1),
    ],
)
def test_the_last_complete_report_counts(tmp_path, lines, value):
    (tmp_path / "m").write_bytes(lines)
    assert result.last_report(str(tmp_path / "m")) == value


def test_a_long_history_is_read_from_its_end(tmp_path):
    lines = [json.dumps({"value": number}) for number in range(20_000)]
    (tmp_path / "m").write_text("\n".join(lines) + "\n")
    assert result.last_report(str(tmp_path / "m")) == 19_999


def test_without_metrics_there_is_no_report(tmp_path):
    assert result.last_report(str(tmp_path / "m")) is None


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield reading, writing
    os.close(reading)


def test_a_log_keeps_its_beginning_and_its_last_lines(tmp_path, pipe):
    reading, writing = pipe
    log = OutputLog(str(tmp_path / "log"), 10)
    os.write(writing, b"0123456")
    assert log.drain(reading) is False
    os.write(writing, b"789abc\nthe end\x1b[0m\n\n")
    os.close(writing)
    log.drain(reading)
    log.close()
    assert log.ended
    assert log.lines[-1] == "the end"
    text = (tmp_path / "log").read_text()
    assert text == "0123456789\n[heirloom: over 10 bytes; the rest was dropped]\n"


def test_a_log_of_exactly_the_limit_is_complete(tmp_path, pipe):
    reading, writing = pipe
    log = OutputLog(str(tmp_path / "log"), 3)
    os.write(writing, b"abc")
    os.close(writing)
    log.drain(reading)
    log.close()
    assert (tmp_path / "log").read_text() == "abc"


def test_a_deeply_nested_result_is_refused(tmp_path):
    path = tmp_path / "result.json"
    path.write_text('{"value": 1, "more": ' + "[" * 500 + "]" * 500 + "}")
    with pytest.raises(result.ResultError, match="nested more than 100 levels deep"):
        result.read(str(path))


NAMES = ("accuracy", "latency")


def read_by_name(directory, contents, **more):
    (directory / "r").write_text(json.dumps(contents))
    return result.values(result.read(str(directory / "r"), names=NAMES, **more), NAMES)


@pytest.mark.parametrize(
    "contents",
    [
        {"accuracy": 0.9, "latency": 12, "epochs": 3},
        {"value": 0.9, "latency": 12},
        {"value": 0.9, "accuracy": 0.9, "latency": 12},
        {"value": 0.9, "nni": {"default": 0.9, "latency": 12}},
    ],
)
def test_values_by_name(tmp_path, contents):
    assert read_by_name(tmp_path, contents) == {"accuracy": 0.9, "latency": 12.0}


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (
            {"accuracy": 0.9},
            'its result has no latency: {"accuracy": 0.9}: call trial.finish(accuracy=…, '
            'latency=…), or write {"accuracy": number, "latency": number} to $HEIRLOOM_RESULT',
        ),
        ({"latency": 1}, "its result has no accuracy: "),
        ({"value": None, "latency": 1}, "its result has no accuracy: "),
        ([3], "its result has no accuracy: [3]: "),
        (
            {"accuracy": 0.9, "latency": math.nan},
            'latency in its result is not finite: NaN (of {"accuracy": 0.9, "latency": NaN})',
        ),
        ({"accuracy": "x", "latency": 1}, 'accuracy in its result is not a number: "x" (of {'),
        ({"value": 1, "accuracy": 2, "latency": 1}, "gives accuracy twice, as 2 and as value 1: "),
    ],
)
def test_the_reason_names_the_value_that_is_wrong(tmp_path, contents, message):
    with pytest.raises(result.ResultError) as raised:
        read_by_name(tmp_path, contents)
    assert message in str(raised.value)


def test_optional_values_by_name_may_be_missing_but_not_invalid(tmp_path):
    assert read_by_name(tmp_path, {"latency": 1}, needed=False) == {"latency": 1.0}
    with pytest.raises(result.ResultError, match="latency in its result is not finite: Infinity"):
        read_by_name(tmp_path, {"latency": math.inf}, needed=False)
