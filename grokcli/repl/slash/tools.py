"""Slash commands about functions that the model may ask to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.repl.slash.table import command, paths, words_of

if TYPE_CHECKING:
    from grokcli.repl.session import Session


@command(
    "tool",
    arguments="[FILE.py[:NAME]…|-]",
    text="offer functions that the model may ask to be called, or list them; - takes them away",
    values=paths,
)
def tool(session: Session, argument: str) -> None:
    if argument == "-":
        session.toolset = None
    elif argument:
        _add(session, words_of(argument))
    if session.toolset is None:
        session.env.say("tools: (none)")
        return
    for one in session.toolset.tools.values():
        session.env.say(f"tool: {one.name}({', '.join(one.parameters)})  {one.description}".rstrip())


def _add(session: Session, words: list[str]) -> None:
    from grokcli.turn.toolset import Toolset

    # One that cannot be filled leaves what was offered before.
    toolset = session.toolset or Toolset(session.ask_first)
    toolset.require_consent(session.env)
    toolset.add(session.env, words)
    session.toolset = toolset
