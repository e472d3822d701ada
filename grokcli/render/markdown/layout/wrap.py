"""What fits: spans wrapped or cut to a width, and the rows of what is taller than the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grokcli.render.markdown.layout.cells import break_lines, cell_width
from grokcli.render.markdown.layout.spans import LINE_BREAK, Span


def wrap(spans: Sequence[Span], width: int) -> list[list[Span]]:
    """Return the lines of at most `width` cells that `spans` make; at least one, perhaps empty."""
    if len(spans) == 1:
        (span,) = spans
        return [[Span(span.text[start:end], span.style, span.url)] for start, end in break_lines(span.text, width)]
    text = "".join([span.text for span in spans])
    if len(text) <= width and text.isascii() and LINE_BREAK not in text:
        return [list(spans)]
    lines = break_lines(text, width)
    result: list[list[Span]] = []
    index = offset = 0  # the span that the next line begins in, and where that span begins
    for start, end in lines:
        line: list[Span] = []
        while index < len(spans) and offset < end:
            text, style, url = spans[index]
            piece = text[max(start - offset, 0) : end - offset]
            if piece:
                line.append(Span(piece, style, url))
            if offset + len(text) > end:
                break
            offset += len(text)
            index += 1
        result.append(line)
    return result


def cut(spans: Iterable[Span], width: int) -> list[Span]:
    """Return as much of `spans`, from the beginning, as fits into `width` cells."""
    kept: list[Span] = []
    for span in spans:
        text = span.text[: 2 * width]  # enough: few characters take no cell
        while cell_width(text) > width:
            text = text[:-1]
        kept.append(span._replace(text=text))
        width -= cell_width(text)
        if text != span.text:
            break
    return kept


def first_shown(total: int, rows: int) -> int:
    """Return the first of `total` rows that is shown where only `rows` fit.

    The last row is always shown. The first moves on by a third of the screen at once: moving with every new row would
    rewrite the whole screen each time.
    """
    if total <= rows:
        return 0
    step = max(1, rows // 3)
    return -(-(total - rows) // step) * step
