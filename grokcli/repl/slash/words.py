"""The words of a slash command: splitting its argument, and what Tab offers for it."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from grokcli.errors import UsageError


class Offer(NamedTuple):
    """A value that Tab offers, and what it stands for."""

    value: str
    help: str = ""


class Completion(NamedTuple):
    """A text that replaces the last `length` characters before the cursor, and what it stands for."""

    text: str
    length: int
    help: str = ""


def words_of(argument: str) -> list[str]:
    """Return the words of an argument, with quoting as in a shell. Raises UsageError for an unclosed quote."""
    try:
        return shlex.split(argument)
    except ValueError:
        raise UsageError(f"missing closing quote in {argument!r}") from None
