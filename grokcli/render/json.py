"""Answers for programs: one JSON object, or one a line as things happen. Errors are objects too."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from grokcli.chat import Response
from grokcli.errors import APIError, GrokError
from grokcli.events import (
    CodeRun,
    DrawnImage,
    End,
    Event,
    ReasoningDelta,
    SearchStep,
    Source,
    TextDelta,
    ToolCall,
    Usage,
)
from grokcli.terminal.sanitize import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

# An OutputItem is none of these: it says nothing that the others do not say.
TYPES: Mapping[type[Event], str] = {
    TextDelta: "text",
    ReasoningDelta: "reasoning",
    ToolCall: "tool_call",
    SearchStep: "search",
    CodeRun: "run",
    DrawnImage: "image",
    Source: "source",
    Usage: "usage",
    End: "end",
}


class JSONRenderer:
    """Writes one object when the answer is over: content, model, finish_reason, usage, and error if there was one."""

    def __init__(self, out: TextIO, *, structured: bool = False) -> None:
        """Write to `out`; a `structured` answer is JSON, which is there as `data` too unless there was an error."""
        self._out = out
        self._structured = structured
        self._response = Response()
        self._closed = False

    def show(self, event: Event) -> None:
        """Keep the event for the end."""
        self._response.add(event)

    def close(self, error: GrokError | None = None) -> None:
        """Write the object."""
        if not self._closed:
            self._closed = True
            document = response_as_dict(self._response, error)
            if self._structured and error is None:
                document = {"content": document["content"], "data": json.loads(self._response.content), **document}
            _write(self._out, document)


class StreamJSONRenderer:
    """Writes one object a line, flushed: {"type": "text", "text": …} and so on; the last is "end" or "error"."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._closed = False

    def show(self, event: Event) -> None:
        """Write the event."""
        if name := TYPES.get(type(event)):
            fields = event.as_dict() if isinstance(event, (Usage, DrawnImage)) else asdict(event)
            _write(self._out, {"type": name, **fields})

    def close(self, error: GrokError | None = None) -> None:
        """Write the error, if there was one."""
        if error is not None and not self._closed:
            _write(self._out, {"type": "error", **error_as_dict(error)})
        self._closed = True


def response_as_dict(response: Response, error: GrokError | None = None) -> dict[str, Any]:
    """Return the whole answer, as `--json` prints it; what there is none of is left out, save for the sources."""
    document: dict[str, Any] = {"content": response.content}
    if response.reasoning_content:
        document["reasoning"] = response.reasoning_content
    if response.tool_calls:
        document["tool_calls"] = [asdict(call) for call in response.tool_calls]
    if response.runs:
        document["runs"] = [asdict(run) for run in response.runs]
    if response.images:
        document["images"] = [image.as_dict() for image in response.images]
    document["sources"] = [asdict(source) for source in response.sources]
    document |= {"model": response.model or None, "finish_reason": response.finish_reason or None}
    document["usage"] = response.usage.as_dict() if response.usage else None
    if response.id:
        document["id"] = response.id
    if error is not None:
        document["error"] = error_as_dict(error)
    return document


def error_as_dict(error: GrokError) -> dict[str, Any]:
    """Return an error with its hint and the exit code that goes with it."""
    document: dict[str, Any] = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
    if isinstance(error, APIError):
        document |= {"status": error.status, "code": error.code, "request_id": error.request_id}
    return document


def _write(out: TextIO, document: dict[str, Any]) -> None:
    out.write(json_text(document))
    out.flush()
