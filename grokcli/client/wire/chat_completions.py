"""The wire format of `POST /chat/completions`: what xAI calls legacy and every OpenAI-compatible server speaks.

Source: the API digest, section 5. Deltas carry `content` or `reasoning_content`; `finish_reason` is absent until the
end; the usage chunk has no choices; `[DONE]` may be missing; output tokens come without the reasoning tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.client.wire.json_body import (
    JSONObject,
    as_count,
    as_list,
    as_object,
    as_text,
    as_word,
    parse_object,
)
from grokcli.client.wire.reader import Reader, read_events
from grokcli.events import End, Event, ReasoningDelta, Source, TextDelta, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grokcli.chat import Message
    from grokcli.client.sse import ServerSentEvent

ENDPOINT = "/chat/completions"
DONE = b"[DONE]"
# What an answer of the Responses API keeps for itself in its message (see `grokcli.chat.Response.message`).
PRIVATE = {"output", "model", "asked"}


def build_request(
    model: str,
    messages: Sequence[Message],
    options: JSONObject,
    *,
    stream: bool,
    conversation: str = "",  # noqa: ARG001  # see below
) -> JSONObject:
    """Return the body of a request; `options` are body fields that the user set, and nothing else is sent.

    An option that is None is not sent, and neither is the name of the conversation: not every server would take it.
    """
    # A compaction means nothing here; what it stands for is sent.
    said = [_public(message) for message in messages if message.get("role") != "compaction"]
    body: JSONObject = {"model": model, "messages": said}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    body |= options
    return {name: value for name, value in body.items() if value is not None}


def _public(message: Message) -> Message:
    if PRIVATE.isdisjoint(message):
        return message
    return {name: value for name, value in message.items() if name not in PRIVATE}


def read_response(body: bytes) -> Iterator[Event]:
    """Yield the events of an answer that came in one piece."""
    return read_document(parse_object(body))


def read_document(document: JSONObject) -> Iterator[Event]:
    """Yield the events of a whole answer that is parsed already."""
    reader = _ResponseReader()
    reader.add(document)
    yield from reader.take()
    yield from reader.end()


def read_stream(batches: Iterable[Sequence[ServerSentEvent]]) -> Iterator[Event]:
    """Return the events of a stream as they come; raises what `read_events` does."""
    return read_events(_ResponseReader(), batches)


class _ResponseReader(Reader):
    """Reads the chunks of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self._finish_reason = ""
        self._refused = False
        self._model = ""
        self._id = ""
        self._tier = ""
        self._usage: Usage | None = None
        self._calls: dict[int, ToolCall] = {}
        # Pieces, joined at the end: adding to a string copies it.
        self._arguments: dict[int, list[str]] = {}
        self._citations: list[str] = []

    @property
    def is_complete(self) -> bool:
        return self.done or bool(self._finish_reason)

    def add_batch(self, batch: Sequence[ServerSentEvent]) -> None:
        for _, data in batch:
            if data == DONE:
                self.done = True
                return
            if data:
                self.add(parse_object(data))

    def add(self, document: JSONObject) -> None:
        """Read one chunk of a stream, or a whole answer: they differ in `delta` and `message` only."""
        choices = as_list(document.get("choices"))
        if choices:
            choice = as_object(choices[0])
            self._add_delta(as_object(choice.get("delta") or choice.get("message")))
            if "finish_reason" in choice:
                self._finish_reason = as_text(choice["finish_reason"]) or self._finish_reason
        if not self._model:
            self._model = as_text(document.get("model"))
            self._id = as_text(document.get("id"))
            self._tier = as_word(document.get("service_tier"))
        if document.get("usage"):
            self._usage = read_usage(as_object(document["usage"]), as_word(document.get("service_tier")) or self._tier)
        if "citations" in document:
            self._citations = [url for url in as_list(document["citations"]) if isinstance(url, str)]

    def end(self) -> Iterator[Event]:
        for index, call in self._calls.items():
            call.arguments = "".join(self._arguments[index])
            yield call
        for number, url in enumerate(dict.fromkeys(self._citations), 1):
            yield Source(url, number=number)
        if self._usage:
            yield self._usage
        said = self._finish_reason or "stop"
        reason = "tool_calls" if self._calls else "refusal" if self._refused and said == "stop" else said
        yield End(reason, self._model, self._id)

    def _add_delta(self, delta: JSONObject) -> None:
        if "reasoning_content" in delta and (text := as_text(delta["reasoning_content"])):
            self._add_text(ReasoningDelta, text)
        if text := as_text(delta.get("content")):
            self._add_text(TextDelta, text)
        if "refusal" in delta and (text := as_text(delta["refusal"])):
            self._refused = True
            self._add_text(TextDelta, text)
        if "tool_calls" in delta:
            for call in as_list(delta["tool_calls"]):
                self._add_call(as_object(call))

    def _add_call(self, piece: JSONObject) -> None:
        """Collect a tool call: xAI sends each in one chunk, other servers send the arguments in pieces."""
        index = as_count(piece["index"]) if "index" in piece else len(self._calls)
        call = self._calls.setdefault(index, ToolCall("", "", ""))
        function = as_object(piece.get("function"))
        call.id = call.id or as_text(piece.get("id"))
        call.name = call.name or as_text(function.get("name"))
        self._arguments.setdefault(index, []).append(as_text(function.get("arguments")))


def finish_reason(document: JSONObject) -> str:
    """Return why the answer ended, as one chunk or a whole answer says; "" when it does not say."""
    choices = as_list(document.get("choices"))
    return as_text(as_object(choices[0]).get("finish_reason")) if choices else ""


def read_usage(usage: JSONObject, tier: str = "") -> Usage:
    """Return what an answer cost. `completion_tokens` leaves the reasoning out on xAI and holds it elsewhere."""
    visible = as_count(usage.get("completion_tokens"))
    details = as_object(usage.get("completion_tokens_details"))
    reasoning = as_count(details.get("reasoning_tokens"))
    prompt = as_count(usage.get("prompt_tokens"))
    apart = as_count(usage.get("total_tokens")) == prompt + visible + reasoning
    return Usage(
        input_tokens=prompt,
        output_tokens=visible + reasoning if apart else visible,
        reasoning_tokens=reasoning,
        cached_tokens=as_count(as_object(usage.get("prompt_tokens_details")).get("cached_tokens")),
        cost_in_usd_ticks=as_count(usage.get("cost_in_usd_ticks")) or None,
        service_tier=tier,
    )
