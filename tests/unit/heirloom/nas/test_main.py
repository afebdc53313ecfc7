"""`python -m heirloom.nas`: JSON on stdout, and one line for whatever the user's code raises."""

import json
import sys

import pytest

from tests.pytorch import require_torch

require_torch()

from heirloom.nas.__main__ import main

NET = """
from torch import nn
from heirloom import nas
print("imported")
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        print("constructed")
        self.layer = nn.Linear(4, nas.value("width", [2, 3]))
"""
RAISING = """
class Net:
    def __init__(self):
        {}["x"]
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Runs the command on the source of a module."""

    def call(source, name="written_net.Net", *options):
        (tmp_path / "written_net.py").write_text(source)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(sys, "argv", ["heirloom.nas", *options, name])
        monkeypatch.delitem(sys.modules, "written_net", raising=False)
        main()

    yield call
    sys.modules.pop("written_net", None)


def test_only_the_space_is_on_stdout(call, capsys):
    call(NET)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"width": {"_type": "choice", "_value": [2, 3]}}
    assert {"imported", "constructed"} <= set(err.splitlines())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\ndef x(:", "written_net.Net raises SyntaxError: invalid syntax (written_net.py:2)"),
        ("import not_there", "written_net.Net: No module named 'not_there'"),
        ("from math import not_there", "raises ImportError: cannot import name 'not_there'"),
        ("import sys; sys.exit(3)", "written_net.Net raises SystemExit: 3 (written_net.py:1)"),
        ("import math; math.not_there", "raises AttributeError: module 'math' has no attribute"),
        ("", "the module written_net has no Net"),
        (RAISING, "written_net.Net raises KeyError: 'x' (written_net.py:4)"),
    ],
)
def test_an_error_of_the_users_module_is_one_line(call, source, message):
    with pytest.raises(SystemExit) as ended:
        call(source)
    text = str(ended.value)
    assert text.startswith("error: ")
    assert message in text
    assert "\n" not in text


def test_the_table_of_costs(call, capsys):
    call(NET, "written_net.Net", "--table")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "of 2 of 2 candidates"
    assert lines[-1].split() == ["width", "3", "15"]


@pytest.mark.parametrize(
    ("source", "key", "value"),
    [
        (NET, "space", {"width": {"_type": "choice", "_value": [2, 3]}}),
        ("import not_there", "error", "written_net.Net: No module named 'not_there'"),
    ],
)
def test_the_answer_of_a_trial(call, tmp_path, monkeypatch, source, key, value):
    monkeypatch.setenv("HEIRLOOM_SAVE_PATH", str(tmp_path))
    call(source, "written_net.Net", "--trial")
    assert json.loads((tmp_path / "model.json").read_text())[key] == value


@pytest.mark.parametrize("name", ["Net", ".Net", "net."])
def test_a_name_without_module_or_class(call, name):
    with pytest.raises(SystemExit, match=r"must be MODULE\.NAME, such as net\.Net"):
        call(NET, name)
