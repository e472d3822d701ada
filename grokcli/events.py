"""The events of an answer. Each wire format is parsed into these types, and the renderers show them.

A stream is any number of TextDelta, ReasoningDelta, ToolCall, SearchStep, CodeRun, Source and OutputItem events, at
most one Usage, and exactly one End, which comes last. A stream without an End was cut off.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

TICKS_PER_DOLLAR = 10**10


class _Event:
    """What `dataclass` would write anew for each kind of event, a millisecond of each start."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # as of all that can change

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _values(self) == _values(other)

    def __repr__(self) -> str:
        named = (f"{name}={value!r}" for name, value in _values(self))
        return f"{type(self).__qualname__}({', '.join(named)})"


def _values(event: Any) -> list[tuple[str, object]]:
    return [(one.name, getattr(event, one.name)) for one in fields(event)]


@dataclass(slots=True, eq=False, repr=False)
class TextDelta(_Event):
    """A piece of the answer, exactly as the model wrote it."""

    text: str


@dataclass(slots=True, eq=False, repr=False)
class ReasoningDelta(_Event):
    """A piece of the model's reasoning, which precedes the answer and is not part of it."""

    text: str


@dataclass(slots=True, eq=False, repr=False)
class ToolCall(_Event):
    """A request by the model to call a function; `arguments` is a JSON document, as text."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True, eq=False, repr=False)
class SearchStep(_Event):
    """A search, or another tool that the server runs while it works on the answer.

    `kind` is "web", "x", "page", "files", "code", "mcp" or "image"; `query` is the search query, "" until it is known;
    `status` is "in_progress", then "completed" or "failed". Each step yields two events with the same `id`, one at its
    start and one at its end.
    """

    kind: str
    query: str
    status: str
    id: str = ""


@dataclass(slots=True, eq=False, repr=False)
class CodeRun(_Event):
    """A run of code on the server.

    `exit_code` is that of the program, None if the server does not report it; `status` is "completed" or another value
    from the server. `files` are the pictures that the code made: URLs, or paths once they are saved.
    """

    id: str
    code: str
    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = None
    status: str = "completed"
    files: list[str] = field(default_factory=list)

    @property
    def has_failed(self) -> bool:
        """Whether the program or the server reports a failure."""
        return bool(self.exit_code) or self.status not in ("completed", "")


@dataclass(slots=True, eq=False, repr=False)
class DrawnImage(_Event):
    """A picture that the server drew for the answer, from the `prompt` that the model wrote.

    `data` is the picture in base64, "" if there is none; `status` is "completed" or another value from the server.
    `path` is its file once it is saved.
    """

    id: str
    prompt: str
    data: str = ""
    status: str = "completed"
    path: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON; `data` only while the picture is not saved."""
        return {name: value for name, value in _values(self) if name != "data" or not self.path}


@dataclass(slots=True, eq=False, repr=False)
class Source(_Event):
    """A page or post that the answer is based on; `number` is that of its marker in the text, `[[1]](https://…)`.

    Sources without a marker in the text are numbered after those with one; `title` is "" if the server sent none.
    """

    url: str
    title: str = ""
    number: int = 0


@dataclass(slots=True, eq=False, repr=False)
class OutputItem(_Event):
    """An output item as the server sent it: reasoning, a call or a message. The next request sends it back unchanged.

    Only the Responses API has output items. Their order matters.
    """

    item: dict[str, Any]


@dataclass(slots=True, eq=False, repr=False)
class Usage(_Event):
    """The tokens and the cost of an answer.

    `output_tokens` counts both the visible answer and the reasoning (`reasoning_tokens` of them); `cached_tokens` of
    the `input_tokens` were read from the server's prefix cache. `cost_in_usd_ticks` is the amount billed, in units of
    1e-10 US dollars; None if the server did not report it. If the server made tool calls of its own, such as searches,
    `server_tool_calls` is their number and the tokens are the sum over all its turns; `context_tokens` is then the size
    of the context, None if the server did not report it. `service_tier` is the tier that answered, "" if it is unknown.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost_in_usd_ticks: int | None = None
    server_tool_calls: int = 0
    context_tokens: int | None = None
    service_tier: str = ""

    @property
    def context(self) -> int:
        """The number of tokens in the model's context after this answer."""
        return self.context_tokens or self.input_tokens + self.output_tokens

    def plus(self, later: Usage) -> Usage:
        """Return the total of this usage and that of a later answer in the same conversation."""
        costs = [one.cost_in_usd_ticks for one in (self, later) if one.cost_in_usd_ticks is not None]
        return Usage(
            self.input_tokens + later.input_tokens,
            self.output_tokens + later.output_tokens,
            self.reasoning_tokens + later.reasoning_tokens,
            self.cached_tokens + later.cached_tokens,
            sum(costs) if costs else None,
            self.server_tool_calls + later.server_tool_calls,
            later.context,
            later.service_tier,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON, with the cost also in dollars.

        `server_tool_calls`, `context_tokens` and `service_tier` are left out when they are 0, None or "".
        """
        ticks = self.cost_in_usd_ticks
        figures = dict(_values(self)) | {"cost_usd": None if ticks is None else dollars(ticks)}
        for name in ("server_tool_calls", "context_tokens", "service_tier"):
            if not figures[name]:
                del figures[name]
        return figures


@dataclass(slots=True, eq=False, repr=False)
class End(_Event):
    """The end of the answer.

    `finish_reason` is "stop", "length" (a token limit), "content_filter", "refusal", "tool_calls", "incomplete: …" with
    the server's reason, or any other value that the server sent; `model` is the model that answered, which may differ
    from the one requested; `id` is the server's id of the response.
    """

    finish_reason: str
    model: str = ""
    id: str = ""


Event = TextDelta | ReasoningDelta | ToolCall | SearchStep | CodeRun | DrawnImage | Source | OutputItem | Usage | End


def dollars(ticks: int) -> str:
    """Return billed ticks (1e-10 US dollars each) as exact dollars: 5743500 is "0.00057435"."""
    whole, part = divmod(ticks, TICKS_PER_DOLLAR)
    return f"{whole}.{f'{part:010}'.rstrip('0').ljust(2, '0')}"
