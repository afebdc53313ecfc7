"""A trial's output that is followed."""

from pathlib import Path

import pytest

from controller.errors import HeirloomError
from controller.views import logs
from tests.unit.views.trials.searches import Search


def test_the_removal_of_the_experiment_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search(tmp_path, root=tmp_path / "store")
    search.trial({"lr": 0.1})
    waits = iter([search.place.discard])
    monkeypatch.setattr("time.sleep", lambda _: next(waits)())

    with pytest.raises(HeirloomError, match=r"journal\.db was removed or replaced"):
        logs.show(search.place, 0, None, follow=True)
