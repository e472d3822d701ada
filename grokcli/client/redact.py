"""Keeps secrets out of everything that is printed: errors, debug lines, dry runs, the history.

What is known to be secret is masked wherever it stands, whole or in part: a text that was cut in the middle of a key
still holds most of it. What only looks like a key is judged strictly, since names of packages and files begin with
"xai-" too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Patterns are text here: to compile them takes a millisecond that a start without a word to mask does not have.
#
# xAI keys are "xai-" and some 80 letters and digits, as no other name is; 40 and 64 hexadecimal digits are a hash.
_XAI_KEY = r"xai-(?:token-)?(?!(?:[0-9a-f]{40}|[0-9a-f]{64})(?![A-Za-z0-9]))[A-Za-z0-9]{40,}"
# The key of any other server, where a header has it; "Bearer YOUR_API_KEY" holds no digit. Without the header's name
# only what is too long for a word.
_HEADER = (
    r"(?:\bauthorization[\"'\\]{0,9}\s{0,9}[:=,]\s{0,9}[\"'\\]{0,9}(?:bearer|basic|token)|"
    r"\bbearer(?=\s[A-Za-z0-9._~+/-]{32}))\s"
)
_BEARER_KEY = rf"(?P<header>(?i:{_HEADER}))(?=[^\s\"']*\d)[A-Za-z0-9._~+/-]{{8,}}=*"
_KEY = f"{_BEARER_KEY}|{_XAI_KEY}"
# A user and a password before the host of a URL. A slash in a password is an error that people make; after a port it
# begins a path. The limits keep hostile text from being searched over and over.
_LOGIN = r"(?<=://)[^\s/@:\[\"'<>]{0,256}:(?:[^\s/\"'<>]{0,256}@|(?!\d*(?:[/?#]|$))[^\s@\"'<>]{0,256}@)"

SHORTEST_SECRET = 6
# Secrets of this length are random enough for a part of them to tell what it is, and to be worth as much.
LONG_SECRET = 20
SHORTEST_PART = 8

# A character as URLs, JSON and Python's repr write it, and those that are there and not to be seen.
_ESCAPE = (
    r"%([0-9A-Fa-f]{2})|\\+(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"'/]))|\\(\\)|[\u00ad\u200b-\u200d\u2060\ufeff]"
)


def mask(secret: str) -> str:
    """Return a hint of `secret` that tells two keys apart and gives nothing away: "xai-…b14o".

    What has a colon is a user with a password, of which nothing is shown.
    """
    if len(secret) < LONG_SECRET or ":" in secret:
        return "…"
    return f"{_head(secret)}…{secret[-4:]}"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` with every one of `secrets`, and everything that looks like a key, masked."""
    # What servers of one's own take for a key, "none" say, is no secret and may be part of any word.
    text = _without(text, sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True))
    if "://" in text:
        text = re.sub(_LOGIN, "…@", text)
    # A key that is known by its header has a digit.
    return re.sub(_KEY, _masked, text) if "xai-" in text or any(map(str.isdecimal, text)) else text


def _masked(match: re.Match[str]) -> str:
    header = match["header"] or ""
    return header + mask(match[0][len(header) :])


def _without(text: str, secrets: list[str]) -> str:
    """Return `text` without `secrets`, the longest first, in whatever way they are written."""
    if not secrets:
        return text
    for secret in secrets:
        text = text.replace(secret, mask(secret))
    plain = re.sub(_ESCAPE, _character, text)
    spans = [span for secret in secrets for span in _spans(plain, secret)]
    if not spans:
        return text
    offsets = _offsets(text)
    pieces = []
    done = 0
    for start, end, hint in sorted(spans):
        pieces += [text[done : offsets[start]], hint]
        done = max(done, offsets[end])
        # The sign of the cut that left a part is not shown twice.
        if hint.endswith("…") and text.startswith("…", done):
            done += 1
    return "".join(pieces) + text[done:]


def _spans(plain: str, secret: str) -> Iterator[tuple[int, int, str]]:
    """Yield where `secret`, or a part of it that is long enough, begins and ends in a text, and its hint.

    The text is one without escapes.
    """
    found: list[tuple[int, int]] = []
    # A proxy's password has its escapes in the setting, and none where it was used.
    for form in {secret, re.sub(_ESCAPE, _character, secret)}:
        if len(form) >= SHORTEST_SECRET:
            found += _places(plain, form)
    for start, end in _merged(found):
        part = plain[start:end]
        if not _is_word_of(secret, part):
            yield start, end, mask(secret) if len(part) >= len(secret) else f"{_head(part)}…"


def _places(plain: str, secret: str) -> Iterator[tuple[int, int]]:
    """Yield where each part of `secret` begins and ends that is just long enough; longer ones are made of those."""
    size = SHORTEST_PART if len(secret) >= LONG_SECRET else len(secret)
    for first in range(len(secret) - size + 1):
        part = secret[first : first + size]
        start = plain.find(part)
        while start >= 0:
            yield start, start + size
            start = plain.find(part, start + 1)


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _is_word_of(secret: str, part: str) -> bool:
    """Say whether a part of a secret is one of the words that it is made of, as in "my-company-development-key"."""
    word = part.strip("-_.:@ ")
    return part != secret and word.isalpha() and word.islower() and word in re.split(r"[^A-Za-z0-9]+", secret)


def _head(secret: str) -> str:
    return "xai-" if secret.startswith("xai-") else ""


def _character(match: re.Match[str]) -> str:
    """Return the character that an escape stands for, "" for one that is not to be seen."""
    percent, unicode, byte, sign, backslash = match.groups()
    code = percent or unicode or byte
    return chr(int(code, 16)) if code else sign or backslash or ""


def _offsets(text: str) -> list[int]:
    """Return where in `text` each character of the text without escapes begins, and where the last one ends."""
    offsets: list[int] = []
    at = 0
    for match in re.finditer(_ESCAPE, text):
        offsets += [*range(at, match.start()), *[match.start()] * len(_character(match))]
        at = match.end()
    return [*offsets, *range(at, len(text) + 1)]
