from collections.abc import Iterator

from hypothesis import given, strategies as st

from bot.sandbox.globus.schedules import Schedule
from bot.sandbox.globus.timer_documents import LONGEST_INTERVAL, SHORTEST_INTERVAL

START = 1_800_000_000

intervals = st.integers(SHORTEST_INTERVAL, LONGEST_INTERVAL)
counts = st.integers(1, 50)
delays = st.lists(st.floats(0, 3 * LONGEST_INTERVAL), max_size=60)


def _ticks(schedule: Schedule, delays: list[float]) -> Iterator[int]:
    """Give the ticks of a timer whose runs are done so many seconds after they were due."""
    due = schedule.first()
    for runs, delay in enumerate(delays, start=1):
        if due is None:
            return
        yield due
        due = schedule.next(due + delay, runs=runs)


@given(intervals, delays)
def test_ticks_are_whole_intervals_after_the_start_and_never_come_twice(
    interval: int, delays: list[float]
) -> None:
    ticks = list(_ticks(Schedule(START, interval), delays))
    assert len(ticks) == len(delays)
    assert all(tick >= START and (tick - START) % interval == 0 for tick in ticks)
    assert ticks == sorted(set(ticks))


@given(intervals, delays)
def test_the_next_tick_is_the_first_one_that_is_still_to_come(interval: int, delays: list[float]) -> None:
    for delay in delays:
        tick = Schedule(START, interval).next(START + delay, runs=1)
        assert tick is not None
        assert tick - interval <= START + delay < tick


@given(intervals, counts)
def test_a_timer_runs_as_often_as_it_was_told_and_no_more(interval: int, count: int) -> None:
    ticks = list(_ticks(Schedule(START, interval, count=count), [0.5] * (count + 5)))
    assert ticks == [START + number * interval for number in range(count)]


@given(intervals, st.integers(0, 3 * LONGEST_INTERVAL), delays)
def test_nothing_is_due_after_the_end(interval: int, length: int, delays: list[float]) -> None:
    until = START + length
    punctual = list(_ticks(Schedule(START, interval, until=until), [0.0] * 60))
    assert len(punctual) == min(60, length // interval + 1)
    assert all(START <= tick <= until for tick in _ticks(Schedule(START, interval, until=until), delays))


@given(st.floats(-LONGEST_INTERVAL, LONGEST_INTERVAL))
def test_a_timer_without_an_interval_is_due_once(after: float) -> None:
    assert list(_ticks(Schedule(START), [after, 0.0, 0.0])) == [START]


@given(intervals, st.floats(1, LONGEST_INTERVAL))
def test_nothing_is_due_before_the_start(interval: int, early: float) -> None:
    assert Schedule(START, interval).next(START - early, runs=0) == START
    assert Schedule(START).next(START - early, runs=0) == START


def test_a_schedule_that_ends_before_it_starts_never_runs() -> None:
    assert Schedule(START, 60, until=START - 1).first() is None
