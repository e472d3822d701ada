"""The wire format of `POST /responses`: xAI's own, with searches and with reasoning that is sent back.

Source: the API digest, section 4. Each event repeats its type inside; unknown types are left alone. The stream ends
with a terminal event that holds the whole answer, and usually without `[DONE]`; an error may be its first event.
Output tokens hold the reasoning tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.client.wire.json_body import JSONObject, as_list, as_object, parse_object
from grokcli.client.wire.reader import read_events
from grokcli.client.wire.responses_items import to_input
from grokcli.client.wire.responses_stream import ResponseReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grokcli.chat import Message
    from grokcli.client.sse import ServerSentEvent
    from grokcli.events import Event

ENDPOINT = "/responses"
# Comes back with every answer and goes out with the next question: the server keeps nothing.
ENCRYPTED_REASONING = "reasoning.encrypted_content"
_RENAMED = {"max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens"}


def build_request(
    model: str, messages: Sequence[Message], options: JSONObject, *, stream: bool, conversation: str = ""
) -> JSONObject:
    """Return the body of a request that the server answers and forgets.

    `options` are body fields, spelled as in chat requests or as here; one that is None is not sent, and neither is
    one of our own. `conversation` names what has the same beginning, for the server's cache. `max_tokens` counts only
    what is visible, here as in chat requests.
    """
    body: JSONObject = {"model": model, "input": to_input(messages, model)}
    if stream:
        body["stream"] = True
    body |= {"store": False, "include": [ENCRYPTED_REASONING]}
    if conversation:
        body["prompt_cache_key"] = conversation
    for name, value in options.items():
        _set(body, name, value)
    return {name: value for name, value in body.items() if value is not None}


def _set(body: JSONObject, name: str, value: object) -> None:
    """Put one option into the body, under its name and in its form here."""
    match name, value:
        case "reasoning_effort", str():
            body["reasoning"] = {**as_object(body.get("reasoning")), "effort": value}
        case "response_format", dict():
            schema = as_object(value.get("json_schema"))
            body["text"] = {**as_object(body.get("text")), "format": {"type": value.get("type"), **schema}}
        case "tools", list():
            body["tools"] = [_flat(tool) for tool in value]
        case "tool_choice", dict():
            body["tool_choice"] = _flat(value)
        case "include", list():
            body["include"] = list(dict.fromkeys([*as_list(body.get("include")), *value]))
        case (("reasoning" | "text"), dict()):
            body[name] = {**as_object(body.get(name)), **value}
        case (("reasoning_effort" | "stream_options"), _):
            pass
        case _:
            body[_RENAMED.get(name, name)] = value


def _flat(tool: object) -> object:
    """Return a function tool, or the choice of one, without the nesting that chat requests have."""
    if isinstance(tool, dict) and tool.get("type") == "function" and isinstance(tool.get("function"), dict):
        return {"type": "function", **tool["function"]}
    return tool


def read_response(body: bytes) -> Iterator[Event]:
    """Yield the events of an answer that came in one piece. Raises APIError when it is a failure."""
    reader = ResponseReader()
    reader.finish(parse_object(body))
    yield from reader.take()
    yield from reader.end()


def read_stream(batches: Iterable[Sequence[ServerSentEvent]]) -> Iterator[Event]:
    """Return the events of a stream as they come; raises what `read_events` does."""
    return read_events(ResponseReader(), batches)
