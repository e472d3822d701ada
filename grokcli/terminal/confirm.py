"""Asking the user before something happens: on stderr, and answered from the keyboard, whatever stdin is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from grokcli.terminal.console import Console

_TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"


def can_confirm(console: Console) -> bool:
    """Say whether somebody is there to be asked: stderr is a terminal, and there is a keyboard."""
    if not console.stderr.isatty():
        return False
    try:
        with _keyboard(console):
            return True
    except OSError:
        return False


def confirm(console: Console, question: str) -> bool:
    """Ask `question` and return whether the answer was yes; everything else is no, and so is silence.

    What was typed before the question stood there does not count as its answer.
    """
    try:
        with console.aside(), _keyboard(console) as keyboard:
            _drop_typed(keyboard)
            console.stderr.write(f"{clean(question)} [y/N] ")
            console.stderr.flush()
            answer = keyboard.readline()
    except OSError:
        return False
    return answer.decode("utf-8", "replace").strip().lower() in ("y", "yes")


@contextmanager
def _keyboard(console: Console) -> Iterator[IO[bytes]]:
    """Give what is typed: stdin, or the terminal itself where stdin is something else. Raises OSError without one."""
    if console.stdin is not None and console.stdin.isatty():
        yield console.stdin
        return
    with open(_TERMINAL, "rb", buffering=0) as keyboard:  # noqa: PTH123  # no file, and read unbuffered
        yield keyboard


def _drop_typed(keyboard: IO[bytes]) -> None:
    with suppress(ImportError, OSError, ValueError):
        import termios

        with suppress(termios.error):
            termios.tcflush(keyboard.fileno(), termios.TCIFLUSH)
