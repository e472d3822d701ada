"""An MCP server as a program on this machine: one JSON message a line, on its stdin and stdout.

It gets no environment but the one that it is given, and no terminal: what it writes to stderr is for `--debug` alone,
and it can neither ask there nor write between our lines. It and all that it starts end with grok, see `guard`; what
leaves its process group in order to stay is out of reach.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from queue import Empty, Queue, SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, cast

from grokcli.client.mcp import guard
from grokcli.errors import McpError, reason

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from io import BufferedReader

# For one request, notifications included. A result of a megabyte is much already; the rest is a server out of hand.
MOST_BYTES = 16 << 20
READ_BYTES = 65536
CHUNKS = 16  # that are read ahead: a server that sends more is left waiting
LONGEST_LOG_LINE = 2000
# How long a server has to end by itself, first after the end of its stdin, then after SIGTERM.
GRACE_SECONDS = 0.5
DEBUG_HINT = "see what it writes to stderr: run it again with --debug"


class Process:
    """A running server. Not safe to use from several threads."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        cwd: str | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """Start `command` with exactly the variables `environ`, in the folder `cwd`, if given.

        `log` is called with each line of its stderr, from another thread. Raises McpError.
        """
        self._name = name
        self._lifeline, theirs = _lifeline()
        try:
            self._process = subprocess.Popen(
                [*_guarded(theirs), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, cwd=cwd,
                stderr=subprocess.PIPE if log else subprocess.DEVNULL, start_new_session=True,
                pass_fds=[theirs.fileno()] if theirs else (),
            )  # fmt: skip
        except (OSError, ValueError) as error:
            if self._lifeline:
                self._lifeline.close()
            why = f"{reason(error)}: {error.filename!r}" if isinstance(error, OSError) else str(error)
            raise McpError(f"cannot start the MCP server {name!r}: {why}", hint="check its command and cwd") from None
        finally:
            if theirs:
                theirs.close()
        self._chunks: Queue[bytes] = Queue(CHUNKS)
        self._lines: deque[bytes] = deque()
        self._partial: list[bytes] = []
        self._received = 0
        self._outgoing: SimpleQueue[bytes] = SimpleQueue()
        self._is_over = False
        self._fault: McpError | None = None
        _run(self._read)
        _run(self._write)
        if log:
            _run(lambda: _log(cast("IO[bytes]", self._process.stderr), log))

    def exchange(self, message: dict[str, Any], deadline: float) -> Iterator[dict[str, Any]]:
        """Send `message`, and yield what the server sends, until `deadline` (as `time.monotonic`).

        Raises TimeoutError then, and McpError when the server ends or sends too much.
        """
        self._received = sum(map(len, self._partial))
        self.notify(message)
        while self._fault is None:
            yield self._receive(deadline)
        raise self._fault

    def notify(self, message: dict[str, Any]) -> None:
        """Send `message`, to which there is no answer."""
        # In a thread: a server that does not read its stdin would have us wait for ever.
        self._outgoing.put(json.dumps(message).encode() + b"\n")

    def tell(self, message: dict[str, Any]) -> None:
        """Send `message`; if the server does not read it, nothing comes of that."""
        self.notify(message)

    def use_version(self, version: str) -> None:
        """Do nothing: only HTTP has the protocol's version in each message."""

    def close(self) -> None:
        """End the server and all that it started: by the end of its stdin, by SIGTERM, and in any case by SIGKILL."""
        if self._is_over:
            return
        self._is_over = True
        self._outgoing.put(b"")
        if not self._has_ended():
            self._terminate()
            self._has_ended()
        self._kill()

    def _receive(self, deadline: float) -> dict[str, Any]:
        """Return the next message; lines that hold none are the words of a server that takes stdout for its log."""
        while True:
            while self._lines:
                with suppress(ValueError, RecursionError):
                    message = json.loads(self._lines.popleft())
                    if isinstance(message, dict):
                        return message
            try:
                chunk = self._chunks.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise TimeoutError from None
            if not chunk:
                self._fault = self._ended()
                raise self._fault
            self._split(chunk)

    def _split(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received > MOST_BYTES:
            self._is_over = True
            self._kill()
            what = f"the MCP server {self._name!r} sent more than {MOST_BYTES >> 20} MB and was stopped"
            self._fault = McpError(what)
            raise self._fault
        if b"\n" in chunk:
            *lines, chunk = b"".join((*self._partial, chunk)).split(b"\n")
            self._partial = []
            self._lines.extend(lines)
        self._partial.append(chunk)

    def _ended(self) -> McpError:
        words = ""
        if self._lifeline:
            self._lifeline.settimeout(GRACE_SECONDS)
            with suppress(OSError):
                words = self._lifeline.recv(1000).decode("utf-8", "replace")
        if words and not words.startswith("exit "):
            return McpError(f"cannot start the MCP server {self._name!r}: {words}", hint="check its command")
        code = words.removeprefix("exit ")
        how = f"signal {code[1:]}" if code.startswith("-") else f"exit code {code}" if code else "it closed its output"
        return McpError(f"the MCP server {self._name!r} stopped ({how})", hint=DEBUG_HINT)

    def _read(self) -> None:
        stdout = cast("BufferedReader", self._process.stdout)
        with stdout, suppress(OSError):
            while chunk := stdout.read1(READ_BYTES):
                self._chunks.put(chunk)
        self._chunks.put(b"")

    def _write(self) -> None:
        stdin = cast("IO[bytes]", self._process.stdin)
        with suppress(OSError), stdin:
            while content := self._outgoing.get():
                stdin.write(content)
                stdin.flush()

    def _has_ended(self) -> bool:
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _terminate(self) -> None:
        import signal

        if os.name == "nt":
            self._process.terminate()
            return
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGTERM)

    def _kill(self) -> None:
        if self._lifeline:
            self._lifeline.close()  # the guard ends its group, which is still there as long as the guard is
        else:
            self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS * 10)


def _lifeline() -> tuple[socket.socket | None, socket.socket | None]:
    """Return both ends of what tells the guard that grok is gone; None without a guard, on Windows."""
    if os.name == "nt":
        return None, None
    import socket

    return socket.socketpair()


def _guarded(theirs: socket.socket | None) -> list[str]:
    """Return the command line that the server's is put behind; -I and -S: nothing of the user's is imported."""
    return [sys.executable, "-I", "-S", guard.__file__, str(theirs.fileno())] if theirs else []


def _run(function: Callable[[], None]) -> None:
    Thread(target=function, daemon=True).start()


def _log(stderr: IO[bytes], log: Callable[[str], None]) -> None:
    with stderr, suppress(OSError, ValueError):
        while line := stderr.readline(LONGEST_LOG_LINE):
            log(line.decode("utf-8", "replace").rstrip())
