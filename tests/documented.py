"""A server that takes what xAI documents of the Responses and the Files API, of images and of videos, and nothing else.

server.reply(strict(server, answer(message("ok"))))
server.reply(files := FilesAPI(server, answer(message("ok"))))
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from server import Connection, Reply, Request, Server, body

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
        request = _latest(server, connection)
        faults = list(FAULTS[request.path](request.json)) if request.method == "POST" else []
        (body({"code": "invalid-argument", "error": "; ".join(faults)}, 400) if faults else reply)(connection)

    return play


def _latest(server: Server, connection: Connection) -> Request:
    return next(one for one in reversed(server.requests) if one.connection == connection.number)


@dataclass
class Stored:
    """An uploaded file: the form fields in their order, the file's name, media type and content."""

    id: str
    fields: list[tuple[str, str]]
    filename: str
    media_type: str
    content: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The file as the server describes it."""
        seconds = dict(self.fields).get("expires_after")
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": CREATED,
            "expires_at": CREATED + int(seconds) if seconds else None,
            "filename": self.filename,
            "purpose": "",
        }


CREATED = 1790000000
MOST_BYTES = 50 << 20
GONE = {"code": "not-found", "error": "File not found"}


@dataclass
class FilesAPI:
    """A reply that keeps files, and answers questions strictly; they may refer to the files that are there.

    `uploads` are all that came, `files` those that are there, by id; `log` is what was done, such as "upload a.pdf".
    """

    server: Server
    answer: Reply
    uploads: list[Stored] = field(default_factory=list)
    files: dict[str, Stored] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __call__(self, connection: Connection) -> None:
        request = _latest(self.server, connection)
        path = urlsplit(request.path)
        where = path.path.removeprefix("/v1").strip("/").split("/")
        if where[0] != "files":
            self._ask(connection, request)
        elif request.method == "POST":
            self._upload(request)(connection)
        elif len(where) == 1:
            self._list({name: one for name, (one,) in parse_qs(path.query).items()})(connection)
        else:
            self._one(request.method, where[1:], path.query)(connection)

    def _ask(self, connection: Connection, request: Request) -> None:
        self.log.append("ask")
        known = set(re.findall(r'"file_id": ?"([^"]*)"', request.body.decode())) <= set(self.files)
        (strict(self.server, self.answer) if known else body(GONE, 404))(connection)

    def _upload(self, request: Request) -> Reply:
        try:
            stored = _read_upload(request, f"file_{len(self.uploads):08d}-0000-4000-8000-000000000000")
        except ValueError as error:
            return body({"code": "invalid-argument", "error": str(error)}, 400)
        if len(stored.content) > MOST_BYTES:
            return body({"error": "too large"}, 413)
        self.log.append(f"upload {stored.filename}")
        self.uploads.append(stored)
        self.files[stored.id] = stored
        return body(stored.document)

    def _list(self, query: dict[str, str]) -> Reply:
        limit = int(query.get("limit", 100))
        unknown = set(query) - {"limit", "order", "sort_by", "pagination_token", "filter"}
        if unknown or limit > 100 or query.get("sort_by") != "created_at" or query.get("order") != "desc":
            return body({"error": "bad query"}, 400)
        known = list(reversed(self.files.values()))
        begin = int(query.get("pagination_token", 0))
        page = [one.document for one in known[begin : begin + limit]]
        return body({"data": page, "pagination_token": str(begin + limit)})

    def _one(self, method: str, where: list[str], query: str) -> Reply:
        stored = self.files.get(where[0])
        if stored is None:
            return body(GONE, 404)
        if method == "DELETE":
            self.log.append(f"delete {stored.filename}")
            del self.files[stored.id]
            return body({"id": stored.id, "deleted": True, "object": "file"})
        if where[1:] != ["content"]:
            return body(stored.document)
        content = b"Text of " + stored.filename.encode() if query == "format=text" else stored.content
        return body(content, content_type="application/octet-stream")


def _read_upload(request: Request, file_id: str) -> Stored:
    """Return what was uploaded. Raises ValueError for what the API refuses: the server reads the parts as they come."""
    kind, _, boundary = request.headers["content-type"].partition("; boundary=")
    first, *parts, last = request.body.split(f"--{boundary}".encode())
    if kind != "multipart/form-data" or first or last != b"--\r\n":
        raise ValueError("not multipart/form-data")
    fields: list[tuple[str, str]] = []
    for number, part in enumerate(parts):
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        found = re.fullmatch(r'Content-Disposition: form-data; name="([a-z_]+)"(?:; filename="([\w.-]+)")?', lines[0])
        if found is None:
            raise ValueError("bad file name")
        name, filename = found.groups()
        if name == "file" and filename:
            if number != len(parts) - 1:
                raise ValueError("fields must come before the file")
            return Stored(file_id, fields, filename, lines[1].removeprefix("Content-Type: "), content)
        if name != "expires_after" or not 3600 <= int(content) <= 2_592_000:
            raise ValueError(f"bad field {name}")
        fields.append((name, content.decode()))
    raise ValueError("no file")


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
