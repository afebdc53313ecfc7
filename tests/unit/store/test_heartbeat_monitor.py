from hypothesis import given
from hypothesis import strategies as st

from controller.store.monitor.heartbeat import ABSENT_FACTOR, HeartbeatMonitor


def lost_at(monitor: HeartbeatMonitor, counter: bytes | None, times: range) -> list[int]:
    return [now for now in times if monitor.is_lost(counter, now)]


def test_a_heartbeat_that_changes_is_never_lost() -> None:
    monitor = HeartbeatMonitor(60, 10)
    assert not any(monitor.is_lost(b"%d" % now, now) for now in range(0, 1000, 5))


def test_a_lost_heartbeat_is_reported_once_per_timeout() -> None:
    assert lost_at(HeartbeatMonitor(60, 10), b"7", range(0, 200, 5)) == [60, 120, 180]


def test_one_change_restarts_the_timeout() -> None:
    monitor = HeartbeatMonitor(60, 10)
    assert lost_at(monitor, b"7", range(0, 60, 5)) == []
    assert lost_at(monitor, b"8", range(60, 120, 5)) == []
    assert lost_at(monitor, b"8", range(120, 130, 5)) == [120]


def test_the_timeout_is_longer_without_a_heartbeat_file() -> None:
    assert lost_at(HeartbeatMonitor(60, 10), None, range(0, 200, 5)) == [60 * ABSENT_FACTOR]


def test_a_late_read_restarts_the_timeout() -> None:
    monitor = HeartbeatMonitor(60, 10)
    assert lost_at(monitor, b"7", range(0, 60, 5)) == []
    assert lost_at(monitor, b"7", range(500, 560, 5)) == []  # suspended, or a read that stalled
    assert lost_at(monitor, b"7", range(560, 570, 5)) == [560]


def test_a_failed_read_restarts_the_timeout() -> None:
    monitor = HeartbeatMonitor(60, 10)
    assert lost_at(monitor, b"7", range(0, 60, 5)) == []
    monitor.reset()
    assert lost_at(monitor, b"7", range(60, 120, 5)) == []
    assert lost_at(monitor, b"7", range(120, 130, 5)) == [120]


@given(st.lists(st.tuples(st.floats(0.1, 30), st.integers(0, 2)), max_size=60))
def test_a_heartbeat_is_lost_only_without_a_change_or_a_gap(
    steps: list[tuple[float, int]],
) -> None:
    monitor, now, since, usual = HeartbeatMonitor(60, 10), 0.0, 0.0, 0.0
    last: int | None = None
    for step, counter in steps:
        now += step
        if counter != last or step > max(10, 2 * usual):
            since = now
        usual = 0.0 if last is None else step
        last = counter
        is_lost = monitor.is_lost(b"%d" % counter, now)
        assert is_lost == (now - since >= 60)
        if is_lost:
            since = now


def test_reads_that_are_always_far_apart_find_a_lost_heartbeat() -> None:
    monitor = HeartbeatMonitor(60.0, 10.0)
    assert [monitor.is_lost(b"1", 15.0 * read) for read in range(7)][-2:] == [True, False]
