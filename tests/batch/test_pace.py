"""How many questions are asked at a time, with a clock that the test turns."""

from __future__ import annotations

import pytest

from grokcli.batch.pace import LONGEST_WAIT, MAX_WAITS, Pace


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def pace(now):
    return Pace(8, 1.0, clock=lambda: now[0])


def test_requests_that_are_turned_down_together_slow_all_once(pace, now):
    sent = [pace.enter() for _ in range(8)]
    now[0] = 1.0
    assert pace.slow_down(sent[0], 20.0) == pytest.approx(20.0)
    assert [pace.slow_down(one, 20.0) for one in sent[1:]] == [0.0] * 7
    assert pace.limit == 4
    # A longer wait is one that all heed.
    assert pace.slow_down(sent[1], 60.0) == pytest.approx(60.0)
    assert pace.limit == 4


def test_answers_bring_the_number_back(pace, now):
    pace.slow_down(pace.enter(), 0.0)
    now[0] = 10.0
    before = pace.limit
    for _ in range(100):
        pace.answered()
        assert before <= pace.limit <= 8
        before = pace.limit
    assert pace.limit == 8


def test_waits_grow_and_end(pace, now):
    waits = []
    for _ in range(MAX_WAITS):
        waits.append(pace.slow_down(now[0], None))
        now[0] += 1000.0
    assert waits[:5] == sorted(waits[:5])
    assert waits[-1] <= 75
    assert pace.limit == 1
    assert pace.slow_down(now[0], None) is None
    pace.answered()
    assert pace.slow_down(now[0], None) is not None
    assert pace.slow_down(now[0], LONGEST_WAIT + 1) is None


def test_nothing_is_sent_after_the_end(pace):
    pace.close()
    assert pace.enter() is None
    pace.pause(1e9)
