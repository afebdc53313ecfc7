"""The reports of a trial as one history, whatever attempts it had."""

from hypothesis import given
from hypothesis import strategies as st

from heirloom.assessors.reports import Reports, TrialReports

STEPS = st.lists(st.integers(0, 20), max_size=10)


def report(known: TrialReports[Reports], number: int, *steps: int) -> None:
    for step in steps:
        known.of(7, number).add(step, (number, step))


def test_another_attempt_has_a_history_of_its_own() -> None:
    known = TrialReports(Reports)
    report(known, 1, 0, 1, 2)
    report(known, 2, 0)
    assert known.of(7, 2).values == [(2, 0)]


def test_a_continued_attempt_has_the_earlier_reports_up_to_the_step() -> None:
    known = TrialReports(Reports)
    report(known, 1, 0, 1, 2, 3)
    known.continue_from(7, 2, 1, 2)
    assert known.of(7, 2).values == [(1, 0), (1, 1), (1, 2)]
    report(known, 2, 3)
    known.continue_from(7, 2, 1, 2)  # said again after a resume
    assert known.of(7, 2).values == [(1, 0), (1, 1), (1, 2), (2, 3)]


def test_an_attempt_that_starts_earlier_than_it_could_drops_what_it_repeats() -> None:
    known = TrialReports(Reports)
    report(known, 1, 0, 1, 2, 3)
    known.continue_from(7, 2, 1, 3)
    report(known, 2, 1, 2)
    assert known.of(7, 2).values == [(1, 0), (2, 1), (2, 2)]


def test_a_trial_that_has_ended_is_forgotten() -> None:
    known = TrialReports(Reports)
    report(known, 1, 0)
    assert known.forget(7)
    assert not known.forget(7)
    known.continue_from(7, 2, 1, 5)
    assert known.of(7, 2).values == []


@given(first=STEPS, second=STEPS, third=STEPS, cuts=st.tuples(*[st.integers(0, 20)] * 2))
def test_no_report_after_the_cut_is_left(
    first: list[int], second: list[int], third: list[int], cuts: tuple[int, int]
) -> None:
    known = TrialReports(Reports)
    report(known, 1, *first)
    known.continue_from(7, 2, 1, cuts[0])
    report(known, 2, *second)
    known.continue_from(7, 3, 1, cuts[1])  # of the first attempt, again
    report(known, 3, *third)
    values = known.of(7, 3).values
    assert [value for value in values if value[0] == 3] == [(3, step) for step in third]
    start = min(cuts[1], third[0] - 1) if third else cuts[1]
    assert [step for number, step in values if number != 3] == [s for s in first if s <= start]
