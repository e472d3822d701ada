"""What keeps hostile text away from the terminal: every control character becomes something harmless and visible.

`clean` is for text that is read, `one_line` for the lines of ours that quote it, `reveal` and `reveal_ends` for what a
user agrees to, and `json_text` for data.

To clean, each character is replaced by itself alone, so cutting the text into pieces anywhere never changes the result:
an escape sequence that arrives in two pieces is as harmless as one that arrives whole.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# No screen has so many characters, and to reveal them takes a tenth of a second; megabytes would take half a minute.
MOST_REVEALED = 20_000
_LONGEST_KEY = 1000

_REPLACEMENT = "\ufffd"  # the sign that Unicode has for "something that cannot be shown stood here"

# What is replaced: C0 without newline and tab, DEL and C1; bidirectional controls; line breaks that only some programs
# know; interlinear annotations; byte order marks; lone surrogates; tag characters, which are invisible ASCII.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# What is no blank to Unicode and looks like one, or like nothing: fillers, joiners, variation selectors, empty signs.
_UNSEEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159"
    "\U000e0100-\U000e01ef"
)
# What would push the words behind it to a row of their own: more spaces than any column of ours has, or wide blanks.
_BLANKS = f"\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000{_UNSEEN}"
_PADDING = re.compile(f"\\s{{40,}}|(?: {{0,3}}[{_BLANKS}]){{8,}}")

# By Unicode category, what is not shown as itself where a user must see everything: controls, formats, surrogates,
# private and unassigned characters, line and paragraph separators, and every blank but the space.
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Me", "Zl", "Zp", "Zs"))
_MARKS = frozenset(("Mn",))
_NOT_ASCII = re.compile("[^ -~]")
_IS_UNSEEN = re.compile(f"[{_UNSEEN}]")
# One to 64 characters or escapes, more than 16 times. An escape can be read in one way only: two ways for each would be
# 2^64 for a unit. So the costs of each character are limited by the 64.
_REPEATED = re.compile(r"((?:\\u[0-9a-f]{4}|\\(?!u[0-9a-f]{4}).|[^\\]){1,64}?)\1{16,}")

_SPECIAL = {"\x7f": "\u2421", "\x85": " ", "\u2028": " ", "\u2029": " ", "\ufeff": ""}


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    if character < " ":
        return chr(0x2400 + ord(character))  # its picture: ESC is shown as U+241B
    return _SPECIAL.get(character, _REPLACEMENT)


def clean(text: str) -> str:
    """Return `text` without anything that could steer a terminal.

    Newlines and tabs stay. C0 controls become their pictures (ESC is shown as U+241B), C1 and bidirectional controls,
    lone surrogates and tag characters become U+FFFD. The result is the same however the text is cut into pieces.
    """
    return _UNSAFE.sub(_replacement, text)


def one_line(text: str) -> str:
    """Return `text`, cleaned, on one line: a line break or wide padding in it cannot begin a line of its own."""
    first, *others = clean(text.replace("\r\n", "\n")).replace("\t", " ").split("\n")
    line = " ".join([first.rstrip(), *filter(None, map(str.strip, others))]) if others else first
    return _PADDING.sub(" ", line)


def reveal(text: str) -> str:
    r"""Return `text` on one line that hides nothing, for a question that a yes answers.

    What cannot be seen is shown as JSON escapes it, `\u200b`, and so are marks that would change an ASCII character;
    what is repeated is counted, `␠×2400`.
    """
    return _REPEATED.sub(_counted, _NOT_ASCII.sub(_revealed, text))


def reveal_ends(text: str, mask: Callable[[str], str] = str) -> tuple[str, int, str]:
    """Return the beginning of `text` as `reveal` shows it, how many characters are left out then, and its end.

    What is not too much is a beginning without an end. `mask` takes the secrets out first.
    """
    if len(text) <= 2 * MOST_REVEALED:
        return reveal(mask(text)), 0, ""
    # Masked with what is around it: where a key is cut, the rest of it may no longer look like one.
    around = MOST_REVEALED + _LONGEST_KEY
    head, tail = mask(text[:around])[:MOST_REVEALED], mask(text[-around:])[-MOST_REVEALED:]
    return reveal(head), len(text) - len(head) - len(tail), reveal(tail)


def _revealed(match: re.Match[str]) -> str:
    from unicodedata import category

    character, kind = match[0], category(match[0])
    before = match.string[match.start() - 1 : match.start()]
    is_seen = kind not in _ESCAPED and not (kind in _MARKS and before.isascii()) and not _IS_UNSEEN.match(character)
    return character if is_seen else _escaped(match)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _counted(match: re.Match[str]) -> str:
    unit = match[1]
    name = "␠" if unit == " " else unit if len(unit) == 1 else f"({unit})"
    return f"{name}×{len(match[0]) // len(unit)}"


def json_text(document: object, *, indent: int | None = None) -> str:
    """Return `document` as JSON on a line, or on several with `indent`; what `clean` would replace is escaped."""
    return _UNSAFE.sub(_escaped, json.dumps(document, ensure_ascii=False, indent=indent)) + "\n"


class StreamCleaner:
    """Cleans text that arrives in pieces, and turns CR LF and CR into LF on the way.

    A CR at the end of a piece is held until the next piece tells whether an LF follows.
    """

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._held_cr = False

    def feed(self, piece: str) -> str:
        """Return what of the text is certain after `piece`, cleaned."""
        if self._held_cr:
            piece = "\r" + piece
        self._held_cr = piece.endswith("\r")
        if self._held_cr:
            piece = piece[:-1]
        if "\r" in piece:
            piece = piece.replace("\r\n", "\n").replace("\r", "\n")
        return clean(piece)

    def finish(self) -> str:
        """Return what was held when the text ended."""
        held, self._held_cr = self._held_cr, False
        return "\n" if held else ""
