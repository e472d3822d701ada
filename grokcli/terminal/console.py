"""The streams of one run, and all output other than answers: notes, errors, the status line.

All of this output is masked and sanitized, and the status line is hidden while it is written.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, TextIO

from grokcli.client.redact import redact
from grokcli.errors import APIError, GrokError
from grokcli.terminal.sanitize import clean, one_line
from grokcli.terminal.streams import CleanedStderr, ClosedStdout, TolerantStderr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from grokcli.terminal.alert import Alert
    from grokcli.terminal.status import Status


class Console:
    """stdin (None when its descriptor is closed), stdout and stderr.

    `quiet` leaves out notes, warnings and the status line; `debug` shows the traceback of a crash; an `accessible` one
    never moves the cursor. All may be changed at any time.
    """

    def __init__(self, stdin: IO[bytes] | None, stdout: TextIO, stderr: TextIO, *, dumb: bool = False) -> None:
        """Use these streams; a `dumb` terminal does not support escape sequences."""
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.quiet = False
        self.debug = False
        self.accessible = False
        # Notifies the user, who may be looking elsewhere; None if that is off.
        self.alert: Alert | None = None
        self.secrets: list[str] = []
        # Rewords hints and notes: an interactive chat names its slash commands instead of flags.
        self.reword: Callable[[str], str] = str
        # Called on the first use of `mask`, so that runs that mask nothing start faster.
        self.find_secrets: Callable[[], Iterable[str]] | None = None
        self._dumb = dumb
        self._noted: set[str] = set()
        self._others: CleanedStderr | None = None
        self._status: Status | None = None

    @classmethod
    def real(cls, *, dumb: bool) -> Console:
        """Return the streams of this process, with output in UTF-8 regardless of the locale."""
        # A lone surrogate, which UTF-8 cannot encode, becomes "?" instead of a traceback.
        if sys.stdout is not None:
            sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]  # a TextIOWrapper, by sys's own documentation
        return cls(
            sys.stdin.buffer if sys.stdin is not None else None,
            sys.stdout if sys.stdout is not None else ClosedStdout(),
            TolerantStderr(sys.stderr.buffer) if sys.stderr is not None else _nowhere(),
            dumb=dumb,
        )

    # ---- messages to the user

    def note(self, text: str) -> None:
        """Write a note to stderr, unless `quiet`."""
        if not self.quiet:
            self.error_line(self.reword(text))

    def note_once(self, text: str) -> None:
        """Write a note, but only once per run."""
        if text not in self._noted:
            self._noted.add(text)
            self.note(text)

    def warn(self, text: str) -> None:
        """Write a warning to stderr, unless `quiet`."""
        self.note(f"warning: {text}")

    def error_line(self, text: str) -> None:
        """Write one line to stderr, even if `quiet`; line breaks in the text become spaces."""
        self.error_text(one_line(self.mask(text)))

    def error_text(self, text: str) -> None:
        """Write a text to stderr, even if `quiet`, and keep its lines: for text that cannot be mistaken for our own."""
        with self.aside():
            self.stderr.write(clean(self.mask(text)) + "\n")
            self.stderr.flush()

    def print(self, text: str) -> None:
        """Write text other than an answer to stdout: without secrets and, on a terminal, without control characters."""
        text = self.mask(text)
        self.stdout.write(clean(text) if self.stdout.isatty() else text)
        self.stdout.flush()

    def print_path(self, path: Path) -> None:
        """Write a path to stdout: its exact bytes for programs, sanitized and on one line for a terminal."""
        if self.stdout.isatty():
            self.print(one_line(str(path)) + "\n")
        else:
            self.write_bytes(os.fsencode(path) + b"\n")

    def write_bytes(self, content: bytes) -> None:
        """Write to stdout byte by byte, for programs."""
        if isinstance(self.stdout, TextIOWrapper):
            self.stdout.flush()
            self.stdout.buffer.write(content)
        else:  # a stream in memory
            self.stdout.write(content.decode("utf-8", "replace"))
        self.stdout.flush()

    def report(self, error: GrokError) -> None:
        """Write what happened and what to do next, one line each."""
        request_id = error.request_id if isinstance(error, APIError) else None
        self.error_line(f"error: {error.message}" + (f" (request {request_id})" if request_id else ""))
        if error.hint:
            self.error_line(f"hint: {self.reword(error.hint)}")

    def report_crash(self, error: Exception) -> None:
        """Report an unexpected error; with `debug`, show its traceback."""
        if self.debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                self.error_line(line)
        self.error_line(f"error: this is a bug in grok: {type(error).__name__}: {' '.join(str(error).split())}")
        self.error_line("hint: run it again with --debug (or GROK_DEBUG=1) and report the output")

    # ---- secrets

    def mask(self, text: str) -> str:
        """Return `text` with the keys of this run, and anything that looks like a key, masked."""
        find, self.find_secrets = self.find_secrets, None
        if find is not None:
            self.secrets.extend(find())
        return redact(text, self.secrets)

    def mask_error(self, error: GrokError) -> None:
        """Mask the secrets in the attributes of `error`, before it is stored or printed as JSON."""
        for name in ("message", "hint", "code", "request_id"):
            if text := getattr(error, name, None):
                setattr(error, name, self.mask(text))

    # ---- the status line

    def is_capable(self, stream: TextIO) -> bool:
        """Return whether `stream` is a terminal that supports escape sequences."""
        return stream.isatty() and not self._dumb

    def start_status(self, label: str = "thinking") -> None:
        """Show `label` and the elapsed seconds on stderr, if it is a capable terminal, until `stop_status`."""
        if self._status is not None or self.quiet or not self.is_capable(self.stderr):
            return
        from grokcli.terminal.status import Status

        self._status = Status(self.stderr, label=label, as_line=self.accessible)
        self._status.start()

    def relabel_status(self, label: str) -> None:
        """Change the label of the status line, if there is one."""
        if self._status is not None:
            self._status.label = label

    def stop_status(self) -> None:
        """Erase the status line, if there is one."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    @contextmanager
    def status(self, label: str) -> Iterator[None]:
        """Show the status line while the block runs, in place of the one that is shown."""
        before = self._status
        self.stop_status()
        self.start_status(label)
        try:
            yield
        finally:
            self.stop_status()
            if before is not None:
                self.start_status(before.label)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hide the status line while the block runs, so that other output can be written to the terminal."""
        status = self._status
        self.stop_status()
        self._end_line_of_others()
        yield
        self._end_line_of_others()
        if status is not None and not status.is_reported:
            self.start_status(status.label)

    # ---- streams that fail

    def reserve_stdout(self) -> None:
        """Reserve stdout for the answer: the output of other code in this process goes to stderr from now on.

        This includes the output of child processes, and of threads that outlive the call that started them.
        """
        if self.stdout is not sys.stdout or sys.stdout is None:
            return
        self.stdout.flush()
        own = os.dup(self.stdout.fileno())
        os.dup2(self.stderr.fileno(), self.stdout.fileno())
        sys.stdout = sys.stderr = self.for_others()
        self.stdout = open(own, "w", encoding="utf-8", errors="replace", newline="\n")  # noqa: PTH123, SIM115  # a descriptor, and it lives as long as the process

    def for_others(self) -> TextIO:
        """Return the stream for the output of other code in this process: stderr, sanitized if it is a terminal."""
        if not self.stderr.isatty():
            return self.stderr
        # One for all of them: a line that one begins and another ends must not continue without its mark.
        self._others = self._others or CleanedStderr(self.stderr)
        return self._others

    def _end_line_of_others(self) -> None:
        if self._others is not None:
            self._others.end_line()

    def abandon_stdout(self) -> None:
        """Redirect a failed stdout to the null device, so that the interpreter does not report an error at exit."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        try:
            os.dup2(nowhere, self.stdout.fileno())
        except (OSError, ValueError):  # the streams that tests pass have no descriptor
            return


def _nowhere() -> TextIO:
    """Return a stream that discards everything, in place of one whose descriptor is closed."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # it lives as long as the process
