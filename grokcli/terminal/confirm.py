"""Asking the user for confirmation on stderr, with the answer read from the keyboard even if stdin is redirected.

The text to confirm may be written by a model. It is shown in full, or with the number of characters left out, and so
that no part of it looks like one of our own lines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Literal

from grokcli.terminal.sanitize import one_line, reveal_ends

if TYPE_CHECKING:
    from grokcli.terminal.console import Console

_CONTINUED = "    | "  # prefix of the continuation rows of a text
_DEFAULT_SIZE = (80, 24)
_END_OF_INPUT = "\x04"
_MOST_AT_ONCE = 4096
YES = ("y", "yes")
ALWAYS = ("a", "always")
TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"


def can_confirm(console: Console) -> bool:
    """Return whether the user can be asked: stderr is a terminal, and there is a keyboard to read."""
    if not console.stderr.isatty():
        return False
    try:
        with _keyboard(console):
            return True
    except OSError:
        return False


def present(console: Console, label: str, text: str) -> None:
    """Write `label` and `text` to stderr before the user is asked about the text.

    On a terminal the text is wrapped, with a prefix on each continuation row; if it does not fit on one screen, only
    its beginning and end are shown, with the number of characters between them. Elsewhere it is one line.
    """
    if console.stderr.isatty():
        rows, _ = rows_for(console, label, text)
    else:
        head, hidden, tail = reveal_ends(text, console.mask)
        rows = [f"{label}{head}{f' {_gap(hidden)} ' if hidden else ''}{tail}"]
    for row in rows:
        console.error_line(row)


def rows_for(console: Console, label: str, text: str, below: Sequence[str] = ()) -> tuple[list[str], bool]:
    """Return the rows in which `present` shows a text on a terminal, and whether they show all of it.

    They leave room on the screen for the lines that will stand `below` them.
    """
    head, hidden, tail = reveal_ends(text, console.mask)
    columns, lines = _size(console)
    width = columns - 1 - len(_CONTINUED)
    rows = _wrapped(head, columns - 1 - len(label), width)
    last = _wrapped(tail, width, width) if hidden else []
    most = max(4, lines - 4 - sum(len(_wrapped(line, columns - 1, columns - 1)) for line in below))
    if hidden or len(rows) > most:
        hidden += sum(map(len, rows + last))
        half = most // 2
        rows, last = rows[:half], (last or rows)[half + 1 - most :]
        hidden -= sum(map(len, rows + last))
        last = [f"    {_gap(hidden)}", *(f"{_CONTINUED}{row}" for row in last)]
    whole = not hidden and console.mask(text) == text
    return [f"{label}{rows[0]}", *(f"{_CONTINUED}{row}" for row in rows[1:]), *last], whole


def _gap(characters: int) -> str:
    return f"[{characters:,} characters not shown]"


def _wrapped(text: str, first: int, further: int) -> list[str]:
    """Return `text` split into a row of `first` cells and rows of `further` cells, each with at least one character."""
    from unicodedata import east_asian_width

    rows, row, left = [], "", max(2, first)
    for character in text:
        # Wide, full-width, and ambiguous: some terminals draw the last ones wide.
        cells = 2 if east_asian_width(character) in ("W", "F", "A") else 1
        if cells > left:
            rows.append(row)
            row, left = "", max(2, further)
        row += character
        left -= cells
    return [*rows, row]


def _size(console: Console) -> tuple[int, int]:
    try:
        columns, lines = os.get_terminal_size(console.stderr.fileno())
    except (OSError, ValueError):
        return _DEFAULT_SIZE
    return (columns, lines) if columns and lines else _DEFAULT_SIZE


def confirm(console: Console, question: str) -> bool:
    """Ask `question` and return whether the answer was yes; anything else, or no answer, is no.

    Input typed before the question was shown is discarded.
    """
    return ask_line(console, f"{question} [y/N]").lower() in YES


def choose(console: Console, question: str) -> Literal["yes", "no", "always"]:
    """Ask `question` as `confirm` does; the answer "always" is for all later ones of the kind, too."""
    answer = ask_line(console, f"{question} [y/N/always]").lower()
    return "always" if answer in ALWAYS else "yes" if answer in YES else "no"


def ask_line(console: Console, question: str) -> str:
    """Ask `question` and return the line that is typed then, "" for no answer."""
    try:
        with _asking(console, question) as keyboard:
            answer = keyboard.readline()
    except OSError:
        return ""
    return answer.decode("utf-8", "replace").strip()


def ask_key(console: Console, question: str, keys: str) -> str:
    """Ask `question` and return which of `keys` is pressed then; the last of them for Ctrl-D and for no answer.

    Several characters at once are no answer: a paste, or what a function key sends. Where the keyboard passes on lines
    only, a line with one of the keys is read.
    """
    try:
        with _asking(console, question) as keyboard, _key_by_key(keyboard) as read:
            key = None
            while key is None:
                typed = read().decode("utf-8", "replace")
                key = keys[-1] if typed in ("", _END_OF_INPUT) else typed if len(typed) == 1 and typed in keys else None
            console.stderr.write(f"{key}\n")
    except OSError:
        return keys[-1]
    return key


@contextmanager
def _asking(console: Console, question: str) -> Iterator[IO[bytes]]:
    """Show `question` on stderr and yield the keyboard. Raises OSError if there is none."""
    with console.aside(), _keyboard(console) as keyboard:
        _drop_typed(keyboard)
        console.stderr.write(f"{one_line(question)} ")
        console.stderr.flush()
        yield keyboard


@contextmanager
def _key_by_key(keyboard: IO[bytes]) -> Iterator[Callable[[], bytes]]:
    """Yield a function that returns what is typed next, not shown and as soon as it is; b"" at the end."""
    try:
        import termios
        import tty

        descriptor = keyboard.fileno()
    except (ImportError, OSError):
        yield lambda: keyboard.readline().strip() or _END_OF_INPUT.encode()
        return
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        yield lambda: os.read(descriptor, _MOST_AT_ONCE)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _keyboard(console: Console) -> Iterator[IO[bytes]]:
    """Yield the keyboard: stdin, or the terminal device if stdin is redirected. Raises OSError if there is neither."""
    if console.stdin is not None and console.stdin.isatty():
        yield console.stdin
        return
    with open(TERMINAL, "rb", buffering=0) as keyboard:  # noqa: PTH123  # a device, read unbuffered
        yield keyboard


def _drop_typed(keyboard: IO[bytes]) -> None:
    with suppress(ImportError, OSError, ValueError):
        import termios

        with suppress(termios.error):
            termios.tcflush(keyboard.fileno(), termios.TCIFLUSH)
