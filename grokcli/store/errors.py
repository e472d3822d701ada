"""Turning database errors into messages that say what the user can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import GrokError, StoreError, reason

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

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


class StoreErrors:
    """A context manager that turns any Exception except a GrokError into a StoreError.

    It catches all types because an odd value, from a server or from a damaged file, must not cost an answer, and which
    errors such a value causes in Python and SQLite cannot be predicted.
    """

    def __init__(self, path: Path) -> None:
        """Name the database `path` in the errors."""
        self._path = path

    def __enter__(self) -> None:
        """Enter the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise StoreError from the block's error, unless that is a GrokError."""
        if not isinstance(error, Exception) or isinstance(error, GrokError):
            return
        raise store_error(self._path, error) from error
