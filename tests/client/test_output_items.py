"""Which items of an answer are the same, and to whom they go back."""

from __future__ import annotations

import json

import pytest
import responses as wire
from responses import function_call, message, reasoning

from grokcli import XAI
from grokcli.chat import user

FIRST = {**reasoning("First."), "encrypted_content": "Zmlyc3Q="}
SECOND = {**reasoning("Second."), "encrypted_content": "c2Vjb25k"}


@pytest.fixture(autouse=True)
def environ(environ):
    environ["GROK_API"] = "responses"
    return environ


@pytest.fixture
def client(server):
    client = XAI("xai-library-key", base_url=server.url, api="responses")
    yield client
    client.close()


def texts(document):
    return [item["encrypted_content"] for item in document if item.get("type") == "reasoning"]


@pytest.mark.parametrize("stream", [True, False])
def test_items_of_one_id_are_all_kept_and_sent_back(grok, server, stream):
    items = [FIRST, SECOND, message("One. ", number=5), message("Two.", number=5)]
    server.reply((wire.answer if stream else wire.whole)(*items))
    words = () if stream else ("--no-stream",)
    assert grok("ask", *words, "hi").out == "One. Two.\n"
    stored = json.loads(grok("history", "show", "--json").out)["messages"][-1]
    assert stored["output"] == items
    grok("ask", *words, "-c", "more")
    assert texts(server.requests[-1].json["input"]) == ["Zmlyc3Q=", "c2Vjb25k"]


def test_the_library_keeps_both_messages(client, server):
    server.reply(wire.whole(message("One. "), message("Two.")))
    assert client.chat.create(messages=[user("hi")]).sample().content == "One. Two."


def test_where_a_server_leaves_the_index_out_the_id_decides(client, server):
    events = [{k: v for k, v in event.items() if k != "output_index"}
              for event in wire.events(FIRST, message("One."), function_call("f", {}))]  # fmt: skip
    server.reply(wire.stream(events))
    chat = client.chat.create(messages=[user("hi")])
    [*_, (response, _)] = chat.stream()
    assert response.content == "One."
    assert [item["type"] for item in response.output] == ["reasoning", "message", "function_call"]
    assert [call.name for call in response.tool_calls] == ["f"]


@pytest.mark.parametrize("answering", ["grok-4.7-0709", "grok-4.7"])
def test_an_alias_keeps_its_reasoning_and_stays_the_model(grok, server, answering):
    server.reply(wire.answer(FIRST, message("One."), model=answering))
    grok("ask", "-m", "grok-latest", "hi")
    grok("ask", "-c", "more")
    again = server.requests[-1].json
    assert again["model"] == "grok-latest"
    assert texts(again["input"]) == ["Zmlyc3Q="]
    assert json.loads(grok("history", "show", "--json").out)["messages"][1]["model"] == answering


def test_another_model_gets_no_reasoning_of_an_alias(grok, server):
    server.reply(wire.answer(FIRST, message("One."), model="grok-4.7-0709"))
    grok("ask", "-m", "grok-latest", "hi")
    grok("ask", "-c", "-m", "grok-4.3", "more")
    assert texts(server.requests[-1].json["input"]) == []


def test_the_name_that_was_asked_goes_into_no_chat_request(grok, server, environ):
    server.reply(wire.answer(message("One."), model="grok-4.7-0709"))
    grok("ask", "-m", "grok-latest", "hi")
    grok("ask", "-c", "--api", "chat", "more")
    assert {"role": "assistant", "content": "One."} in server.requests[-1].json["messages"]
