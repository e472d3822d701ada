"""Streams in place of stdout and stderr: one tolerates errors, one is for other code to print on, one is closed."""

from __future__ import annotations

import errno
import os
from io import StringIO, TextIOWrapper
from typing import BinaryIO, TextIO

from grokcli.terminal.sanitize import StreamCleaner

MARK = "| "  # begins each line that others print on a terminal


class TolerantStderr(TextIOWrapper):
    """The real stderr, in UTF-8. If it is closed or full, notes are lost, but the answer continues."""

    def __init__(self, buffer: BinaryIO) -> None:
        """Write to `buffer`, line by line."""
        super().__init__(buffer, encoding="utf-8", errors="replace", newline="\n", line_buffering=True)

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        try:
            return super().write(text)
        except OSError:
            self._abandon()
            return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        try:
            super().flush()
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        # The interpreter flushes the buffer at exit, which must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


class CleanedStderr(StringIO):
    """A stderr for other code to print on when stderr is a terminal: it marks each line, so that none looks like ours.

    `isatty()` is false, to discourage colours.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        from threading import Lock

        super().__init__()
        self._stream = stream
        self._cleaner = StreamCleaner()
        self._lock = Lock()
        self._has_begun = False

    def write(self, text: str) -> int:
        """Write `text`, cleaned, with a mark at the beginning of each line."""
        with self._lock:
            for line in self._cleaner.feed(text).splitlines(keepends=True):
                self._stream.write(line if self._has_begun else f"{MARK}{line}")
                self._has_begun = not line.endswith("\n")
        return len(text)

    def end_line(self) -> None:
        """End a line that has no end yet."""
        if self._has_begun:
            self.write("\n")

    def flush(self) -> None:
        """Flush what was written."""
        self._stream.flush()

    def fileno(self) -> int:
        """Return the descriptor of the stream, for code that starts child processes."""
        return self._stream.fileno()


class ClosedStdout(StringIO):
    """Replaces a stdout whose descriptor is closed, so that output is not lost silently."""

    def write(self, text: str) -> int:
        """Raise the OSError that the system would raise."""
        raise OSError(errno.EBADF, "stdout is closed")
