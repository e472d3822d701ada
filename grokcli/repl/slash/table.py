"""The one table of slash commands: it runs them, lists them in /help, and completes them."""

from __future__ import annotations

import difflib
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grokcli.repl.session import Ask, Session

    # Takes the session and what stands behind the command's name; returns what is to be asked, if anything.
    Action = Callable[[Session, str], Ask | None]
    Values = Callable[[Session], Iterable[str]]


@dataclass(frozen=True)
class Command:
    """One row. `values` are the words that can stand behind the name; PATHS stands for the names of files."""

    name: str
    aliases: tuple[str, ...]
    arguments: str
    help: str
    action: Action
    values: Values | None = None


COMMANDS: dict[str, Command] = {}
HELP_INDENT = 24
KEYS = (
    "Enter sends, Alt+Enter and Ctrl+J break the line, Ctrl+G opens your editor, Ctrl+R searches what you typed, Tab "
    "completes. Ctrl-C stops an answer or clears the line, Ctrl-D leaves."
)
ALIASES: dict[str, str] = {}


def command(
    name: str, *aliases: str, arguments: str = "", text: str, values: Values | None = None
) -> Callable[[Action], Action]:
    """Put the decorated function into the table."""

    def register(action: Action) -> Action:
        COMMANDS[name] = Command(name, aliases, arguments, text, action, values)
        ALIASES.update(dict.fromkeys((name, *aliases), name))
        return action

    return register


def paths(session: Session) -> Iterable[str]:
    """Stand for the names of files: see `complete`."""
    return ()


def looks_like_command(text: str) -> bool:
    """Say whether `text` is one line that begins with a slash; a pasted text that happens to is a message."""
    return text.startswith("/") and "\n" not in text.strip()


def run(session: Session, line: str) -> Ask | None:
    """Run the command in `line`. Raises UsageError for one that does not exist, naming the closest."""
    word, _, argument = line[1:].strip().partition(" ")
    name = ALIASES.get(word)
    if name is None:
        raise UsageError(f"there is no command /{word}", hint=_closest(word))
    return COMMANDS[name].action(session, argument.strip())


def _closest(word: str) -> str:
    match = difflib.get_close_matches(word, ALIASES, 1)
    if match:
        return f"did you mean /{match[0]}?"
    return "/help lists them; a blank before the slash sends it as a message"


def words_of(argument: str) -> list[str]:
    """Return the words of an argument, quoted as in a shell. Raises UsageError for a quote that does not end."""
    try:
        return shlex.split(argument)
    except ValueError:
        raise UsageError(f"a quote in {argument!r} does not end") from None


def help_text(columns: int) -> str:
    """Return what /help prints in a window of that many columns: each command, then the keys."""
    rows = []
    for row in COMMANDS.values():
        names = ", ".join(f"/{name}" for name in (row.name, *row.aliases))
        rows.append((f"{names} {row.arguments}".rstrip(), row.help))
    rows.append(("!COMMAND", "run a shell command; /file ! hands its output on"))
    lines = [line for left, right in rows for line in _help_row(left, right, columns)]
    return "\n".join(
        [*lines, "", *textwrap.wrap(KEYS, max(20, columns - 2), initial_indent="  ", subsequent_indent="  ")]
    )


def _help_row(left: str, right: str, columns: int) -> list[str]:
    """Return a row in two columns; a long left side stands on a line of its own."""
    indent = " " * (HELP_INDENT + 2)
    wrapped = textwrap.wrap(right, max(20, columns - len(indent) - 1))
    if len(left) > HELP_INDENT - 2:
        return [f"  {left}", *(indent + line for line in wrapped)]
    return [f"  {left:{HELP_INDENT}}{wrapped[0]}", *(indent + line for line in wrapped[1:])]


def complete(session: Session, before: str) -> list[tuple[str, int]]:
    """Return what can stand at the cursor, `before` standing in front of it, and how much of that each replaces."""
    if not before.startswith("/") or "\n" in before:
        return []
    word, space, argument = before[1:].partition(" ")
    if not space:
        return [(f"/{name}", len(before)) for name in sorted(ALIASES) if name.startswith(word)]
    row = COMMANDS.get(ALIASES.get(word, ""))
    if row is None or row.values is None:
        return []
    last = argument.rpartition(" ")[2]
    candidates = _matching_paths(last) if row.values is paths else row.values(session)
    return [(value, len(last)) for value in candidates if value.startswith(last)]


def _matching_paths(typed: str) -> list[str]:
    """Return the paths that begin as `typed` does, folders with a slash."""
    folder, _, _ = typed.rpartition("/")
    base = Path(f"{folder}/" if "/" in typed else ".").expanduser()
    try:
        entries = sorted(base.iterdir())
    except OSError:
        return []
    prefix = f"{folder}/" if "/" in typed else ""
    shown = (entry for entry in entries if not entry.name.startswith(".") or typed.endswith("."))
    return [f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}" for entry in shown]
