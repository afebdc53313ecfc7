from benchmarks.inherit.figures.generations import Generation, generations
from benchmarks.inherit.figures.runs import Report, Run, TrialRecord


def a_run(trials, reports=()):
    return Run(seconds=9.0, reports=[Report(*each) for each in reports], trials=trials)


def test_each_generation_stands_beside_networks_that_trained_as_long():
    inheriting = a_run(
        [
            TrialRecord(0, "succeeded", {}, value=0.4),
            TrialRecord(1, "succeeded", {}, [0], value=0.5),
            TrialRecord(2, "succeeded", {}, [0], value=0.7),
            TrialRecord(3, "failed", {}, [1]),
            TrialRecord(4, "succeeded", {}, [3], value=0.9),
        ]
    )
    from_nothing = a_run(
        [TrialRecord(0, "succeeded", {}, value=0.6), TrialRecord(1, "succeeded", {}, value=0.5)],
        [
            *((0, 1, 1.0, 2, 1.0, 0.2), (0, 1, 2.0, 4, 2.0, 0.6), (0, 1, 3.0, 6, 3.0, 0.5)),
            *((1, 1, 1.0, 2, 1.0, 0.5), (1, 1, 2.0, 4, 2.0, 0.4)),  # it stopped early
        ],
    )

    assert generations([inheriting], [from_nothing], 2) == [
        Generation(2, 1, 0.4, 0.35),
        Generation(4, 2, 0.6, 0.55),
        Generation(8, 1, 0.9, None),  # none trained so long
    ]


def test_candidates_of_several_searches_are_one_generation():
    found = [a_run([TrialRecord(0, "succeeded", {}, value=value)]) for value in (0.25, 0.75)]

    assert generations(found, [a_run([])], 2) == [Generation(2, 2, 0.5, None)]
