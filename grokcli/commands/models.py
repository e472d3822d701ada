"""`grok models`: the models that can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from grokcli.client.wire import DEFAULT_BASE_URL, is_xai
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON, Quiet
from grokcli.config.cache import ModelList, load_models, save_models
from grokcli.errors import MissingKeyError, NetworkError
from grokcli.models import FIGURES, LOCAL_MODEL, MODELS, SUCCESSORS, listing
from grokcli.terminal.columns import columns
from grokcli.terminal.sanitize import json_text

if TYPE_CHECKING:
    from grokcli.env import Env

app = new_app()


@app.command()
def models(ctx: typer.Context, json: AsJSON = False, quiet: Quiet = False) -> None:
    """List models, context sizes, prices and replacements.

    Context is in tokens; prices are in US dollars per million tokens.
    """
    env: Env = ctx.obj
    env.console.quiet = quiet
    found = _find(env)
    if all(model.id != LOCAL_MODEL for model in found.models):
        found.models.extend(model for model in MODELS if model.id == LOCAL_MODEL)
    if json:
        env.console.print(json_text(_document(found), indent=2))
        return
    rows = listing(found.models, retired=is_xai(found.server or DEFAULT_BASE_URL))
    for line in columns(rows, right=FIGURES):
        env.console.print(line + "\n")


def _find(env: Env) -> ModelList:
    """Ask the server; without a key or a network, return what was kept or is known."""
    server = env.settings.value("base_url")
    try:
        client = env.connect_briefly()
        mask = env.console.mask
        offered = [
            one._replace(id=mask(one.id), aliases=tuple(map(mask, one.aliases)))  # what is kept is completed later
            for one in client.models()
        ]
    except (MissingKeyError, NetworkError) as error:
        found = load_models(env.settings.paths.cache, server)
        kept = "showing the cached list" if found.server else "showing the built-in list"
        env.console.note(f"{kept} ({error.message})")
        return found
    save_models(env.settings.paths.cache, server, offered)
    return ModelList(offered, server)


def _document(found: ModelList) -> dict[str, Any]:
    retired = SUCCESSORS if is_xai(found.server or DEFAULT_BASE_URL) else {}
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
        "retired": [{"prefix": old, "successor": new} for old, new in retired.items()],
    }
