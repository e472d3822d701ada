"""Slash commands about how the model is asked and how its answers are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grokcli.errors import UsageError
from grokcli.models import CONTEXT_WINDOWS, EFFORTS, LOCAL_MODEL
from grokcli.repl.line_editor import LineEditor
from grokcli.repl.slash.table import command, words_of
from grokcli.tools.server_tools import Search
from grokcli.turn.request import SETTABLE, check_search, parse_field, text_or_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grokcli.repl.session import Session

SEARCHES = ("web_search", "x_search")


def _models(session: Session) -> Iterable[str]:
    return CONTEXT_WINDOWS


@command("model", "m", arguments="[NAME]", text="show or change the model", values=_models)
def model(session: Session, argument: str) -> None:
    if argument:
        session.model = session.env.settings.model(argument)
    session.env.say(f"model: {session.model}")


@command("models", text="list the models that are known")
def models(session: Session, argument: str) -> None:
    for name, window in CONTEXT_WINDOWS.items():
        here = " (on this machine)" if name == LOCAL_MODEL else ""
        session.env.say(f"  {name:16} {window:>9,} tokens{here}")


@command("system", arguments="[TEXT|@FILE|-]", text="show or change how the model should behave; - is: as it likes")
def system(session: Session, argument: str) -> None:
    if argument:
        session.system_prompt = "" if argument == "-" else text_or_file(argument) or ""
    session.env.say(f"system: {session.system_prompt or '(none)'}")


@command(
    "set", arguments="[KEY [VALUE|-]]", text="show or change a field of the request", values=lambda session: SETTABLE
)
def set_(session: Session, argument: str) -> None:
    key, _, value = argument.partition(" ")
    if value.strip() == "-":
        session.options.pop(key, None)
    elif value:
        session.options.update(parse_field(key, value.strip()))
    elif key and key not in session.options:
        raise UsageError(f"{key} is not set", hint=f"/set {key} VALUE")
    for name, current in session.options.items():
        if not key or key == name:
            session.env.say(f"{name} = {json.dumps(current, ensure_ascii=False)}")


@command(
    "effort", arguments="[LEVEL|-]", text="show or change how hard the model thinks", values=lambda session: EFFORTS
)
def effort(session: Session, argument: str) -> None:
    if argument == "-":
        session.options.pop("reasoning_effort", None)
    elif argument:
        if argument not in EFFORTS:
            raise UsageError(f"{argument!r} is no effort", hint=f"it is one of {', '.join(EFFORTS)}")
        session.options["reasoning_effort"] = argument
    session.env.say(f"effort: {session.options.get('reasoning_effort', 'as the model likes')}")


@command(
    "search",
    arguments="[on|web|x|off] [--domain D] [--handle H] …",
    text="let the server search the web, X or both; the flags are those of grok ask",
    values=lambda session: ("on", "web", "x", "off"),
)
def search(session: Session, argument: str) -> None:
    if argument:
        tools = _search_tools(words_of(argument))
        if tools:
            check_search(session.env, session.model, session.api)
        others = [tool for tool in session.options.get("tools", []) if tool.get("type") not in SEARCHES]
        session.options.pop("tools", None)
        if others or tools:
            session.options["tools"] = [*others, *tools]
    for tool in session.options.get("tools", []):
        if tool.get("type") in SEARCHES:
            session.env.say(f"search: {json.dumps(tool)}")


def _search_tools(words: list[str]) -> list[dict[str, Any]]:
    """Return the tools that the words of /search stand for, none for "off"."""
    lists: dict[str, list[str]] = {"--domain": [], "--exclude-domain": [], "--handle": [], "--since": [], "--until": []}
    target, *rest = words
    if target not in ("on", "web", "x", "off"):
        raise UsageError(f"/search {target}?", hint="/search on, web, x or off, then flags such as --domain x.ai")
    while rest:
        flag = rest.pop(0)
        if flag not in lists or not rest:
            raise UsageError(f"/search takes {', '.join(lists)}, each with a value")
        lists[flag].append(rest.pop(0))
    since, until = (lists[flag][-1] if lists[flag] else None for flag in ("--since", "--until"))
    return Search(
        target in ("on", "web"),
        target in ("on", "x"),
        lists["--domain"],
        lists["--exclude-domain"],
        lists["--handle"],
        since,
        until,
    ).tools()


@command("raw", text="show answers as they are, or rendered again")
def raw(session: Session, argument: str) -> None:
    is_raw = session.output.markdown is False
    session.output = replace(session.output, markdown=None if is_raw else False)
    session.env.note("answers are rendered" if is_raw else "answers are shown as they are")


@command("multiline", text="let Enter break the line and Alt+Enter send, or the other way round again")
def multiline(session: Session, argument: str) -> None:
    if not isinstance(session.lines, LineEditor):
        raise UsageError("that is for a terminal")
    session.lines.multiline = not session.lines.multiline
    session.env.note("Alt+Enter sends" if session.lines.multiline else "Enter sends")
