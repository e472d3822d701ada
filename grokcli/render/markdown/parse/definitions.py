"""Link reference definitions: the lines `[label]: target "title"` at the beginning of a paragraph."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("zero", {"maxNesting": 2}).enable(["reference", "paragraph"])
_LONGEST_SHOWN = 300  # characters of a target, and of a title
_MAY_DEFINE = re.compile(r"\[(?:[^\[\]\\]|\\.)+\]:", re.DOTALL)


class Definitions(NamedTuple):
    """What a paragraph turned out to be: lines that define, what they define, and the text that is left."""

    lines: list[str]
    references: dict[str, Any]
    text: str


def split_definitions(text: str) -> Definitions:
    """Take the definitions from the beginning of a paragraph's `text`."""
    if not _MAY_DEFINE.match(text):
        return Definitions([], {}, text)
    found: dict[str, Any] = {"references": {}}
    tokens = _PARSER.parse(text, found)
    rest = next((token.content for token in tokens if token.type == "inline"), "")
    defined = text.removesuffix(rest) if found["references"] else ""
    references = {label: _bounded(reference) for label, reference in found["references"].items()}
    return Definitions([line for line in defined.split("\n") if line], references, rest if defined else text)


def _bounded(reference: dict[str, Any]) -> dict[str, Any]:
    """Cut what each use of a reference shows: its definition shows it in full, and it may be used a thousand times."""
    return {
        key: value[:_LONGEST_SHOWN] + "…" if isinstance(value, str) and len(value) > _LONGEST_SHOWN else value
        for key, value in reference.items()
    }
