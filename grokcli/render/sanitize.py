"""What keeps hostile text away from the terminal: every control character becomes something harmless and visible.

Each character is replaced by itself alone, so cutting the text into pieces anywhere never changes the result: an
escape sequence that arrives in two pieces is as harmless as one that arrives whole.
"""

from __future__ import annotations

import re

_REPLACEMENT = 0xFFFD  # the sign that Unicode has for "something that cannot be shown stood here"

_BIDI_CONTROLS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_ANNOTATIONS = range(0xFFF9, 0xFFFC)
_SURROGATES = range(0xD800, 0xE000)
_TAG_CHARACTERS = range(0xE0000, 0xE0080)  # invisible ASCII, used to smuggle text past the reader


def _replacements() -> dict[int, int | None]:
    table: dict[int, int | None] = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
    table[0x7F] = 0x2421
    for codes in (range(0x80, 0xA0), _BIDI_CONTROLS, _ANNOTATIONS, _SURROGATES, _TAG_CHARACTERS):
        table.update(dict.fromkeys(codes, _REPLACEMENT))
    table.update(dict.fromkeys((0x85, 0x2028, 0x2029), 0x20))  # line breaks that only some programs know
    table[0xFEFF] = None  # a byte order mark; has no width and no meaning inside text
    return table


_TABLE = _replacements()
# Most text needs nothing: this search is about 20 times cheaper than translate().
_UNSAFE = re.compile(f"[{''.join(re.escape(chr(code)) for code in _TABLE)}]")


def clean(text: str) -> str:
    """Return `text` without anything that could steer a terminal.

    Newlines and tabs stay. C0 controls become their pictures (ESC is shown as U+241B), C1 and bidirectional controls,
    lone surrogates and tag characters become U+FFFD. The result is the same however the text is cut into pieces.
    """
    return text.translate(_TABLE) if _UNSAFE.search(text) else text


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
