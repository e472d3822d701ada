"""A server that takes what xAI documents of the Responses API, and refuses everything else.

server.reply(strict(answer(message("ok"))))
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from server import Connection, Reply, Server, body

FIELDS = {
    *("model", "input", "stream", "store", "include", "prompt_cache_key", "tools", "tool_choice", "max_turns", "text"),
    *("temperature", "top_p", "max_output_tokens", "reasoning", "parallel_tool_calls", "user"),
}
INCLUDE = {
    *("reasoning.encrypted_content", "no_inline_citations", "code_interpreter_call.outputs"),
    *("web_search_call.action.sources", "file_search_call.results"),
}
TOOLS: dict[str, set[str]] = {
    "web_search": {"filters", "enable_image_understanding"},
    "x_search": {
        *("allowed_x_handles", "excluded_x_handles", "from_date", "to_date"),
        *("enable_image_understanding", "enable_video_understanding"),
    },
    "code_interpreter": set(),
    "file_search": {"vector_store_ids", "max_num_results"},
    "mcp": {"server_url", "server_label", "server_description", "allowed_tools", "authorization", "headers"},
    "function": {"name", "description", "parameters", "strict"},
}
MEDIA_TYPE = re.compile(r"[a-z]+/[\w.+-]+\Z")


def strict(server: Server, reply: Reply) -> Reply:
    """Return `reply`, for those who ask for nothing but what is documented."""

    def play(connection: Connection) -> None:
        request = next(one for one in reversed(server.requests) if one.connection == connection.number)
        faults = list(_faults(request.json))
        (body({"code": "invalid-argument", "error": "; ".join(faults)}, 400) if faults else reply)(connection)

    return play


def _faults(sent: dict[str, Any]) -> Iterator[str]:
    yield from (f"Argument not supported: {name}" for name in set(sent) - FIELDS)
    yield from (f"unknown include: {name}" for name in set(sent.get("include", ())) - INCLUDE)
    if sent.get("tool_choice", "auto") not in ("auto", "none", "required"):
        yield "bad tool_choice"
    if not isinstance(sent.get("max_turns", 1), int):
        yield "bad max_turns"
    for tool in sent.get("tools", ()):
        yield from _tool_faults(tool)
    for item in sent["input"]:
        if isinstance(item.get("content"), list):
            for part in item["content"]:
                yield from _part_faults(part)


def _tool_faults(tool: dict[str, Any]) -> Iterator[str]:
    kind = tool.get("type")
    if kind not in TOOLS:
        yield f"unknown tool {kind}"
    elif more := set(tool) - TOOLS[kind] - {"type"}:
        yield f"unknown fields of {kind}: {more}"
    if {"allowed_x_handles", "excluded_x_handles"} <= set(tool):
        yield "allowed and excluded handles exclude each other"
    if kind == "file_search" and not 1 <= len(tool.get("vector_store_ids", ())) <= 10:
        yield "one to ten vector stores"


def _part_faults(part: dict[str, Any]) -> Iterator[str]:
    match part.get("type"):
        case "input_text" | "output_text":
            if set(part) != {"type", "text"}:
                yield "bad text part"
        case "input_image":
            if set(part) - {"type", "image_url", "detail"}:
                yield "bad image part"
        case "input_file":
            yield from _file_faults(part)
        case kind:
            yield f"unknown part {kind}"


def _file_faults(part: dict[str, Any]) -> Iterator[str]:
    ways = {"file_id", "file_url", "file_data"} & set(part)
    if len(ways) != 1 or set(part) - {"type", "filename", "mime_type"} - ways:
        yield f"bad file part: {sorted(part)}"
    elif "file_data" in part:
        if not re.fullmatch(r"[\w.-]+", part.get("filename", "")):
            yield "file_data needs a plain filename"
        if not MEDIA_TYPE.match(part.get("mime_type", "a/b")):
            yield "bad mime_type"
        try:
            base64.b64decode(part["file_data"], validate=True)
        except binascii.Error:
            yield "file_data is not plain base64"
