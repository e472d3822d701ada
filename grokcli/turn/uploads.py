"""Uploading documents that are not sent within the request, and removing them from the server when the run ends.

They are on the server for the whole run, so that each turn of a chat sends the same part. What a crash leaves behind
expires soon.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from grokcli.errors import APIError, GrokError, UsageError
from grokcli.turn.retry import with_retries

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.chat import Message, Part
    from grokcli.client.files import StoredFile
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.turn.request import Request

# The shortest time that the API takes (API additions, section 2).
EXPIRES_SECONDS = 3600
# An upload that expires sooner is made anew: the answer may take that long.
SPARE_SECONDS = 900
REMOVAL_SECONDS = 10.0


def pending_part(part: Part, content: bytes) -> Part:
    """Return a part that stands for a document until it is uploaded; `part` refers to it."""
    return {**part, "content": content}


def with_uploads(env: Env, client: XAI, request: Request) -> Request:
    """Return the request with its pending documents uploaded, those of this run at most once.

    Those that are not to be kept are removed when `env` is closed. Raises the errors of the client.
    """
    return _replaced(request, lambda part: _upload(env, client, part))


def without_uploads(request: Request, *, as_code: bool) -> Request:
    """Return the request with placeholders for its pending documents, to be printed.

    Raises UsageError if it is to be printed `as_code`, which would have no file to refer to.
    """

    def placeholder(part: Part) -> Part:
        name = part["file"]["filename"]
        if as_code:
            raise UsageError(
                f"{name} must be uploaded first, which this code cannot do",
                hint="upload it with grok files upload, and attach it by its id: grok ask -f ID",
            )
        return _by_id(f"(the id of {name}, once it is uploaded)")

    return _replaced(request, placeholder)


def _replaced(request: Request, replace: Callable[[Part], Part]) -> Request:
    def changed(message: Message) -> Message:
        content = message.get("content")
        if not isinstance(content, list) or not any("content" in part for part in content):
            return message
        return {**message, "content": [replace(part) if "content" in part else part for part in content]}

    return request._replace(messages=[changed(message) for message in request.messages])


def _upload(env: Env, client: XAI, part: Part) -> Part:
    file: dict[str, Any] = part["file"]
    key = (str(file["sha256"]), str(file["filename"]))
    keep = file.get("upload") == "keep"
    before = None if keep else env.uploads.get(key)
    if before is not None and (before.expires_at or 0) > time.time() + SPARE_SECONDS:
        return _by_id(before.id)
    stored = upload(env, client, part["content"], key[1], None if keep else EXPIRES_SECONDS)
    if keep:
        # In the history too, so that the conversation continues with the same file.
        file["file_id"] = stored.id
        env.console.note(f"kept {file['filename']} on the server: {stored.id}")
    else:
        if not env.uploads:
            env.on_close(lambda: _remove_uploads(env, client))
        # The server need not say when it expires, or have our time.
        env.uploads[key] = stored._replace(expires_at=int(time.time()) + EXPIRES_SECONDS)
    return _by_id(stored.id)


def upload(env: Env, client: XAI, content: bytes, name: str, expires_after: int | None) -> StoredFile:
    """Upload a file called `name`, to be deleted after so many seconds, and return it; show that on the status line.

    Raises the errors of the client, which then name the file.
    """
    with env.console.status(f"uploading {name} ({len(content) / 1e6:.1f} MB)"):
        try:
            return with_retries(env, lambda: client.files.upload(content, name, expires_after=expires_after))
        except GrokError as error:
            error.message = f"cannot upload {name}: {error.message}"
            raise


def _by_id(file_id: str) -> Part:
    return {"type": "file", "file": {"file_id": file_id}}


def _remove_uploads(env: Env, client: XAI) -> None:
    """Remove the uploads of this run from the server; warn of those that stay there until they expire."""
    import threading

    left = dict(env.uploads)
    env.uploads.clear()

    def remove() -> None:
        for key, stored in list(left.items()):
            if _is_removed(client, stored):
                del left[key]

    # In a thread, because a server that hangs must not keep the user from leaving.
    thread = threading.Thread(target=remove, name="remove uploads", daemon=True)
    thread.start()
    thread.join(REMOVAL_SECONDS)
    for (_, name), stored in list(left.items()):
        env.console.warn(f"{name} stays on the server for up to an hour; remove it with: grok files delete {stored.id}")


def _is_removed(client: XAI, stored: StoredFile) -> bool:
    try:
        client.files.delete(stored.id)
    except GrokError as error:
        return isinstance(error, APIError) and error.status == 404
    return True
