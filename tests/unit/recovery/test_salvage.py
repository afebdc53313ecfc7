"""What of a lost journal can be reconstructed from the store."""

import json

from controller.core import events as e
from controller.core.model import Outcome
from controller.recovery.salvage import Salvage
from controller.store import layout
from heirloom.node.spec import Spec
from heirloom.store.manifest import Manifest


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def put_verdict(root, trial, **fields):
    verdict = Manifest(root.experiment, trial, "succeeded", weights=True, **fields)
    put(root.trial(trial) / "manifest.json", verdict.to_json().decode())


def put_attempt(root, trial, message, **fields):
    """A committed attempt, and the message in which its supervisor reported its end."""
    name = f"{trial}.1"
    spec = Spec(name, root.experiment, str(root.path), "a", "true", "r", {"x": trial}, **fields)
    put(root.attempt(trial, 1) / "spec.json", json.dumps(spec.to_dict()))
    content = {
        "format": 1,
        "kind": "ended",
        "attempt": name,
        "node": "a",
        "outcome": "committed",
        **message,
    }
    put(root.mail / "done" / f"{name}.ended.json", json.dumps(content))
    put_verdict(root, trial, attempt=name, value=0.5)


def test_an_attempt_has_what_its_supervisor_measured(tmp_path):
    root = layout.create(tmp_path, "ann", "search", "1")
    measured = {
        "seconds": {"running": 2.0},
        "peak_memory": 4096,
        "checkpoints": 7,
        "cpu_seconds": 1.5,
    }
    put_attempt(root, 0, measured)
    [ended] = [event for event in Salvage(root).events() if isinstance(event, e.Ended)]
    assert ended.outcome is Outcome.COMMITTED
    assert ended.cpu_seconds == 1.5
    assert (ended.seconds, ended.peak_memory, ended.checkpoints) == ({"running": 2.0}, 4096, 7)


def test_the_tuner_had_the_results_of_imported_trials_before_its_first_proposal(tmp_path):
    root = layout.create(tmp_path, "ann", "search", "1")
    asked = e.ImportAsked(
        at=1.0, experiment="before", root="/x", trials=(7, 9), candidates=({"x": 1}, {"x": 2})
    )
    for trial in range(2):
        put_verdict(root, trial, value=0.5)
    put_attempt(root, 2, {})
    found = Salvage(root, asked)
    assert [type(event) for event in found.imports()] == [e.ImportAsked, e.Imported, e.Imported]
    calls = [event for event in found.events() if isinstance(event, e.ResultSent | e.ProposalAsked)]
    assert [(event.kind, event.trial) for event in calls] == [
        ("told", 0),
        ("told", 1),
        ("proposal-asked", 2),
        ("told", 2),
    ]


def test_a_trial_that_is_no_candidate_stays_none(tmp_path):
    root = layout.create(tmp_path, "ann", "search", "1")
    put_attempt(root, 0, {}, candidate=False)
    put_attempt(root, 1, {})
    found = [event for event in Salvage(root).events() if isinstance(event, e.Proposed)]
    assert [event.candidate for event in found] == [False, True]
