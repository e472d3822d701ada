"""Splitting the argument of a slash command into words."""

from __future__ import annotations

import shlex

from grokcli.errors import UsageError


def words_of(argument: str) -> list[str]:
    """Return the words of an argument, with quoting as in a shell. Raises UsageError for an unclosed quote."""
    try:
        return shlex.split(argument)
    except ValueError:
        raise UsageError(f"missing closing quote in {argument!r}") from None
