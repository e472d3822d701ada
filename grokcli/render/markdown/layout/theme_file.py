"""Themes of the user's own: a TOML file that names a style of Pygments for code, and the styles that are to differ."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from rich.errors import StyleSyntaxError
from rich.style import Style

_SUFFIX = ".toml"
_BASE = "base"  # the key that names the theme to start from; all others are styles
_EXAMPLE = 'such as: link = "underline cyan"'


class ThemeError(ValueError):
    """A theme that cannot be used: `message` says why, and `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep both."""
        super().__init__(f"{message}: {hint}")
        self.message = message
        self.hint = hint


class ThemeFile(NamedTuple):
    """What a theme file says: the theme to start from, and the definitions of the styles that differ from it."""

    base: str
    styles: dict[str, str]


def is_theme_file(name: str) -> bool:
    """Say whether `name` is the name of a file, and not of a theme."""
    return name.endswith(_SUFFIX)


def read_theme_file(name: str, known: Collection[str]) -> ThemeFile:
    """Return what is in the file; `known` are the names that styles may have. Raises ThemeError."""
    import tomllib

    try:
        table = tomllib.loads(Path(name).expanduser().read_text("utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ThemeError(f"cannot read {name}: {reason}", "use the name of a theme, or a TOML file") from None
    except (ValueError, RuntimeError) as error:  # neither TOML nor UTF-8; a home folder of an unknown user
        raise ThemeError(f"{name} is not TOML: {error}", f"write a line for each style, {_EXAMPLE}") from None
    for key, value in table.items():
        _check(name, key, value, known)
    base = table.pop(_BASE, "default")
    return ThemeFile(base, table)


def _check(name: str, key: str, value: object, known: Collection[str]) -> None:
    if key != _BASE and key not in known:
        close = difflib.get_close_matches(key, [_BASE, *known], n=1)
        hint = f"did you mean {close[0]}?" if close else f"styles: {', '.join(known)}"
        raise ThemeError(f"{name} has no style called {key!r} to change", hint)
    if not isinstance(value, str):
        raise ThemeError(f"{key} in {name} must be text", _EXAMPLE)
    if key != _BASE:
        try:
            Style.parse(value)
        except StyleSyntaxError:
            raise ThemeError(f"{key} in {name} is not a style: {value!r}", _EXAMPLE) from None
