"""What Tab offers for the values of options."""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from grokcli.models import EFFORTS, LOCAL_MODEL


def complete_model(incomplete: str) -> list[str]:
    """Return the names of models that begin as typed: those of the last `grok models`, or those known without."""
    import os
    import re

    from grokcli.config.cache import load_models
    from grokcli.config.paths import Paths

    offered = load_models(Paths.find(os.environ).cache).models
    names = [*(name for model in offered for name in (model.id, *model.aliases)), LOCAL_MODEL]
    # Spaces and control characters mean something to a shell.
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete) and re.fullmatch(r"[\w./:-]+", name)]


def complete_effort(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the efforts that begin as typed: those of the model that is named or set, if they are known."""
    import os

    from grokcli.config.cache import model_info
    from grokcli.config.paths import Paths
    from grokcli.config.settings import Settings

    settings = Settings(Paths.find(os.environ), os.environ)
    name = settings.model(ctx.params.get("model"), role=ctx.params.get("role"))
    found = model_info(settings.paths.cache, settings.value("base_url"), name)
    levels = found.efforts if found and found.efforts else EFFORTS
    return [level for level in levels if level.startswith(incomplete)]


def complete_subcommand(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the subcommands that begin as typed, for a first word that may be one; nothing for other commands."""
    names = ctx.command.list_commands(ctx) if isinstance(ctx.command, TyperGroup) else []
    return [name for name in names if name.startswith(incomplete)]
