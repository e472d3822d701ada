"""How markdown blocks are written: pure questions about one line."""

from __future__ import annotations

import re
from typing import Literal

Alignment = Literal["", "left", "center", "right"]

ATX_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
FENCE = re.compile(r"`{3,}+(?=[^`]*$)|~{3,}")  # possessive: a long line of backticks is not tried over and over
RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
SETEXT_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
LIST_MARK = re.compile(r"(?:[*+-]|(\d{1,9})([.)]))(?=[ \t]|$)")
LABEL = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)", re.IGNORECASE)
TASK_MARK = re.compile(r"\[([ xX])\](?=[ \t])")

_BLOCK_TAGS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|"
    "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|"
    "menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|"
    "track|ul"
)
_ATTRIBUTE = r"""(?:\s+[a-z_:][a-z0-9:._-]*(?:\s*=\s*(?:[^"'=<>`\x00-\x20]+|'[^']*'|"[^"]*"))?)"""
_VERBATIM_TAGS = "script|pre|style|textarea"

# CommonMark's seven ways to begin an HTML block, in its order, and what ends the first five.
HTML_STARTS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"<(?:{_VERBATIM_TAGS})(?=\s|>|$)",
        r"<!--",
        r"<\?",
        r"<![a-z]",
        r"<!\[CDATA\[",
        rf"</?(?:{_BLOCK_TAGS})(?=\s|/?>|$)",
        rf"(?:<[a-z][a-z0-9-]*{_ATTRIBUTE}*\s*/?>|</[a-z][a-z0-9-]*\s*>)\s*$",
    )
]
HTML_ENDS = [
    re.compile(pattern, re.IGNORECASE) for pattern in (rf"</(?:{_VERBATIM_TAGS})>", "-->", r"\?>", ">", r"\]\]>")
]
TAKES_NO_BLANK = (5, 6)  # these kinds end at a blank line
NEVER_INTERRUPTS = 6  # and this one cannot end a paragraph

_DELIMITER_ROW = re.compile(r"[|:]|-[^ \t]")  # how it begins; a hyphen and a blank begin a list item
_DELIMITER_CELL = re.compile(r":?-+:?$")


ESCAPED_NOTE = re.compile(r"\\\[(?:(?=\S)[^\[\]\\$\n]{1,40}\]|\^?\d{1,4}\\\])")
"""`\\[1] ...`: a bracket that is escaped to be no link, and begins no LaTeX."""

_DISPLAY_MATH = {"$$": "$$", "\\[": "\\]"}
_COMMAND = re.compile(r"\\[a-z]+(?:\s*\{[^{}]*\})?", re.IGNORECASE)
_IS_FORMULA = re.compile(r"[\\^_=+<>{}]")
_IS_PROSE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}|\*\*|`|\]\(")


def display_math_end(line: str, *, interrupts: bool) -> str | None:
    """Return what will end the displayed LaTeX that `line` begins; None if it begins none.

    On one line with its end it is inline. Behind its mark may stand a formula, but no words: these are a paragraph, in
    which markup counts. And only a mark that stands alone is worth interrupting a paragraph (`interrupts`).
    """
    end = _DISPLAY_MATH.get(line[:2])
    body = line[2:].strip()
    if end is None or not body:
        return end
    if interrupts or end in body or ESCAPED_NOTE.match(line):
        return None
    return end if _IS_FORMULA.search(body) and not _IS_PROSE.search(_COMMAND.sub("", body)) else None


def heading_text(text: str) -> str:
    """Return the text of an ATX heading, given what follows its opening marks; closing marks are no part of it."""
    text = text.strip(" \t")
    unmarked = text.rstrip("#")
    return unmarked.rstrip(" \t") if unmarked == "" or unmarked[-1] in " \t" else text


_ALIGNMENT_OF: dict[tuple[bool, bool], Alignment] = {
    (False, False): "",
    (True, False): "left",
    (False, True): "right",
    (True, True): "center",
}
_CELL_END = re.compile(r"(?<!\\)\|")


def split_cells(line: str) -> list[str]:
    r"""Return the cells of a table row, trimmed; `\|` is a pipe inside a cell."""
    cells = [cell.strip().replace(r"\|", "|") for cell in _CELL_END.split(line)]
    if not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return cells


def table_alignments(line: str) -> list[Alignment] | None:
    """Return how the columns are aligned if `line` is the row under a table's head, else None."""
    row = line.strip()
    if not _DELIMITER_ROW.match(row):
        return None
    cells = [cell.strip() for cell in row.removeprefix("|").removesuffix("|").split("|")]
    if not all(_DELIMITER_CELL.match(cell) for cell in cells):
        return None
    return [_ALIGNMENT_OF[cell.startswith(":"), cell.endswith(":")] for cell in cells]
