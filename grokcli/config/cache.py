"""The cache of facts about servers: the models that they offer, and the request fields that those models reject.

An unreadable cache counts as empty, and errors in writing it are ignored.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from grokcli.config.lock import locked
from grokcli.files import PRIVATE, read_own_file, write_atomically
from grokcli.models import CENTS_PER_100M, MODELS, PRICE_FIELDS, ModelInfo, known, read_models

MODELS_FILE = "models.json"
REJECTED_FILE = "rejected.json"
# Models gain features, so a rejected field is tried again after this time.
REMEMBERED_SECONDS = 30 * 86400


class ModelList(NamedTuple):
    """Models, the server that listed them ("" for the built-in list), and the time of that, in seconds since 1970."""

    models: list[ModelInfo]
    server: str = ""
    time: float = 0.0


def load_models(cache: Path, server: str = "") -> ModelList:
    """Return the cached models, or the built-in ones if there are none or they are not from `server`, if given."""
    try:
        document = json.loads(read_own_file(cache / MODELS_FILE))
        told = str(document["server"]), float(document["time"])
        models = read_models({"data": document["data"]})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return ModelList(list(MODELS))
    if not models or (server and told[0] != server):
        return ModelList(list(MODELS))
    return ModelList(models, *told)


def save_models(cache: Path, server: str, models: list[ModelInfo]) -> None:
    """Cache the models that `server` has just listed."""
    document = {"server": server, "time": time.time(), "data": [_entry(model) for model in models]}
    try:
        write_atomically(cache / MODELS_FILE, json.dumps(document).encode(), mode=PRIVATE)
    except OSError:
        return


def model_info(cache: Path, server: str, name: str) -> ModelInfo | None:
    """Return what `server` said of the model `name`, if it was asked of late; else what is known without asking."""
    kept = load_models(cache, server)
    is_fresh = kept.server and time.time() - kept.time < REMEMBERED_SECONDS
    return (known(name, kept.models) if is_fresh else None) or known(name)


def _entry(model: ModelInfo) -> dict[str, Any]:
    """Return a model in the server's format, which `read_models` parses."""
    entry: dict[str, Any] = {"id": model.id, "aliases": list(model.aliases), "context_length": model.context}
    if model.long_from is not None:
        entry["long_context_threshold"] = model.long_from
    found = known(model.id)
    # What is known here need not be kept: the next version of grok may know better.
    if model.efforts is not None and not (found and found.efforts == model.efforts):
        entry["capabilities"] = {
            "reasoning_effort": list(model.efforts),
            "default_reasoning_effort": model.default_effort or None,
        }
    usual = (model.input_price, model.cached_price, model.output_price)
    for suffix, prices in (("", usual), ("_long_context", model.long_prices)):
        told = zip(PRICE_FIELDS, prices, strict=True)
        entry |= {f"{name}{suffix}": price * CENTS_PER_100M for name, price in told if price is not None}
    return entry


class RejectedFields:
    """The request fields that one model on one server has rejected, remembered for REMEMBERED_SECONDS."""

    def __init__(self, cache: Path, server: str, model: str) -> None:
        """Read the rejected fields from the folder `cache`; a missing or unusable file counts as empty."""
        self._file = cache / REJECTED_FILE
        self._key = f"{server} {model}"
        now = time.time()
        known = self._read().get(self._key)
        known = known if isinstance(known, dict) else {}
        self.names = [
            name for name, when in known.items() if isinstance(when, (int, float)) and now - when < REMEMBERED_SECONDS
        ]

    def add(self, name: str) -> None:
        """Remember one more field."""
        try:
            with locked(self._file):
                everything = self._read()
                known = everything.get(self._key)
                everything[self._key] = {**(known if isinstance(known, dict) else {}), name: int(time.time())}
                write_atomically(self._file, json.dumps(everything, indent=1).encode(), mode=PRIVATE)
        except OSError:
            return

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(read_own_file(self._file))
        except (OSError, ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}
