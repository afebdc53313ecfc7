from benchmarks.inherit.figures.runs import Report, Run, TrialRecord
from benchmarks.inherit.kept import Kept

RUN = Run(
    seconds=3.0,
    reports=[Report(0, 1, 1.0, 1, 2.0, 0.5)],
    trials=[TrialRecord(0, "succeeded", {"width": 4}, [], value=0.5, test=0.4, accuracies=[0.1])],
    measured={"cores": 2},
)


def test_a_search_that_was_kept_is_found_again(tmp_path):
    Kept(tmp_path).put("search", "digest", RUN)

    assert Kept(tmp_path).get("search", "digest") == RUN


def test_a_search_of_another_protocol_is_not_taken(tmp_path):
    kept = Kept(tmp_path)
    kept.put("search", "digest", RUN)

    assert kept.get("search", "other") is None
    assert kept.get("another", "digest") is None
