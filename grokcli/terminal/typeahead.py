"""What is typed while something else has the terminal: kept for the prompt, or handed to the program that runs."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


@contextmanager
def kept_for_the_prompt(screen: IO[Any]) -> Iterator[None]:
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


def run_on_terminal(command: str, limit: int) -> tuple[int, str]:
    """Run a shell command that has the whole terminal, be it an editor or a pager.

    Returns its exit code and the first `limit` bytes of its output as text, without escape sequences.
    """
    import pty

    recorded = bytearray()

    def read(descriptor: int) -> bytes:
        piece = os.read(descriptor, 4096)
        recorded.extend(piece[: max(0, limit - len(recorded))])
        return piece

    columns, rows = os.get_terminal_size()
    # The command gets a terminal of its own, which does not know yet how large it is.
    status = pty.spawn(["/bin/sh", "-c", f"stty rows {rows} cols {columns} 2>/dev/null\n{command}"], read)
    text = recorded.decode("utf-8", "replace").replace("\r\n", "\n")
    return os.waitstatus_to_exitcode(status), ESCAPES.sub("", text)
