"""JSON as advisors and tuners of NNI 2 write it."""

import io
import json

import pytest

import nni
from nni.common.serializer import dump, load


def test_what_is_dumped_can_be_loaded() -> None:
    value = {"parameter_id": 3, "parameters": {"x": [1, 0.5, None, "a"]}}
    assert load(dump(value)) == value
    assert nni.load(nni.dump(value, indent=2)) == value


def test_files_are_written_and_read() -> None:
    file = io.StringIO()
    dump({"x": 1}, file)
    file.seek(0)
    assert load(fp=file) == {"x": 1}


def test_numbers_and_arrays_of_numpy_become_plain() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    value = {"a": numpy.float32(0.5), "b": numpy.arange(2)}
    assert json.loads(dump(value)) == {"a": 0.5, "b": [0, 1]}


def test_what_is_no_json_is_named() -> None:
    with pytest.raises(TypeError, match="set cannot be written as JSON"):
        dump({1})
    with pytest.raises(ValueError, match="either a text or fp"):
        load()
