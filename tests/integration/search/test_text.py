"""A search whose paths and texts hold what other languages would change."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
import yaml

from tests.integration.search.conftest import Lab

TRIAL = """\
import json, os, pathlib, sys
from heirloom import trial

(trial.save_path / "w").write_text("1")
seen = [sys.argv[1:], {name: os.environ[name] for name in ("A", "B", "C")}, trial.params]
print(json.dumps([*seen, os.getcwd()]))
trial.finish(1.0)
"""
TEXTS = [
    "{{ x }} {% if y %} {# z #}",
    "a\nb\tc\u2028d",
    "q\"u'o`t\\e $HOME ${HOME} $(id)",
    "50% %s %% #; & | < > [red] :smile: \U0001f600 ü",
]
HOST = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "heirloom_slots": 1,
}
PATH = "a b ü {{ x }} $HOME 'q\" 50% [red] #"


def test_paths_and_texts_arrive_as_they_are(tmp_path: Path) -> None:
    lab = Lab(tmp_path / PATH)
    lab.write("code {{ x }}/t.py", TRIAL)
    params = {text: {"_type": "choice", "_value": [{text: [text]}]} for text in TEXTS}
    environment = dict(zip("ABC", TEXTS, strict=False))
    trial = {
        "command": ["python", "t.py", *TEXTS],
        "code_dir": "code {{ x }}",
        "environment": environment,
    }
    keys = {
        "name": "search",
        "description": TEXTS[0],
        "search_space": params,
        "tuner": {"name": "grid"},
        "trial": trial,
        "budget": {"trials": 1},
        "store": f"store {TEXTS[0]}",
        "inventory": {"trial_nodes": {"hosts": {"here": HOST}}},
    }
    file = lab.write("experiment.yml", yaml.safe_dump(keys))
    lab("check", file)
    lab("run", file)
    words, variables, got, directory = json.loads(lab("logs", "search", "0"))
    assert words == TEXTS
    assert variables == environment
    assert got == {text: {text: [text]} for text in TEXTS}
    assert Path(directory).is_relative_to(lab.path / f"store {TEXTS[0]}")
    assert json.dumps(got) in lab("show", "search", "0").replace("\n", "")
    lab("report", "search")
    page = (lab.home / "experiments/search/report.html").read_text()
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("home", "problem"), [("10:30", "a colon (:)"), ("a\nb", "a line break"), ("\udcff", "UTF-8")]
)
def test_home_that_trials_cannot_use_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, problem: str
) -> None:
    lab = Lab(tmp_path)
    file = lab.experiment("true")
    monkeypatch.setattr(Lab, "home", tmp_path / home)
    for command in ("check", "run"):
        assert problem in lab(command, file, code=2)
    assert not (tmp_path / home).exists()


def test_advised_command_can_be_typed(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "a b's")
    output = lab("init", lab.path / "x y", code=0)
    advised = [line.strip() for line in output.splitlines() if " controller " in line]
    assert len(advised) == 2
    assert all(f"{lab.path}/x y/experiment.yml" in shlex.split(line) for line in advised)
