"""What an answer is made of: the typed events that every wire format is read into, and that every renderer shows.

A stream is any number of TextDelta, ReasoningDelta, ToolCall, SearchStep, Source and OutputItem, perhaps a Usage, and
exactly one End, last. A stream without an End was cut.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TICKS_PER_DOLLAR = 10**10


@dataclass(slots=True)
class TextDelta:
    """A piece of the answer, exactly as the model wrote it."""

    text: str


@dataclass(slots=True)
class ReasoningDelta:
    """A piece of what the model thinks before it answers; never part of the answer."""

    text: str


@dataclass(slots=True)
class ToolCall:
    """The model asks for a function to be called; `arguments` is a JSON document, as text."""

    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class SearchStep:
    """The server searches, or runs another tool of its own, on the way to its answer.

    `kind` is "web", "x", "page", "files", "code", "mcp" or "image"; `query` is what it looks for, "" while that is not
    known; `status` is "in_progress", then "completed" or "failed". A step is told when it begins and when it ends, both
    with the same `id`.
    """

    kind: str
    query: str
    status: str
    id: str = ""


@dataclass(slots=True)
class Source:
    """A page or post that the answer rests on; `number` is the one of its marker in the text, `[[1]](https://…)`.

    Sources that the text does not mark have the numbers after those; `title` is "" when the server has none.
    """

    url: str
    title: str = ""
    number: int = 0


@dataclass(slots=True)
class OutputItem:
    """A part of the answer as the server wrote it: reasoning, a call, a message. The next request sends it back.

    Only the Responses API has these. Their order is a part of what they say.
    """

    item: dict[str, Any]


@dataclass(slots=True)
class Usage:
    """What the answer cost.

    Tokens: `output_tokens` holds what the user sees and what the model thought (`reasoning_tokens` of them);
    `cached_tokens` of the `input_tokens` were read from the server's prefix cache. `cost_in_usd_ticks` is what the
    server billed, in units of 1e-10 US dollars; None when the server did not say. With searches the tokens are summed
    over all of the server's own turns, `server_tool_calls` of them; `context_tokens` is then how full the context is,
    None when the server did not say. `service_tier` is the one that answered, "" when the server did not say.
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
        """The tokens of the conversation that the model has before it now."""
        return self.context_tokens or self.input_tokens + self.output_tokens

    def plus(self, later: Usage) -> Usage:
        """Return what this answer and a later one of the same conversation cost together."""
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
        """Return the figures by name, for JSON, the cost in dollars too; of the last three, those that there are."""
        ticks = self.cost_in_usd_ticks
        figures = asdict(self) | {"cost_usd": None if ticks is None else dollars(ticks)}
        for name in ("server_tool_calls", "context_tokens", "service_tier"):
            if not figures[name]:
                del figures[name]
        return figures


@dataclass(slots=True)
class End:
    """The answer is over.

    `finish_reason` is "stop", "length" (a token limit), "content_filter", "refusal", "tool_calls", "incomplete: …" with
    the server's reason, or whatever else it said; `model` is the model that answered, which need not be the one that
    was asked; `id` is the server's.
    """

    finish_reason: str
    model: str = ""
    id: str = ""


Event = TextDelta | ReasoningDelta | ToolCall | SearchStep | Source | OutputItem | Usage | End


def dollars(ticks: int) -> str:
    """Return billed ticks (1e-10 US dollars each) as exact dollars: 5743500 is "0.00057435"."""
    whole, part = divmod(ticks, TICKS_PER_DOLLAR)
    return f"{whole}.{f'{part:010}'.rstrip('0').ljust(2, '0')}"
