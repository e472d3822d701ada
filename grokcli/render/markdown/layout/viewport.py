"""What of an unfinished block is shown when it is taller than the screen."""

from __future__ import annotations


def first_shown(total: int, rows: int) -> int:
    """Return the first of `total` rows that is shown where only `rows` fit.

    The last row is always shown. The first moves on by a third of the screen at once: moving with every new row would
    rewrite the whole screen each time.
    """
    if total <= rows:
        return 0
    step = max(1, rows // 3)
    return -(-(total - rows) // step) * step
