"""What the channel between a trial and its supervisor says of a checkpoint."""

from pathlib import Path

from heirloom.channel import Channel


def test_a_checkpoint_is_told_from_a_parent() -> None:
    channel = Channel({"HEIRLOOM_CHECKPOINT_PATH": "/attempts/7.2/continued"})
    assert channel.continues_from(Path("/attempts/7.2/continued"))
    assert not channel.continues_from("/trials/3/weights")
    assert not channel.continues_from(None)
    assert not Channel({"HEIRLOOM_CHECKPOINT_PATH": ""}).continues_from("")


def test_steps_count_on_from_a_checkpoint() -> None:
    channel = Channel({})
    channel.continue_from(7)
    assert channel.report(0.5) == 8
    channel.continue_from(3)
    assert channel.step == 8
