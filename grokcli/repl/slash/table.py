"""The one table of slash commands: it runs them, lists them in /help, and completes them."""

from __future__ import annotations

import difflib
import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokcli.errors import UsageError
from grokcli.files import expand
from grokcli.models import CONTEXT_WINDOWS, EFFORTS
from grokcli.repl.slash import attachments, conversation, request
from grokcli.turn.request import FIELDS_OF_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grokcli.repl.session import Prompt, Session

    # Takes the session and what stands behind the command's name; returns what is to be asked, if anything.
    Action = Callable[[Session, str], Prompt | None]


@dataclass(frozen=True)
class Command:
    """A row: its names, the most usual first, its arguments and its help, as /help shows them, and what it does.

    `values` are the words that Tab offers behind the name; PATHS are the names of files.
    """

    names: tuple[str, ...]
    arguments: str
    help: str
    action: Action
    values: Iterable[str] = ()


def help_(session: Session, argument: str) -> None:
    """List the commands and keys."""
    session.env.console.error_text(help_text(shutil.get_terminal_size().columns))


PATHS = ("",)
SEARCHES = ("on", "web", "x", "off")
FIELDS = (*FIELDS_OF_SETTINGS, "top_p", "seed", "stop", "user")

COMMANDS = (
    Command(("help", "?"), "", "list the commands and keys", help_),
    Command(("exit", "quit"), "", "leave; Ctrl-D does too", conversation.exit_),
    Command(("new", "clear"), "", "forget the conversation and begin another", conversation.new),
    Command(("model", "m"), "[NAME]", "show or change the model", request.model, CONTEXT_WINDOWS),
    Command(("models",), "", "list the models that are known", request.models),
    Command(
        ("system",), "[TEXT|@FILE|-]", "show or change how the model should behave; - is: as it likes", request.system
    ),
    Command(("set",), "[KEY [VALUE|-]]", "show or change a field of the request", request.set_, FIELDS),
    Command(("effort",), "[LEVEL|-]", "show or change how hard the model thinks", request.effort, EFFORTS),
    Command(
        ("search",),
        "[on|web|x|off] [--domain D] [--handle H] …",
        "let the server search the web, X or both; the flags are those of grok ask",
        request.search,
        SEARCHES,
    ),
    Command(
        ("tool",),
        "[FILE.py[:NAME]…|-]",
        "offer functions that the model may ask to be called, or list them; - takes them away",
        request.tool,
        PATHS,
    ),
    Command(("file",), "PATH…|!", "hand files, folders or URLs on with the next question", attachments.file, PATHS),
    Command(("image",), "PATH…", "hand PNGs, JPEGs or their URLs on with the next question", attachments.image, PATHS),
    Command(
        ("retry",),
        "[-m MODEL] [--effort LEVEL]",
        "ask the last question again, for once differently",
        conversation.retry,
    ),
    Command(("undo",), "", "take the last question and its answer back", conversation.undo),
    Command(("edit",), "[N]", "edit question N (see /history), else the last, and ask it again", conversation.edit),
    Command(("continue",), "", "let the model go on with an answer that was cut", conversation.continue_),
    Command(("history",), "", "list what was said, with the numbers that /edit and /copy take", conversation.history),
    Command(("copy",), "[N|code] [FILE]", "copy the last answer, answer N, or the last code", attachments.copy),
    Command(("save",), "FILE", "save the last answer to a file, replacing it", attachments.save, PATHS),
    Command(
        ("export",), "FILE", "save the conversation to a file as markdown, replacing it", attachments.export, PATHS
    ),
    Command(("resume",), "[ID|TITLE]", "go on with another conversation, or list the latest", conversation.resume),
    Command(("rename",), "TITLE", "give this conversation a title", conversation.rename),
    Command(("usage",), "", "show tokens and billed cost of this conversation", conversation.usage),
    Command(("raw",), "", "show answers as they are, or rendered again", request.raw),
    Command(
        ("multiline",),
        "",
        "let Enter break the line and Alt+Enter send, or the other way round again",
        request.multiline,
    ),
)
BY_NAME = {name: command for command in COMMANDS for name in command.names}
HELP_INDENT = 24
KEYS = (
    "Enter sends, Alt+Enter and Ctrl+J break the line, Ctrl+G opens your editor, Ctrl+R searches what you typed, Tab "
    "completes. Ctrl-C stops an answer or clears the line, Ctrl-D leaves."
)


def looks_like_command(text: str) -> bool:
    """Say whether `text` is one line that begins with a slash; a pasted text that happens to is a message."""
    return text.startswith("/") and "\n" not in text.strip()


def run(session: Session, line: str) -> Prompt | None:
    """Run the command in `line`. Raises UsageError for one that does not exist, naming the closest."""
    word, _, argument = line[1:].strip().partition(" ")
    command = BY_NAME.get(word)
    if command is None:
        raise UsageError(f"there is no command /{word}", hint=_closest(word))
    return command.action(session, argument.strip())


def _closest(word: str) -> str:
    match = difflib.get_close_matches(word, BY_NAME, 1)
    if match:
        return f"did you mean /{match[0]}?"
    return "/help lists them; a blank before the slash sends it as a message"


def help_text(columns: int) -> str:
    """Return what /help prints in a window of that many columns: each command, then the keys."""
    rows = []
    for row in COMMANDS:
        names = ", ".join(f"/{name}" for name in row.names)
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
        return [(f"/{name}", len(before)) for name in sorted(BY_NAME) if name.startswith(word)]
    row = BY_NAME.get(word)
    if row is None:
        return []
    last = argument.rpartition(" ")[2]
    candidates = _matching_paths(last) if row.values is PATHS else row.values
    return [(value, len(last)) for value in candidates if value.startswith(last)]


def _matching_paths(typed: str) -> list[str]:
    """Return the paths that begin as `typed` does, folders with a slash."""
    folder, _, _ = typed.rpartition("/")
    try:
        entries = sorted(expand(f"{folder}/" if "/" in typed else ".").iterdir())
    except (OSError, UsageError):
        return []
    prefix = f"{folder}/" if "/" in typed else ""
    shown = (entry for entry in entries if not entry.name.startswith(".") or typed.endswith("."))
    return [f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}" for entry in shown]
