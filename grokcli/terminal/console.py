"""The streams of one run, and everything that is written to them beside an answer: notes, errors, the status line.

What is written here is masked and cannot drive the terminal, and a status line makes room for it.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from io import StringIO, TextIOWrapper
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO

from grokcli.client.redact import redact
from grokcli.errors import APIError, GrokError
from grokcli.terminal.sanitize import StreamCleaner, clean, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from grokcli.terminal.status import Status


MARK = "| "  # begins each line that others print on a terminal


class Console:
    """stdin (None when its descriptor is closed), stdout and stderr.

    `quiet` leaves out notes, warnings and the status line; `debug` shows the traceback of a crash. Both may be changed
    at any time.
    """

    def __init__(self, stdin: IO[bytes] | None, stdout: TextIO, stderr: TextIO, *, dumb: bool = False) -> None:
        """Take the streams; a `dumb` terminal understands no escape sequences."""
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.quiet = False
        self.debug = False
        self.secrets: list[str] = []
        # How hints and notes are put: a chat names its own commands in them.
        self.reword: Callable[[str], str] = str
        # Asked when something is masked for the first time: what needs no mask costs no start.
        self.find_secrets: Callable[[], Iterable[str]] | None = None
        self._dumb = dumb
        self._noted: set[str] = set()
        self._others: CleanedStderr | None = None
        self._status: Status | None = None

    @classmethod
    def real(cls, *, dumb: bool) -> Console:
        """Return the streams of this process, with output in UTF-8 whatever the locale says."""
        # What cannot be written as UTF-8, half a surrogate pair, becomes "?" and not a traceback.
        if sys.stdout is not None:
            sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]  # a TextIOWrapper, by sys's own documentation
        return cls(
            sys.stdin.buffer if sys.stdin is not None else None,
            sys.stdout if sys.stdout is not None else ClosedStdout(),
            TolerantStderr(sys.stderr.buffer) if sys.stderr is not None else _nowhere(),
            dumb=dumb,
        )

    # ---- words to the user

    def note(self, text: str) -> None:
        """Tell the user something on stderr, unless they asked for quiet."""
        if not self.quiet:
            self.error_line(self.reword(text))

    def note_once(self, text: str) -> None:
        """Tell the user something that need not be told again in this run."""
        if text not in self._noted:
            self._noted.add(text)
            self.note(text)

    def warn(self, text: str) -> None:
        """Warn the user on stderr, unless they asked for quiet."""
        self.note(f"warning: {text}")

    def error_line(self, text: str) -> None:
        """Write one line to stderr, quiet or not; it stays one, whatever the text holds."""
        self.error_text(one_line(self.mask(text)))

    def error_text(self, text: str) -> None:
        """Write a text that may have several lines to stderr, quiet or not: for what nobody takes for words of ours."""
        with self.aside():
            self.stderr.write(clean(self.mask(text)) + "\n")
            self.stderr.flush()

    def print(self, text: str) -> None:
        """Write to stdout what is no answer of a model: without secrets, and to a terminal without controls."""
        text = self.mask(text)
        self.stdout.write(clean(text) if self.stdout.isatty() else text)
        self.stdout.flush()

    def print_path(self, path: Path) -> None:
        """Write a path to stdout: byte by byte for programs, on one line without controls for people."""
        if self.stdout.isatty():
            self.print(one_line(str(path)) + "\n")
        elif isinstance(self.stdout, TextIOWrapper):
            self.stdout.flush()
            self.stdout.buffer.write(os.fsencode(path) + b"\n")
        else:
            self.stdout.write(f"{path}\n")

    def report(self, error: GrokError) -> None:
        """Say what happened and what to do next, in a line each."""
        request_id = error.request_id if isinstance(error, APIError) else None
        self.error_line(f"error: {error.message}" + (f" (request {request_id})" if request_id else ""))
        if error.hint:
            self.error_line(f"hint: {self.reword(error.hint)}")

    def report_crash(self, error: Exception) -> None:
        """Say that something went wrong that nobody thought of; the traceback is for those who ask for it."""
        if self.debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                self.error_line(line)
        self.error_line(f"error: this is a bug in grok: {type(error).__name__}: {' '.join(str(error).split())}")
        self.error_line("hint: run it again with --debug (or GROK_DEBUG=1) and report the output")

    # ---- secrets

    def mask(self, text: str) -> str:
        """Return `text` as it may be printed: without the keys of this run, and without what looks like one."""
        find, self.find_secrets = self.find_secrets, None
        if find is not None:
            self.secrets.extend(find())
        return redact(text, self.secrets)

    def mask_error(self, error: GrokError) -> None:
        """Take the secrets out of what `error` says, for whoever keeps it or prints it as JSON."""
        for name in ("message", "hint", "code", "request_id"):
            if text := getattr(error, name, None):
                setattr(error, name, self.mask(text))

    # ---- the status line

    def is_capable(self, stream: TextIO) -> bool:
        """Say whether `stream` is a terminal that understands escape sequences."""
        return stream.isatty() and not self._dumb

    def start_status(self, label: str = "thinking") -> None:
        """Count the seconds behind `label` on stderr until `stop_status`, if somebody sees it."""
        if self._status is not None or self.quiet or not self.is_capable(self.stderr):
            return
        from grokcli.terminal.status import Status

        self._status = Status(self.stderr, label=label)
        self._status.start()

    def stop_status(self) -> None:
        """Erase the status line without a trace. May be called without one."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    @contextmanager
    def status(self, label: str) -> Iterator[None]:
        """Show the status line while this lasts."""
        self.start_status(label)
        try:
            yield
        finally:
            self.stop_status()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for whoever else writes to the terminal: while this lasts, there is no status line."""
        status = self._status
        self.stop_status()
        self._end_line_of_others()
        yield
        self._end_line_of_others()
        if status is not None:
            self.start_status(status.label)

    # ---- streams that fail

    def reserve_stdout(self) -> None:
        """Reserve stdout for the answer: what others print in this process goes to stderr from now on.

        That holds for what they start too, and for what they print long after they were waited for.
        """
        if self.stdout is not sys.stdout or sys.stdout is None:
            return
        self.stdout.flush()
        own = os.dup(self.stdout.fileno())
        os.dup2(self.stderr.fileno(), self.stdout.fileno())
        # Also for threads that print when the call that started them is over.
        sys.stdout = sys.stderr = self.for_others()
        self.stdout = open(own, "w", encoding="utf-8", errors="replace", newline="\n")  # noqa: PTH123, SIM115  # a descriptor, and it lives as long as the process

    def for_others(self) -> TextIO:
        """Return where others in this process print: stderr. On a terminal they cannot steer it, or speak for us."""
        if not self.stderr.isatty():
            return self.stderr
        # One for all of them: a line of one that another ends must not go on without its mark.
        self._others = self._others or CleanedStderr(self.stderr)
        return self._others

    def _end_line_of_others(self) -> None:
        if self._others is not None:
            self._others.end_line()

    def abandon_stdout(self) -> None:
        """Leave a stdout that fails alone, so that the interpreter does not complain about it when it ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        try:
            os.dup2(nowhere, self.stdout.fileno())
        except (OSError, ValueError):  # a stream of the tests has no descriptor
            return


class TolerantStderr(TextIOWrapper):
    """The real stderr, in UTF-8. Where it is closed or full, notes are lost and the answer goes on."""

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
        # The interpreter flushes at its end what is left, and must not fail then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


class CleanedStderr(StringIO):
    """Stands in for a terminal that others print on: each of their lines has a mark, so that none looks like ours.

    It calls itself no terminal: they need not try colours.
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
        """Return the descriptor of the stream, for those who start programs."""
        return self._stream.fileno()


class ClosedStdout(StringIO):
    """Stands in for a stdout whose descriptor is closed: what is written is not lost in silence."""

    def write(self, text: str) -> int:
        """Raise the OSError that the system has for it."""
        raise OSError(errno.EBADF, "stdout is closed")


def _nowhere() -> TextIO:
    """Return a stream in place of one whose descriptor is closed."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # it lives as long as the process
