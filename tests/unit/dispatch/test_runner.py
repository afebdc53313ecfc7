import pytest

from controller.dispatch.ansible.answers import AttemptStatus
from controller.dispatch.ansible.runner import Reply, read_event


def event(kind, **result):
    return {"event": kind, "event_data": {"host": "gpu1", "res": result}}


def test_answers():
    items = [{"attempt": "7.1", "found": "started"}]
    assert read_event(event("runner_on_ok", answers=items)) == Reply("gpu1", items)


@pytest.mark.parametrize("result", [{}, {"answers": None}, {"answers": "started"}])
def test_a_reply_without_answers_is_unknown(result):
    reply = read_event(event("runner_on_ok", **result))
    assert reply is not None
    assert (reply.answers, reply.found) == (None, AttemptStatus.UNKNOWN)


def test_the_reason_of_an_unreachable_node_is_one_line():
    reply = read_event(event("runner_on_unreachable", msg="Task failed: ssh:\n  refused\n"))
    assert reply == Reply("gpu1", None, AttemptStatus.UNREACHABLE, "ssh: refused")


def test_a_failed_module_is_unknown():
    reply = read_event(event("runner_on_failed", msg="OSError: no space", rc=1))
    assert reply == Reply("gpu1", None, AttemptStatus.UNKNOWN, "OSError: no space")


def test_a_node_without_its_interpreter_is_unreachable():
    reply = read_event(event("runner_on_failed", msg="interpreter not found", rc=127))
    assert reply == Reply("gpu1", None, AttemptStatus.UNREACHABLE, "interpreter not found")


def test_other_events_contain_no_reply():
    assert read_event({"event": "playbook_on_start", "event_data": {}}) is None
    assert read_event({"event": "runner_on_start", "event_data": {"host": "gpu1"}}) is None
    assert read_event(event("runner_on_skipped")) is None
    assert read_event({"event": "verbose", "stdout": "a line"}) is None
