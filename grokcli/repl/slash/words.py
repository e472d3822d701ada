"""What stands behind the name of a slash command, as words."""

from __future__ import annotations

import shlex

from grokcli.errors import UsageError


def words_of(argument: str) -> list[str]:
    """Return the words of an argument, quoted as in a shell. Raises UsageError for a quote that does not end."""
    try:
        return shlex.split(argument)
    except ValueError:
        raise UsageError(f"missing closing quote in {argument!r}") from None
