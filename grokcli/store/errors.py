"""Turning database errors into messages that say what the user can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import StoreError, reason

if TYPE_CHECKING:
    from pathlib import Path

# Messages and hints by SQLite's primary result code; {} is the file.
_KNOWN = {
    "SQLITE_BUSY": ("{} is in use by another program", "try again"),
    "SQLITE_READONLY": ("cannot write to {}", "check the permissions of the file and its folder"),
    "SQLITE_CANTOPEN": ("cannot open {}", "check the permissions of the file and its folder"),
    "SQLITE_FULL": ("no space left to write {}", "free some space"),
    "SQLITE_CORRUPT": ("{} is damaged", "move it away to start over, or repair it with: sqlite3 FILE .recover"),
    "SQLITE_NOTADB": ("{} is not a database", "move it away to start over"),
    "SQLITE_CONSTRAINT": ("the conversation was deleted from {} by another program", None),
}


class DamagedRowError(Exception):
    """A row does not have the form that grok writes; SQLite does not check values."""

    sqlite_errorcode = 11  # SQLITE_CORRUPT


def store_error(path: Path, error: Exception) -> StoreError:
    """Return the StoreError for an error of the database `path`."""
    import sqlite3

    if isinstance(error, OSError):
        return StoreError(f"cannot write {error.filename or path}: {reason(error)}")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    for name, (message, hint) in _KNOWN.items():
        if getattr(sqlite3, name) == code:
            return StoreError(message.format(path), hint=hint)
    # An error of any other type may be a bug in grok, so the message includes its name.
    name = "" if isinstance(error, sqlite3.Error) else f"{type(error).__name__}: "
    return StoreError(f"{path}: {name}{' '.join(str(error).split())}")
