"""Extracting the descriptions of a function and its arguments from a docstring."""

from __future__ import annotations

import inspect
import re

# Google's "Args:" and its entries "name (type): text"; reST's ":param type name: text".
_SECTION = re.compile(r"(?:Args|Arguments|Parameters):\s*\Z")
_ENTRY = re.compile(r"\*{0,2}(\w+)(?:\s*\([^)]*\))?\s*:\s*(.*)\Z")
_FIELD = re.compile(r":(?:param|parameter|arg|argument)\s+(?:[^:]*\s)?(\w+)\s*:\s*(.*)\Z")


def description(docstring: str) -> str:
    """Return the first paragraph, on one line."""
    paragraph = inspect.cleandoc(docstring).partition("\n\n")[0]
    kept: list[str] = []
    for line in paragraph.splitlines():
        if _SECTION.match(line) or line.startswith(":"):
            break
        kept.append(line.strip())
    return " ".join(kept)


def arguments(docstring: str) -> dict[str, str]:
    """Return the description of each argument, in Google or reST style, each on one line."""
    found: dict[str, list[str]] = {}
    entry: list[str] = []  # collects the continuation lines
    section: int | None = None  # the indentation of the entries of "Args:"; 0 before the first of them
    depth = 0
    for line in inspect.cleandoc(docstring).splitlines():
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if _SECTION.match(line):
            section, entry = 0, []
        elif match := _FIELD.match(text):
            entry, depth, section = found.setdefault(match[1], [match[2]]), indent, None
        elif section is not None and indent and (match := _ENTRY.match(text)) and indent <= (section or indent):
            entry, depth, section = found.setdefault(match[1], [match[2]]), indent, indent
        elif text and indent > depth:
            entry.append(text)
        elif text:
            section, entry = None, []
    return {name: " ".join(filter(None, lines)) for name, lines in found.items()}
