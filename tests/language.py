"""What the tests say things with; the fixtures that use it are in conftest.py."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple, TextIO

KEY = "xai-test0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def leaked(secret: str, text: str) -> list[str]:
    """Return the parts of `secret` that `text` tells: eight characters are one, and the last four are no secret."""
    return [part for at in range(len(secret) - 11) if (part := secret[at : at + 8]) in text]


class Result(NamedTuple):
    code: int
    out: str
    err: str


class Screen(io.StringIO):
    """Text that somebody reads, on a terminal or not."""

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


class Typist(io.BytesIO):
    """A terminal on stdin, and what is typed there."""

    def isatty(self) -> bool:
        return True


def written(stream: TextIO) -> str:
    """Return everything that was written to a stream in memory."""
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def until(condition: Callable[[], object]) -> None:
    """Wait for what a thread or another process is about to do. The limit is there to end a test that hangs."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited a minute in vain"
        time.sleep(0.005)


def piped(content: str | bytes | None) -> IO[bytes]:
    """Return the read end of a pipe that holds `content`, or /dev/null."""
    if content is None:
        return Path(os.devnull).open("rb")
    content = content.encode() if isinstance(content, str) else content
    reading, writing = os.pipe()
    # What fits the pipe's buffer can be written before anybody reads.
    assert len(content) <= 65536
    os.write(writing, content)
    os.close(writing)
    return os.fdopen(reading, "rb")


def command(*words: str) -> list[str]:
    """Return the command line that runs grok in a process of its own."""
    return [sys.executable, "-m", "grokcli", *words]
