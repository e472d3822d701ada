"""A server that says nothing is given up, however it keeps the connection alive."""

from __future__ import annotations

import threading

import pytest
from server import answer, data, delta, finish

from grokcli.client.transport import IdleTimer


@pytest.mark.parametrize(
    "sign", [b": keep-alive\n\n", data({"choices": []}), data(delta(role="assistant")), data(delta()), b"d"]
)
@pytest.mark.parametrize("begin", ["", "Hello"])
def test_signs_of_life_are_no_answer(grok, server, sign, begin):
    over = threading.Event()

    def play(connection):
        connection.stream_head()
        if begin:
            connection.chunk(data(delta(begin)))
        while not over.wait(0.02):
            connection.chunk(sign)

    server.reply(play)
    code, out, err = grok("ask", "--idle-timeout", "0.1", "hi")
    over.set()
    assert (code, out, len(server.requests)) == (5, f"{begin}\n" if begin else "", 1)
    assert err.startswith("error: the server fell silent for 0.1 s\nhint: ask again, or allow more time")


def test_silence_before_the_head_is_not_tried_again(grok, server):
    over = threading.Event()
    server.reply(lambda connection: over.wait(30))
    code, _, err = grok("ask", "--idle-timeout", "0.1", "hi")
    over.set()
    assert (code, len(server.requests)) == (5, 1)
    assert "fell silent" in err


def test_a_slow_answer_is_no_silence(grok, server):
    pause = threading.Event()

    def play(connection):
        connection.stream_head()
        for letter in "slowly":
            connection.chunk(b": wait\n\n")
            pause.wait(0.03)
            connection.chunk(data(delta(letter)))
        connection.chunk(data(finish()))
        connection.end()

    server.reply(play)
    assert grok("ask", "--idle-timeout", "5", "hi") == (0, "slowly\n", "")


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
