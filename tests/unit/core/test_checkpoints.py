"""What the core knows of checkpoints: where an attempt continues, their space, their removal."""

from controller.core import events as e
from controller.core.gc import leftovers
from tests.unit.core.drive import Drive


def fail(d: Drive, trial: int, number: int = 1, checkpoints: int = 100) -> list[e.Event]:
    d.begin(trial, number)
    return d.end(trial, "failed", number, checkpoints=checkpoints)


def removals(d: Drive) -> list[tuple[tuple[int, int], ...]]:
    return [event.attempts for event in d.ever(e.CheckpointsRemovalAsked)]


def test_a_continued_attempt_starts_with_the_latest_report_before_the_step() -> None:
    d = Drive(retries=1)
    trial = d.propose()
    d.begin(trial)
    reported = {"trial": trial, "number": 1}
    d.event(e.Reported, step=3, value=0.3, metrics={"loss": 1.0}, **reported)
    d.end(trial, "failed", checkpoints=100)
    d.event(e.ContinuedFrom, trial=trial, number=2, source=1, step=3)
    attempt = d.x.attempt(trial, 2)
    assert attempt.continued == (1, 3)
    assert (attempt.last, attempt.step, attempt.metrics) == (0.3, 3, {"loss": 1.0})
    assert attempt.reports == 0


def test_a_report_after_the_step_is_void() -> None:
    d = Drive(retries=1)
    trial = d.propose()
    d.begin(trial)
    d.event(e.Reported, trial=trial, number=1, step=4, value=0.4)
    d.end(trial, "failed", checkpoints=100)
    d.event(e.ContinuedFrom, trial=trial, number=2, source=1, step=3)
    assert d.x.attempt(trial, 2).last is None
    d.event(e.Reported, trial=trial, number=2, step=4, value=0.5)
    d.event(e.ContinuedFrom, trial=trial, number=2, source=1, step=3)  # read again after a resume
    assert d.x.attempt(trial, 2).last == 0.5


def test_an_attempt_continues_only_an_earlier_one_that_exists() -> None:
    d = Drive(retries=1)
    trial = d.propose()
    for source in (0, 1, 2):
        d.event(e.ContinuedFrom, trial=trial, number=1, source=source, step=3)
    assert d.x.attempt(trial, 1).continued is None


def test_checkpoints_stay_until_the_trial_has_ended_on_every_node() -> None:
    d = Drive(retries=1)
    trial = d.propose()
    fail(d, trial)
    assert removals(d) == []
    d.begin(trial, 2)
    d.see(trial, "succeeded", 2)
    assert removals(d) == []
    d.end(trial, "committed", 2, checkpoints=200)
    assert removals(d) == [((trial, 1), (trial, 2))]
    assert leftovers(d.x) == ((trial, 1),)  # its output, which `gc` removes on request
    d.event(e.CheckpointsRemoved, attempts=((trial, 1), (trial, 2)))
    assert len(removals(d)) == 1
    assert not d.x.commands.checkpoints


def test_without_checkpoints_nothing_is_removed() -> None:
    d = Drive(retries=1)
    lost = d.propose()
    d.begin(lost)
    d.end(lost, "lost")
    d.carry_out()
    d.commit(lost, 2)
    assert removals(d) == []


def test_a_lost_attempt_may_have_left_some_once_any_other_has() -> None:
    d = Drive()
    first, lost = d.propose(), d.propose()
    d.begin(first)
    d.end(first, "failed", checkpoints=100)
    d.carry_out()
    d.begin(lost)
    d.end(lost, "lost")
    d.carry_out()
    d.commit(lost, 2)
    assert removals(d)[-1] == ((lost, 1),)


def test_what_the_store_refuses_to_remove_waits_for_another_controller() -> None:
    d = Drive()
    trial = d.propose()
    fail(d, trial)
    d.carry_out()
    assert removals(d) == [((trial, 1),)]
    d.event(e.CheckpointsRemoved, attempts=(), problem="permission denied")
    assert len(removals(d)) == 1
    d.event(e.Opened, resumed=True)
    assert removals(d) == [((trial, 1),)] * 2


def test_checkpoints_count_for_the_space_that_an_attempt_may_need() -> None:
    d = Drive(nodes={"a": 3}, reserve=5)
    first, second = d.propose(), d.propose()
    d.commit(first, size=10)
    assert d.x.needed == 10 * (len(d.x.on_nodes) + 1) + 5
    fail(d, second, checkpoints=100)
    assert d.x.needed == 110 * (len(d.x.on_nodes) + 1) + 5
