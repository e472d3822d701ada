"""What a saved prompt says of its request: defaults, which flags and roles override."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from grokcli.client.wire import is_xai
from grokcli.config.cache import load_models
from grokcli.models import LOCAL_MODEL, known
from grokcli.turn.request import FIELDS_OF_SETTINGS, parse_field

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.input.prompts.placeholders import FilledPrompt
    from grokcli.turn.request import RequestOptions

FIELD_OF_SETTING = {setting: field for field, setting in FIELDS_OF_SETTINGS.items()}
# What prompts of other tools name in place of a model; no server knows these.
_NO_MODEL = r"inherit|default|opus|sonnet|haiku|opusplan|claude-.*"


def with_prompt(env: Env, options: RequestOptions, prompt: FilledPrompt) -> RequestOptions:
    """Return the options with the model, system prompt and fields of `prompt` for all that they leave open.

    A model that the server cannot have is left out, with a note. Raises UsageError for an invalid field.
    """
    model = options.model
    if model is None and prompt.model and not _role_sets(env, options, "model"):
        model = _usable(env, prompt)
    system = options.system
    if system is None and not _role_sets(env, options, "system"):
        system = prompt.system or None
    fields: dict[str, Any] = {}
    for key, value in prompt.options.items():
        if not _role_sets(env, options, key):
            ((name, parsed),) = parse_field(key, json.dumps(value)).items()
            fields[FIELD_OF_SETTING.get(name, name)] = parsed
    return options._replace(model=model, system=system, fields={**fields, **options.fields})


def _role_sets(env: Env, options: RequestOptions, name: str) -> bool:
    """Say whether the role of the options has a value of its own for a setting."""
    if not options.role or name not in ("model", "system", *FIELD_OF_SETTING):
        return False
    return env.settings.find(name, role=options.role).source.startswith("role ")


def _usable(env: Env, prompt: FilledPrompt) -> str | None:
    """Return the model of a prompt, None if it is one of another company's."""
    name = prompt.model or ""
    resolved = env.settings.model(name)
    is_alias = resolved != name
    base_url = env.settings.value("base_url")
    if is_alias or resolved == LOCAL_MODEL or resolved.startswith("grok"):
        return name
    is_foreign = is_xai(base_url) and known(name, load_models(env.settings.paths.cache, base_url).models) is None
    if not is_foreign and not re.fullmatch(_NO_MODEL, name):
        return name
    env.console.note(f"{prompt.name}: its model {name!r} is of another company; using the default")
    return None
