"""Prompts with fields: `Classify: {text}`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A doubled brace, a field, or a brace that belongs to neither. Nothing is evaluated, unlike in str.format.
_PIECE = r"\{\{|\}\}|\{([^{}]*)\}|[{}]"


class Template:
    """A prompt in which `{name}` stands for a field of a line, `{{` and `}}` for braces."""

    def __init__(self, text: str) -> None:
        """Raises UsageError for a brace without its pair, and for a field without a name."""
        self.text = text
        self.names: list[str] = []
        for piece in re.finditer(_PIECE, text):
            if piece[0] in ("{", "}"):
                raise UsageError(
                    f"--prompt has a single {piece[0]!r} at character {piece.start() + 1}",
                    hint="write {{ and }} for braces, {name} for a field",
                )
            if piece[1] is not None:
                self.names.append(piece[1].strip())
        if "" in self.names:
            raise UsageError("--prompt has an empty field: {}", hint="name it, for example {text}")

    def fill(self, fields: Mapping[str, Any]) -> str:
        """Return the prompt for a line. Raises KeyError with the name of a field that the line does not have."""

        def value(piece: re.Match[str]) -> str:
            return piece[0][0] if piece[1] is None else _text(fields[piece[1].strip()])

        return re.sub(_PIECE, value, self.text)


def _text(value: Any) -> str:
    """Return a field as it stands in a prompt: text as it is, no value as nothing, anything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
