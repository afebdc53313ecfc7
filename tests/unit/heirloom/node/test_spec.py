import pytest

from heirloom.node.spec import Spec, SpecError

SPEC = {
    "format": 1,
    "attempt": "7.2",
    "experiment": "digits-3fa92c1b",
    "root": "/store/ann/digits-3fa92c1b",
    "node": "gpu1",
    "command": ["python", "train.py"],
    "code": "code/1",
    "runtime": "runtime/1",
    "params": {"lr": 0.1},
    "restore": [3],
    "slots": 1,
    "gpus": 0,
    "threads": None,
    "timeout": None,
    "grace": 10.0,
    "environment": {"KEY": "value"},
    "weights": "optional",
    "value": "required",
    "workdir": "copy",
    "writable": ["/data/out"],
    "python": None,
    "log_limit": 67108864,
    "heartbeat": 5.0,
}


def test_the_documented_spec_is_read():
    spec = Spec.from_dict(SPEC)
    assert spec.trial == 7
    assert spec.restore == (3,)
    assert spec.out == "/store/ann/digits-3fa92c1b/attempts/7.2/out"
    assert spec.working_directory == "/store/ann/digits-3fa92c1b/attempts/7.2/work"
    assert spec.writable == ("/data/out",)


def test_what_has_a_default_may_be_left_out():
    needed = "format", "attempt", "experiment", "root", "node", "command", "runtime", "params"
    spec = Spec.from_dict({key: SPEC[key] for key in needed})
    assert (spec.slots, spec.gpus, spec.weights, spec.timeout) == (1, 0, "optional", None)
    assert (spec.value, spec.workdir, spec.writable) == ("required", "snapshot", ())
    assert spec.working_directory == spec.directory  # there is no code


def test_without_a_copy_the_process_starts_in_the_snapshot():
    spec = Spec.from_dict(SPEC | {"workdir": "snapshot"})
    assert spec.working_directory == "/store/ann/digits-3fa92c1b/code/1"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("attempt", "7"),
        ("attempt", "../7.2"),
        ("attempt", "07.2"),
        ("attempt", 7.2),
        ("experiment", "a/b"),
        ("experiment", "..\n"),
        ("root", "relative"),
        ("root", "/with:colon"),
        ("command", ""),
        ("command", []),
        ("command", ["x", 1]),
        ("code", "../elsewhere"),
        ("runtime", None),
        ("params", []),
        ("restore", [-1]),
        ("slots", 0),
        ("slots", True),
        ("gpus", -1),
        ("threads", 0),
        ("timeout", float("inf")),
        ("timeout", -1),
        ("grace", None),
        ("environment", {"A=B": "x"}),
        ("environment", {"A": 1}),
        ("environment", {"A": "nul\0"}),
        ("weights", "maybe"),
        ("value", None),
        ("workdir", "/somewhere"),
        ("writable", "/data/out"),
        ("writable", ["data/out"]),
        ("python", "python"),
        ("heartbeat", 0),
    ],
)
def test_an_invalid_value_is_named(key, value):
    with pytest.raises(SpecError, match=f"invalid '{key}'"):
        Spec.from_dict(SPEC | {key: value})


@pytest.mark.parametrize("value", [None, [], {}, SPEC | {"format": 2}])
def test_other_objects_are_refused(value):
    with pytest.raises(SpecError, match="not an object of format 1"):
        Spec.from_dict(value)


def test_unknown_and_missing_keys_are_named():
    with pytest.raises(SpecError, match="unknown keys: gpu"):
        Spec.from_dict(SPEC | {"gpu": 1})
    with pytest.raises(SpecError, match="lacks command"):
        Spec.from_dict({key: value for key, value in SPEC.items() if key != "command"})


def test_bounds_are_left_out_where_there_are_none():
    assert "bounds" not in Spec.from_dict(SPEC).to_dict()
    bounds = {"macs": {"at_most": 1e6}}
    found = Spec.from_dict(SPEC | {"objectives": ["accuracy", "macs"], "bounds": bounds})
    assert found.to_dict()["bounds"] == bounds
    with pytest.raises(SpecError, match="invalid 'bounds'"):
        Spec.from_dict(SPEC | {"bounds": {"macs": {"at_most": "1e6"}}})


def test_only_a_trial_that_is_no_candidate_is_marked():
    assert "candidate" not in Spec.from_dict(SPEC).to_dict()
    marked = Spec.from_dict({**SPEC, "candidate": False})
    assert marked.to_dict()["candidate"] is False
