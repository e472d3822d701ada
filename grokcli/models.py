"""The models that grok knows without asking a server.

Source: the API digest, section 10. A server's own figures take precedence; these only stop questions that are too long
or have options that the model does not take, suggest a replacement for a retired model, and fill `grok models` when no
server can be asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, get_args

DEFAULT_MODEL = "grok-4.7"
LOCAL_MODEL = "local"
# The default image model. `grok-imagine-image-2.0` costs two to three times as much (API digest, section 10.1).
IMAGE_MODEL = "grok-imagine-image"
API = Literal["auto", "responses", "chat"]
APIS: tuple[API, ...] = get_args(API)


class ModelInfo(NamedTuple):
    """A model: `context` is the limit on the tokens of prompt and answer together, prices are US$ per 1M tokens.

    `efforts` are the reasoning efforts that it accepts; None is unknown, and () that it accepts none. Other unknown
    values are None or empty.
    """

    id: str
    context: int | None = None
    input_price: float | None = None
    cached_price: float | None = None
    output_price: float | None = None
    efforts: tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()


# Every effort that any server knows, and those that each model accepts (API digest, section 10.2). Prices double above
# 200,000 tokens.
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
_TO_HIGH = ("low", "medium", "high")
_TO_XHIGH = (*_TO_HIGH, "xhigh")
MODELS = (
    ModelInfo("grok-4.7", 500_000, 2.0, 0.5, 6.0, _TO_XHIGH),
    ModelInfo("grok-4.6", 500_000, 2.0, 0.5, 6.0, _TO_XHIGH),
    ModelInfo("grok-4.5", 500_000, 2.0, 0.3, 6.0, _TO_HIGH, ("grok-4.5-latest", "grok-build-latest")),
    ModelInfo("grok-4.3", 1_000_000, 1.25, 0.2, 2.5, ("none", *_TO_HIGH), ("grok-4.3-latest",)),
    ModelInfo("grok-4.20", 1_000_000, 1.25, 0.2, 2.5, ()),
    ModelInfo("grok-4.20-multi-agent", 1_000_000, 1.25, 0.2, 2.5, _TO_XHIGH),
    ModelInfo("grok-build-0.1", 256_000, 1.0, 0.2, 2.0, ()),
    ModelInfo(LOCAL_MODEL, 4096),
)
CONTEXT_WINDOWS = {model.id: model.context for model in MODELS if model.context}

# Retired models, by prefix, and their replacements.
SUCCESSORS = {
    "grok-beta": DEFAULT_MODEL,
    "grok-vision-beta": DEFAULT_MODEL,
    "grok-2": DEFAULT_MODEL,
    "grok-3": "grok-4.3",
    "grok-4-": "grok-4.3",
    "grok-code-fast": "grok-build-0.1",
    "grok-imagine-image-pro": "grok-imagine-image-2.0",
    "grok-imagine-image-quality": "grok-imagine-image-2.0",
}

# English averages about 4.5 bytes per token, code less. Slightly more here, to refuse only prompts that cannot fit.
BYTES_PER_TOKEN = 5
# Servers list prices in US cents per 100M tokens (API digest, section 10.3).
CENTS_PER_100M = 10_000
# Larger than any context or price.
MAX_FIGURE = 10**12
# The columns of `listing` that hold numbers.
FIGURES = (1, 2, 3, 4)


def known(name: str) -> ModelInfo | None:
    """Return the known model for `name`, which may be dated (`grok-4.3-0430`) or an alias."""
    matches = [
        model for model in MODELS if name == model.id or name in model.aliases or name.startswith(f"{model.id}-")
    ]
    return max(matches, key=lambda model: len(model.id)) if matches else None


def context_window(model: str) -> int | None:
    """Return the context window of `model` in tokens, or None if it is not known here."""
    found = known(model)
    return found.context if found else None


def successor(model: str) -> str | None:
    """Return the replacement for `model`, or None if `model` is not known to be retired."""
    return next((new for old, new in SUCCESSORS.items() if model.startswith(old) or model == old.rstrip("-")), None)


def least_tokens(text: str) -> int:
    """Return a low estimate of the tokens in `text`."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN


def is_same_model(asked: str, answered: str) -> bool:
    """Return whether `answered` is the full or dated name of `asked`."""
    return not answered or answered == asked or answered.startswith(f"{asked}-") or asked == f"{answered}-latest"


def read_models(document: dict[str, Any]) -> list[ModelInfo]:
    """Return the models in a response to `GET /models`. Every field of an entry except its id is optional."""
    entries = document.get("data") or document.get("models")
    found = entries if isinstance(entries, list) else []
    return [_read(entry) for entry in found if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _read(entry: dict[str, Any]) -> ModelInfo:
    found = known(entry["id"])
    aliases = entry.get("aliases")
    context = _figure(entry.get("context_length"))
    return ModelInfo(
        entry["id"],
        None if context is None else int(context),
        _price(entry.get("prompt_text_token_price")),
        _price(entry.get("cached_prompt_text_token_price")),
        _price(entry.get("completion_text_token_price")),
        found.efforts if found else None,
        tuple(name for name in aliases if isinstance(name, str)) if isinstance(aliases, list) else (),
    )


def _price(cents: object) -> float | None:
    figure = _figure(cents)
    return None if figure is None else figure / CENTS_PER_100M


def _figure(value: object) -> float | None:
    """Return `value` if it is a number in the range of a price or a context, which NaN is not; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value < MAX_FIGURE else None


def listing(models: Iterable[ModelInfo], *, retired: bool = True) -> list[tuple[str, ...]]:
    """Return the models as a table with a header; with `retired`, xAI's retired models and replacements follow."""
    gone = SUCCESSORS if retired else {}
    return [
        ("model", "context", "in", "cached", "out", "also called"),
        *map(_row, models),
        *((old.rstrip("-"), "", "", "", "", f"retired: use {new}") for old, new in gone.items()),
    ]


def _row(model: ModelInfo) -> tuple[str, ...]:
    prices = (model.input_price, model.cached_price, model.output_price)
    context = "" if model.context is None else f"{model.context:,}"
    note = "on this machine" if model.id == LOCAL_MODEL else ", ".join(model.aliases)
    return (model.id, context, *map(_shown_price, prices), note)


def _shown_price(price: float | None) -> str:
    if price is None:
        return ""
    return f"{price:.2f}" if round(price, 2) == price else f"{price:g}"
