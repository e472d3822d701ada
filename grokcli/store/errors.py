"""What went wrong with the database, said so that a user can do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import StoreError, reason

if TYPE_CHECKING:
    from pathlib import Path

# By SQLite's primary result code; {} is the file.
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
    """A row does not hold what grok wrote: SQLite does not look at values."""

    sqlite_errorcode = 11  # SQLITE_CORRUPT


def store_error(path: Path, error: Exception) -> StoreError:
    """Return the StoreError for what went wrong with the database `path`."""
    import sqlite3

    if isinstance(error, OSError):
        return StoreError(f"cannot write {error.filename or path}: {reason(error)}")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    for name, (message, hint) in _KNOWN.items():
        if getattr(sqlite3, name) == code:
            return StoreError(message.format(path), hint=hint)
    # Of another kind, it may be a bug of ours: its name tells.
    name = "" if isinstance(error, sqlite3.Error) else f"{type(error).__name__}: "
    return StoreError(f"{path}: {name}{' '.join(str(error).split())}")
