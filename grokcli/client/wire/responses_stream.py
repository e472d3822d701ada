"""Reading an answer of the Responses API: its events, its output items and its end.

Source: the API digest, sections 4.3 and 4.4. The same items come in pieces while the answer grows, whole when each is
done, and once more in the terminal event; each is told once, in whichever form came first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.client.wire.citations import Citations
from grokcli.client.wire.error_bodies import error_in_body
from grokcli.client.wire.json_body import (
    JSONObject,
    as_count,
    as_list,
    as_object,
    as_text,
    as_word,
    parse_object,
    plain,
)
from grokcli.client.wire.reader import Reader
from grokcli.client.wire.responses_items import image_of, message_text, run_of, step_of
from grokcli.errors import APIError
from grokcli.events import End, Event, OutputItem, ReasoningDelta, SearchStep, TextDelta, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grokcli.client.sse import ServerSentEvent

DONE = b"[DONE]"
_REASONS = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}


class ResponseReader(Reader):
    """Reads the events of an answer.

    An output item is known by its index, or by its id where a server leaves the index out: xAI gives one id to several
    items of an answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self._reason = ""
        self._model = ""
        self._id = ""
        self._usage: Usage | None = None
        self._called = False
        self._heard: set[object] = set()  # items whose text came in deltas
        self._finished: set[object] = set()
        self._open_calls: dict[object, JSONObject] = {}
        # Pieces, joined at the end: adding to a string copies it.
        self._arguments: dict[object, list[str]] = {}
        self._annotations: dict[object, list[object]] = {}
        self._citations = Citations()

    def add_batch(self, batch: Sequence[ServerSentEvent]) -> None:
        for event in batch:
            if event.data == DONE:
                self.done = True
            elif event.data:
                document = parse_object(event.data)
                self._add(document, as_text(document.get("type")) or event.event)
            if self.done:
                return

    def end(self) -> Iterator[Event]:
        if self._usage:
            yield self._usage
        yield End("tool_calls" if self._called else self._reason or "stop", self._model, self._id)

    def finish(self, response: JSONObject) -> None:
        """Read the whole answer, which holds what no event has told yet. Raises APIError when it is a failure."""
        self.begin(response)
        for index, item in enumerate(as_list(response.get("output"))):
            self.finish_item(index, as_object(item))
        for name in list(self._open_calls):
            self.finish_item(name, {})
        if response.get("usage"):
            self._usage = read_usage(as_object(response["usage"]), as_word(response.get("service_tier")))
        if response.get("status") in ("failed", "cancelled"):
            raise _failure(response)
        if response.get("status") == "incomplete" or response.get("incomplete_details"):
            reason = as_text(as_object(response.get("incomplete_details")).get("reason"))
            self._reason = _REASONS.get(reason) or (f"incomplete: {reason}" if reason else "incomplete")
            # A call that was cut cannot be answered.
            self._called = False
        self.done = True

    def _add(self, document: JSONObject, kind: str) -> None:
        if kind in _TEXTS:
            self._add_delta(_TEXTS[kind], document)
        elif kind in _READERS:
            _READERS[kind](self, document)
        elif not kind and "output" in document:
            # A server that cannot stream answers in one piece.
            self.finish(document)

    def begin(self, response: JSONObject) -> None:
        self._model = as_text(response.get("model")) or self._model
        self._id = as_text(response.get("id")) or self._id

    def _add_delta(self, kind: type[TextDelta] | type[ReasoningDelta], document: JSONObject) -> None:
        text = as_text(document.get("delta"))
        if not text:
            return
        if document.get("type") == "response.refusal.delta":
            self._reason = "refusal"
        self._heard.add(_index(document))
        self._add_text(kind, text)

    def open_item(self, document: JSONObject) -> None:
        item = as_object(document.get("item"))
        if item.get("type") == "function_call":
            self._open_calls[_index(document)] = dict(item)
        step = step_of(item)
        if step and (step.query or step.status == "in_progress"):
            self._waiting.append(SearchStep(step.kind, step.query, "in_progress", step.id))

    def tell_code(self, document: JSONObject) -> None:
        """Report code that is about to run; the server sends it in one piece."""
        if code := as_text(document.get("code")):
            self._waiting.append(SearchStep("code", code, "in_progress", as_text(document.get("item_id"))))

    def add_arguments(self, document: JSONObject) -> None:
        """Collect the arguments of a call; the events that carry them do not name it."""
        name = _index(document)
        call = self._open_calls.setdefault(name, {"type": "function_call"})
        if whole := as_text(document.get("arguments")):
            self._arguments[name] = [whole]
        else:
            pieces = self._arguments.setdefault(name, [as_text(call.get("arguments"))])
            pieces.append(as_text(document.get("delta")))

    def finish_item(self, index: object, item: JSONObject) -> None:
        """Take in an output item that is whole, once."""
        # Only what came without an index is among these under its id.
        names = {index, as_text(item.get("id"))} - {""}
        if names & self._finished:
            return
        self._finished |= {index} - {""}
        for name in names & self._open_calls.keys():
            item = {**self._close_call(name), **{field: value for field, value in item.items() if value != ""}}
        silent = not names & self._heard
        match item.get("type"):
            case "message":
                self._finish_message(item, self._annotations.pop(index, []), silent=silent)
            case "reasoning" if silent and (thought := _thought(item)):
                self._waiting.append(ReasoningDelta(thought))
            case "function_call":
                self._called = True
                texts = (as_text(item.get(name)) for name in ("call_id", "name", "arguments"))
                self._waiting.append(ToolCall(*texts))
            case _:
                pass
        self._waiting += filter(
            None, (step_of(item), run_of(item), image_of(item), OutputItem(plain(item)) if item else None)
        )

    def _close_call(self, name: object) -> JSONObject:
        call = self._open_calls.pop(name)
        pieces = self._arguments.pop(name, None)
        return call if pieces is None else {**call, "arguments": "".join(pieces)}

    def add_annotation(self, document: JSONObject) -> None:
        """Keep an annotation for the end of its message: only the whole text tells which number it has."""
        self._annotations.setdefault(_index(document), []).append(document.get("annotation"))

    def _finish_message(self, item: JSONObject, told: list[object], *, silent: bool) -> None:
        if silent and (text := message_text(item)):
            self._waiting.append(TextDelta(text))
        parts = [as_object(part) for part in as_list(item.get("content"))]
        if any(part.get("refusal") for part in parts):
            self._reason = "refusal"
        held = [annotation for part in parts for annotation in as_list(part.get("annotations"))]
        self._waiting += self._citations.read(message_text(item), held or told)


_TEXTS: dict[str, type[TextDelta] | type[ReasoningDelta]] = {
    "response.output_text.delta": TextDelta,
    "response.refusal.delta": TextDelta,
    "response.reasoning_summary_text.delta": ReasoningDelta,
    "response.reasoning_text.delta": ReasoningDelta,
}


def _read_terminal(reader: ResponseReader, document: JSONObject) -> None:
    reader.finish(as_object(document.get("response")))


def _read_failure(_: ResponseReader, document: JSONObject) -> None:
    raise _failure(as_object(document.get("response")) or document)


_READERS: dict[str, Callable[[ResponseReader, JSONObject], None]] = {
    "response.created": lambda reader, document: reader.begin(as_object(document.get("response"))),
    "response.output_item.added": ResponseReader.open_item,
    "response.output_item.done": lambda reader, document: reader.finish_item(
        _index(document), as_object(document.get("item"))
    ),
    "response.output_text.annotation.added": ResponseReader.add_annotation,
    "response.code_interpreter_call_code.done": ResponseReader.tell_code,
    "response.function_call_arguments.delta": ResponseReader.add_arguments,
    "response.function_call_arguments.done": ResponseReader.add_arguments,
    "response.completed": _read_terminal,
    "response.incomplete": _read_terminal,
    "response.done": _read_terminal,
    "response.failed": _read_failure,
    "error": _read_failure,
}


def _index(document: JSONObject) -> object:
    """Return what names the output item that an event is about."""
    index = document.get("output_index")
    if isinstance(index, int):
        return index
    return as_text(document.get("item_id")) or as_text(as_object(document.get("item")).get("id"))


def _thought(item: JSONObject) -> str:
    parts = [*as_list(item.get("summary")), *as_list(item.get("content"))]
    return "".join(as_text(as_object(part).get("text")) for part in parts)


def _failure(response: JSONObject) -> APIError:
    error = error_in_body({"error": response.get("error") or response.get("message")})
    return error or APIError("the server could not complete the answer and gave no reason", hint="ask again")


def read_usage(usage: JSONObject, tier: str) -> Usage:
    """Return what an answer cost: `output_tokens` hold the reasoning, and a cost of 0 means that none was told."""
    context = as_object(usage.get("context_details"))
    calls = as_object(usage.get("server_side_tool_usage_details"))
    return Usage(
        input_tokens=as_count(usage.get("input_tokens")),
        output_tokens=as_count(usage.get("output_tokens")),
        reasoning_tokens=as_count(as_object(usage.get("output_tokens_details")).get("reasoning_tokens")),
        cached_tokens=as_count(as_object(usage.get("input_tokens_details")).get("cached_tokens")),
        cost_in_usd_ticks=as_count(usage.get("cost_in_usd_ticks")) or None,
        server_tool_calls=as_count(usage.get("num_server_side_tools_used")) or sum(map(as_count, calls.values())),
        service_tier=tier,
        context_tokens=as_count(context.get("input_tokens")) + as_count(context.get("output_tokens")) or None,
    )
