"""The document of the learning curves along a line."""

from controller.views.page.documents.analysis import curves
from controller.views.page.source import Source
from tests.unit.views.page.pages import report, trial


def source() -> Source:
    return report(
        trial(0),
        trial(1, 0),
        trial(2, 0),
        curves={n: [(1, 0.1), (2, 0.3)] for n in range(3)},
        metrics={"loss": {0: [(1, 0.5)]}},
    )


def test_by_default_it_is_the_best_trials_line() -> None:
    found = curves.document(source())
    assert (found["of"], found["is_best"]) == (2, True)
    assert [step["id"] for step in found["line"]] == [0, 2]
    assert [each["name"] for each in found["figures"]] == ["value", "loss"]
    assert [trace["name"] for trace in found["figures"][0]["figure"]["data"]][2:] == [
        "best line",
        "best",
    ]


def test_another_trials_line_is_emphasized_when_asked_for() -> None:
    found = curves.document(source(), 1)
    assert (found["of"], found["is_best"]) == (1, False)
    names = [trace["name"] for trace in found["figures"][0]["figure"]["data"]]
    assert names[2:] == ["line of 1", "the trial"]


def test_without_trials_there_is_no_line() -> None:
    found = curves.document(report())
    assert (found["of"], found["line"], found["figures"]) == (None, [], [])
    assert curves.document(report(trial(0)), 7)["of"] is None
