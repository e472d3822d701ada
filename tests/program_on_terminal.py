"""A program on a terminal of 80 by 24: what it was sent, and what its screen shows."""

from __future__ import annotations

import os
import struct
import subprocess
import threading
from typing import Any

import pyte
from language import command

COLUMNS, ROWS = 80, 24


class ProgramOnTerminal:
    """`grok` on a terminal of its own; its stdin is a pipe, or that terminal too with `keyboard`.

    `program` is what runs instead of grok, before `words`.
    """

    def __init__(
        self,
        environ: dict[str, str],
        *words: str,
        keyboard: bool = False,
        program: str | None = None,
        **more: str,
    ) -> None:
        import fcntl
        import pty
        import termios

        self.screen = pyte.HistoryScreen(COLUMNS, ROWS, history=10_000, ratio=0.5)
        self.sent = b""
        self._stream = pyte.ByteStream(self.screen)
        self._descriptor, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [program, *words] if program else command(*words), stdin=terminal if keyboard else subprocess.PIPE, stdout=terminal, stderr=terminal,
            bufsize=0, env=environ | {"TERM": "xterm-256color", **more}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(terminal)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            while piece := os.read(self._descriptor, 65536):
                self.sent += piece
                self._stream.feed(piece)
        except OSError:  # nobody has the terminal open any more
            pass

    def write(self, content: bytes) -> None:
        """Write into the pipe."""
        self.process.stdin.write(content)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._descriptor, keys.encode())

    def wait(self) -> int:
        """End the input, wait for the end of the program and return its exit code."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        code = self.process.wait(60)
        self._reader.join(60)
        return code

    def close(self) -> None:
        """End the program, wherever it is."""
        self.process.kill()
        self.wait()
        os.close(self._descriptor)

    def cells(self) -> list[tuple[tuple[Any, ...], ...]]:
        """Return every row ever shown, as cells with their styles."""
        rows = [*self.screen.history.top, *(self.screen.buffer[row] for row in range(ROWS))]
        lines = [tuple(tuple(row[column]) for column in range(COLUMNS)) for row in rows]
        while lines and all(cell[0] == " " for cell in lines[-1]):
            lines.pop()
        return lines

    def text(self) -> str:
        """Return every row ever shown, as text."""
        return "\n".join("".join(cell[0] for cell in line).rstrip() for line in self.cells())
