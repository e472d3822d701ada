"""What a setting may hold. Each function returns the value that text or TOML stands for, or raises ValueError.

The error's text says what is expected: "choose from a, b" or "must be …".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1_000_000_000


def text(value: object) -> str:
    """Take any text."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def name(value: object) -> str:
    """Take text that is more than spaces."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must not be empty")
    return value


def one_of(*choices: str) -> Callable[[object], str]:
    """Take one of `choices`."""

    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError(f"choose from {', '.join(choices)}")
        return str(value)

    return parse


def theme(value: object) -> str:
    """Take the name of a theme: default, mono, or a style of Pygments."""
    own = ("default", "mono")
    if value in own:  # without Pygments, which takes longer to ask than everything else here
        return str(value)
    from pygments.styles import get_all_styles

    return one_of(*own, *sorted({*get_all_styles()} - {*own}))(value)


def up_to(most: float) -> Callable[[object], float]:
    """Take a number from 0 to `most`."""

    def parse(value: object) -> float:
        number = _number(value)
        if number > most:
            raise ValueError(f"must be a number from 0 to {most}")
        return number

    return parse


# Eleven days. Sockets and `poll` count in units so small that they overflow where nobody waits any more.
seconds = up_to(1_000_000)


# A millionaire's budget; in ticks it is far from what SQLite and floats cannot count.
dollars = up_to(1_000_000)


def some_seconds(value: object) -> float:
    """Take seconds, more than none."""
    number = seconds(value)
    if number == 0:
        raise ValueError("must be more than 0")
    return number


def count(value: object) -> int:
    """Take a whole number of 1 or more, small enough to survive being a float."""
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
