"""Servers that others wrote, each with ways of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses as wire
from server import answer, body, data, delta, finish, stream

from grokcli.client.wire.error_bodies import error_from


def refusal():
    return {
        "type": "message",
        "id": "m",
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "I will not."}],
    }


REFUSALS = {
    "chat": stream([delta(refusal="I will "), delta(refusal="not."), finish(), "[DONE]"]),
    "responses": wire.stream([
        {"type": "response.refusal.delta", "output_index": 0, "delta": "I will not."},
        {"type": "response.completed", "response": wire.response([refusal()])},
    ]),
}  # fmt: skip


@pytest.mark.parametrize("api", REFUSALS)
def test_a_refusal_is_shown_and_is_no_answer(grok, server, environ, api):
    environ["GROK_API"] = api
    server.reply(REFUSALS[api])
    code, out, err = grok("ask", "hi")
    assert (code, out) == (7, "I will not.\n")
    assert err.splitlines()[0] == "error: the model refused to answer"
    assert json.loads(grok("history", "show", "--json").out)["messages"][-1]["content"] == "I will not."


@pytest.mark.parametrize("api", REFUSALS)
def test_a_refusal_in_one_piece(grok, server, environ, api):
    environ["GROK_API"] = api
    message = {"role": "assistant", "content": None, "refusal": "I will not."}
    chat = body({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    server.reply(chat if api == "chat" else wire.whole(refusal()))
    assert grok("ask", "--no-stream", "hi")[:2] == (7, "I will not.\n")


def test_a_date_says_how_long_to_wait(grok, server, monkeypatch):
    waits = []
    monkeypatch.setattr("grokcli.turn.retry.sleep", waits.append)
    dates = [format_datetime(datetime.now(UTC) + timedelta(seconds=away), usegmt=True) for away in (50, -50)]
    server.reply(*(body("", 503, retry_after=date) for date in (*dates, "Tue, 99 Foo")), answer("ok"))
    assert grok("ask", "hi").code == 0
    assert 40 < waits[0] <= 50
    assert waits[1:] == [0, 0]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"detail": "Not authorised here"}, "Not authorised here"),
        ({"detail": [{"loc": ["body", "model"], "msg": "field required"}, {"loc": ["body", 0], "msg": "bad"}]},
         "body.model: field required; body.0: bad"),
        ({"error": "TypeError", "message": "x is no number"}, "TypeError: x is no number"),
        ({"error": {"message": "the same", "code": "c"}, "message": "the same"}, "the same"),
        ({"detail": [5, None, [], "odd"]}, "odd"),
    ],
)  # fmt: skip
def test_errors_are_shown_whole(grok, server, document, said):
    server.reply(body(document, 400))
    code, _, err = grok("ask", "hi")
    assert code == 6
    assert err.splitlines()[0].removeprefix("error: ").strip("; ") == f"the server said: {said}"


@pytest.mark.parametrize("status", [200, 400])
def test_json_that_says_it_is_html_is_read(grok, server, status):
    server.reply(body({"error": "no such thing"}, status, content_type="text/html; charset=utf-8"))
    assert grok("ask", "hi") == (6, "", "error: the server said: no such thing\n")


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_carriage_returns_end_the_lines_of_a_stream(grok, server, step):
    content = b"".join(map(data, [delta("Hel"), delta("lo"), finish(), "[DONE]"])).replace(b"\n", b"\r")

    def play(connection):
        connection.stream_head()
        for start in range(0, len(content), step):
            connection.chunk(content[start : start + step])
        connection.end()

    server.reply(play)
    assert grok("ask", "hi") == (0, "Hello\n", "")


def test_an_answer_goes_back_as_an_item_in_full(grok, server, environ):
    environ["GROK_API"] = "responses"
    server.reply(wire.answer(wire.message("One.")))
    grok("ask", "hi")
    grok("ask", "-c", "more")
    assert server.requests[-1].json["input"][1] == wire.spoken("One.")


def test_a_socks_proxy_needs_a_package(grok, server, environ):
    environ["XAI_BASE_URL"] = "https://api.example/v1"
    code, _, err = grok("ask", "--proxy", "socks5://127.0.0.1:9", "hi")
    assert code == 2
    assert err.startswith("error: SOCKS proxies need PySocks\nhint: install it: ")
    assert err.endswith(" 'PySocks>=1.5.7,<2'\n")


@pytest.mark.parametrize("status", [401, 402, 403, 500])
def test_only_xais_errors_lead_to_xai(grok, server, status):
    server.reply(body({"error": "no"}, status))
    for words in (["ask", "hi"], ["ask", "--no-stream", "hi"], ["models"]):
        err = grok(*words).err
        assert "hint: " in err
        assert "x.ai" not in err


@pytest.mark.parametrize("status", [401, 402, 403, 500])
def test_xais_own_errors_lead_to_xai(status):
    assert "x.ai" in error_from(status, {}, b"no").hint


def test_another_servers_models_are_not_called_retired(grok, server):
    server.reply(body({"data": [{"id": "grok-2"}]}))
    assert "retired" not in grok("models").out
    assert json.loads(grok("models", "--json").out)["retired"] == []
