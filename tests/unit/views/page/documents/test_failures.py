"""The document of what ended trials without success."""

from controller.core.model import State
from controller.views.page.documents import failures
from tests.unit.views.page.pages import report, trial


def test_reasons_are_told_once_with_their_trials() -> None:
    failed = [trial(n, state=State.FAILED, value=None, reason="exit code 3") for n in range(60)]
    doc = failures.document(report(*failed, trial(60, state=State.SKIPPED), trial(61)))
    first, second = doc["reasons"]
    assert (first["state"], first["reason"], first["count"]) == ("failed", "exit code 3", 60)
    assert first["trials"] == list(range(40))
    assert (second["state"], second["reason"], second["trials"]) == (
        "skipped",
        "no reason given",
        [60],
    )


def test_a_long_reason_is_truncated() -> None:
    long = trial(0, state=State.FAILED, value=None, reason="x" * 1_000_000)
    [group] = failures.document(report(long))["reasons"]
    assert group["reason"].endswith("(998,000 more characters)")
    assert len(group["reason"]) < 3_000
