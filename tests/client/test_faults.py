"""The fault matrix: whatever a server does, the exit code, the requests, stdout and the store are what they should be."""

from __future__ import annotations

import gzip
import json
import threading

import pytest
from language import KEY
from server import body, data, delta, finish, stream

TEXT = "Hé — wörld"
EVENTS = [data(delta("Hé — ")), data(delta("wörld")), data(finish()), data("[DONE]")]
STREAM = b"".join(EVENTS)
# Up to here nothing is said; up to there not all of it.
FIRST, LAST = len(EVENTS[0]), len(EVENTS[0] + EVENTS[1] + EVENTS[2])
HEAD = {"content_type": "text/event-stream"}


def shapes(status):
    """Return the forms in which a server says what went wrong."""
    words = f"some words {KEY}"
    return {
        "code": {"code": "some-code", "error": words},
        "bare": {"error": words},
        "number": {"code": status, "error": f"{words} [WKE=a:b]"},
        "openai": {"error": {"message": words, "type": "t", "param": None, "code": None}},
        "string": json.dumps(words),
        "plain": words,
        "html": f"<!DOCTYPE html><html>{words}</html>",
        "twice": {"error": json.dumps({"type": "error", "message": words})},
        "event": {"type": "error", "message": words, "code": None, "param": None},
        "empty": "",
        "list": [words],
        "deep": "[" * 100_000,
        "binary": b"\xff\xfe\x00\x1b[2J" * 100,
    }


CODES = {401: 3, 402: 4, 403: 3, 429: 4}
STATUSES = (
    400,
    401,
    402,
    403,
    404,
    405,
    408,
    409,
    410,
    413,
    415,
    418,
    422,
    429,
    500,
    502,
    503,
    504,
    520,
    524,
    525,
    529,
    530,
)


def kept(grok):
    """Return what the store holds of the latest conversation, without the question."""
    messages = json.loads(grok("history", "show", "--json").out)["messages"]
    assert [message["role"] for message in messages[:1]] == ["user"]
    return [message["content"] for message in messages[1:]]


def ask_and_check(grok, server, code, tries, out):
    """Ask, and assert what every failure has in common."""
    result = grok("ask", "hi")
    assert (result.code, len(server.requests), result.out) == (code, tries, out), result.err
    last = [line for line in result.err.splitlines() if not line.startswith("hint:")][-1:]
    assert not code or last[0].startswith("error: ")
    assert KEY not in result.err
    assert "Traceback" not in result.err
    assert result.err.replace("\n", "").isprintable()
    assert max(map(len, result.err.splitlines()), default=0) < 400
    assert kept(grok) == ([out.removesuffix("\n")] if out else [])
    return result


@pytest.mark.parametrize("status", STATUSES)
def test_every_status(grok, server, status):
    server.reply(body({"code": "some-code", "error": "some words"}, status))
    tries = 4 if status == 429 or (status >= 500 and status != 525) else 1
    ask_and_check(grok, server, CODES.get(status, 6), tries, "")


@pytest.mark.parametrize("shape", shapes(0))
@pytest.mark.parametrize("status", [400, 503])
def test_every_shape_of_error(grok, server, status, shape):
    server.reply(body(shapes(status)[shape], status))
    err = ask_and_check(grok, server, 6, 4 if status == 503 else 1, "").err
    assert ("some words" in err) == (shape not in ("html", "empty", "deep", "binary"))


@pytest.mark.parametrize("shape", ["code", "bare", "openai", "twice", "event", "list", "html"])
@pytest.mark.parametrize("begun", [False, True])
def test_an_error_under_200(grok, server, shape, begun):
    document = shapes(400)[shape]
    server.reply(stream([delta("Hé"), document]) if begun else body(document))
    ask_and_check(grok, server, 6, 1, "Hé\n" if begun else "")


def parts(size):
    """Return what of the answer ended early: in the first `size` bytes of the stream."""
    return "".join(text for text, end in (("Hé — ", FIRST), ("wörld", FIRST + len(EVENTS[1]))) if size >= end)


@pytest.mark.parametrize("how", ["cut", "reset"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_stream_that_stops_at_any_byte(grok, server, how, framing):
    # A stream holds at most two line ends that do not matter; near the borders every byte is tried, between them some.
    near = {edge + step for edge in (0, FIRST, FIRST + len(EVENTS[1]), LAST) for step in (-2, -1, 0, 1)}
    for size in sorted(size for size in near | set(range(0, len(STREAM), 211)) if 0 <= size < len(STREAM)):
        server.requests.clear()
        server.script([lambda connection, size=size: play_up_to(connection, STREAM[:size], how, framing)])
        result = grok("ask", "hi")
        said = result.out.removesuffix("\n")
        # A reset may overtake what was sent before it; the end of the body may stand for a line end.
        assert said in {parts(size), parts(size + 2)} | ({"", "Hé — "} if how == "reset" else set())
        whole = size >= LAST - 2 and said == TEXT
        assert result.code in ({0, 5} if whole else {5})
        assert len(server.requests) == (1 if said else 4)
        assert kept(grok) == ([said] if said else [])


def play_up_to(connection, content, how, framing):
    if framing == "length":
        connection.head(**HEAD, content_length=str(len(STREAM)))
        connection.send(content)
    elif framing == "close":
        connection.head(**HEAD, connection="close")
        connection.send(content)
    else:
        connection.stream_head()
        if content:
            connection.chunk(content)
    getattr(connection, how)()


@pytest.mark.parametrize("size", range(0, 60, 12))
def test_a_head_that_stops(grok, server, size):
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"

    def play(connection):
        connection.send(head[:size])
        connection.cut()

    server.reply(play)
    ask_and_check(grok, server, 5, 4, "")


def test_one_byte_at_a_time(grok, server):
    def drip(connection):
        connection.stream_head()
        for index in range(len(STREAM)):
            connection.chunk(STREAM[index : index + 1])
        connection.end()

    server.reply(drip)
    ask_and_check(grok, server, 0, 1, f"{TEXT}\n")


def test_silence_in_the_middle(grok, server, environ):
    # Long enough for a slow machine to take the first word before it is over.
    environ["GROK_IDLE_TIMEOUT"] = "1"
    over = threading.Event()

    def play(connection):
        connection.stream_head()
        connection.chunk(EVENTS[0])
        over.wait(30)

    server.reply(play)
    ask_and_check(grok, server, 5, 1, "Hé — \n")
    over.set()


@pytest.mark.parametrize(
    ("content_type", "code", "tries", "out"),
    [
        ("text/plain", 0, 1, f"{TEXT}\n"),
        ("application/octet-stream", 0, 1, f"{TEXT}\n"),
        ("text/html", 6, 1, ""),
        ("application/json", 6, 1, ""),
        ("", 0, 1, f"{TEXT}\n"),
    ],
)
def test_a_wrong_content_type(grok, server, content_type, code, tries, out):
    server.reply(body(STREAM, content_type=content_type))
    ask_and_check(grok, server, code, tries, out)


@pytest.mark.parametrize(
    ("length", "code", "tries", "out"),
    [
        (len(STREAM) + 100, 0, 1, f"{TEXT}\n"),
        (FIRST, 5, 1, "Hé — \n"),
        (0, 5, 4, ""),
        ("many", 0, 1, f"{TEXT}\n"),
        (-5, 0, 1, f"{TEXT}\n"),
    ],
)
def test_a_wrong_length(grok, server, length, code, tries, out):
    def play(connection):
        connection.head(**HEAD, content_length=str(length))
        connection.send(STREAM)
        connection.cut()

    server.reply(play)
    ask_and_check(grok, server, code, tries, out)


def test_gzip(grok, server):
    server.reply(body(gzip.compress(STREAM), content_type="text/event-stream", content_encoding="gzip"))
    ask_and_check(grok, server, 0, 1, f"{TEXT}\n")


def test_gzip_that_is_none(grok, server):
    server.reply(body(STREAM, content_type="text/event-stream", content_encoding="gzip"))
    ask_and_check(grok, server, 5, 1, "")


def test_a_line_without_end(grok, server, monkeypatch):
    monkeypatch.setattr("grokcli.client.sse.MAX_EVENT_BYTES", 100_000)

    def play(connection):
        connection.stream_head()
        connection.chunk(EVENTS[0])
        for _ in range(1000):
            connection.chunk(b"x" * 1000)

    server.reply(play)
    assert "the server sent an event larger than" in ask_and_check(grok, server, 5, 1, "Hé — \n").err


@pytest.mark.parametrize("junk", [b"\x00" * 100, b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/9.9 abc\r\n\r\n", b"\r\n\r\n"])
def test_what_is_no_http(grok, server, junk):
    def play(connection):
        connection.send(junk)
        connection.cut()

    server.reply(play)
    ask_and_check(grok, server, 5, 4, "")
