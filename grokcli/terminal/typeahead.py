"""What is typed while an answer is shown: kept for the prompt."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def keep_typeahead(screen: IO[Any]) -> Iterator[None]:
    """While an answer is shown on `screen`, keep what is typed: neither echoed into it nor lost by Ctrl-C.

    Ctrl-\\ ends the process as ever, but with the terminal as it was. Does nothing where there is no such terminal.
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
    with _before_sigquit(restore):
        termios.tcsetattr(descriptor, termios.TCSANOW, kept)
        try:
            yield
        finally:
            restore()


@contextmanager
def _before_sigquit(action: Callable[[], None]) -> Iterator[None]:
    """Have `action` done before SIGQUIT ends the process, which runs no `finally`."""

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
