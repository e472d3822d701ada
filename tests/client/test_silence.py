"""A server that says nothing is given up, however it keeps the connection alive."""

from __future__ import annotations

import threading

import pytest
from language import KEY
from server import answer, data, delta, finish

from grokcli import XAI, user
from grokcli.client.transport import IdleTimer
from grokcli.events import TextDelta


class Clock:
    """The time, as the transport sees it: the scripts of these tests move it on."""

    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("grokcli.client.transport.time", clock)
    return clock


@pytest.mark.parametrize(
    "sign", [b": keep-alive\n\n", data({"choices": []}), data(delta(role="assistant")), data(delta()), b"d"]
)
@pytest.mark.parametrize("begin", ["", "Hello"])
def test_signs_of_life_are_no_answer(grok, server, clock, sign, begin):
    over = threading.Event()

    def play(connection):
        connection.stream_head()
        if begin:
            connection.chunk(data(delta(begin)))
        while not over.wait(0.002):
            clock.now += 20
            connection.chunk(sign)

    server.reply(play)
    code, out, err = grok("ask", "--idle-timeout", "60", "hi")
    over.set()
    assert (code, out, len(server.requests)) == (5, f"{begin}\n" if begin else "", 1)
    assert err.startswith("error: no data from the server for 60 s\nhint: ask again, or wait longer")


def test_silence_before_the_head_is_not_tried_again(grok, server):
    asked, over = threading.Event(), threading.Event()

    def play(_):
        asked.set()
        over.wait(60)

    server.reply(play)
    code, _, err = grok("ask", "--idle-timeout", "0.1", "hi")
    assert asked.wait(60)
    over.set()
    assert (code, len(server.requests)) == (5, 1)
    assert "no data from" in err


def test_a_slow_answer_is_no_silence(server, clock):
    taken = threading.Semaphore(0)

    def play(connection):
        connection.stream_head()
        for letter in "slowly":
            clock.now += 40
            connection.chunk(b": wait\n\n")
            connection.chunk(data(delta(letter)))
            assert taken.acquire(timeout=60)
        connection.chunk(data(finish()))
        connection.end()

    server.reply(play)
    xai = XAI(KEY, base_url=server.url, timeout=(10, 60))
    said = ""
    for event in xai.events([user("hi")]):
        if isinstance(event, TextDelta):
            said += event.text
            taken.release()
    xai.close()
    assert said == "slowly"


def test_the_flag_is_a_setting_too_and_must_make_sense(grok, server):
    server.reply(answer("ok"))
    assert grok("ask", "--idle-timeout", "-1", "hi").code == 2
    assert grok("config", "set", "idle_timeout", "7").code == 0
    assert grok("ask", "hi").code == 0


def test_time_that_is_spent_showing_does_not_count(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("grokcli.client.transport.time.monotonic", lambda: now[0])
    timer = IdleTimer(10)
    assert timer.remaining() == 10
    now[0] += 4
    assert timer.remaining() == 6
    timer.reset()
    now[0] += 100
    assert timer.remaining() == 10
    now[0] += 11
    assert timer.remaining() == -1
