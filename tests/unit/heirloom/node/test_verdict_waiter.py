"""The poller of a node finds verdicts for the other supervisors there."""

import pytest

from heirloom.node.waiting.verdict_waiter import VerdictWaiter
from heirloom.node.waiting.wakeups import Wakeups
from heirloom.store.files import RealFiles


class Notified(Wakeups):
    """Unsubscribes the other attempt when it is notified, as its supervisor does."""

    def __init__(self, directory):
        super().__init__(directory)
        self.trials = []

    def notify_subscribers(self, trial):
        super().notify_subscribers(trial)
        self.trials.append(trial)
        self.unsubscribe("11.1", trial)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("trial", [0, 7])
def test_the_poller_notifies_others_of_a_verdict(tmp_path, trial):
    (tmp_path / "trials").mkdir()
    wakeups = Notified(str(tmp_path))
    for attempt in ("10.1", "11.1"):
        wakeups.create(attempt)
    wakeups.subscribe("11.1", trial)
    verdicts = iter([trial, 9])

    def pause(timeout, *descriptors):
        (tmp_path / f"trials/{next(verdicts)}").mkdir()
        return set()

    waiter = VerdictWaiter(RealFiles(), str(tmp_path), str(tmp_path), wakeups, "10.1")
    assert waiter.wait_for_first([9], pause) == 9
    assert wakeups.trials == [trial, 9]
