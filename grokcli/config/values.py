"""Parsers for the values of settings. Each converts text or a TOML value, or raises ValueError.

The error's text says what is expected: "choose from a, b" or "must be …".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1_000_000_000
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def text(value: object) -> str:
    """Accept any text."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def name(value: object) -> str:
    """Accept text that is not empty or only white space."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must not be empty")
    return value


def paths(value: object) -> tuple[str, ...]:
    """Accept paths: a list, or text in which they are separated as in PATH."""
    import os

    found = value.split(os.pathsep) if isinstance(value, str) else value
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, str) for one in found):
        raise ValueError("must be a list of paths")
    return tuple(filter(None, found))


def one_of(*choices: str) -> Callable[[object], str]:
    """Return a parser that accepts one of `choices`."""

    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError(f"choose from {', '.join(choices)}")
        return str(value)

    return parse


def flag(value: object) -> bool:
    """Take true or false, as TOML has them or as text."""
    text = str(value).strip().lower()
    if text not in _FLAGS:
        raise ValueError("choose from true, false")
    return _FLAGS[text]


def theme(value: object) -> str:
    """Accept a theme: default, marks, mono, a Pygments style, or a file whose name ends with .toml."""
    own = ("default", "marks", "mono")
    is_file = isinstance(value, str) and value.endswith(".toml")
    if value in own or is_file:  # without importing Pygments, which is slow
        return str(value)
    from pygments.styles import get_all_styles

    return one_of(*own, *sorted({*get_all_styles()} - {*own}))(value)


def up_to(most: float) -> Callable[[object], float]:
    """Return a parser that accepts a number from 0 to `most`."""

    def parse(value: object) -> float:
        number = _number(value)
        if number > most:
            raise ValueError(f"must be a number from 0 to {most}")
        return number

    return parse


# Eleven days. Larger timeouts overflow in sockets and `poll`, which count in much smaller units.
seconds = up_to(1_000_000)


# A millionaire's budget; in ticks it is far from what SQLite and floats cannot count.
dollars = up_to(1_000_000)


def some_seconds(value: object) -> float:
    """Accept a number of seconds greater than 0."""
    number = seconds(value)
    if number == 0:
        raise ValueError("must be more than 0")
    return number


def count(value: object) -> int:
    """Accept a whole number from 1 to MOST, small enough to be exact as a float."""
    number = _number(value)
    if number != int(number) or not 1 <= number <= MOST:
        raise ValueError(f"must be a whole number from 1 to {MOST}")
    return int(number)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("must be a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("must be a number") from None
    if not 0 <= number < float("inf"):
        raise ValueError("must be a number of 0 or more")
    return number
