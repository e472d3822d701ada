"""What Tab offers for the values of options."""

from __future__ import annotations

from grokcli.models import LOCAL_MODEL


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
