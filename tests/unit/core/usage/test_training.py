"""How much training trials inherited, and what a search's candidates would have needed alone."""

from collections.abc import Sequence
from typing import Any

import pytest

from controller.core.model import Attempt, AttemptState, Origin, Outcome, State, Trial
from controller.core.usage.training import Training


def trial(
    number: int,
    *parents: int,
    seconds: float = 10.0,
    state: State = State.SUCCEEDED,
    result: Any = None,
    **more: Any,
) -> Trial:
    """A trial that has trained for these seconds on one GPU and two cores."""
    attempt = Attempt(
        1,
        "a",
        parents,
        AttemptState.ENDED,
        started_at=0.0,
        run_seconds=seconds,
        cpu_seconds=2 * seconds,
        gpus=1.0,
        outcome=Outcome.COMMITTED if state is State.SUCCEEDED else Outcome.FAILED,
    )
    committed = 1 if state in (State.SUCCEEDED, State.STOPPED) else None
    return Trial(
        number,
        {},
        parents,
        parents,
        state,
        0.0,
        [attempt],
        restored=parents,
        committed_by=committed,
        result=result,
        **more,
    )


def imported(number: int) -> Trial:
    return Trial(
        number,
        {},
        (),
        (),
        State.SUCCEEDED,
        0.0,
        value=1.0,
        weights=True,
        origin=Origin("cnn", "/store/cnn-1", 17),
    )


def share(number: float) -> dict[str, Any]:
    return {"value": 1.0, "inherited": {"share": number}}


def inherited(trials: Sequence[Trial]) -> list[float]:
    training = Training(trials)
    return [training.inherited_seconds(one.id) for one in reversed(trials)][::-1]


def test_a_trial_inherits_the_training_of_its_line() -> None:
    trials = [trial(0, seconds=1), trial(1, 0, seconds=2), trial(2, 1, seconds=4), trial(3)]
    assert inherited(trials) == [0, 1, 3, 0]
    found = Training(trials).inherited(2)
    assert found.line == (1, 0)
    assert (found.amount.cpu_seconds, found.amount.gpu_seconds) == (6, 3)


def test_a_shared_ancestor_counts_for_each_descendant_and_once_in_each() -> None:
    trials = [trial(0, seconds=8), trial(1, 0, seconds=1), trial(2, 0, seconds=2), trial(3, 1, 2)]
    assert inherited(trials) == [0, 8, 8, 10]


def test_of_several_parents_the_line_with_most_training_counts() -> None:
    trials = [trial(0, seconds=1), trial(1, seconds=9), trial(2, 0, 1), trial(3, 1, 0)]
    assert inherited(trials) == [0, 0, 9, 9]
    assert Training(trials).inherited(2).line == (1,)


def test_only_the_share_that_a_trial_says_it_inherited_counts() -> None:
    trials = [trial(0), trial(1, 0, result=share(0.5)), trial(2, 1, result=share(0.1))]
    assert inherited(trials) == pytest.approx([0, 5, 1.5])


@pytest.mark.parametrize(
    ("result", "counted"),
    [
        (None, 10.0),
        ({"inherited": "all"}, 10.0),
        ({"inherited": {"share": "half"}}, 10.0),
        ({"inherited": {"share": float("nan")}}, 10.0),
        (share(3.0), 10.0),
        (share(-1.0), 0.0),
        (share(0), 0.0),
    ],
)
def test_a_result_may_hold_anything(result: Any, counted: float) -> None:
    assert inherited([trial(0), trial(1, 0, result=result)])[1] == counted


def test_the_training_of_an_imported_trial_is_not_known() -> None:
    trials = [imported(0), trial(1, 0, seconds=3), trial(2, 1)]
    found = [Training(trials).inherited(number) for number in range(3)]
    assert [each.amount.seconds for each in found] == [0, 0, 3]
    assert [each.is_imported for each in found] == [True, True, True]
    assert found[2].line == (1, 0)


def test_what_failed_attempts_trained_is_not_inherited() -> None:
    trials = [trial(0), trial(1, 0)]
    trials[0].attempts.insert(
        0,
        Attempt(
            1,
            "a",
            (),
            AttemptState.ENDED,
            started_at=0.0,
            run_seconds=99.0,
            outcome=Outcome.FAILED,
        ),
    )
    trials[0].attempts[1].number = trials[0].committed_by = 2
    assert inherited(trials)[1] == 10


def test_the_parents_of_a_running_trial_are_those_of_its_attempt() -> None:
    trials = [trial(0), trial(1, 0, state=State.RUNNING)]
    trials[1].restored = ()
    assert inherited(trials)[1] == 10


def test_a_long_line_is_followed_to_its_end() -> None:
    trials = [trial(0, seconds=1)]
    trials += [trial(number, number - 1, seconds=1) for number in range(1, 5000)]
    assert Training(trials).inherited_seconds(4999) == 4999


def test_candidates_alone_and_the_search() -> None:
    trials = [
        trial(0),
        trial(1, 0),
        trial(2, 1, seconds=5),
        trial(3, 0, state=State.FAILED),
    ]
    found = Training(trials).compare()
    assert found.trained.seconds == 25  # not what the failed trial took
    assert found.alone.seconds == 10 + (10 + 10) + (20 + 5)
    assert (found.candidates, found.imported) == (3, 0)


def test_what_is_no_candidate_counts_once() -> None:
    supernet = [trial(0, candidate=False), trial(1, 0, candidate=False)]
    found = Training([*supernet, trial(2, 1, seconds=1)]).compare()
    assert (found.trained.seconds, found.alone.seconds, found.candidates) == (21, 21, 1)


def test_candidates_of_imported_trials_are_named() -> None:
    found = Training([imported(0), trial(1, 0), trial(2)]).compare()
    assert (found.candidates, found.imported) == (2, 1)
    assert found.alone.seconds == found.trained.seconds == 20
