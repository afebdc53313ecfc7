from benchmarks.inherit.figures.costs import Cost, Spent
from benchmarks.inherit.figures.runs import Report, Run


def a_report(trial, time, epochs, value, *, attempt=1, cpu=None):
    return Report(
        trial, attempt, time, epochs, cpu=10 * epochs if cpu is None else cpu, value=value
    )


def test_trials_that_are_under_way_count_with_what_they_have_reported():
    reports = [
        a_report(0, 1.0, 1, 0.5),
        a_report(1, 1.5, 1, 0.4),
        a_report(1, 2.0, 2, 0.6),
        a_report(0, 2.5, 2, 0.7),
    ]
    spent = Spent(Run(seconds=9.0, reports=reports))

    assert spent.until(0.6) == Cost(epochs=3, cpu=30, wall=2.0, reached=True)
    assert spent.until(0.65) == Cost(epochs=4, cpu=40, wall=2.5, reached=True)


def test_the_order_is_that_of_time():
    reports = [a_report(0, 2.0, 2, 0.9), a_report(1, 1.0, 1, 0.9)]

    assert Spent(Run(seconds=3.0, reports=reports)).until(0.9).wall == 1.0


def test_a_target_that_is_never_reached_costs_the_whole_search():
    reports = [a_report(0, 1.0, 1, 0.5), a_report(0, 2.0, 2, 0.4)]

    assert Spent(Run(seconds=9.0, reports=reports)).until(0.51) == Cost(2, 20, 9.0, reached=False)


def test_every_attempt_of_a_trial_costs():
    reports = [a_report(0, 1.0, 3, 0.1), a_report(0, 5.0, 2, 0.8, attempt=2)]

    assert Spent(Run(seconds=9.0, reports=reports)).until(0.8).epochs == 5


def test_what_is_no_candidate_costs_and_reaches_nothing():
    reports = [a_report(0, 1.0, 4, None), a_report(1, 2.0, 1, 0.3)]
    spent = Spent(Run(seconds=9.0, reports=reports))

    assert spent.until(0.1) == Cost(5, 50, 2.0, reached=True)
    assert spent.value == 0.3


def test_a_search_without_reports_has_cost_its_time():
    assert Spent(Run(seconds=4.0, reports=[])).until(0.1) == Cost(0, 0, 4.0, reached=False)


def test_the_best_value_by_epochs_and_by_seconds():
    reports = [a_report(0, 1.0, 1, 0.5), a_report(0, 2.0, 2, 0.4), a_report(0, 3.0, 3, 0.7)]
    spent = Spent(Run(seconds=9.0, reports=reports))

    assert spent.first == Cost(1, 10, 1.0, reached=True)
    assert [spent.best_by(epochs) for epochs in (0, 1, 2, 3)] == [None, 0.5, 0.5, 0.7]
    assert [spent.best_within(seconds) for seconds in (0.5, 2.9, 3.0)] == [None, 0.5, 0.7]
