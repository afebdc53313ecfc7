"""What a trial may give to `trial.finish`, outside an experiment."""

import pytest

from heirloom import trial
from heirloom.channel import channel


@pytest.fixture(autouse=True)
def without_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No value from an earlier test that called `inherit` or `measured`."""
    monkeypatch.setattr(channel, "_notes", {})


def test_values_by_name_need_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    trial.finish(accuracy=0.9, latency=12)
    assert '{"accuracy": 0.9, "latency": 12}' in capsys.readouterr().out
    trial.finish(0.9, latency=12)
    assert '{"latency": 12, "value": 0.9}' in capsys.readouterr().out


def test_nothing_and_what_is_no_number_are_refused() -> None:
    with pytest.raises(TypeError, match="a value, or the values of the objectives by name"):
        trial.finish()
    with pytest.raises(TypeError, match="must be a number, not None"):
        trial.finish(None, latency=12)
