from hypothesis import given
from hypothesis import strategies as st

from controller.store.heartbeat import ABSENT_FACTOR, HeartbeatMonitor


def looks(silence: HeartbeatMonitor, counter: bytes | None, times: range) -> list[int]:
    return [now for now in times if silence.look(counter, now)]


def test_a_heart_that_beats_is_never_silent() -> None:
    silence = HeartbeatMonitor(60, 10)
    assert not any(silence.look(b"%d" % now, now) for now in range(0, 1000, 5))


def test_silence_is_said_once_and_then_again_after_as_long() -> None:
    assert looks(HeartbeatMonitor(60, 10), b"7", range(0, 200, 5)) == [60, 120, 180]


def test_one_beat_ends_it() -> None:
    silence = HeartbeatMonitor(60, 10)
    assert looks(silence, b"7", range(0, 60, 5)) == []
    assert looks(silence, b"8", range(60, 120, 5)) == []
    assert looks(silence, b"8", range(120, 130, 5)) == [120]


def test_without_a_heartbeat_patience_is_longer() -> None:
    assert looks(HeartbeatMonitor(60, 10), None, range(0, 200, 5)) == [60 * ABSENT_FACTOR]


def test_a_look_that_came_late_counts_nothing() -> None:
    silence = HeartbeatMonitor(60, 10)
    assert looks(silence, b"7", range(0, 60, 5)) == []
    assert looks(silence, b"7", range(500, 560, 5)) == []  # suspended, or a look that stalled
    assert looks(silence, b"7", range(560, 570, 5)) == [560]


def test_a_look_that_failed_counts_nothing() -> None:
    silence = HeartbeatMonitor(60, 10)
    assert looks(silence, b"7", range(0, 60, 5)) == []
    silence.anew()
    assert looks(silence, b"7", range(60, 120, 5)) == []
    assert looks(silence, b"7", range(120, 130, 5)) == [120]


@given(st.lists(st.tuples(st.floats(0.1, 30), st.integers(0, 2)), max_size=60))
def test_silence_is_said_only_after_that_long_without_change_or_gap(
    steps: list[tuple[float, int]],
) -> None:
    silence, now, since, usual = HeartbeatMonitor(60, 10), 0.0, 0.0, 0.0
    last: int | None = None
    for step, counter in steps:
        now += step
        if counter != last or step > max(10, 2 * usual):
            since = now
        usual = 0.0 if last is None else step
        last = counter
        said = silence.look(b"%d" % counter, now)
        assert said == (now - since >= 60)
        if said:
            since = now


def test_looks_that_always_come_late_find_the_dead_all_the_same() -> None:
    silence = HeartbeatMonitor(60.0, 10.0)
    assert [silence.look(b"1", 15.0 * look) for look in range(7)][-2:] == [True, False]
