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
# The default model of batches. They accept it and grok-4.20, but not grok-4.7: one such request cancels a whole batch
# (API additions, section 1.1, as seen from August to October 2026). That may change, so no model is barred here.
BATCH_MODEL = "grok-4.3"
# The default video model (API additions, section 5); 1080p needs `grok-imagine-video-1.5`.
VIDEO_MODEL = "grok-imagine-video"
API = Literal["auto", "responses", "chat"]
APIS: tuple[API, ...] = get_args(API)


# What a million tokens of input, cached input and output cost, in US$; None where that is not known.
Prices = tuple[float | None, float | None, float | None]


class ModelInfo(NamedTuple):
    """A model: `context` is the limit on the tokens of prompt and answer together, prices are US$ per 1M tokens.

    `efforts` are the reasoning efforts that it accepts; None is unknown, and () that it accepts none. `default_effort`
    is the one it uses by itself. Requests of `long_from` tokens and more cost `long_prices`. Other unknown values are
    None or empty.
    """

    id: str
    context: int | None = None
    input_price: float | None = None
    cached_price: float | None = None
    output_price: float | None = None
    efforts: tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()
    default_effort: str = ""
    long_from: int | None = None
    long_prices: Prices = (None, None, None)


# Every effort that any server knows, and those that each model accepts (API digest, section 10.2). Prices double above
# 200,000 tokens.
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
EFFORTS: tuple[Effort, ...] = get_args(Effort)
_TO_HIGH = ("low", "medium", "high")
_TO_XHIGH = (*_TO_HIGH, "xhigh")
MODELS = (
    ModelInfo("grok-4.7", 500_000, 2.0, 0.5, 6.0, _TO_XHIGH, (), "high"),
    ModelInfo("grok-4.6", 500_000, 2.0, 0.5, 6.0, _TO_XHIGH, (), "high"),
    ModelInfo("grok-4.5", 500_000, 2.0, 0.3, 6.0, _TO_HIGH, ("grok-4.5-latest", "grok-build-latest"), "high"),
    ModelInfo("grok-4.3", 1_000_000, 1.25, 0.2, 2.5, ("none", *_TO_HIGH), ("grok-4.3-latest",), "low"),
    ModelInfo("grok-4.20", 1_000_000, 1.25, 0.2, 2.5, ()),
    ModelInfo("grok-4.20-multi-agent", 1_000_000, 1.25, 0.2, 2.5, _TO_XHIGH),
    ModelInfo("grok-build-0.1", 256_000, 1.0, 0.2, 2.0, ()),
    ModelInfo(LOCAL_MODEL, 4096),
)

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
PRICE_FIELDS = ("prompt_text_token_price", "cached_prompt_text_token_price", "completion_text_token_price")
# Larger than any context or price.
MAX_FIGURE = 10**12
# The columns of `listing` that hold numbers.
FIGURES = (1, 2, 3, 4)


def known(name: str, models: Iterable[ModelInfo] = MODELS) -> ModelInfo | None:
    """Return the one of `models` for `name`, which may be dated (`grok-4.3-0430`) or an alias."""
    matches = [
        model for model in models if name == model.id or name in model.aliases or name.startswith(f"{model.id}-")
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
    context, threshold = _figure(entry.get("context_length")), _figure(entry.get("long_context_threshold"))
    efforts, default = _efforts(entry)
    return ModelInfo(
        entry["id"],
        None if context is None else int(context),
        *_prices(entry, ""),
        efforts,
        _names(entry.get("aliases")) or (),
        default,
        None if threshold is None else int(threshold),
        _prices(entry, "_long_context"),
    )


def _efforts(entry: dict[str, Any]) -> tuple[tuple[str, ...] | None, str]:
    """Return the efforts of a model and its default: as the server says, else as they are known here."""
    capabilities = entry.get("capabilities")
    told = capabilities if isinstance(capabilities, dict) else {}
    names = _names(told.get("reasoning_effort"))
    efforts = None if names is None else tuple(filter(_is_level, names))
    if efforts is None or (told["reasoning_effort"] and not efforts):
        found = known(entry["id"])
        return (found.efforts, found.default_effort) if found else (None, "")
    default = told.get("default_reasoning_effort")
    return efforts, default if isinstance(default, str) and default in efforts else ""


def _is_level(name: str) -> bool:
    """Say whether `name` can be an effort: it is shown, completed and sent without being looked at again."""
    return name.isascii() and name.isalpha() and name.islower() and len(name) < 20


def _names(value: object) -> tuple[str, ...] | None:
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list) else None


def _prices(entry: dict[str, Any], suffix: str) -> Prices:
    fresh, cached, output = (_price(entry.get(f"{name}{suffix}")) for name in PRICE_FIELDS)
    return fresh, cached, output


def _price(cents: object) -> float | None:
    figure = _figure(cents)
    return None if figure is None else figure / CENTS_PER_100M


def _figure(value: object) -> float | None:
    """Return `value` if it is a number in the range of a price or a context, which NaN is not; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value < MAX_FIGURE else None


def with_local(models: Iterable[ModelInfo]) -> list[ModelInfo]:
    """Return the models with the one on this machine, which no server lists."""
    return [*(model for model in models if model.id != LOCAL_MODEL), *MODELS[-1:]]


def listing(models: Iterable[ModelInfo], *, default: str = "", retired: bool = True) -> list[tuple[str, ...]]:
    """Return the models as a table with a header; with `retired`, xAI's retired models and replacements follow.

    The model `default` is marked; one whose prices depend on the length of a request has a row for each price.
    """
    gone = SUCCESSORS if retired else {}
    return [
        ("model", "context", "in", "cached", "out", "effort (default)", "also called"),
        *(row for model in models for row in _rows(model, default)),
        *((old.rstrip("-"), "", "", "", "", "", f"retired: use {new}") for old, new in gone.items()),
    ]


def _rows(model: ModelInfo, default: str) -> list[tuple[str, ...]]:
    prices = (model.input_price, model.cached_price, model.output_price)
    context = "" if model.context is None else f"{model.context:,}"
    note = "on this machine" if model.id == LOCAL_MODEL else ", ".join(model.aliases)
    mark = " (default)" if default and (default == model.id or default in model.aliases) else ""
    rows = [(f"{model.id}{mark}", context, *map(_shown_price, prices), _shown_efforts(model), note)]
    if model.long_from is not None and any(price is not None for price in model.long_prices):
        rows.append((f"  from {model.long_from:,} tokens", "", *map(_shown_price, model.long_prices), "", ""))
    return rows


def _shown_efforts(model: ModelInfo) -> str:
    """Return the efforts of a model and its default: "none, low-high (low)"."""
    if not model.efforts:
        return "" if model.efforts is None else "no choice"
    off = ["none"] if model.efforts[0] == "none" else []
    levels = model.efforts[len(off) :]
    usual = tuple(level for level in EFFORTS if level in levels)
    first = EFFORTS.index(usual[0]) if usual else 0
    is_range = len(levels) > 2 and levels == EFFORTS[first : first + len(levels)]
    shown = ", ".join([*off, *([f"{levels[0]}-{levels[-1]}"] if is_range else levels)])
    return f"{shown} ({model.default_effort})" if model.default_effort else shown


def _shown_price(price: float | None) -> str:
    if price is None:
        return ""
    return f"{price:.2f}" if round(price, 2) == price else f"{price:g}"
