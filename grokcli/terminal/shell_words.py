"""Reading and writing the words of a command line, as shells quote them."""

from __future__ import annotations

import re
from typing import NamedTuple

PLAIN = r"[\w@%+=:,./-]"  # needs no quotes in any shell, at whatever place
_ESCAPES = {"powershell": "`"}
# Inside double quotes, bash also expands `!`, which a backslash would not hide without staying there itself.
_IN_DOUBLE = {"\\": "\\\\", '"': '\\"', "$": "\\$", "`": "\\`", "!": "\"'!'\""}


class CommandLine(NamedTuple):
    """A command line up to the cursor: its complete `words`, unquoted, and the word that the cursor is in.

    `current` is that word unquoted and `raw` as it was typed; `quote` is the quotation mark that is still open, "" for
    none, at the place `opened` of `raw`. `closed` says that quotes were opened and closed in it.
    """

    words: list[str]
    current: str
    raw: str
    quote: str = ""
    opened: int = 0
    closed: bool = False


def split(line: str, shell: str) -> CommandLine:
    """Return the words of a command line that was typed in `shell`; nothing is expanded.

    A quote that is not closed and an escape at the end are as a user leaves them who is still typing.
    """
    escape = _ESCAPES.get(shell, "\\")
    # What an escape hides inside quotes, where it is itself in front of all else; None where it always is.
    escaped = {"": "", '"': '"$`', "'": "'" if shell == "fish" else None}
    words: list[str] = []
    word, start, quote, opened, closed, begun = "", 0, "", 0, False, False
    index = 0
    while index < len(line):
        letter = line[index]
        if not quote and letter.isspace():
            if begun:
                words.append(word)
            word, start, closed, begun = "", index + 1, False, False
        elif letter == quote:
            quote, closed = "", True
        elif not quote and letter in "'\"":
            quote, opened, begun = letter, index - start, True
        elif letter == escape and escaped[quote] is not None and index + 1 < len(line):
            index += 1
            kept = letter if quote and line[index] not in f"{escape}{escaped[quote]}" else ""
            word, begun = word + kept + line[index], True
        elif letter != escape or escaped[quote] is None:
            word, begun = word + letter, True
        index += 1
    return CommandLine(words, word, line[start:], quote, opened, closed)


def quoted(text: str, quote: str) -> str:
    """Return `text` as a word of bash that is nothing but this text: in `quote`, or for "" with backslashes.

    The word begins with the quotation mark, whatever `text` is.
    """
    if quote == "'":
        return "'" + text.replace("'", "'\\''") + "'"
    if quote == '"':
        return '"' + "".join(_IN_DOUBLE.get(letter, letter) for letter in text) + '"'
    return "".join(letter if re.fullmatch(PLAIN, letter) else f"\\{letter}" for letter in text)


def is_plain(text: str) -> bool:
    """Return whether `text` is a word that means itself in every shell."""
    return re.fullmatch(f"{PLAIN}+", text) is not None and not text.startswith("=")
