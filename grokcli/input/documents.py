"""Documents such as PDFs, as parts of a message: they are sent unchanged, and the server reads them.

A part refers to its file by path, size and hash, and the history keeps nothing else. Its content is added whenever the
message is sent (see `grokcli.turn.documents`).
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from grokcli.client.files import MAX_UPLOAD_BYTES, too_large
from grokcli.errors import UsageError
from grokcli.files import expand, safe_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grokcli.chat import Part
    from grokcli.env import Env
    from grokcli.input.files import AttachOptions

MAX_DOCUMENT_BYTES = MAX_UPLOAD_BYTES
# Larger documents are uploaded before the question (see `grokcli.turn.uploads`); the others are part of the request.
MAX_INLINE_BYTES = 10 << 20
MAX_INLINE_TOGETHER = 32 << 20
# They are held in memory.
MAX_TOGETHER = 200 << 20
# A larger table is sent as a document, which the server searches, instead of as text.
MAX_TABLE_CHARACTERS = 256 * 1024
TABLES = {".csv": "text/csv", ".tsv": "text/tab-separated-values"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
# A member that only this kind of archive has, and the suffix and type of the kind. File names are not trusted.
_MEMBERS = {
    "word/document.xml": (".docx", f"{_OFFICE}.wordprocessingml.document"),
    "ppt/presentation.xml": (".pptx", f"{_OFFICE}.presentationml.presentation"),
    "xl/workbook.xml": (".xlsx", f"{_OFFICE}.spreadsheetml.sheet"),
}
# Other kinds declare their type in the member "mimetype".
_DECLARED = {
    b"application/epub+zip": (".epub", "application/epub+zip"),
    b"application/vnd.oasis.opendocument.text": (".odt", "application/vnd.oasis.opendocument.text"),
}
_PDF = (".pdf", "application/pdf")
_ZIP = b"PK\x03\x04"
_BEFORE_PDF = b"\xef\xbb\xbf \t\r\n\0"


def may_be_document(beginning: bytes) -> bool:
    """Return whether the content may be a PDF or an archive, as most documents are."""
    return beginning.startswith(_ZIP) or beginning[:1024].lstrip(_BEFORE_PDF).startswith(b"%PDF-")


def document_type(content: bytes) -> tuple[str, str] | None:
    """Return the suffix and MIME type of a document that the API reads, detected by content; None for other files."""
    if not may_be_document(content):
        return None
    if not content.startswith(_ZIP):
        return _PDF
    import zipfile
    from io import BytesIO

    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = set(archive.namelist())
            said = archive.open("mimetype").read(100).strip() if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return None
    found = next((kind for member, kind in _MEMBERS.items() if member in names), None)
    return found or _DECLARED.get(said)


def is_large_table(name: str, text: str) -> bool:
    """Return whether a text is a large CSV or TSV file. Only the name tells: the content looks like any text."""
    return len(text) > MAX_TABLE_CHARACTERS and Path(name).suffix.lower() in TABLES


def document_part(env: Env, source: str, content: bytes, options: AttachOptions, *, in_folder: bool = False) -> Part:
    """Return a part of a message that refers to the document at `source`, a path or a URL.

    One that was only found in a folder may be left out later. Raises UsageError if it is too large.
    """
    if len(content) > MAX_DOCUMENT_BYTES:
        raise too_large(source)
    suffix, media_type = document_type(content) or _by_name(source)
    is_url = source.startswith(("http://", "https://"))
    named = PurePosixPath(unquote(urlsplit(source).path)).name if is_url else Path(source).name
    stem = named[: -len(Path(named).suffix) or None].lstrip(".") or "document"
    path = source if is_url else _absolute(source)
    part = _reference(env, safe_name(stem + suffix), media_type, path, content, options)
    if in_folder:
        part["file"]["in_folder"] = True
    return part


def stdin_part(env: Env, content: bytes, options: AttachOptions) -> Part:
    """Return a part that refers to a document on stdin, which cannot be read again in another run."""
    suffix, media_type = document_type(content) or _by_name("")
    env.attached.append(("stdin", content))
    return _reference(env, f"stdin{suffix}", media_type, "", content, options)


def _reference(env: Env, filename: str, media_type: str, path: str, content: bytes, options: AttachOptions) -> Part:
    digest = hashlib.sha256(content).hexdigest()
    env.documents[digest] = content
    file: dict[str, Any] = {
        "filename": filename,
        "mime_type": media_type,
        "path": path,
        "size": len(content),
        "sha256": digest,
    }
    if options.upload or options.keep:
        file["upload"] = "keep" if options.keep else "once"
    return {"type": "file", "file": file}


def uploaded_part(source: str) -> Part | None:
    """Return a part that refers to a file on the server if `source` is the id of one, and no file here is called so."""
    if not re.fullmatch(r"file[_-](?=.*\d)[0-9A-Za-z-]{16,80}", source) or Path(source).exists():
        return None
    return {"type": "file", "file": {"file_id": source}}


def is_inline(file: dict[str, Any]) -> bool:
    """Return whether the document that a reference stands for is sent within the request."""
    return "upload" not in file and int(file.get("size", 0)) <= MAX_INLINE_BYTES


def check_sizes(parts: Iterable[Part]) -> None:
    """Raise UsageError if the documents are too large together."""
    files = list(filter(None, map(file_of, parts)))
    if sum(file["size"] for file in files if is_inline(file)) > MAX_INLINE_TOGETHER:
        raise UsageError(
            f"the documents are larger than {MAX_INLINE_TOGETHER >> 20} MiB together",
            hint="attach fewer at a time, or upload them first with --upload",
        )
    if sum(file["size"] for file in files) > MAX_TOGETHER:
        raise UsageError(
            f"the documents are larger than {MAX_TOGETHER >> 20} MiB together", hint="attach fewer at a time"
        )


def _absolute(source: str) -> str:
    """Return the absolute path of a file, also of one in a folder whose name begins with `~`."""
    path = Path(source)
    return str((path if path.exists() else expand(source)).absolute())


def file_of(part: Any) -> dict[str, Any] | None:
    """Return the reference in a part of a message that is a document; None for other parts."""
    file = part.get("file") if isinstance(part, dict) and part.get("type") == "file" else None
    return file if isinstance(file, dict) and "sha256" in file else None


def with_distinct_names(parts: Iterable[Part]) -> list[Part]:
    """Return the parts with file names made unique, because the server identifies documents by name."""
    taken: set[str] = set()
    parts = list(parts)
    for file in filter(None, map(file_of, parts)):
        name = PurePosixPath(file["filename"])
        number = 1
        while file["filename"] in taken:
            number += 1
            file["filename"] = f"{name.stem}-{number}{name.suffix}"
        taken.add(file["filename"])
    return parts


def _by_name(source: str) -> tuple[str, str]:
    """Return the suffix and MIME type of a file from its name."""
    import mimetypes

    suffix = Path(urlsplit(source).path if "://" in source else source).suffix
    return suffix, TABLES.get(suffix.lower()) or mimetypes.guess_type(f"x{suffix}")[0] or "application/octet-stream"
