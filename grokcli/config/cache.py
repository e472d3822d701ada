"""The models that a server offered when it was last asked, kept in the cache for shell completion and for later."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from grokcli.files import write_atomically
from grokcli.models import MODELS, ModelInfo, read_models

NAME = "models.json"


class Catalog(NamedTuple):
    """Models, the server that told of them ("" when none did), and when, in seconds since 1970."""

    models: list[ModelInfo]
    server: str = ""
    time: float = 0.0


def load(cache: Path, server: str = "") -> Catalog:
    """Return what was last kept, of `server` if that is named; else what is known without asking."""
    try:
        document = json.loads((cache / NAME).read_bytes())
        told = str(document["server"]), float(document["time"])
        models = read_models({"data": document["data"]})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return Catalog(list(MODELS))
    if not models or (server and told[0] != server):
        return Catalog(list(MODELS))
    return Catalog(models, *told)


def save(cache: Path, server: str, models: list[ModelInfo]) -> None:
    """Keep what `server` told just now. A cache that cannot be written is left as it is."""
    document = {"server": server, "time": time.time(), "data": [_entry(model) for model in models]}
    try:
        write_atomically(cache / NAME, json.dumps(document).encode())
    except OSError:
        return


def _entry(model: ModelInfo) -> dict[str, Any]:
    """Return a model in the server's own form, which `read_models` reads."""
    entry: dict[str, Any] = {"id": model.id, "aliases": list(model.aliases), "context_length": model.context}
    prices = (
        ("prompt_text_token_price", model.input_price),
        ("cached_prompt_text_token_price", model.cached_price),
        ("completion_text_token_price", model.output_price),
    )
    return entry | {name: price * 10_000 for name, price in prices if price is not None}
