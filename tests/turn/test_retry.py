"""What may pass by itself is tried again: visibly, a few times, and never once something of the answer was shown."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from language import command
from server import answer, body, data, delta, stream, whole

BUSY = body({"error": "busy"}, 503)


def reset(connection):
    connection.reset()


def cut(connection):
    connection.cut()


def cut_after_the_head(connection):
    connection.stream_head()
    connection.chunk(b": welcome\n\n" + data(delta(role="assistant")))
    connection.cut()


@pytest.mark.parametrize("fault", [BUSY, body("", 429), body("", 500), reset, cut, cut_after_the_head])
def test_what_passes_is_told_and_waited_for(grok, server, fault):
    server.reply(fault, fault, fault, answer("Hello"))
    code, out, err = grok("ask", "hi")
    assert (code, out, len(server.requests)) == (0, "Hello\n", 4)
    for line, tries in zip(err.splitlines(), (2, 3, 4), strict=True):
        assert line.endswith(f"; retrying in 0.0 s (attempt {tries} of 4)")
    assert len({request.body for request in server.requests}) == 1


def test_four_tries_are_enough(grok, server):
    server.reply(BUSY)
    code, out, err = grok("ask", "hi")
    assert (code, out, len(server.requests)) == (6, "", 4)
    assert err.splitlines()[3].startswith("error: the server said: busy")


def test_the_question_is_kept_once(grok, server):
    server.reply(BUSY, reset, answer("Hello"))
    grok("ask", "hi")
    messages = json.loads(grok("history", "show", "--json").out)["messages"]
    assert [message["content"] for message in messages] == ["hi", "Hello"]


def test_quiet_is_quiet(grok, server):
    server.reply(BUSY, answer("Hello"))
    assert grok("ask", "-q", "hi") == (0, "Hello\n", "")


def test_the_server_says_how_long_to_wait(grok, server, monkeypatch):
    waits = []
    monkeypatch.setattr("grokcli.turn.retry.sleep", waits.append)
    server.reply(body({"error": "busy"}, 429, retry_after="7"), body("", 503, retry_after="x"), answer("Hello"))
    assert "busy; retrying in 7.0 s (attempt 2 of 4)" in grok("ask", "hi").err
    assert waits == [7, 0]


def test_waits_grow_and_differ(grok, server, environ, monkeypatch):
    waits = []
    monkeypatch.setattr("grokcli.turn.retry.sleep", waits.append)
    environ["GROK_RETRY_DELAY"] = "1"
    server.reply(BUSY)
    grok("ask", "hi")
    assert [0.75 * 2**n <= wait <= 1.25 * 2**n for n, wait in enumerate(waits)] == [True] * 3


def test_too_long_a_wait_is_told_and_not_waited_for(grok, server):
    server.reply(body({"error": "busy"}, 429, retry_after="61"))
    code, _, err = grok("ask", "hi")
    assert (code, len(server.requests)) == (4, 1)
    assert err == "error: the server said: busy\nhint: ask again in 61 s, as the server requests\n"


def test_a_server_that_knows_better_is_believed(grok, server):
    server.reply(body({"error": "busy"}, 503, x_should_retry="false"))
    assert grok("ask", "hi").code == 6
    assert len(server.requests) == 1


def test_an_error_in_place_of_the_first_event_may_pass_too(grok, server):
    server.reply(stream([{"error": {"message": "overloaded", "code": 503}}]), answer("Hello"))
    assert grok("ask", "hi")[:2] == (0, "Hello\n")


@pytest.mark.parametrize("fault", [stream([delta("Hel")]), stream([delta(reasoning_content="hm")])])
def test_what_was_begun_is_not_begun_again(grok, server, fault):
    server.reply(fault)
    assert grok("ask", "hi").code == 5
    assert len(server.requests) == 1


def test_an_answer_in_one_piece_is_tried_again_too(grok, server):
    server.reply(BUSY, whole("Hello"))
    assert grok("ask", "--no-stream", "hi")[:2] == (0, "Hello\n")


def test_a_check_of_the_key_is_not_repeated(grok, server):
    server.reply(BUSY)
    grok("config", "check")
    grok("models")
    assert len(server.requests) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_wait(environ, server, number, code):
    environ["GROK_RETRY_DELAY"] = "30"
    server.reply(BUSY)
    with subprocess.Popen(
        command("ask", "hi"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as process:
        assert b"retrying" in process.stderr.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (code, b"", b"")
