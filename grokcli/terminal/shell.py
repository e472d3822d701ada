"""Running the user's shell commands on the terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FROM_KEYBOARD = [signal.SIGINT, *([signal.SIGQUIT] if os.name != "nt" else [])]
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")


def run_on_terminal(command: str, limit: int, environ: Mapping[str, str]) -> tuple[int, str]:
    """Run a shell command on the terminal, such as an editor or a pager, with only the variables of `environ`.

    Returns its exit code and the first `limit` bytes of its output as text, without escape sequences.
    """
    import pty

    recorded = bytearray()

    def read(descriptor: int) -> bytes:
        piece = os.read(descriptor, 4096)
        recorded.extend(piece[: max(0, limit - len(recorded))])
        return piece

    columns, rows = os.get_terminal_size()
    # The command runs in a new pseudo-terminal, whose size is not set yet.
    shell = ["/bin/sh", "-c", f"stty rows {rows} cols {columns} 2>/dev/null\n{command}"]
    # pty.spawn has no parameter for the environment.
    left_out = [f"-u{name}" for name in os.environ if name not in environ]
    status = pty.spawn(["/usr/bin/env", *left_out, *shell], read)
    text = recorded.decode("utf-8", "replace").replace("\r\n", "\n")
    return os.waitstatus_to_exitcode(status), ESCAPES.sub("", text)


def run_in_shell(shell: str, command: str, environ: Mapping[str, str]) -> int:
    """Run a command in `shell`, a program, on our own streams, and return its exit code; 128 + N if signal N ended it.

    Ctrl-C is for the command alone. Raises OSError if the shell cannot be started.
    """
    # A handler that does nothing, because what is ignored here would be ignored by the command, too.
    kept = {number: signal.signal(number, lambda *_: None) for number in _FROM_KEYBOARD}
    try:
        code = subprocess.Popen([shell, "-c", command], env=environ).wait()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
