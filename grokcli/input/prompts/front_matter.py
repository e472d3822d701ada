"""The lines between `---` and `---` at the top of a markdown file.

Other tools call them YAML and read them line by line, so that many files are no YAML at all: `argument-hint: [a] [b]`.
What is one `key: value` a line is therefore read as that. YAML proper is for all else, and where it fails too, the
lines are what is left. No file is refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_BLOCK = r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
_LINE = r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?"
# Values that mean the same with and without YAML.
_SIMPLE = r"(?![-?:,\[\]{}#&*!|>'\"%@`])(?!.*(?::\s|\s#|:\s*$)).+"
# More is not front matter. The YAML library takes half a minute for 20,000 brackets that are never closed.
MOST_CHARACTERS, MOST_BRACKETS = 50_000, 1000


def split(text: str) -> tuple[str, str]:
    """Return the front matter of a file, "" for none, and the text below it."""
    match = re.match(_BLOCK, text, re.DOTALL | re.MULTILINE)
    if match is None or len(match[1]) > MOST_CHARACTERS:
        return "", text
    return match[1], text[match.end() :]


def parse(block: str, *, typed: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the values in a front matter by key: text, None for nothing, lists and dicts of those.

    Values are text as written ("on", "1.10", "2026-01-31"), but those of the keys `typed` are what they are in JSON.
    """
    lines = [line for line in block.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pairs = [match.groups() for line in lines if (match := re.fullmatch(_LINE, line))]
    if len(pairs) == len(lines) and all(re.fullmatch(_SIMPLE, value or "-") is not None for _, value in pairs):
        values: dict[str, Any] = {key: value.strip() for key, value in pairs}
    else:
        found = _from_yaml(block, typed)
        if found is not None:
            return found
        values = {key: (value or "").strip().strip("'\"|>") or None for key, value in pairs}
    return {key: _scalar(value) if key in typed and value else value for key, value in values.items()}


def _from_yaml(block: str, typed: tuple[str, ...]) -> dict[str, Any] | None:
    """Return what the block says as YAML, None if it says nothing as that."""
    import yaml

    if block.count("[") + block.count("{") > MOST_BRACKETS:
        return None
    try:
        # An alias may stand for ten others, and each of these for ten more.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(block, Loader=yaml.BaseLoader)):
            return None
        top = yaml.compose(block, Loader=yaml.BaseLoader)
        if not isinstance(top, yaml.MappingNode):
            return None
        return {str(key.value): _value(node, typed=key.value in typed) for key, node in top.value}
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _value(node: yaml.Node, *, typed: bool) -> Any:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _value(one, typed=typed) for key, one in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, typed=typed) for one in node.value]
    text = str(node.value)
    if getattr(node, "style", None) is not None:  # in quotes, or a block of lines
        return text
    if text.lower() in ("", "~", "null"):
        return None
    return _scalar(text) if typed else text


def _scalar(text: str) -> Any:
    """Return a word as JSON would have it: a number, true or false; else the text."""
    try:
        value = json.loads(text.lower() if text.lower() in ("true", "false") else text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (bool, int, float)) and math.isfinite(value) else text
