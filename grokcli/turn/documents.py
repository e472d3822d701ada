"""Adding the content of documents to messages before they are sent: as bytes, or as text for servers that need that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcli.client.wire.json_body import as_object
from grokcli.errors import GrokError, UsageError
from grokcli.input.documents import MAX_DOCUMENT_BYTES, file_of, is_inline
from grokcli.models import LOCAL_MODEL
from grokcli.turn.request import UPLOADED_FILE, check_context, check_server_tools
from grokcli.turn.uploads import pending_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.chat import Message, Part
    from grokcli.env import Env
    from grokcli.turn.request import Request


def with_documents(env: Env, request: Request) -> Request:
    """Return the request with the content of the documents in its messages.

    Those to be uploaded are pending afterwards (see `grokcli.turn.uploads`). A document that has changed since it was
    attached is left out, with a warning. Raises UsageError if the server accepts only text and the text of a document
    cannot be extracted.
    """
    files = [file for message in request.messages for file in _files(message)]
    if not files:
        return request
    from grokcli.client.wire import resolve

    api = resolve(env.settings.value("api", request.api), env.settings.value("base_url"))
    fill = _with_bytes if api == "responses" and request.model != LOCAL_MODEL else _with_text
    if fill is _with_text and any("sha256" not in file for file in files):
        check_server_tools(env, request.model, request.api, [UPLOADED_FILE])
    filled = request._replace(messages=[_filled(env, message, fill) for message in request.messages])
    check_context(filled)
    return filled


def _files(message: Message) -> list[dict[str, Any]]:
    """Return the references in a message: to documents, and to files on the server."""
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return [part["file"] for part in parts if file_of(part) or "file_id" in as_object(part.get("file"))]


def _filled(env: Env, message: Message, fill: Callable[[Env, Message, dict[str, bytes]], Message]) -> Message:
    """Return the message with its documents, and a note in the place of each that is no longer available."""
    if not _files(message):
        return message
    held: dict[str, bytes] = {}
    parts: list[Part] = []
    for part in message["content"]:
        file = file_of(part)
        if file is not None and not (fill is _with_bytes and "file_id" in file):
            content = _content(env, file)
            if content is None:
                part = {"type": "text", "text": f"[{file['filename']} was attached here and is no longer available]"}
            else:
                held[file["sha256"]] = content
        parts.append(part)
    return fill(env, {**message, "content": parts}, held)


def _content(env: Env, file: dict[str, Any]) -> bytes | None:
    """Return the content that was attached, None if it is no longer available."""
    digest = str(file["sha256"])
    if digest not in env.documents:
        import hashlib

        try:
            content = _read(env, str(file.get("path", "")))
        except (OSError, GrokError, ValueError):
            content = None
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            what = "cannot be read any more" if content is None else "has changed since it was attached"
            name = file.get("path") or file["filename"]
            env.console.note_once(f"warning: {name} {what}; continuing without it (attach it again with -f PATH)")
            return None
        env.documents[digest] = content
    return env.documents[digest]


def _read(env: Env, source: str) -> bytes:
    if source.startswith(("http://", "https://")):
        from grokcli.client.download import fetch

        way = env.network()
        return fetch(source, MAX_DOCUMENT_BYTES, proxy=way.proxy, ca_bundle=way.ca_bundle)
    path = Path(source)
    if not path.is_file():  # a pipe that has replaced it would block
        raise FileNotFoundError(source)
    with path.open("rb") as stream:
        return stream.read(MAX_DOCUMENT_BYTES + 1)


def _with_bytes(_env: Env, message: Message, held: dict[str, bytes]) -> Message:
    from base64 import b64encode

    def filled(part: Part) -> Part:
        file = file_of(part)
        if file is None:
            return part
        if "file_id" in file:  # it was uploaded to stay there
            return {"type": "file", "file": {"file_id": file["file_id"]}}
        if not is_inline(file):
            return pending_part(part, held[file["sha256"]])
        data = b64encode(held[file["sha256"]]).decode("ascii")
        sent = {"filename": file["filename"], "file_data": data, "mime_type": file["mime_type"]}
        return {"type": "file", "file": sent}

    return {**message, "content": [filled(part) for part in message["content"]]}


def _with_text(env: Env, message: Message, held: dict[str, bytes]) -> Message:
    """Return the message with the text of its documents before its own text, in the same tags as text files."""
    from grokcli.input.document_text import document_text
    from grokcli.input.files import tag_of
    from grokcli.input.question import join

    texts: list[tuple[str, str]] = []
    rest: list[Part] = []
    for part in message["content"]:
        file = file_of(part)
        if file is None:
            rest.append(part)
        else:
            name = file["path"] if "://" in file["path"] else Path(file["path"]).name or str(file["filename"])
            try:
                text = document_text(name, Path(file["filename"]).suffix, held[file["sha256"]])
            except UsageError as error:
                if "in_folder" not in file:
                    raise
                env.console.note_once(f"warning: {error.message}; continuing without it")
            else:
                texts.append((tag_of(name) if file["path"] else "stdin", text))
    said = "\n\n".join(str(part["text"]) for part in rest if part.get("type") == "text")
    others = [part for part in rest if part.get("type") != "text"]
    joined = join(said, texts)
    return {**message, "content": [{"type": "text", "text": joined}, *others] if others else joined}
