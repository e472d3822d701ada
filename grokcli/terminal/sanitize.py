"""What keeps hostile text away from the terminal: every control character becomes something harmless and visible.

Each character is replaced by itself alone, so cutting the text into pieces anywhere never changes the result: an
escape sequence that arrives in two pieces is as harmless as one that arrives whole.
"""

from __future__ import annotations

import re

_REPLACEMENT = "\ufffd"  # the sign that Unicode has for "something that cannot be shown stood here"

# What is replaced: C0 without newline and tab, DEL and C1; bidirectional controls; line breaks that only some programs
# know; interlinear annotations; byte order marks; lone surrogates; tag characters, which are invisible ASCII.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
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
