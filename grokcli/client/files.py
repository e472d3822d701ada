"""Files on the server: uploaded for a question, a batch or a picture, and removed again.

Source: API additions, section 2. The server reads an upload as it comes, so every field stands before the file.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlencode

from grokcli.client.wire.error_bodies import FILE_HINT
from grokcli.client.wire.json_body import as_count, as_list, as_text, parse_object
from grokcli.errors import APIError, UsageError, reason
from grokcli.files import safe_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from grokcli.client.xai import XAI

ENDPOINT = "/files"
MAX_UPLOAD_BYTES = 50 << 20
# Text that the server extracts may be longer than the file.
MAX_CONTENT_BYTES = 2 * MAX_UPLOAD_BYTES
MIN_SECONDS, MAX_SECONDS = 3600, 2_592_000
PAGE = 100
# A server that never says "that was the last page" is left after so many files.
MAX_FILES = 100_000


class StoredFile(NamedTuple):
    """A file on the server: `size` is in bytes, times are in seconds since 1970; it stays if `expires_at` is None."""

    id: str
    filename: str
    size: int
    created_at: int
    expires_at: int | None


class Files:
    """What a client does with files on the server.

    Everything here raises as XAI.request does, and UsageError for what cannot be sent.
    """

    def __init__(self, client: XAI) -> None:
        """Take the client that the requests go through."""
        self._client = client

    def upload(
        self, content: bytes | str | os.PathLike[str], filename: str = "", *, expires_after: int | None = None
    ) -> StoredFile:
        """Upload `content`, bytes or the path of a file of at most 50 MB, and return the file that the server made.

        `filename` is what it is called there: by default the name of the path. Characters in it that are unsafe become
        `_`. The server deletes the file after `expires_after` seconds (3600 to 2592000), without it never.
        """
        if not isinstance(content, bytes):
            filename = filename or Path(content).name
            content = _read(Path(content))
        if len(content) > MAX_UPLOAD_BYTES:
            raise too_large(filename or "the file")
        if expires_after is not None and not MIN_SECONDS <= expires_after <= MAX_SECONDS:
            raise UsageError(
                f"invalid value for expires_after: {expires_after}", hint=f"choose from {MIN_SECONDS} to {MAX_SECONDS}"
            )
        fields = {} if expires_after is None else {"expires_after": str(expires_after)}
        body, content_type = _multipart(fields, safe_name(filename), content)
        with _hints("this server may not store files"):
            answer = self._client.exchange("POST", ENDPOINT, body, content_type=content_type)
            return _stored_file(parse_object(answer))

    def list(self) -> Iterator[StoredFile]:
        """Yield the files on the server, the newest first, asking for a page of them at a time."""
        query: dict[str, Any] = {"limit": PAGE, "order": "desc", "sort_by": "created_at"}
        seen: set[str] = set()
        while len(seen) < MAX_FILES:
            with _hints("this server may not store files"):
                page = self._client.request("GET", f"{ENDPOINT}?{urlencode(query)}")
            entries = [entry for entry in as_list(page.get("data")) if isinstance(entry, dict)]
            files = [file for file in map(_read_file, entries) if file and file.id not in seen]
            yield from files
            seen.update(file.id for file in files)
            # A token comes with the last page too. Other servers send none, or the same page again.
            query["pagination_token"] = as_text(page.get("pagination_token"))
            if len(entries) < PAGE or not files or not query["pagination_token"]:
                return

    def show(self, file_id: str) -> StoredFile:
        """Return what the server knows of a file."""
        with _hints():
            return _stored_file(self._client.request("GET", _path(file_id)))

    def content(self, file_id: str, format: Literal["original", "text"] = "original") -> bytes:  # noqa: A002  # the API's word
        """Return a file as it was uploaded, or the text that the server extracted from it, as UTF-8."""
        with _hints():
            path = f"{_path(file_id)}/content?format={format}"
            return self._client.exchange("GET", path, limit=MAX_CONTENT_BYTES)

    def delete(self, file_id: str) -> None:
        """Delete a file. Raises APIError when it is not there, or the server does not say that it is deleted."""
        with _hints():
            if self._client.request("DELETE", _path(file_id)).get("deleted") is not True:
                raise APIError(f"the server did not delete {file_id}")


def too_large(name: str) -> UsageError:
    """Return the error for a file that is larger than any upload may be."""
    limit = MAX_UPLOAD_BYTES >> 20
    return UsageError(f"{name} is larger than {limit} MB, the limit for files", hint="split it, or attach a part of it")


def is_file_id(text: str) -> bool:
    """Say whether `text` can be the id of a file, and so a part of a path: letters, digits and a few signs."""
    return bool(re.fullmatch(r"[\w:.-]{0,200}\w", text, re.ASCII))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_UPLOAD_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None


def _multipart(fields: dict[str, str], filename: str, content: bytes) -> tuple[bytes, str]:
    """Return the body of an upload and its content type: the fields, and the file last."""
    from mimetypes import guess_type

    from urllib3.filepost import encode_multipart_formdata

    media_type = guess_type(filename)[0] or "application/octet-stream"
    return encode_multipart_formdata([*fields.items(), ("file", (filename, content, media_type))])


def _path(file_id: str) -> str:
    if not is_file_id(file_id):
        raise UsageError(f"invalid file id: {file_id!r}", hint="ids look like file_a128090d-…")
    return f"{ENDPOINT}/{file_id}"


def _stored_file(document: dict[str, Any]) -> StoredFile:
    file = _read_file(document)
    if file is None:
        raise APIError("the server sent no file id", hint="check the base_url setting: it should end in /v1")
    return file


def _read_file(document: dict[str, Any]) -> StoredFile | None:
    """Return the file that a server describes, None if it has no usable id."""
    file_id = as_text(document.get("id"))
    if not is_file_id(file_id):
        return None
    size, created_at, expires_at = (as_count(document.get(name)) for name in ("bytes", "created_at", "expires_at"))
    return StoredFile(file_id, as_text(document.get("filename")), size, created_at, expires_at or None)


@contextmanager
def _hints(not_found: str = FILE_HINT) -> Iterator[None]:
    """Let hints speak of files, where those of questions would mislead."""
    try:
        yield
    except APIError as error:
        if error.status == 404:
            error.hint = not_found
        elif error.status == 413:
            error.hint = f"files are limited to {MAX_UPLOAD_BYTES >> 20} MB"
        raise
