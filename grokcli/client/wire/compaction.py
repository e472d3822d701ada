"""Compactions: what xAI makes of a conversation so that fewer tokens of it have to be sent (API additions, section 6).

A compaction is a message of its own role. Its `output` are the server's items, which are opaque and go back as they
came, to the model that made them; `content` says in words what happened, `system` is the system prompt that is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.client.wire.json_body import JSONObject, as_list, as_object, as_text
from grokcli.client.wire.responses_items import to_input
from grokcli.client.wire.responses_stream import read_usage
from grokcli.errors import APIError
from grokcli.models import is_same_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.chat import Message
    from grokcli.events import Usage

ENDPOINT = "/responses/compact"
ROLE = "compaction"


def since_compaction(messages: Sequence[Message], model: str) -> list[Message]:
    """Return the messages that a request to `model` needs: from the last compaction for it on, or all of them.

    A system prompt is kept that is not the one in the compaction. Compactions for other models are left out.
    """
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if message.get("role") == ROLE and _is_for(message, model):
            prompts = [one for one in messages[:index] if one.get("role") == "system"]
            new = [one for one in prompts[-1:] if one.get("content") != message.get("system")]
            return [*new, *without_compactions(messages[index:], but=message)]
    return without_compactions(messages)


def without_compactions(messages: Sequence[Message], *, but: Message | None = None) -> list[Message]:
    """Return the messages with everything that compactions stand for in place of them, except for one of them."""
    return [one for one in messages if one.get("role") != ROLE or one is but]


def _is_for(message: Message, model: str) -> bool:
    return model == message.get("asked") or is_same_model(model, as_text(message.get("model")))


def build_request(model: str, messages: Sequence[Message]) -> JSONObject:
    """Return the body of a request to ENDPOINT, which holds the whole conversation."""
    return {"model": model, "input": to_input(messages, model)}


def read_response(model: str, messages: Sequence[Message], answer: JSONObject) -> tuple[Message, Usage | None]:
    """Return the compaction of `messages` and what it cost, None if that was not reported.

    `answer` is what ENDPOINT answered. Raises APIError if there is no compaction in it.
    """
    items = [as_object(item) for item in as_list(answer.get("output"))]
    if not any(item.get("type") == ROLE and as_text(item.get("encrypted_content")) for item in items):
        raise APIError("the server sent no compaction", hint="ask again")
    usage = read_usage(as_object(answer.get("usage")), "") if answer.get("usage") else None
    prompts = [one["content"] for one in messages if one.get("role") == "system"]
    message = {"role": ROLE, "content": _told(usage), "output": items, "model": as_text(answer.get("model"))}
    return {**message, "asked": model, "system": prompts[-1] if prompts else None}, usage


def _told(usage: Usage | None) -> str:
    said = "The messages above are sent in a compact form from here on"
    if usage is None or not usage.input_tokens:
        return f"{said}."
    return f"{said}: {usage.input_tokens:,} tokens became {usage.output_tokens:,}."
