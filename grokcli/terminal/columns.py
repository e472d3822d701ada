"""Tables as aligned columns, with support for wide characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.terminal.sanitize import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_BETWEEN = "  "


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return one line for each row, with aligned cells; the columns in `right` (indexes) are right-aligned."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return [
        _BETWEEN.join(
            _padding(cell, width) + cell if number in right else cell + _padding(cell, width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _padding(cell: str, width: int) -> str:
    return " " * (width - _width(cell))


def _width(text: str) -> int:
    """Return the number of terminal cells that `text` occupies."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
