"""Asking the user before something happens: on stderr, and answered from the keyboard, whatever stdin is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import IO, TYPE_CHECKING

from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from grokcli.env import Env

_TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"


def can_confirm(env: Env) -> bool:
    """Say whether somebody is there to be asked: stderr is a terminal, and there is a keyboard."""
    if not env.stderr.isatty():
        return False
    try:
        with _keyboard(env):
            return True
    except OSError:
        return False


def confirm(env: Env, question: str) -> bool:
    """Ask `question` and return whether the answer was yes; everything else is no, and so is silence.

    What was typed before the question stood there does not count as its answer.
    """
    try:
        with env.status.aside() if env.status else nullcontext(), _keyboard(env) as keyboard:
            _drop_typed(keyboard)
            env.stderr.write(f"{clean(question)} [y/N] ")
            env.stderr.flush()
            answer = keyboard.readline()
    except OSError:
        return False
    return answer.decode("utf-8", "replace").strip().lower() in ("y", "yes")


@contextmanager
def _keyboard(env: Env) -> Iterator[IO[bytes]]:
    """Give what is typed: stdin, or the terminal itself where stdin is something else. Raises OSError without one."""
    if env.stdin is not None and env.stdin.isatty():
        yield env.stdin
        return
    with open(_TERMINAL, "rb", buffering=0) as keyboard:  # noqa: PTH123  # no file, and read unbuffered
        yield keyboard


def _drop_typed(keyboard: IO[bytes]) -> None:
    with suppress(ImportError, OSError, ValueError):
        import termios

        with suppress(termios.error):
            termios.tcflush(keyboard.fileno(), termios.TCIFLUSH)
