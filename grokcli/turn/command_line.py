"""Shell commands from a model: what it is asked, and which of its answers can be used as a command.

A command is one line on which every character can be seen. What else a model sends is refused, never repaired: only
fences, a prompt sign and comments around the command are left out, before anything is shown.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import IncompleteError
from grokcli.terminal.sanitize import hides_something, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

# Longer ones could not be read before they are run.
MOST_CHARACTERS = 1000
_MOST_OF_A_NOTE = 200
_MOST_ENTRIES = 200  # of a folder

WRITE = (
    "Write one {shell} command for {system} that does what the user asks. "
    "Reply with the command alone on the first line, and on the second what it does in one short sentence. "
    "No markdown."
)
EXPLAIN = (
    "Explain in at most three short sentences what the user's {shell} command does on {system}. "
    "Name what it deletes, overwrites or sends. No markdown."
)
FIND_CAUSE = (
    "The user's {shell} command failed on {system}. "
    "Explain in at most three short sentences why, and how to fix it. No markdown."
)

_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n`]*\n(.*?)^ {0,3}\1[`~]* *$", re.MULTILINE | re.DOTALL)


class Suggestion(NamedTuple):
    """A command on one line, and what it does according to the model, "" if that is not known."""

    command: str
    note: str = ""


def instructions(template: str, shell: str) -> str:
    """Return the system prompt that `template` is, for a shell on this system."""
    return template.format(shell=shell, system=system_name())


def system_name() -> str:
    """Return the name of this system as a model knows it: "Debian GNU/Linux 12 (bookworm)", "macOS 14.5"."""
    import platform

    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system() or os.name


def surroundings(status: str) -> list[tuple[str, str]]:
    """Return what a command may depend on, as documents (tag, text): the folder's content, and `status`.

    `status` is the exit code of the last command, "" if it is not known.
    """
    names = sorted(_entries(Path()))
    more = len(names) - _MOST_ENTRIES
    listed = [one_line(name) for name in names[:_MOST_ENTRIES]] + ([f"and {more:,} more"] if more > 0 else [])
    return [("folder", "\n".join(listed)), *([("last-exit-code", status)] if status else [])]


def _entries(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name + ("/" if entry.is_dir() else "") for entry in entries if entry.name[:1] != ".")
    except OSError:  # the folder is gone, or not ours to read
        return


def read_suggestion(answer: str) -> Suggestion:
    """Return the command in a model's answer. Raises IncompleteError if it is none that can be shown and run."""
    text = answer.replace("\r\n", "\n")
    if fenced := _FENCED.search(text):
        lines, rest = _split(fenced[2]), _split(text[: fenced.start()] + text[fenced.end() :])
    else:
        head, _, tail = text.strip("\n").partition("\n\n")
        lines, rest = _split(head), _split(tail)
        if len(lines) == 2:
            rest.insert(0, lines.pop())
    rest += [line for line in lines if line.startswith("#")]
    lines = [line for line in lines if not line.startswith("#")]
    if not lines:
        raise IncompleteError("the model sent no command", hint="say it in other words")
    command = _bare(lines[0]) if len(lines) == 1 else "\n".join(lines)
    _require_command(command)
    return Suggestion(command, rest[0].lstrip("#->* ")[:_MOST_OF_A_NOTE] if rest else "")


def _split(text: str) -> list[str]:
    """Return the lines that are not empty. Only LF ends one: other line breaks stay, and are refused."""
    return [stripped for line in text.split("\n") if (stripped := line.strip(" "))]


def _bare(line: str) -> str:
    """Return a line without the backticks around it or the prompt sign before it."""
    if match := re.fullmatch(r"`([^`]+)`", line):
        line = match[1].strip(" ")
    return line[2:].lstrip(" ") if line.startswith("$ ") else line


def _require_command(command: str) -> None:
    """Raise IncompleteError for a command that is not one line of visible characters and of readable length."""
    if "\n" in command or re.search(r"(?<!\\)(\\\\)*\\$", command):
        raise IncompleteError("the model's command has several lines", hint="ask for one line")
    if hides_something(command):
        raise IncompleteError("the model's command has characters that cannot be seen", hint="ask again")
    if len(command) > MOST_CHARACTERS:
        raise IncompleteError(
            f"the model's command has {len(command):,} characters; at most {MOST_CHARACTERS:,} can be read at a glance",
            hint="ask for a smaller step",
        )
