"""The importance of params, worked out in a process of its own."""

import json
import subprocess
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controller.views.page.documents.analysis import importance
from controller.views.page.documents.analysis.evaluate import EVALUATORS, evaluate
from controller.views.page.source import Source
from tests.unit.views.page.pages import report, trial

LINE = json.dumps({"evaluator": "PED-ANOVA", "objective": "value", "shares": {"a": 1.0}})


def results(count: int) -> Source:
    record = SimpleNamespace(root=SimpleNamespace(experiment="digits-1"))
    trials = [trial(n, params={"a": n, "b": n % 2}) for n in range(count)]
    return report(*trials, record=cast("Any", record))


@pytest.fixture(autouse=True)
def works(monkeypatch: pytest.MonkeyPatch) -> None:
    """No runs of another test are known, and Optuna is there."""
    monkeypatch.setattr(importance, "_works", importance._Works())
    monkeypatch.setattr(importance, "find_spec", lambda name: object())


def test_few_results_have_no_importance() -> None:
    found = importance.document(results(3))
    assert (found["state"], found["results"]) == ("few", [])
    assert "there are 3" in found["words"]


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "find_spec", lambda name: None)
    found = importance.document(results(20))
    assert found["state"] == "missing"
    assert "pip install 'heirloom[optuna]'" in found["words"]


def test_it_is_worked_out_once_beside_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    may_end, ended = threading.Event(), threading.Semaphore(0)

    def output(table: str, limit: float) -> tuple[str, str]:
        runs.append(table)
        assert may_end.wait(10)
        return LINE + "\n", ""

    original = importance._Works._run

    def run(self: Any, experiment: str, work: Any) -> None:
        original(self, experiment, work)
        ended.release()

    monkeypatch.setattr(importance, "_output", output)
    monkeypatch.setattr(importance._Works, "_run", run)
    assert importance.document(results(20))["state"] == "working"
    assert importance.document(results(21))["state"] == "working"
    may_end.set()
    assert ended.acquire(timeout=10)
    found = importance.document(results(21))
    assert (found["state"], found["trials"], len(runs)) == ("done", 20, 1)
    assert found["results"] == [json.loads(LINE)]
    may_end.clear()
    again = importance.document(results(40))
    assert (again["state"], again["results"]) == ("working", [json.loads(LINE)])
    may_end.set()
    assert ended.acquire(timeout=10)
    assert importance.document(results(40))["trials"] == 40


def test_what_was_ready_in_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*args: Any, **more: Any) -> Any:
        raise subprocess.TimeoutExpired("python", 5.0, output=f'{LINE}\n{{"evalu'.encode())

    monkeypatch.setattr(subprocess, "run", run)
    found = importance.document(results(20), limit=5.0)
    assert (found["state"], found["results"]) == ("done", [json.loads(LINE)])
    assert found["words"] == "the rest took longer than 5 s and is left out"


def test_a_process_that_fails_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*args: Any, **more: Any) -> Any:
        return subprocess.CompletedProcess(args, 1, "", "Traceback\nImportError: no numpy\n")

    monkeypatch.setattr(subprocess, "run", run)
    found = importance.document(results(20), limit=5.0)
    assert (found["state"], found["words"]) == (
        "failed",
        "its process failed: ImportError: no numpy",
    )


@pytest.mark.training
def test_the_param_that_decides_is_the_most_important() -> None:
    pytest.importorskip("optuna")
    pytest.importorskip("sklearn")
    trials = [
        trial(
            n,
            params={"decides": n % 10, "idle": n * 7 % 13, "kind": "ab"[n % 2]},
            value=n % 10 / 10 + n % 2 / 100,
        )
        for n in range(80)
    ]
    record = SimpleNamespace(root=SimpleNamespace(experiment="digits-1"))
    found = importance.document(report(*trials, record=cast("Any", record)), limit=60.0)
    assert (found["state"], found["words"]) == ("done", "")
    assert [each["evaluator"] for each in found["results"]] == list(EVALUATORS)
    for each in found["results"]:
        assert next(iter(each["shares"])) == "decides", each
        assert sum(each["shares"].values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.training
def test_conditional_params_and_constant_values_raise_nothing() -> None:
    pytest.importorskip("optuna")
    rows = list(range(12))
    columns: list[dict[str, Any]] = [
        {"name": "a", "role": "param", "values": rows, "categories": None, "log": False},
        {
            "name": "b",
            "role": "param",
            "values": [n if n % 2 else None for n in rows],
            "categories": None,
            "log": False,
        },
        {"name": "value", "role": "value", "values": [0.5] * 12, "maximize": True},
    ]
    found = list(evaluate(columns))
    assert [each["evaluator"] for each in found] == list(EVALUATORS)
    assert all("shares" in each or each["error"] for each in found)
