"""The user's pager, for text that is longer than the screen."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import suppress
from io import StringIO
from typing import IO, TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT = "less -R"


class Pager(StringIO):
    """Stands in for a terminal: holds text back until it is more than a screen, and shows it in the pager from then on.

    Text that fits the screen is printed when the pager is closed.
    """

    def __init__(self, out: TextIO, rows: int, environ: Mapping[str, str], warn: Callable[[str], None]) -> None:
        """Print on `out`, a terminal of so many rows.

        `environ` is the environment of the pager; `warn` takes the reason when it cannot be started.
        """
        super().__init__()
        self._out = out
        self._room = rows - 1  # the prompt of the shell comes below
        self._environ = environ
        self._warn = warn
        self._to: IO[str] | None = None  # where text goes once it is more than a screen
        self._process: subprocess.Popen[str] | None = None

    @property
    def has_started(self) -> bool:
        """Whether the pager was started; a pipe to it that breaks was closed by the user."""
        return self._process is not None

    def write(self, text: str) -> int:
        """Show more text, or keep it for later."""
        if self._to is None:
            super().write(text)
            self._room -= text.count("\n")
            if self._room >= 0:
                return len(text)
            self._to = self._start()
            self._to.write(self.getvalue())
            self.truncate(0)
        else:
            self._to.write(text)
        return len(text)

    def flush(self) -> None:
        """Let the pager have what was written."""
        if self._to is not None:
            self._to.flush()

    def close(self) -> None:
        """Print what was kept, or wait until the user leaves the pager. May be called twice."""
        if self.closed:
            return
        kept = self.getvalue() if self._to is None else ""
        super().close()
        self._out.write(kept)
        self._out.flush()
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
            self._wait(self._process)

    def _start(self) -> IO[str]:
        """Start the pager and return where it reads; the terminal itself if there is no pager."""
        environ = dict(self._environ)
        command = environ.get("PAGER") or DEFAULT
        environ.setdefault("LESS", "-R")  # without it, less shows escape sequences as text
        try:
            process = subprocess.Popen(
                shlex.split(command), stdin=subprocess.PIPE, env=environ, encoding="utf-8", errors="replace"
            )
        except (OSError, ValueError, IndexError) as error:
            reason = str(getattr(error, "strerror", None) or error).lower()
            self._warn(f"cannot run the pager {command!r}: {reason}")
            return self._out
        assert process.stdin is not None  # noqa: S101  # it is a pipe
        self._process = process
        return process.stdin

    @staticmethod
    def _wait(process: subprocess.Popen[str]) -> None:
        """Wait for the pager. Ctrl-C is for it: it ends a search there, and must not take the terminal from it."""
        while True:
            with suppress(KeyboardInterrupt):
                process.wait()
                return
