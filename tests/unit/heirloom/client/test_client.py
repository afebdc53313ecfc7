"""Searches from Python, with a program in place of the command."""

import json
import sys
from pathlib import Path

import pytest

from heirloom import client
from heirloom.client import command, start
from heirloom.client.experiment import Experiment

PROGRAM = """\
import json, sys
from pathlib import Path
here = Path(__file__).parent
words = sys.argv[1:]
with (here / "calls").open("a") as file:
    file.write(json.dumps(words) + "\\n")
answers = json.loads((here / "answers").read_text())
answer = answers.get(words[0], "")
if isinstance(answer, int):
    sys.stderr.write(f"error: {words[0]} has failed\\n")
    sys.exit(answer)
print(answer if isinstance(answer, str) else json.dumps(answer))
"""
TRIALS = [
    {
        "id": 0,
        "value": 0.5,
        "weights": "/store/trials/0/weights",
        "removed": False,
        "state": "succeeded",
    },
    {"id": 1, "value": None, "weights": None, "removed": False, "state": "failed"},
    {"id": 2, "value": 0.4, "weights": None, "removed": True, "state": "succeeded"},
]


class Program:
    """Prints an answer for each command, and records how it was called."""

    def __init__(self, path):
        self.path = path
        (path / "heirloom.py").write_text(PROGRAM)
        self.answer(trials=TRIALS, status=[{"name": "cnn", "best": 0, "state": "finished"}])

    def answer(self, **answers):
        (self.path / "answers").write_text(json.dumps(answers))

    @property
    def calls(self):
        return [json.loads(line) for line in (self.path / "calls").read_text().splitlines()]


@pytest.fixture
def program(tmp_path, monkeypatch):
    found = Program(tmp_path)
    for module in (command, start, sys.modules["heirloom.client.experiment"]):
        monkeypatch.setattr(module, "program", lambda: [sys.executable, f"{tmp_path}/heirloom.py"])
    return found


def test_trials_and_the_best_of_them(program, monkeypatch):
    search = client.load("cnn")
    assert search.rows() == TRIALS
    monkeypatch.setitem(sys.modules, "pandas", None)  # as if it were not installed
    assert search.trials == TRIALS
    assert search.best == TRIALS[0]
    assert search.state == "finished"
    assert program.calls[:2] == [["status", "cnn", "--json"], ["trials", "cnn", "--json"]]
    with pytest.raises(client.ClientError, match="cnn has no trial 3: it has 3"):
        search.trial(3)


def test_weights_are_a_directory_or_an_error_that_says_why(program):
    search = Experiment("cnn")
    assert search.weights() == search.weights(0) == Path("/store/trials/0/weights")
    with pytest.raises(client.ClientError, match="do not exist: it is failed"):
        search.weights(1)
    with pytest.raises(client.ClientError, match="were removed"):
        search.weights(2)
    program.answer(status=[{"best": None}])
    assert search.best is None
    with pytest.raises(client.ClientError, match="no best trial yet"):
        search.weights()


def test_reports_are_numbers(program):
    program.answer(curves="trial,attempt,step,value,loss\n0,1,3,0.5,\n0,1,4,,2e-3")
    assert Experiment("cnn").reports() == [
        {"trial": 0, "attempt": 1, "step": 3, "value": 0.5, "loss": None},
        {"trial": 0, "attempt": 1, "step": 4, "value": None, "loss": 0.002},
    ]


def test_commands_of_a_search(program):
    program.answer(lineage=[{"id": 0}], cancel="cancelled", status=[{"state": "running"}])
    search = Experiment("cnn")
    assert search.lineage(12) == [{"id": 0}]
    assert search.cancel(3, 4) == "cancelled"
    search.cancel(state="waiting")
    search.extend(trials=50, duration="+8h")
    search.stop()
    assert search.export(12, "there") == Path("there")
    assert [call for call in program.calls if call[0] != "status"] == [
        ["lineage", "cnn", "12", "--json"],
        ["cancel", "cnn", "3", "4", "--yes"],
        ["cancel", "cnn", "--state", "waiting", "--yes"],
        ["resume", "cnn", "--trials", "+50", "--duration", "+8h"],
        ["stop", "cnn"],
        ["export", "cnn", "12", "there"],
    ]
    with pytest.raises(client.ClientError, match="needs trials"):
        search.extend()


def test_a_command_that_fails_raises_what_it_says(program):
    program.answer(status=2, watch=2)
    with pytest.raises(client.ClientError, match=r"^status has failed$"):
        client.load("cnn")
    with pytest.raises(client.ClientError, match=r"^watch has failed$"):
        Experiment("cnn").watch(lambda line: None)


def test_the_whole_message_of_a_failure_is_kept():
    text = "cnn on lab\nerror: the tuner says: error: no space\nchange it\n"
    assert command.error_in(text, ["run"]) == "the tuner says: error: no space\nchange it"
    assert command.error_in("no such option\n", ["run"]) == "no such option"
    assert "heirloom run x failed" in command.error_in("", ["run", "x"])


def test_the_lines_of_a_search_that_is_watched(program):
    program.answer(watch="cnn: 3 trials\ntrial 3 succeeded")
    lines = []
    Experiment("cnn").watch(lines.append)
    assert lines == ["cnn: 3 trials", "trial 3 succeeded"]


class Notebook:
    """The parts of IPython that a notebook has: a shell with a kernel, and its outputs."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.outputs = []
        self.display = self

    def get_ipython(self):
        return self

    def __call__(self, data, *, raw, display_id):
        assert raw
        assert display_id
        self.outputs.append(data)
        return self

    def update(self, data, *, raw):
        assert raw
        self.outputs[-1] = data


def test_a_notebook_has_the_latest_lines_in_one_output_area(program, monkeypatch, capsys):
    notebook = Notebook(kernel="kernel")
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)
    program.answer(watch="\n".join(f"trial {number} succeeded" for number in range(15)))
    Experiment("cnn").watch()
    lines = [f"trial {number} succeeded" for number in range(3, 15)]
    assert notebook.outputs == [{"text/plain": "\n".join(["… 3 lines before", *lines])}]
    assert capsys.readouterr().out == ""


def test_lines_are_printed_without_a_notebook(program, monkeypatch, capsys):
    program.answer(watch="cnn: 3 trials\ntrial 3 succeeded")
    for ipython in (None, Notebook(kernel=None)):  # the latter is IPython on a terminal
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        Experiment("cnn").watch()
        assert capsys.readouterr().out == "cnn: 3 trials\ntrial 3 succeeded\n"


def test_a_search_is_started_by_itself(program, tmp_path):
    program.answer(
        run="the name cnn is taken: it is cnn-2\ncnn-2 on localhost (2 slots)\nstore /s",
        status=[{"state": "finished"}],
    )
    search = client.run(
        "cnn.yml", name="cnn", slots=2, keep_going=True, inventory=Path("hosts"), seed=4
    )
    assert search.name == "cnn-2"
    assert search.wait() == "finished"
    words = ["run", "cnn.yml", "--name", "cnn", "--inventory", "hosts", "--slots", "2"]
    assert program.calls[0] == [*words, "--seed", "4", "--keep-going"]
    program.answer(run=2)
    with pytest.raises(client.ClientError, match=r"^run has failed$"):
        client.run({"trial": {"command": "true"}})
    with pytest.raises(client.ClientError, match=r"is no experiment: .*set is not JSON"):
        client.run({"search_space": {"lr": {0.1, 0.2}}})


def test_paths_of_a_mapping_are_those_of_the_working_directory(monkeypatch):
    base = Path("/home/ann/My Search")
    found = start._absolute({"trial": {"command": "true"}, "tuner": {"class": "mine.Tuner"}}, base)
    assert found == {
        "name": "my-search",
        "trial": {"command": "true", "code_dir": "/home/ann/My Search"},
        "tuner": {"class": "mine.Tuner", "code_dir": "/home/ann/My Search"},
    }
    given: dict = {
        "name": "x",
        "inventory": "hosts.yml",
        "store": "/mnt",
        "tuner": {"name": "grid"},
        "trial": {"code_dir": "code", "python": "env/bin/python"},
        "exporters": {
            "tensorboard": "runs",
            "mlflow": "http://lab:5000",
            "optuna": "sqlite:///s.db",
            "jsonl": "/data/t.jsonl",
            "parquet": "",
            "lab": "sqlite:///~/s.db",
        },
    }
    monkeypatch.setenv("HOME", "/home/bob")
    assert start._absolute(given, base) == {
        "name": "x",
        "inventory": "/home/ann/My Search/hosts.yml",
        "store": "/mnt",
        "tuner": {"name": "grid"},
        "exporters": {
            "tensorboard": "/home/ann/My Search/runs",
            "mlflow": "http://lab:5000",
            "optuna": "sqlite:////home/ann/My Search/s.db",
            "jsonl": "/data/t.jsonl",
            "parquet": "",  # which is refused, as in a file
            "lab": "sqlite:////home/bob/s.db",
        },
        "trial": {
            "code_dir": "/home/ann/My Search/code",
            "python": "/home/ann/My Search/env/bin/python",
        },
    }
    assert given["trial"]["code_dir"] == "code"


def test_the_command_prints_no_colours(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in the kernel of a notebook
    monkeypatch.setenv("HEIRLOOM_HOME", "/home/ann/searches")
    found = command.environment()
    assert "FORCE_COLOR" not in found
    assert found["HEIRLOOM_HOME"] == "/home/ann/searches"


def test_without_the_command_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(client.ClientError, match="install Heirloom"):
        command.program()
    monkeypatch.setattr("shutil.which", lambda name: "/opt/bin/heirloom")
    assert command.program() == ["/opt/bin/heirloom"]


def test_tables_are_data_frames_where_pandas_is_installed(program, monkeypatch):
    class Pandas:
        DataFrame = staticmethod(lambda rows: ("frame", rows))

    monkeypatch.setitem(sys.modules, "pandas", Pandas)
    assert Experiment("cnn").trials == ("frame", TRIALS)
