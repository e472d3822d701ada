"""Keeps secrets out of everything that is printed: errors, debug lines, dry runs."""

from __future__ import annotations

import re

# xAI keys are "xai-" and some 80 characters; a bearer header may hold the key of any other server.
KEY_PATTERN = re.compile(r"\bxai-[A-Za-z0-9_-]{8,}|(?<=Bearer )[^\s\"'*$(…]{8,}")
# A user and a password before the host of a URL: proxies have them.
LOGIN_PATTERN = re.compile(r"(?<=://)[^\s/@]+@")

SHORTEST_SECRET = 6


def mask(secret: str) -> str:
    """Return a hint of `secret` that tells two keys apart and gives nothing away: "xai-…b14o"."""
    if len(secret) < 20:
        return "…"
    prefix = "xai-" if secret.startswith("xai-") else ""
    return f"{prefix}…{secret[-4:]}"


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """Return `text` with every one of `secrets`, and everything that looks like a key, masked."""
    for secret in secrets:
        # What servers of one's own take for a key, "none" say, is no secret and may be part of any word.
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, mask(secret))
    text = LOGIN_PATTERN.sub("…@", text)
    return KEY_PATTERN.sub(lambda match: mask(match.group()), text)
