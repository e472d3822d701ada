"""The settings file: TOML, read with the standard library, and written with its comments and order preserved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokcli.config.lock import locked
from grokcli.errors import ConfigError, reason
from grokcli.files import read_own_file, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of the TOML file at `path`, {} if it does not exist. Raises ConfigError if it is invalid."""
    try:
        content = read_own_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {reason(error)}") from None
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # ValueError also for invalid dates and numbers of 5,000 digits
        raise ConfigError(f"{path} is not valid TOML: {error}", hint="fix it with: grok config edit") from None


def change(path: Path, where: tuple[str, ...], value: object) -> bool:
    """Set the key at `where` in the file at `path`, or remove it if `value` is None; comments and order are kept.

    Concurrent changes by other processes are kept, too. Returns whether anything was changed. Raises ConfigError if the
    file is invalid or cannot be written.
    """
    try:
        with locked(path):
            return _change(path, where, value)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {reason(error)}") from None


def _change(path: Path, where: tuple[str, ...], value: object) -> bool:
    import tomlkit

    # Only to raise errors: tomlkit accepts whatever tomllib accepts, and tomllib has the better messages.
    read_toml(path)
    document: Any = tomlkit.parse(path.read_text("utf-8-sig")) if path.exists() else tomlkit.document()
    table = document
    for name in where[:-1]:
        if name not in table:
            # A table that contains only tables needs no header of its own.
            table[name] = tomlkit.table(is_super_table=len(where) > 2 and name == where[0])
        table = table[name]
    if value is None:
        if table.pop(where[-1], None) is None:
            return False
    else:
        table[where[-1]] = value
    write_atomically(path, tomlkit.dumps(document).encode())
    return True
