"""The tools that the server runs by itself, as steps that a user can follow.

Source: the API digest, section 4.4. Searches of the web come in two forms; those of X come as custom tool calls.
"""

from __future__ import annotations

import json

from grokcli.client.wire.json_body import JSONObject, as_list, as_object, as_text
from grokcli.events import SearchStep

_KINDS = {
    "web_search_call": "web",
    "x_search_call": "x",
    "custom_tool_call": "x",
    "file_search_call": "files",
    "code_interpreter_call": "code",
    "mcp_call": "mcp",
    "image_generation_call": "image",
}
# What a search may be called in the input of a call, the most telling first.
_WORDS = ("query", "url", "pattern", "post_id", "code", "prompt")


def step_of(item: JSONObject) -> SearchStep | None:
    """Return the step that an output item stands for, or None for other items."""
    kind = _KINDS.get(as_text(item.get("type")))
    if kind is None:
        return None
    action = as_object(item.get("action"))
    if action.get("type") in ("open_page", "find_in_page"):
        kind = "page"
    return SearchStep(kind, _query(item, action), as_text(item.get("status")) or "completed", as_text(item.get("id")))


def _query(item: JSONObject, action: JSONObject) -> str:
    if item.get("type") == "mcp_call":
        return as_text(item.get("name"))
    for document in (action, _document(item.get("arguments")), _document(item.get("input")), item):
        for word in _WORDS:
            if text := as_text(document.get(word)):
                return text
    return ", ".join(text for text in as_list(item.get("queries")) if isinstance(text, str))


def _document(text: object) -> JSONObject:
    """Return the JSON object in `text`; text that is none is itself the query."""
    if not isinstance(text, str) or not text:
        return {}
    try:
        return as_object(json.loads(text))
    except (ValueError, RecursionError):
        return {"query": text}
