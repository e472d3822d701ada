"""`grok models`: the models that can be asked."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Any

import typer

from grokcli.commands.options import AsJSON, Quiet, new_app
from grokcli.config.cache import ModelList, load_models, save_models
from grokcli.errors import MissingKeyError, NetworkError
from grokcli.models import DEFAULT_MODEL, LOCAL_MODEL, MODELS, SUCCESSORS, ModelInfo
from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from grokcli.env import Env

app = new_app()


@app.command()
def models(ctx: typer.Context, json: AsJSON = False, quiet: Quiet = False) -> None:
    """List the models: context in tokens, prices in US$ per 1M tokens, other names, and who replaces retired ones."""
    env: Env = ctx.obj
    env.quiet = quiet
    found = _find(env)
    if all(model.id != LOCAL_MODEL for model in found.models):
        found.models.extend(model for model in MODELS if model.id == LOCAL_MODEL)
    if json:
        env.stdout.write(jsonlib.dumps(_document(found), indent=2) + "\n")
        return
    rows = [("model", "context", "in", "cached", "out", "also called"), *map(_row, found.models)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for name, *figures, aliases in rows:
        cells = [name.ljust(widths[0]), *(text.rjust(width) for text, width in zip(figures, widths[1:], strict=True))]
        env.stdout.write(clean("  ".join([*cells, aliases])).rstrip() + "\n")
    for old, new in SUCCESSORS.items():
        env.stdout.write(f"{old.rstrip('-'):{widths[0]}}  retired: use {new}\n")


def _find(env: Env) -> ModelList:
    """Ask the server; without a key or a network, return what was kept or is known."""
    server = env.settings.value("base_url")
    try:
        client = env.connect(DEFAULT_MODEL)
        offered = client.models()
    except (MissingKeyError, NetworkError) as error:
        found = load_models(env.settings.paths.cache, server)
        kept = "the list is the one of the last time" if found.server else "the list is the one that grok came with"
        env.note(f"the server was not asked ({error.message}): {kept}")
        return found
    save_models(env.settings.paths.cache, server, offered)
    return ModelList(offered, server)


def _row(model: ModelInfo) -> tuple[str, ...]:
    prices = (model.input_price, model.cached_price, model.output_price)
    context = "" if model.context is None else f"{model.context:,}"
    note = "on this machine" if model.id == LOCAL_MODEL else ", ".join(model.aliases)
    return (model.id, context, *map(_price, prices), note)


def _price(price: float | None) -> str:
    if price is None:
        return ""
    return f"{price:.2f}" if round(price, 2) == price else f"{price:g}"


def _document(found: ModelList) -> dict[str, Any]:
    return {
        "server": found.server or None,
        "models": [
            {
                "id": model.id,
                "aliases": list(model.aliases),
                "context": model.context,
                "usd_per_million_tokens": {
                    "input": model.input_price,
                    "cached_input": model.cached_price,
                    "output": model.output_price,
                },
                "efforts": None if model.efforts is None else list(model.efforts),
            }
            for model in found.models
        ],
        "retired": [{"prefix": old, "successor": new} for old, new in SUCCESSORS.items()],
    }
