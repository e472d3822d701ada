"""`grok models`: the models that can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from grokcli.client.wire import DEFAULT_BASE_URL, is_xai
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON, Quiet
from grokcli.config.cache import ModelList, load_models, save_models
from grokcli.errors import MissingKeyError, NetworkError
from grokcli.models import FIGURES, SUCCESSORS, ModelInfo, Prices, listing, with_local
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
    default = env.settings.model(None)
    if json:
        env.console.print(json_text(_document(found, default), indent=2))
        return
    rows = listing(with_local(found.models), default=default, retired=is_xai(found.server or DEFAULT_BASE_URL))
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


def _document(found: ModelList, default: str) -> dict[str, Any]:
    retired = SUCCESSORS if is_xai(found.server or DEFAULT_BASE_URL) else {}
    return {
        "server": found.server or None,
        "default": default,
        "models": [_described(model) for model in with_local(found.models)],
        "retired": [{"prefix": old, "successor": new} for old, new in retired.items()],
    }


def _described(model: ModelInfo) -> dict[str, Any]:
    usual = (model.input_price, model.cached_price, model.output_price)
    long = None if model.long_from is None else {"from_tokens": model.long_from, **_prices(model.long_prices)}
    return {
        "id": model.id,
        "aliases": list(model.aliases),
        "context": model.context,
        **_prices(usual),
        "long_context": long,
        "efforts": None if model.efforts is None else list(model.efforts),
        "default_effort": model.default_effort or None,
    }


def _prices(prices: Prices) -> dict[str, Any]:
    return {"usd_per_million_tokens": dict(zip(("input", "cached_input", "output"), prices, strict=True))}
