"""Values that make no sense, from a server that means no good or has a bug: they never cost the answer."""

from __future__ import annotations

import json

import pytest
import responses as wire
from language import KEY
from server import USAGE, body, delta, finish

DEEP = "[" * 979 + "]" * 979
DEEPER = '{"a":' * 100_000 + "1" + "}" * 100_000
HALF = r"\ud83d"
NUMBERS = [
    str(2**70),
    str(-(2**70)),
    "1" + "0" * 400,
    "1" * 5000,
    "NaN",
    "-Infinity",
    "1e999",
    "1.5",
    "true",
    DEEP,
    DEEPER,
]


def raw(*texts):
    """Return a reply that streams events which are JSON only by and large."""

    def play(connection):
        connection.stream_head()
        for text in texts:
            connection.chunk(f"data: {text}\n\n".encode())
        connection.end()

    return play


def with_value(document, place, value):
    """Return a document as JSON in which the text `place` is `value`, spelled as that is."""
    return json.dumps(document).replace(json.dumps(place), value)


def asked(grok, tmp_path):
    """Ask, and return all that must not depend on an odd value."""
    code, _, err = grok("ask", "-u", "-o", str(tmp_path / "out"), "hi")
    assert "not saved" not in err
    kept = json.loads(grok("history", "show", "--json").out)["messages"][-1]
    return code, (tmp_path / "out").read_text(), kept["content"]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:9])
@pytest.mark.parametrize("place", USAGE)
def test_odd_numbers_in_a_chat(grok, server, tmp_path, place, value):
    odd = {**delta(), "choices": [], "usage": {**USAGE, place: "HERE"}}
    documents = [json.dumps(delta("Hello")), json.dumps(finish()), with_value(odd, "HERE", value), "[DONE]"]
    server.reply(raw(*documents))
    assert asked(grok, tmp_path) == (0, "Hello\n", "Hello")


@pytest.mark.parametrize("value", [*NUMBERS, f'"{HALF}"'], ids=lambda value: value[:9])
@pytest.mark.parametrize("place", ["a usage", "an item", "an index", "an id", "a model", "an extra"])
def test_odd_values_in_a_response(grok, server, tmp_path, environ, place, value):
    environ["GROK_API"] = "responses"
    item = {**wire.message("Hello"), "logprobs": "an item"}
    documents = [
        {"type": "response.created", "response": {"id": "an id", "model": "a model"}},
        {"type": "response.output_text.delta", "delta": "Hello", "output_index": 0},
        {"type": "response.output_item.done", "output_index": 0, "item": item, "extra": "an extra"},
        {"type": "response.output_item.done", "output_index": "an index", "item": {"type": "new"}},
        {
            "type": "response.completed",
            "response": wire.response([item], id="an id", usage={**wire.USAGE, "input_tokens": "a usage"}),
        },
    ]
    server.reply(raw(*(with_value(one, place, value) for one in documents)), wire.answer(wire.message("Again")))
    assert asked(grok, tmp_path) == (0, "Hello\n", "Hello")
    assert grok("ask", "-c", "more")[:2] == (0, "Again\n")


@pytest.mark.parametrize("place", ["id", "model", "finish_reason", "content", "name"])
def test_half_a_surrogate_pair_in_a_chat(grok, server, tmp_path, place):
    document = finish()
    document["choices"][0]["delta"] = {"content": "Hello", "name": "name"}
    document["choices"][0]["finish_reason"] = "stop"
    where = {"id": "chat-1", "model": "grok-4.7", "finish_reason": "stop", "content": "Hello", "name": "name"}[place]
    server.reply(raw(with_value(document, where, f'"{HALF}"'), "[DONE]"))
    text = "?" if place == "content" else "Hello"
    assert asked(grok, tmp_path) == (0, f"{text}\n", text)


def test_a_whole_pair_stays_what_it_is(grok, server, tmp_path):
    server.reply(raw(with_value(delta("HERE"), "HERE", r'"\ud83d\ude00 \\ud83d \ud55c"'), json.dumps(finish())))
    assert asked(grok, tmp_path)[1] == "😀 \\ud83d 한\n"


@pytest.mark.parametrize(
    "value", [f'"{HALF}"', f'{{"message": "{HALF}", "code": "{HALF}"}}', *NUMBERS], ids=lambda value: value[:9]
)
@pytest.mark.parametrize("status", [200, 400])
def test_odd_errors(grok, server, value, status):
    server.reply(body(f'{{"error": {value}, "code": {value}}}', status))
    code, _, err = grok("ask", "--json", "hi")
    assert code in (6, 7)
    assert "bug" not in err


@pytest.mark.parametrize("value", [*NUMBERS, '"x"', "[]", f'"{HALF}"'], ids=lambda value: value[:9])
@pytest.mark.parametrize(
    "place", ["context_length", "prompt_text_token_price", "aliases", "completion_text_token_price"]
)
def test_odd_figures_of_a_model_are_absent(grok, server, place, value):
    entry = {"id": "m", "context_length": 5, "prompt_text_token_price": 1, place: "HERE"}
    server.reply(body(with_value({"data": [entry, {"id": "n"}]}, "HERE", value)))
    for words in (["models"], ["models", "--json"]):
        code, out, err = grok(*words)
        assert (code, err) == (0, "")
        assert "m" in out
        assert "nan" not in out.lower()
        assert "inf" not in out.lower()


def test_a_list_of_models_that_is_none_is_empty(grok, server):
    server.reply(body({"data": 5}))
    assert grok("models").code == 0


def test_odd_values_are_told_under_debug_too(run, server):
    server.reply(raw(with_value(delta("HERE"), "HERE", f'"a{HALF}"'), json.dumps(finish())))
    code, out, err = run("ask", "--debug", "hi")
    assert (code, out) == (0, "a?\n")
    assert KEY not in err
