"""Every order is answered, whatever Ansible's events and a node's module contain."""

import os
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.experiment import Experiment
from controller.core.model import AttemptState, Outcome, Rules
from controller.dispatch.ansible.answers import AttemptStatus
from controller.dispatch.ansible.policy import WavePolicy
from controller.dispatch.ansible.runner import Reply, read_event
from controller.dispatch.ansible.waves import Wave
from controller.dispatch.interface import End, NodeProbe, Probe, Start
from controller.state.journal import Journal
from tests.unit.dispatch.specs import spec

INPUTS = int(os.environ.get("HEIRLOOM_FUZZ", "300"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["7.2", "ended", "failed", *AttemptStatus]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
ENDED = st.fixed_dictionaries(
    {},
    optional={
        "format": st.just(1) | VALUES,
        "kind": st.just("ended") | VALUES,
        "attempt": st.just("7.2") | VALUES,
        "outcome": st.sampled_from(list(Outcome)) | VALUES,
        "reason": st.text() | VALUES,
        "parent": st.integers(0, 9) | VALUES,
        "rule": VALUES,
        "seconds": st.dictionaries(st.text(), st.floats()) | VALUES,
    },
)
ANSWERS = st.fixed_dictionaries(
    {"attempt": st.just("7.2") | VALUES, "found": st.sampled_from(list(AttemptStatus)) | VALUES},
    optional={"reason": st.text() | VALUES, "outcome": ENDED | VALUES},
)
ORDERS = [
    Start("7.2", "gpu1", spec("7.2")),
    End("7.2", "gpu1", "recalled"),
    Probe("7.2", "gpu1"),
    Probe("7.2", "gpu1", spec("7.2")),
    NodeProbe("gpu1"),
]


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    with Journal.create(tmp_path_factory.mktemp("journal") / "journal.db") as journal:
        yield journal


@settings(max_examples=INPUTS)
@given(
    order=st.sampled_from(ORDERS),
    items=st.lists(ANSWERS | VALUES, max_size=3),
    state=st.sampled_from(list(AttemptState)),
)
def test_answers(journal, order, items, state):
    wave = Wave({"gpu1": [order]})
    [answer] = wave.answers(Reply("gpu1", items))
    assert wave.rest() == []
    policy = WavePolicy(lambda: 0.0, lambda: 1.0)
    policy.submit([order])
    policy.note("7.2", state)
    events = policy.receive([answer])
    before = [seq for seq, _ in journal.read()][-1:] or [0]
    journal.append(events)
    written = [event for _, event in journal.read(before[0])]
    assert written == events
    experiment = Experiment(Rules())
    for event in written:
        experiment.apply(event)


@settings(max_examples=INPUTS)
@given(
    kind=st.sampled_from(["runner_on_ok", "runner_on_failed", "runner_on_unreachable"]) | VALUES,
    data=st.fixed_dictionaries(
        {},
        optional={
            "host": st.just("gpu1") | VALUES,
            "res": st.fixed_dictionaries(
                {}, optional={"answers": st.lists(ANSWERS) | VALUES, "msg": VALUES, "rc": VALUES}
            )
            | VALUES,
        },
    )
    | VALUES,
)
def test_events_of_ansible(kind, data):
    reply = read_event({"event": kind, "event_data": data})
    if reply is not None:
        answers = Wave(cast("Any", {"gpu1": ORDERS})).answers(reply)
        assert [answer.order for answer in answers] in (ORDERS, [])
