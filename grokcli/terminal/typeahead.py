"""Keeping input that is typed while an answer is shown, for the next prompt."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def keep_typeahead(screen: IO[Any], *, for_editor: bool) -> Iterator[None]:
    """While an answer is shown on `screen`, keep typed input: do not echo it, and do not lose it on Ctrl-C.

    With `for_editor`, a line editor reads it, to which Ctrl-D is a key; otherwise it is the end of the input to the
    terminal, which keeps it as such only for another reader of whole lines.
    Ctrl-\\ still ends the process, but restores the terminal first. Does nothing if `screen` is not a POSIX terminal.
    """
    if os.name != "posix" or not screen.isatty():
        yield
        return
    import termios

    try:
        descriptor = screen.fileno()
        before = termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):
        yield
        return

    def restore() -> None:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)

    kept = list(before)
    kept[3] = (before[3] & ~termios.ECHO) | termios.NOFLSH
    if for_editor:
        characters = list(before[6])
        characters[termios.VEOF] = os.fpathconf(descriptor, "PC_VDISABLE").to_bytes(1, "little")
        kept[6] = characters
    with _before_sigquit(restore):
        termios.tcsetattr(descriptor, termios.TCSANOW, kept)
        try:
            yield
        finally:
            restore()


@contextmanager
def _before_sigquit(action: Callable[[], None]) -> Iterator[None]:
    """Call `action` before SIGQUIT ends the process, because `finally` blocks do not run then."""

    def quit_(number: int, _frame: FrameType | None) -> None:
        action()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    if signal.getsignal(signal.SIGQUIT) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGQUIT, quit_)
    try:
        yield
    finally:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
