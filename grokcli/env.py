"""The world of one run: its streams, its environment, its settings, its connection. Tests hand in another world."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO, TextIOWrapper
from typing import IO, TYPE_CHECKING, BinaryIO, TextIO

from grokcli.client.redact import redact
from grokcli.config.credentials import find_key
from grokcli.config.paths import Paths
from grokcli.config.settings import Settings
from grokcli.errors import APIError, GrokError
from grokcli.models import LOCAL_MODEL
from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grokcli.client.local_server import LocalServer
    from grokcli.client.trace import Trace
    from grokcli.client.xai import XAI
    from grokcli.models import API
    from grokcli.terminal.status import Status


class Notes(TextIOWrapper):
    """The real stderr, in UTF-8. Where nobody takes the notes, because it is closed or full, the answer goes on."""

    def __init__(self, buffer: BinaryIO) -> None:
        """Write to `buffer`, line by line."""
        super().__init__(buffer, encoding="utf-8", errors="replace", newline="\n", line_buffering=True)

    def write(self, text: str) -> int:
        """Write, if somebody listens."""
        try:
            return super().write(text)
        except OSError:
            self._abandon()
            return len(text)

    def flush(self) -> None:
        """Flush, if somebody listens."""
        try:
            super().flush()
        except OSError:
            self._abandon()

    def _abandon(self) -> None:
        # The interpreter flushes at its end what is left, and must not fail then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


# Set by a shell that asks for completions.
COMPLETION_VARIABLE = "_GROK_COMPLETE"


@dataclass
class Env:
    """Everything a command touches. `stdin` is None when its descriptor is closed."""

    stdin: IO[bytes] | None
    stdout: TextIO
    stderr: TextIO
    environ: Mapping[str, str]
    quiet: bool = False
    debug: bool = False
    secrets: list[str] = field(default_factory=list)
    _open: list[Callable[[], None]] = field(default_factory=list)
    _noted: set[str] = field(default_factory=set)
    # What counts seconds on stderr while an answer is waited for.
    status: Status | None = None
    # Kept because the server ends when nothing holds it.
    _local_server: LocalServer | None = None

    @classmethod
    def real(cls) -> Env:
        """Return the world of this process, its output in UTF-8 whatever the locale says."""
        # What cannot be written as UTF-8, half a surrogate pair, becomes "?" and not a traceback.
        if sys.stdout is not None:
            sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")  # type: ignore[union-attr]  # a TextIOWrapper, by sys's own documentation
        return cls(
            stdin=sys.stdin.buffer if sys.stdin is not None else None,
            stdout=sys.stdout if sys.stdout is not None else Closed(),
            stderr=Notes(sys.stderr.buffer) if sys.stderr is not None else _nowhere(),
            environ=os.environ,
            debug=os.environ.get("GROK_DEBUG", "") not in ("", "0"),
        )

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return Settings(Paths.find(self.environ), self.environ)

    def note(self, text: str) -> None:
        """Tell the user something on stderr, unless they asked for quiet."""
        if not self.quiet:
            self.say(text)

    def note_once(self, text: str) -> None:
        """Tell the user something that need not be told again in this run."""
        if text not in self._noted:
            self._noted.add(text)
            self.note(text)

    def warn(self, text: str) -> None:
        """Warn the user on stderr, unless they asked for quiet."""
        self.note(f"warning: {text}")

    def say(self, text: str) -> None:
        """Write one line to stderr, without control characters and without secrets."""
        with self.status.aside() if self.status else nullcontext():
            self.stderr.write(clean(self.masked(text)) + "\n")
            self.stderr.flush()

    def masked(self, text: str) -> str:
        """Return `text` as it may be printed: without the keys of this run, and without what looks like one."""
        return redact(text, tuple(self.secrets))

    def mask_error(self, error: GrokError) -> None:
        """Take the secrets out of what `error` says, for whoever keeps it or prints it as JSON."""
        for name in ("message", "hint", "code", "request_id"):
            if text := getattr(error, name, None):
                setattr(error, name, self.masked(text))

    def put(self, text: str) -> None:
        """Write to stdout what is no answer of a model: without secrets, and to a terminal without controls."""
        text = self.masked(text)
        self.stdout.write(clean(text) if self.stdout.isatty() else text)
        self.stdout.flush()

    def report(self, error: GrokError) -> None:
        """Say what happened and what to do next, in a line each."""
        request_id = error.request_id if isinstance(error, APIError) else None
        self.say(f"error: {error.message}" + (f" (request {request_id})" if request_id else ""))
        if error.hint:
            self.say(f"hint: {error.hint}")

    def keep_stdout(self) -> None:
        """Keep stdout for the answer alone: what others print in this process goes to stderr from now on.

        That holds for what they start too, and for what they print long after they were waited for.
        """
        if self.stdout is not sys.stdout or sys.stdout is None:
            return
        self.stdout.flush()
        own = os.dup(self.stdout.fileno())
        os.dup2(self.stderr.fileno(), self.stdout.fileno())
        self.stdout = open(own, "w", encoding="utf-8", errors="replace", newline="\n")  # noqa: PTH123, SIM115  # as above

    def connect(self, model: str, api: API | None = None) -> XAI:
        """Return a client for `model`: one for the server that is set, or for the model on this machine.

        `api` is what it speaks; without it, what is set.
        Raises MissingKeyError before anything slow is imported, ConfigError, LocalModelError.
        """
        if model == LOCAL_MODEL:
            from grokcli.client import local_server as local

            self._local_server = local.start(self.settings, self.stderr, quiet=self.quiet)
            key, base_url = self._local_server.api_key, self._local_server.base_url
            api = "chat"
        else:
            key = find_key(self.settings, self.environ).value
            base_url = self.settings.value("base_url")
            api = self.settings.value("api", api)
        self.secrets.append(key)
        xai = _import_client()
        client = xai(
            key,
            base_url=base_url,
            timeout=(10.0, self.settings.value("idle_timeout")),
            api=api,
            proxy=self.settings.value("proxy"),
            ca_bundle=self.settings.value("ca_bundle"),
            trace=self._trace() if self.debug else None,
        )
        self.at_end(client.close)
        return client

    def _trace(self) -> Trace:
        from grokcli.client.trace import Trace

        return Trace(self.say)

    def report_crash(self, error: Exception) -> None:
        """Say that something went wrong that nobody thought of; the traceback is for those who ask for it."""
        if self.debug:
            import traceback

            for line in "".join(traceback.format_exception(error)).splitlines():
                self.say(line)
        self.say(f"error: this is a bug in grok: {type(error).__name__}: {' '.join(str(error).split())}")
        self.say("hint: run it again with --debug (or GROK_DEBUG=1), and report what it says")

    def at_end(self, close: Callable[[], None]) -> None:
        """Have something closed when the run ends."""
        self._open.append(close)

    def close(self) -> None:
        """Close what was opened in this run, the last first."""
        while self._open:
            self._open.pop()()


def _import_client() -> type[XAI]:
    """Import the client, and with it requests.

    requests runs without a library that guesses charsets, and we never ask it to guess: leaving charset_normalizer
    out of this process saves 10 of the 100 ms from start to request.
    """
    import warnings

    guessers = ("chardet", "charset_normalizer")
    absent = [name for name in guessers if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is Python's own mark for "not there"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from grokcli.client.xai import XAI
    finally:
        for name in absent:
            del sys.modules[name]
    return XAI


class Closed(StringIO):
    """Stands in for a stdout whose descriptor is closed: what is written is not lost in silence."""

    def write(self, text: str) -> int:
        """Raise the OSError that the system has for it."""
        raise OSError(errno.EBADF, "stdout is closed")


def _nowhere() -> TextIO:
    """Return a stream in place of one whose descriptor is closed."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123  # it lives as long as the process
