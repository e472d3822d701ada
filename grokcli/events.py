"""What an answer is made of: the typed events that every wire format is read into, and that every renderer shows.

A stream is any number of TextDelta, ReasoningDelta and ToolCall, perhaps a Usage, and exactly one End, last. A stream
without an End was cut.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


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
class Usage:
    """What the answer cost.

    Tokens: `output_tokens` holds what the user sees and what the model thought (`reasoning_tokens` of them);
    `cached_tokens` of the `input_tokens` were read from the server's prefix cache. `cost_in_usd_ticks` is what the
    server billed, in units of 1e-10 US dollars; None when the server did not say.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost_in_usd_ticks: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON."""
        return asdict(self)


@dataclass(slots=True)
class End:
    """The answer is over.

    `finish_reason` is "stop", "length" (a token limit), "content_filter", "tool_calls" or whatever else the server
    said; `model` is the model that answered, which need not be the one that was asked; `id` is the server's.
    """

    finish_reason: str
    model: str = ""
    id: str = ""


Event = TextDelta | ReasoningDelta | ToolCall | Usage | End
