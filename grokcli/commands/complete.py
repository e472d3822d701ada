"""What Tab offers as the value of an option or an argument.

A completer takes Typer's context, whose `obj` is the `Env`, and the beginning that was typed. It may return more than
what begins so: the caller leaves that out. Nothing here is imported before somebody presses Tab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.models import EFFORTS, LOCAL_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grokcli.env import Env
    from grokcli.input.prompts.places import Listed

BUSY_SECONDS = 0.2  # who presses Tab does not wait for a program that is writing
LISTED = 50


class Choice(NamedTuple):
    """A word that Tab offers, and what it stands for. `is_obscure` says that the word alone tells a reader nothing."""

    value: str
    help: str = ""
    is_obscure: bool = False


class Files(NamedTuple):
    """The names of files; the shell completes them itself, except behind the `mark` that they begin with."""

    mark: str = ""


Offer = Files | list[Choice]


def completer(parameter: Any) -> Callable[[Any, str], Offer] | None:
    """Return the completer of a parameter, None if it has none of ours."""
    name, metavar = parameter.name, parameter.metavar or ""
    found = _COMPLETERS.get(metavar) or _COMPLETERS.get(name)
    if found is None and any(kind in metavar for kind in ("FILE", "PATH", "DIR")):
        return _files
    return found


def models(context: Any, typed: str) -> Offer:
    """Return the models of the last `grok models`, or those known without, and the aliases of the settings."""
    from grokcli.config.cache import load_models

    env: Env = context.obj
    offered = load_models(env.settings.paths.cache).models
    names = [*(name for model in offered for name in (model.id, *model.aliases)), LOCAL_MODEL]
    aliases = _section(env, "aliases")
    return [*_choices(dict.fromkeys(names)), *(Choice(name, f"alias of {aliases[name]}") for name in aliases)]


def _image_models(context: Any, typed: str) -> Offer:
    from grokcli.models import IMAGE_MODEL

    return _choices([IMAGE_MODEL])


def efforts(context: Any, typed: str) -> Offer:
    """Return the efforts of the model that is named or set, or all if its own are not known."""
    from grokcli.config.cache import model_info

    settings = context.obj.settings
    name = settings.model(context.params.get("model"), role=context.params.get("role"))
    found = model_info(settings.paths.cache, settings.value("base_url"), name)
    return _choices(found.efforts if found and found.efforts else EFFORTS)


def roles(context: Any, typed: str) -> Offer:
    """Return the roles of the settings, each with its model or the beginning of its system prompt."""
    from grokcli.config import sections

    found = sections.roles(_settings_file(context.obj))
    return [Choice(name, sections.role_summary(role)) for name, role in found.items()]


def conversations(context: Any, typed: str) -> Offer:
    """Return conversations: the latest by id, and those whose title begins as typed by title.

    A title that several have names none of them; one that begins with a dash would be taken for an option.
    """
    found = _stored(context.obj, typed)
    titles = [title.casefold() for _, title in found]
    begun = typed.casefold()
    by_id = [Choice(one, title, is_obscure=True) for one, title in found if one.startswith(typed.lower())]
    by_title = [
        Choice(title, one)
        for one, title in found
        if begun and title.casefold().startswith(begun) and titles.count(title.casefold()) == 1
        if not title.startswith("-")
    ]
    return [*by_id, *by_title]


def conversation_ids(context: Any, typed: str) -> Offer:
    """Return the ids of conversations, the last used first."""
    found = _stored(context.obj, typed)
    return [Choice(one, title, is_obscure=True) for one, title in found if one.startswith(typed.lower())]


def _wanted(context: Any, typed: str) -> Offer:
    if context.parent.info_name != "history":  # ids of files on the server, which no Tab asks
        return []
    return conversation_ids(context, typed) if context.info_name == "delete" else conversations(context, typed)


def _stored(env: Env, typed: str) -> list[tuple[str, str]]:
    from grokcli.store.store import FILE_NAME, Store

    path = env.settings.paths.data / FILE_NAME
    with Store(path, lambda _: None, busy_seconds=BUSY_SECONDS) as store:
        return store.names(typed, LISTED)


def _files(context: Any, typed: str) -> Offer:
    return Files()


def _questions(context: Any, typed: str) -> Offer:
    """Return files, and before them the subcommands of `batch`, in whose place its file stands."""
    names = [
        name for name in getattr(context.command, "list_commands", lambda _: [])(context) if name.startswith(typed)
    ]
    return [*_choices(names), *_paths(typed)] if names else Files()


def _text_or_file(context: Any, typed: str) -> Offer:
    return Files("@") if typed.startswith("@") else []


def _themes(context: Any, typed: str) -> Offer:
    return [*setting_values(context.obj, "theme"), *_paths(typed)]


def _paths(typed: str) -> list[Choice]:
    from grokcli.files import matching_paths

    return _choices(matching_paths(typed))


def _prompt_names(context: Any, typed: str) -> Offer:
    if context.parent.info_name != "prompts" and "prompt" not in context.params:
        return []
    return [Choice(one.name, one.problem or one.description) for one in _prompts(context.obj)]


def _words(context: Any, typed: str) -> Offer:
    """Return the arguments of the saved prompt that is named, as KEY=; nothing for the words of a question."""
    name = context.params.get("prompt")
    arguments = (
        [argument for one in _prompts(context.obj) if one.name == name for argument in one.arguments] if name else []
    )
    return [Choice(f"{one.name}=", f"default: {one.default}" if one.default else "") for one in arguments]


def _prompts(env: Env) -> list[Listed]:
    from grokcli.input.prompts.places import list_prompts

    return [one for one in list_prompts(env.settings.paths, env.environ) if not one.hidden]


def _mcp_servers(context: Any, typed: str) -> Offer:
    from grokcli.config.mcp_servers import find_servers

    return _choices(one.name for one in find_servers(context.obj.settings))


def _keys(context: Any, typed: str) -> Offer:
    """Return the keys of settings with their help: those that can be set, or with `unset` those that are."""
    from grokcli.config.sections import entries
    from grokcli.config.settings import SECTION_SETTINGS, SETTINGS

    file = _settings_file(context.obj)
    within = _choices(entries(file))
    if context.info_name == "unset":
        return [*(Choice(name, row.help) for name, row in SETTINGS.items() if name in file), Choice("api_key"), *within]
    settings = [Choice("api_key", "API key"), *(Choice(name, row.help) for name, row in SETTINGS.items())]
    if context.info_name != "set":
        return [*settings, *within]
    tables = {section: _section(context.obj, section) for section in SECTION_SETTINGS}
    possible = [
        f"{kind}.{name}.{key}" for kind, names in SECTION_SETTINGS.items() for name in tables[kind] for key in names
    ]
    return [*settings, *_choices(dict.fromkeys([*possible, *entries(file)]))]


def _setting_value(context: Any, typed: str) -> Offer:
    key = str(context.params.get("key") or "").replace("-", "_")
    section, _, leaf = key.rpartition(".")
    if key.startswith("aliases.") or leaf == "model":
        return models(context, typed)
    if leaf == "system" and section:
        return []
    return Files() if leaf in ("ca_bundle", "local_model") else setting_values(context.obj, leaf)


def setting_values(env: Env, name: str) -> list[Choice]:
    """Return the values that a setting may have, [] if they cannot be counted.

    Its parser says so itself when it refuses a value: see `grokcli.config.values`.
    """
    from grokcli.config.settings import SETTINGS

    try:
        SETTINGS[name].parse(object())
    except KeyError:
        return []
    except ValueError as error:
        kind, _, listed = str(error).partition("choose from ")
        return [] if kind else _choices(listed.split(", "))
    return []


def _topics(context: Any, typed: str) -> Offer:
    from grokcli.commands.help import page_summary, topics

    root = context.parent
    said = context.params.get("words")
    if said:
        command = root.command.get_command(root, said[0])
        return _choices(command.list_commands(context)) if hasattr(command, "list_commands") else []
    pages = [Choice(name, page_summary(name)) for name in topics()]
    names = {page.value for page in pages}
    return [*pages, *_choices(name for name in root.command.list_commands(root) if name not in names)]


def _section(env: Env, name: str) -> dict[str, Any]:
    table = _settings_file(env).get(name)
    return table if isinstance(table, dict) else {}


def _settings_file(env: Env) -> dict[str, Any]:
    return env.settings.file


def _choices(values: Iterable[str]) -> list[Choice]:
    return [Choice(value) for value in values]


# By the metavar of a parameter, or else by its name. Whatever takes a FILE, a PATH or a DIR completes files.
_COMPLETERS: dict[str, Callable[[Any, str], Offer]] = {
    "model": models,
    "file": _questions,
    "image_model": _image_models,
    "effort": efforts,
    "system": _text_or_file,
    "role": roles,
    "resume": conversations,
    "wanted": _wanted,
    "key": _keys,
    "value": _setting_value,
    "NAME|FILE": _themes,
    "NAME|URL": _mcp_servers,
    "[TOPIC|COMMAND]...": _topics,
    "prompt": _prompt_names,
    "name": _prompt_names,
    "[PROMPT]...": _words,
}
