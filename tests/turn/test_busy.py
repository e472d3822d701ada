"""Servers that are busy say so in many ways, and what they do not know they name."""

from __future__ import annotations

import json

import pytest
import responses as wire
from server import answer, body, data, stream

BUSY = [
    {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    {"error": {"code": "429", "message": "slow down"}},
    {"code": "capacity", "error": "The model is at capacity"},
    {"code": "The service is currently unavailable", "error": "Timed out waiting for first token"},
    {"error": {"type": "overloaded_error", "message": "Overloaded"}},
    {"error": {"code": "server_error", "message": "The server had an error"}},
    {"type": "error", "code": "rate_limit_exceeded", "message": "Rate limit reached"},
]


def event(document):
    """Return a reply whose first event is an error."""

    def play(connection):
        connection.stream_head()
        connection.chunk(b"event: error\n" + data(document))
        connection.end()

    return play


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("document", BUSY, ids=json.dumps)
def test_busy_under_http_200_is_tried_again(grok, server, environ, document, api):
    environ["GROK_API"] = api
    end = answer("Hello") if api == "chat" else wire.answer(wire.message("Hello"))
    server.reply(body(document), event(document), stream([document]), end)
    code, out, err = grok("ask", "hi")
    assert (code, out, len(server.requests)) == (0, "Hello\n", 4)
    assert err.count("retrying") == 3


def test_a_response_that_failed_before_it_began_is_tried_again(grok, server, environ):
    environ["GROK_API"] = "responses"
    error = {"code": "server_error", "message": "An error occurred"}
    failed = wire.events(status="failed", error=error)
    server.reply(wire.stream(failed), wire.answer(wire.message("Hello")))
    assert grok("ask", "hi")[:2] == (0, "Hello\n")


@pytest.mark.parametrize("document", [{"error": "invalid value"}, {"error": {"code": 400, "message": "overloaded"}}])
def test_other_errors_are_not_tried_again(grok, server, document):
    server.reply(body(document))
    assert grok("ask", "hi").code == 6
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [200, 400, 404])
@pytest.mark.parametrize("words", ["Model not found: grok-2-1212", "The model grok-2-1212 does not exist"])
def test_a_retired_model_names_its_successor(grok, server, status, words):
    server.reply(body({"code": "invalid-argument", "error": words}, status))
    code, _, err = grok("ask", "hi")
    assert code == 6
    assert "hint: grok-2-1212 was retired; try -m grok-4.7" in err


@pytest.mark.parametrize("name", ["deferred", "background"])
def test_an_answer_for_later_is_refused(grok, server, name):
    code, _, err = grok("ask", "-O", f"{name}=true", "hi")
    assert (code, server.requests) == (2, [])
    assert len(err.splitlines()) == 2
    assert "could not be shown" in err


def test_a_number_that_is_infinite_is_sent_as_text(grok, server):
    server.reply(answer("ok"))
    assert grok("ask", "-O", "x=1e400", "-O", "y=[1, -1e400]", "-O", "z=1.5", "hi").code == 0
    sent = server.requests[0].json
    assert (sent["x"], sent["y"], sent["z"]) == ("1e400", "[1, -1e400]", 1.5)


def test_a_name_of_a_model_without_end_is_cut(grok, server):
    server.reply(answer("ok", model="m" * 100_000))
    code, out, err = grok("ask", "hi")
    assert (code, out) == (0, "ok\n")
    assert len(err) < 200


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_two_efforts_are_refused_and_a_default_gives_way(grok, server, environ, api):
    wanted = ["--api", api, "-O", 'reasoning={"effort": "low"}', "hi"]
    code, _, err = grok("ask", "--effort", "high", *wanted)
    assert (code, server.requests) == (2, [])
    assert err == "error: -O reasoning sets an effort, and so does --effort\nhint: leave out one of them\n"
    environ["GROK_EFFORT"] = "high"
    server.reply(body({}))
    grok("ask", *wanted)
    assert server.requests[0].json["reasoning"]["effort"] == "low"
    assert "reasoning_effort" not in server.requests[0].json


@pytest.mark.parametrize("words", [["--effort", "high"], []])
def test_fields_that_flags_share_are_merged(grok, server, environ, words):
    environ["GROK_API"] = "responses"
    server.reply(wire.answer(wire.message("{}")))
    grok(
        "ask",
        *words,
        "-O",
        'reasoning={"summary": "auto"}',
        "-O",
        'text={"verbosity": "low"}',
        "--schema",
        '{"a": 1}',
        "hi",
    )
    sent = server.requests[0].json
    assert sent["reasoning"] == {"summary": "auto", **({"effort": "high"} if words else {})}
    assert (sent["text"]["verbosity"], sent["text"]["format"]["type"]) == ("low", "json_schema")
