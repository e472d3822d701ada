"""Making untrusted text safe for the terminal: each control character becomes harmless and visible, or vanishes.

`clean` is for text that is read, `one_line` for our own lines that quote such text, `reveal` and `reveal_ends` for text
that a user is asked to approve, and `json_text` for data.

`clean` replaces each character independently of its neighbours, so splitting the text never changes the result: an
escape sequence that arrives in two pieces is as harmless as one that arrives whole.
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

_REPLACEMENT = "\ufffd"  # U+FFFD REPLACEMENT CHARACTER

# Patterns are text here, and are compiled when first needed: most runs clean nothing.

# Replaced by `clean`: C0 except newline and tab, DEL and C1; bidirectional controls; line breaks that only some
# programs recognise; interlinear annotations; byte order marks; lone surrogates; tag characters (invisible ASCII).
_UNSAFE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# Blank or invisible, but not white space to Unicode: fillers, joiners, variation selectors, empty symbols.
_UNSEEN = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159"
    "\U000e0100-\U000e01ef"
)
# Padding that could push the words after it onto a new row: more white space than any of our columns has, or runs of
# blank characters.
_BLANKS = f"\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000{_UNSEEN}"
_PADDING = f"\\s{{40,}}|(?: {{0,3}}[{_BLANKS}]){{8,}}"

# The Unicode categories that `reveal` escapes: controls, formats, surrogates, private and unassigned characters,
# enclosing marks, and all separators except the ASCII space.
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Me", "Zl", "Zp", "Zs"))
_MARKS = frozenset(("Mn",))
_NOT_ASCII = "[^ -~]"
_IS_UNSEEN = f"[{_UNSEEN}]"
# One to 64 characters or escapes, repeated more than 16 times. The pattern can match an escape in only one way: two
# would mean 2^64 ways for a unit. So the cost per character is bounded by the 64.
_REPEATED = r"((?:\\u[0-9a-f]{4}|\\(?!u[0-9a-f]{4}).|[^\\]){1,64}?)\1{16,}"

# Byte order marks, and the marks of direction that right-to-left text is full of, are nothing to see and turn no line
# around, as embeddings, overrides and isolates do: without them the text says what it said.
_SPECIAL = {
    "\x7f": "\u2421",
    **dict.fromkeys("\x85\u2028\u2029", " "),
    **dict.fromkeys("\u061c\u200e\u200f\ufeff", ""),
}


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    if character < " ":
        return chr(0x2400 + ord(character))  # its control picture: ESC is shown as U+241B
    return _SPECIAL.get(character, _REPLACEMENT)


def clean(text: str) -> str:
    """Return `text` without characters that a terminal would interpret.

    Newlines and tabs stay. C0 controls become control pictures (ESC is shown as U+241B); C1 and bidirectional controls,
    lone surrogates and tag characters become U+FFFD; marks of direction (U+200E, U+200F) vanish. The result does not
    depend on how the text is split into pieces.
    """
    return re.sub(_UNSAFE, _replacement, text)


def one_line(text: str) -> str:
    """Return `text`, cleaned, on one line: no line break or wide padding in it can start a new line."""
    first, *others = clean(text.replace("\r\n", "\n")).replace("\t", " ").split("\n")
    line = " ".join([first.rstrip(), *filter(None, map(str.strip, others))]) if others else first
    return re.sub(_PADDING, " ", line)


def reveal(text: str) -> str:
    r"""Return `text` on one line that hides nothing, for text that the user is asked to approve.

    Invisible characters, and marks that combine with an ASCII character, are shown as JSON escapes: `\u200b`.
    Repetitions are counted: `␠×2400`.
    """
    return re.sub(_REPEATED, _counted, re.sub(_NOT_ASCII, _revealed, text))


def hides_something(text: str) -> bool:
    """Return whether `text` has characters that `reveal` would escape: line breaks, tabs, what cannot be seen."""
    return re.sub(_NOT_ASCII, _revealed, text) != text


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
    is_seen = kind not in _ESCAPED and not (kind in _MARKS and before.isascii()) and not re.match(_IS_UNSEEN, character)
    return character if is_seen else _escaped(match)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def _counted(match: re.Match[str]) -> str:
    unit = match[1]
    name = "␠" if unit == " " else unit if len(unit) == 1 else f"({unit})"
    return f"{name}×{len(match[0]) // len(unit)}"


def json_text(document: object, *, indent: int | None = None) -> str:
    """Return `document` as JSON on one line, or indented; characters that `clean` would replace are escaped."""
    return re.sub(_UNSAFE, _escaped, json.dumps(document, ensure_ascii=False, indent=indent)) + "\n"


class StreamCleaner:
    """Cleans text that arrives in pieces, and converts CR LF and CR to LF.

    A CR at the end of a piece is held back until the next piece shows whether an LF follows.
    """

    def __init__(self) -> None:
        """Start a new text."""
        self._held_cr = False

    def feed(self, piece: str) -> str:
        """Return the text that is complete after `piece`, cleaned."""
        if self._held_cr:
            piece = "\r" + piece
        self._held_cr = piece.endswith("\r")
        if self._held_cr:
            piece = piece[:-1]
        if "\r" in piece:
            piece = piece.replace("\r\n", "\n").replace("\r", "\n")
        return clean(piece)

    def finish(self) -> str:
        """End the text and return the rest that was held back."""
        held, self._held_cr = self._held_cr, False
        return "\n" if held else ""
