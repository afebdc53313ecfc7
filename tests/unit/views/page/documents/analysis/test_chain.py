"""The generations of a chain of shared weights."""

import json

from controller.views.page.documents.analysis import chain
from tests.unit.views.page.pages import report, trial


def test_a_search_without_generations_has_none() -> None:
    assert chain.document(report(trial(0))) is None


def test_alphas_are_charts_with_words() -> None:
    trials = [
        trial(
            n,
            *([n - 1] if n else []),
            params={"task": "train", "generation": n},
            result={"alphas": {"op": {"conv": n / 4, "pool": 1 - n / 4}}},
        )
        for n in range(4)
    ]
    found = chain.document(report(*trials))
    assert found is not None
    json.dumps(found, allow_nan=False)
    (chart,) = found["shares"]["charts"]
    assert chart["words"] == "op: in the last generation, conv has the largest share, 0.75"
    assert [line["option"] for line in chart["lines"]] == ["conv", "pool"]
    assert found["generations"] == 4
    assert found["figure"]["data"]
