"""How many cells text takes on a terminal, and where a line of it may be broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len

# Characters that are one cell wide everywhere: Latin, Greek, Cyrillic, punctuation, arrows, mathematics, boxes.
# rich has such a test too, but without the quotes, dashes and arrows that model prose is full of.
_NARROW_RANGES = (
    "\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u0384-\u038a\u0391-\u03a1\u03a3-\u0482\u2010-\u2027\u2030-\u205e"
    "\u20a0-\u20bf\u2190-\u21ff\u2200-\u22ff\u2500-\u257f\u2400-\u2421\ufffd"
)
_NARROW = re.compile(f"[{_NARROW_RANGES}]*")
# And those that are two cells wide everywhere: Chinese, Japanese, Korean. About all others terminals may disagree.
_CERTAIN = re.compile(
    f"[\x1b{_NARROW_RANGES}\u3001-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*"
)

# What a line is broken into: ASCII words, blanks, and clusters of one character with all that modifies it.
_UNIT = re.compile(
    "[!-~]+| +|"
    ".(?:[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]|\u200d.?)*",
    re.DOTALL,
)
_NEVER_FIRST = frozenset("、。，．：；！？）」』】》〉〕］｝ー…")
_NEVER_LAST = frozenset("（「『【《〈〔［｛")


def cell_width(text: str) -> int:
    """Return how many cells `text` takes; it holds no line break and no control character."""
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    return _measured(text)


@lru_cache(maxsize=8192)
def _measured(text: str) -> int:
    return cell_len(text)


def has_certain_width(output: str) -> bool:
    """Say whether every terminal takes as many cells for `output` as we do; it may hold escape sequences."""
    return output.isascii() or _CERTAIN.fullmatch(output) is not None


def break_lines(text: str, width: int) -> list[tuple[int, int]]:
    """Return where each line of `text` starts and ends when lines take at most `width` cells.

    Lines end at every newline, at blanks, and between wide characters; closing punctuation never begins a line. A word
    longer than a line is cut. Blanks around a break belong to no line, all others are kept.
    """
    lines: list[tuple[int, int]] = []
    offset = 0
    for part in text.split("\n"):
        measured = not (part.isascii() or _NARROW.fullmatch(part))
        cuts = _measured_cuts(part, width) if measured else _narrow_cuts(part, width)
        start = 0
        for cut in (*cuts, len(part)):
            line = part[start:cut]
            kept = line.lstrip(" ") if start else line
            first = cut - len(kept)
            lines.append((offset + first, offset + first + len(kept.rstrip(" "))))
            start = cut
        offset += len(part) + 1
    return lines


def _narrow_cuts(text: str, width: int) -> list[int]:
    """Return where to cut text whose characters are all one cell wide."""
    cuts: list[int] = []
    start = 0
    while len(text) - start > width:
        blank = text.rfind(" ", start + 1, start + width + 1)
        if blank < 0 or text[start:blank].isspace():
            start += width
        else:
            start = blank
            while start < len(text) and text[start] == " ":
                start += 1
            if start == len(text):
                break
        cuts.append(start)
    return cuts


def _measured_cuts(text: str, width: int) -> list[int]:
    """Return where to cut text of mixed widths: at the last place before the limit that allows it, else anywhere."""
    cuts: list[int] = []
    start = used = 0
    chance = used_at_chance = 0  # the last place where the line could end, and the cells up to it
    for at, blanks, size, breakable in _units(text):
        used += blanks
        if breakable:
            chance, used_at_chance = at, used
        while used + size > width and at > start:
            used -= used_at_chance if chance > start else used
            start = chance if chance > start else at
            used_at_chance = 0
            cuts.append(start)
        used += size
        while used > width:  # an ASCII word, alone on its line and still too long
            start += width
            used -= width
            cuts.append(start)
    return cuts


def _units(text: str) -> Iterator[tuple[int, int, int, bool]]:
    """Yield for each unit its place, the blanks before it, its width, and whether a line may end before it."""
    blanks = 0
    before, before_is_wide = "", False
    for match in _UNIT.finditer(text):
        unit = match.group()
        if unit[0] == " ":
            blanks = len(unit)
            continue
        size = cell_width(unit)
        wide = size > 1 and not unit.isascii()
        between_wide = (wide or before_is_wide) and unit[0] not in _NEVER_FIRST and before not in _NEVER_LAST
        yield match.start(), blanks, size, blanks > 0 or between_wide
        blanks, before, before_is_wide = 0, unit[-1], wide
