"""The comparison of tools, with searches that are made up."""

import json

import pytest

from benchmarks import results
from benchmarks.peers import environments, study
from benchmarks.peers.search import Peer, ended


@pytest.fixture
def killed(monkeypatch):
    """What is killed, by tool. Each search has one result too few after a kill."""
    found = []

    def run(self, work, kind, trials, seconds, kill=None):
        if kill is not None:
            found.append((self.name, kill))
        lines = [json.dumps(["end", repr(at / 100), 1, 0.0]) for at in range(trials)]
        (work / "trace.jsonl").write_text("\n".join(lines))
        return {"exits": [-9 if kill else 0], "wall": 1.5, "cpu": 2.5, "peak": 3_000_000}

    def values(self, work, kind, trials, seconds):
        return [at / 100 for at in range(trials - (seconds > 0))]

    monkeypatch.setattr(Peer, "run", run)
    monkeypatch.setattr(Peer, "values", values)
    monkeypatch.setattr(environments, "python", lambda name, directory: directory / name)
    monkeypatch.setattr(environments, "version", lambda name, interpreter: "1.2")
    return found


def test_drivers_are_killed_where_a_tool_has_one(killed, tmp_path):
    study.run(tmp_path)

    assert killed == [
        ("heirloom", "worker"),
        ("heirloom", "driver"),
        ("ray", "worker"),
        ("ray", "driver"),
        ("neps", "worker"),
        ("optuna", "worker"),
    ]


def test_the_record_says_what_is_lost_and_what_is_unfinished(killed, tmp_path):
    record = study.run(tmp_path, only=["ray"])

    [row] = record["rows"]
    assert (row["title"], row["version"]) == ("Ray Tune", "1.2")
    assert (row["search"]["results"], row["search"]["best"]) == (200, 1.99)
    assert row["worker"]["exits"] == [-9]
    assert row["worker"]["again"] == {"results": 11, "unfinished": 1, "lost": 1}
    assert json.loads((tmp_path / "peers.json").read_text()) == record


def test_a_tool_that_fails_has_no_row(killed, tmp_path, monkeypatch):
    run = Peer.run

    def failing(self, *what, **more):
        return {**run(self, *what, **more), "exits": [0, 1]}

    monkeypatch.setattr(Peer, "run", failing)
    with pytest.raises(RuntimeError, match=r"optuna fails: see .*output\.log"):
        study.run(tmp_path, only=["optuna"])


def test_the_page_of_results_has_each_tool(killed, tmp_path):
    study.run(tmp_path)
    results.main(take=tmp_path / "peers.json", docs=tmp_path)

    page = (tmp_path / "results.md").read_text()
    assert "| Heirloom 1.2 | PBT | 32 | 1.5 | 2.5 | 3 | 0.310 |" in page
    assert "| NePS, worker | -9 | 11 | 0 | 11 | 1 | 1 |" in page


def test_a_trace_names_the_trials_that_came_to_their_end(tmp_path):
    lines = [["begin", "a", 1, 0.0], ["begin", "b", 2, 0.0], ["end", "a", 1, 1.0]]
    (tmp_path / "trace.jsonl").write_text("\n".join(map(json.dumps, lines)))

    assert ended(tmp_path) == {"a"}
    assert ended(tmp_path / "nothing") == set()
