"""Takes the control characters out of text that is meant for a terminal."""

from __future__ import annotations


def clean(text: str) -> str:
    """Return `text` with everything but printable characters, newlines and tabs replaced."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
