"""What is typed while an answer is shown: kept for the prompt."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def keep_typeahead(screen: IO[Any]) -> Iterator[None]:
    """While an answer is shown on `screen`, keep what is typed: neither echoed into it nor lost by Ctrl-C.

    Does nothing where there is no such terminal.
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
    kept = list(before)
    kept[3] = (before[3] & ~termios.ECHO) | termios.NOFLSH
    termios.tcsetattr(descriptor, termios.TCSANOW, kept)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
