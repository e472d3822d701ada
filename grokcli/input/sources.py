"""Texts of any length, read piece by piece: stdin, files and pages."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grokcli.errors import UsageError, reason
from grokcli.files import expand
from grokcli.input.files import MAX_PAGE_BYTES
from grokcli.input.question import READ_BYTES, StdinKind, stdin_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.env import Env

STDIN = "-"


def has_stdin(env: Env) -> bool:
    """Say whether something is piped into grok: stdin is neither a terminal nor closed nor /dev/null."""
    return stdin_kind(env.console.stdin) is not StdinKind.NOTHING


def read_source(env: Env, source: str) -> Iterator[bytes]:
    """Yield what `source` holds as it comes: "-" is stdin, a URL is fetched, all else is a file.

    Raises UsageError for what cannot be read, NetworkError and APIError for pages.
    """
    if source == STDIN:
        if env.console.stdin is not None:
            yield from _pieces(env.console.stdin.fileno(), "stdin")
        return
    if source.startswith(("http://", "https://")):
        from grokcli.client.download import fetch

        way = env.network()
        yield fetch(source, MAX_PAGE_BYTES, proxy=way.proxy, ca_bundle=way.ca_bundle)
        return
    try:
        descriptor = os.open(expand(source), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise _unreadable(source, error) from None
    try:
        yield from _pieces(descriptor, source)
    finally:
        os.close(descriptor)


def _pieces(descriptor: int, name: str) -> Iterator[bytes]:
    while piece := _read(descriptor, name):
        yield piece


def _read(descriptor: int, name: str) -> bytes:
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: OSError) -> UsageError:
    return UsageError(f"cannot read {name}: {reason(error)}")
