"""The official OpenAI SDK and this library ask the same question: their bodies differ in what xAI requires, and no more."""

from __future__ import annotations

import openai
import pytest
import responses as wire
from responses import message
from server import answer

from grokcli import XAI
from grokcli.chat import image, system, user

URL = "https://example.com/sky.png"
TEXTS = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "Why is the sky blue?"}]
PICTURE = [user("What is this?", image(URL))]
FUNCTION = {"name": "weather", "description": "Tells it", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture
def sdk(server):
    client = openai.OpenAI(api_key="key", base_url=server.url, max_retries=0)
    yield client
    client.close()


@pytest.fixture
def xai(server):
    client = XAI("key", base_url=server.url)
    yield client
    client.close()


@pytest.mark.parametrize("messages", [TEXTS, PICTURE], ids=["texts", "picture"])
def test_chat_bodies_are_the_same(sdk, xai, server, messages):
    server.reply(answer("Light."))
    options = {
        "temperature": 0.5,
        "reasoning_effort": "low",
        "tools": [{"type": "function", "function": FUNCTION}],
    }
    list(
        sdk.chat.completions.create(
            model="grok-4.7", messages=messages, stream=True, stream_options={"include_usage": True}, **options
        )
    )
    list(xai.events(messages, "grok-4.7", options=options))
    theirs, ours = server.requests
    assert theirs.path == ours.path
    assert theirs.json == ours.json


@pytest.mark.parametrize(
    ("messages", "their_input"),
    [
        (TEXTS, TEXTS),
        (
            PICTURE,
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "What is this?"},
                        {"type": "input_image", "image_url": URL, "detail": "auto"},
                    ],
                }
            ],
        ),
    ],
    ids=["texts", "picture"],
)
def test_responses_bodies_differ_in_what_is_not_stored(sdk, xai, server, messages, their_input):
    server.reply(wire.answer(message("Light.")))
    list(
        sdk.responses.create(
            model="grok-4.7",
            input=their_input,
            stream=True,
            temperature=0.5,
            max_output_tokens=100,
            reasoning={"effort": "low"},
            tools=[{"type": "function", **FUNCTION}, {"type": "web_search"}],
        )
    )
    options = {
        "temperature": 0.5,
        "max_tokens": 100,
        "reasoning_effort": "low",
        "tools": [{"type": "function", "function": FUNCTION}, {"type": "web_search"}],
    }
    list(xai.events(messages, "grok-4.7", options=options, api="responses"))
    theirs, ours = server.requests
    assert theirs.path == ours.path
    # Nothing is stored, so the reasoning must come back encrypted (API digest, section 4.2).
    assert ours.json == theirs.json | {"store": False, "include": ["reasoning.encrypted_content"]}


def test_the_sdk_reads_our_scripted_answers(sdk, server):
    server.reply(wire.answer(message("Light.")))
    events = list(sdk.responses.create(model="grok-4.7", input="hi", stream=True))
    assert events[-1].response.output_text == "Light."


def test_a_conversation_asks_as_the_sdk_does(sdk, xai, server):
    server.reply(answer("Light."))
    chat = xai.chat.create("grok-4.7", messages=[system("be brief"), user("Why is the sky blue?")])
    list(chat.stream())
    sdk.chat.completions.create(
        model="grok-4.7", messages=TEXTS, stream=True, stream_options={"include_usage": True}
    ).close()
    assert server.requests[0].json == server.requests[1].json
