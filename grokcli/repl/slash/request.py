"""Slash commands for request options, tools and the display of answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from grokcli.config.cache import load_models, model_info
from grokcli.errors import UsageError
from grokcli.models import EFFORTS, FIGURES, listing, with_local
from grokcli.repl.line_editor import LineEditor
from grokcli.repl.slash.words import words_of
from grokcli.terminal.columns import columns
from grokcli.tools.server_tools import Search
from grokcli.turn.request import parse_field, text_or_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.repl.session import Session

SEARCHES = ("web_search", "x_search")


def model(session: Session, argument: str) -> None:
    """Show or change the model."""
    if argument:
        session.set_options(model=argument)
    session.env.console.error_line(f"model: {session.next_request().model}")


def models(session: Session, argument: str) -> None:
    """List the known models: those of the last `grok models`, or else the built-in ones."""
    from grokcli.client.wire import DEFAULT_BASE_URL, is_xai

    settings = session.env.settings
    found = load_models(settings.paths.cache, settings.value("base_url"))
    retired = is_xai(found.server or DEFAULT_BASE_URL)
    rows = listing(with_local(found.models), default=settings.model(None), retired=retired)
    session.env.console.error_text("\n".join(columns(rows, right=FIGURES)))


def model_names(session: Session) -> list[str]:
    """Return the names that Tab offers behind /model."""
    settings = session.env.settings
    offered = with_local(load_models(settings.paths.cache, settings.value("base_url")).models)
    return [name for model in offered for name in (model.id, *model.aliases)]


def effort_levels(session: Session) -> Sequence[str]:
    """Return what Tab offers behind /effort: what the model has, if that is known."""
    settings = session.env.settings
    name = settings.model(session.options.model, role=session.options.role)
    found = model_info(settings.paths.cache, settings.value("base_url"), name)
    return found.efforts if found and found.efforts else EFFORTS


def system(session: Session, argument: str) -> None:
    """Show or change the system prompt."""
    if argument:
        session.set_options(system="" if argument == "-" else text_or_file(argument))
    first, *_ = [*session.next_request().messages, {}]
    prompt = first["content"] if first.get("role") == "system" else "(none)"
    session.env.console.error_text(f"system: {prompt}")


def set_(session: Session, argument: str) -> None:
    """Show or change request fields."""
    key, _, value = argument.partition(" ")
    value = value.strip()
    if value == "-":
        session.set_options(fields={name: old for name, old in session.options.fields.items() if name != key})
    elif value:
        session.set_options(fields={**session.options.fields, **parse_field(key, value)})
    fields = session.next_request().options
    if key and not value and key not in fields:
        raise UsageError(f"{key} is not set", hint=f"/set {key} VALUE")
    shown = {name: current for name, current in fields.items() if key in ("", name)}
    for name, current in shown.items():
        session.env.console.error_line(f"{name} = {json.dumps(current, ensure_ascii=False)}")
    if not shown:
        session.env.console.error_line(f"{key or 'fields'}: (none)")


def effort(session: Session, argument: str) -> None:
    """Show or change the reasoning effort."""
    if argument == "-":
        others = {name: value for name, value in session.options.fields.items() if name != "reasoning_effort"}
        session.set_options(fields=others)
    elif argument:
        if argument not in EFFORTS:
            raise UsageError(f"invalid effort: {argument!r}", hint=f"choose from {', '.join(EFFORTS)}")
        session.set_options(fields={**session.options.fields, "reasoning_effort": argument})
    level = session.next_request().options.get("reasoning_effort", "(default)")
    session.env.console.error_line(f"effort: {level}")


def search(session: Session, argument: str) -> None:
    """Show or change what the server searches."""
    if argument:
        others = [tool for tool in session.options.server_tools if tool.get("type") not in SEARCHES]
        session.set_options(server_tools=[*others, *_search_tools(words_of(argument))])
    searches = [tool for tool in session.options.server_tools if tool.get("type") in SEARCHES]
    for tool in searches:
        session.env.console.error_line(f"search: {json.dumps(tool)}")
    if not searches:
        session.env.console.error_line("search: off")


def _search_tools(words: list[str]) -> list[dict[str, Any]]:
    """Return the tools for the words of /search, none for "off"."""
    lists: dict[str, list[str]] = {"--domain": [], "--exclude-domain": [], "--handle": [], "--exclude-handle": []}
    lists |= {"--since": [], "--until": []}
    switches = {"--search-images": False, "--search-videos": False}
    target, *rest = words
    if target not in ("on", "web", "x", "off"):
        raise UsageError(
            f"invalid value for /search: {target!r}", hint="usage: /search [on|web|x|off] [--domain NAME] …"
        )
    while rest:
        flag = rest.pop(0)
        if flag in switches:
            switches[flag] = True
        elif flag in lists and rest:
            lists[flag].append(rest.pop(0))
        else:
            raise UsageError(f"options of /search: {', '.join(switches)}; {', '.join(lists)}, each with a value")
    since, until = (lists[flag][-1] if lists[flag] else None for flag in ("--since", "--until"))
    return Search(
        target in ("on", "web"),
        target in ("on", "x"),
        lists["--domain"],
        lists["--exclude-domain"],
        lists["--handle"],
        since,
        until,
        lists["--exclude-handle"],
        images=switches["--search-images"],
        videos=switches["--search-videos"],
    ).tools()


def tool(session: Session, argument: str) -> None:
    """Offer functions from files to the model, or list the offered ones."""
    console = session.env.console
    if argument == "-":
        session.toolset = None
    elif argument:
        _add_tools(session, words_of(argument))
    if session.toolset is None:
        console.error_line("tools: (none)")
        return
    for one in session.toolset.tools.values():
        console.error_line(f"tool: {one.name}({', '.join(one.parameters)})  {one.description}".rstrip())


def _add_tools(session: Session, words: list[str]) -> None:
    from grokcli.turn.toolset import Toolset

    # Assigned to the session last, so that an error leaves the session as it was.
    toolset = session.toolset or Toolset(session.ask_first)
    toolset.require_consent(session.env.console)
    toolset.add(session.env.console, words)
    session.toolset = toolset


def raw(session: Session, argument: str) -> None:
    """Switch between unchanged and rendered answers."""
    is_raw = session.output.markdown is False
    session.output = session.output._replace(markdown=None if is_raw else False)
    session.env.console.note("answers are rendered" if is_raw else "answers are printed unchanged")


def multiline(session: Session, argument: str) -> None:
    """Switch between Enter breaking the line and sending."""
    if not isinstance(session.lines, LineEditor):
        raise UsageError("/multiline needs the line editor", hint='put """ before and after a message of several lines')
    session.lines.multiline = not session.lines.multiline
    session.env.console.note("Alt+Enter sends" if session.lines.multiline else "Enter sends")
