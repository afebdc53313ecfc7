from benchmarks.inherit.figures.lineage import age_of_best, ages
from benchmarks.inherit.figures.runs import Report, Run, TrialRecord


def a_run(trials, reports):
    return Run(seconds=9.0, reports=[Report(*each) for each in reports], trials=trials)


def test_a_child_is_as_old_as_its_parent_and_its_own_training():
    trials = [
        TrialRecord(0, "succeeded", {}, value=0.5),
        TrialRecord(1, "succeeded", {}, [0], value=0.7),
        TrialRecord(2, "succeeded", {}, [1], value=0.9),
        TrialRecord(3, "succeeded", {}, value=0.6),
    ]
    reports = [
        *((0, 1, 1.0, 1, 1.0, 0.4), (0, 1, 2.0, 2, 2.0, 0.5)),
        *((1, 1, 3.0, 1, 1.0, 0.7), (1, 1, 4.0, 2, 2.0, 0.6)),  # it keeps its first epoch
        *((2, 1, 5.0, 1, 1.0, 0.8), (2, 1, 6.0, 2, 2.0, 0.9)),
        (3, 1, 7.0, 1, 1.0, 0.6),
    ]
    run = a_run(trials, reports)

    assert ages(run) == {0: 2, 1: 3, 2: 5, 3: 1}
    assert age_of_best(run) == 5


def test_shared_weights_are_as_old_as_the_chain_that_trained_them():
    trials = [
        TrialRecord(0, "succeeded", {}),
        TrialRecord(1, "succeeded", {}, [0], value=0.9),
    ]
    reports = [(0, 1, 1.0, 2, 1.0, None), (0, 1, 2.0, 4, 1.0, None), (1, 1, 3.0, 1, 1.0, 0.9)]

    assert ages(a_run(trials, reports)) == {0: 4, 1: 5}


def test_a_search_without_a_value_has_no_age():
    assert age_of_best(a_run([], [])) == 0
