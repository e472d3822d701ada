"""The entries in the sections [aliases], [models."…"], [roles.…] and [mcp.…] of the settings file, by dotted key."""

from __future__ import annotations

from typing import Any

from grokcli.config.settings import SECTION_KEYS, SECTIONS, closest_hint, key_path
from grokcli.errors import UsageError


def entries(file: dict[str, Any]) -> dict[str, object]:
    """Return the values in the sections by dotted key: "aliases.fast", "roles.reviewer.system"."""
    found: dict[str, object] = {}
    for section in SECTIONS:
        tables = file.get(section)
        for name, value in tables.items() if isinstance(tables, dict) else ():
            keys = value if section in SECTION_KEYS and isinstance(value, dict) else None
            found |= (
                {f"{section}.{name}": value} if keys is None else {f"{section}.{name}.{key}": keys[key] for key in keys}
            )
    return found


def set_path(file: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return the path in the file of `key`: a setting, an entry of a section, or a whole table such as [roles.…].

    Raises UsageError for an unknown key and for one that is not set, with the closest match as a hint.
    """
    known = [*(name for name in file if name not in SECTIONS), *entries(file)]
    known += [f"{section}.{name}" for section in SECTION_KEYS for name in _names(file.get(section))]
    where = _path(file, key)
    if where is None or lookup(file, where) is None:
        hint = closest_hint(key, known) or "see what is set with: grok config list"
        raise UsageError(f"{key} is not set in the settings file", hint=hint)
    return where


def lookup(file: dict[str, Any], where: tuple[str, ...]) -> Any:
    """Return the value at `where` in the file, None if there is none."""
    value: Any = file
    for name in where:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _path(file: dict[str, Any], key: str) -> tuple[str, ...] | None:
    if key in file and key not in SECTIONS:  # also an unknown key, so that it can be removed
        return (key,)
    section, _, name = key.partition(".")
    name = name.strip("\"'")
    if section in SECTION_KEYS and name in _names(file.get(section)):
        return section, name
    try:
        return key_path(key)
    except UsageError:
        if section in SECTION_KEYS and name:
            return None
        raise


def _names(tables: object) -> list[str]:
    return list(tables) if isinstance(tables, dict) else []
