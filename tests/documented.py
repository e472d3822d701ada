"""A server that takes what xAI documents of the Responses API, of images and of videos, and refuses everything else.

server.reply(strict(answer(message("ok"))))
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
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
    "web_search": {"filters"},
    "x_search": {"allowed_x_handles", "excluded_x_handles", "from_date", "to_date"},
    "code_interpreter": set(),
    "file_search": {"vector_store_ids", "max_num_results"},
    "mcp": {"server_url", "server_label"},
    "image_generation": {"action"},
    "function": {"name", "description", "parameters", "strict"},
}
RATIOS = {"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"}
MORE_RATIOS = {"21:9", "5:2", "9:19.5", "19.5:9", "9:20", "20:9", "1:2", "2:1", "auto"}
SHARED = {"model", "prompt", "user", "storage_options", "output"}
IMAGES = SHARED | {"n", "response_format", "aspect_ratio", "resolution", "quality", "deferred"}
VIDEOS = SHARED | {
    *("duration", "aspect_ratio", "resolution", "image", "last_frame", "keyframes", "reference_images"),
    *("reference_audios", "generate_audio"),
}
MEDIA_TYPE = re.compile(r"[a-z]+/[\w.+-]+\Z")


def strict(server: Server, reply: Reply) -> Reply:
    """Return `reply`, for those who ask for nothing but what is documented."""

    def play(connection: Connection) -> None:
        request = next(one for one in reversed(server.requests) if one.connection == connection.number)
        faults = list(FAULTS[request.path](request.json)) if request.method == "POST" else []
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


def _image_faults(sent: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the body of `POST /images/generations` (API additions, section 4)."""
    yield from (f"Argument not supported: {name}" for name in set(sent) - IMAGES)
    if not isinstance(sent.get("prompt"), str) or not sent["prompt"]:
        yield "missing field `prompt`"
    values: dict[str, set[Any]] = {
        "response_format": {"url", "b64_json"},
        "quality": {"low", "medium", "auto"},
        "n": set(range(1, 11)),
    }
    values |= {"resolution": {"1k", "1.5k", "2k"}, "aspect_ratio": RATIOS | MORE_RATIOS}
    yield from (f"bad {name}" for name in values.keys() & sent.keys() if sent[name] not in values[name])
    if "quality" in sent and sent.get("model") != "grok-imagine-image-2.0":
        yield "Argument not supported on this model: quality"


def _edit_faults(sent: dict[str, Any]) -> Iterator[str]:
    yield from _image_faults({name: value for name, value in sent.items() if name not in ("image", "images")})
    images = sent.get("images", [])
    if ("image" in sent) is ("images" in sent) or not isinstance(images, list) or len(images) > 5:
        yield "one of image and up to five images"
    if "aspect_ratio" in sent and "image" in sent:
        yield "aspect_ratio needs several images"
    yield from _source_faults([sent["image"]] if "image" in sent else images)


def _video_faults(sent: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the body of `POST /videos/generations` (API additions, section 5)."""
    yield from (f"Argument not supported: {name}" for name in set(sent) - VIDEOS)
    resolutions = {"480p", "720p"} | ({"1080p"} if "1.5" in sent.get("model", "") else set())
    values: dict[str, set[Any]] = {"duration": set(range(1, 16)), "aspect_ratio": RATIOS, "resolution": resolutions}
    yield from (f"bad {name}" for name in values.keys() & sent.keys() if sent[name] not in values[name])
    yield from _source_faults([sent["image"]] if "image" in sent else [])


def _source_faults(images: list[dict[str, str]]) -> Iterator[str]:
    for image in images:
        if set(image) != {"url"} and set(image) != {"file_id"}:
            yield f"bad image: {sorted(image)}"
        elif not re.match(
            r"https://|data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/]+=*\Z", image.get("url", "https://")
        ):
            yield "bad image url"


FAULTS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "/v1/responses": _faults,
    "/v1/images/generations": _image_faults,
    "/v1/images/edits": _edit_faults,
    "/v1/videos/generations": _video_faults,
}


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
