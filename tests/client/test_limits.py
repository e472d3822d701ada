"""A server that drips, or never ends: it has so long to begin, so long for what is read whole, and so much of both."""

from __future__ import annotations

import threading

import pytest
from server import answer, body, data, delta


class Clock:
    """The time, as the transport sees it: the scripts of these tests move it on."""

    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def drip(monkeypatch):
    """Return replies that send `head`, then one `piece` every 20 seconds, until the test is over."""
    clock, over = Clock(), threading.Event()
    monkeypatch.setattr("grokcli.client.transport.time", clock)

    def drip(head, piece):
        def play(connection):
            connection.send(head)
            while not over.wait(0.002):
                clock.now += 20
                connection.send(piece)

        return play

    yield drip
    over.set()


WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nx: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (WHOLE, b" "),
    ],
    ids=["head", "continue", "body"],
)
@pytest.mark.parametrize("words", [["ask", "--no-stream", "hi"], ["ask", "hi"], ["ask", "--debug", "hi"], ["models"]])
def test_what_drips_is_silence(grok, server, environ, drip, head, piece, words):
    environ["GROK_IDLE_TIMEOUT"] = "60"
    server.reply(drip(head, piece))
    code, out, err = grok(*words)
    assert "no data from" in err
    assert (code, out) == (5, "") if words[0] == "ask" else code == 0
    assert len(server.requests) == 1


def test_the_body_of_an_error_may_drip_and_the_error_is_told(grok, server, environ, drip):
    environ["GROK_IDLE_TIMEOUT"] = "60"
    server.reply(drip(b"HTTP/1.1 400 No\r\ncontent-length: 1000000\r\n\r\nno such thing", b" "))
    code, _, err = grok("ask", "hi")
    assert (code, err) == (6, "error: the server said: no such thing\n")


def test_a_head_without_end_is_no_answer(grok, server):
    def play(connection):
        while True:
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    server.reply(play)
    code, _, err = grok("ask", "hi")
    assert code == 5
    assert "the response is not HTTP" in err


@pytest.mark.parametrize("words", [["--no-stream"], []])
def test_an_answer_in_one_piece_has_a_limit(grok, server, monkeypatch, words):
    monkeypatch.setattr("grokcli.client.transport.MAX_EVENT_BYTES", 1 << 20)
    server.reply(body(b'{"x": "' + b"x" * (2 << 20) + b'"}'))
    code, _, err = grok("ask", *words, "hi")
    assert (code, err) == (5, "error: the server sent an answer larger than 1 MB\n")


def test_a_chunk_that_was_cut_is_a_cut(grok, server):
    def play(connection):
        connection.stream_head()
        connection.chunk(data(delta("Hel")))
        connection.send(b"40\r\ndata: {")
        connection.cut()

    server.reply(play)
    code, out, err = grok("ask", "hi")
    assert (code, out) == (5, "Hel\n")
    assert "not HTTP" not in err
    assert "it closed before the answer was complete" in err


def test_a_cut_between_chunks_is_a_cut(grok, server):
    def play(connection):
        connection.stream_head()
        connection.chunk(data(delta("Hel")))
        connection.cut()

    server.reply(play)
    code, out, err = grok("ask", "hi")
    assert (code, out) == (5, "Hel\n")
    assert "not HTTP" not in err


def test_a_connection_serves_again_after_an_error(grok, server):
    server.reply(body({"error": "busy"}, 503), answer("Hello"))
    assert grok("ask", "hi").code == 0
    assert server.connections == 1
