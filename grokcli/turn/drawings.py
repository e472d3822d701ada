"""Sending back what the server drew in earlier answers, so that it can draw on from there.

A drawing of 2 MB would be as much in the database, for each answer, and is in a file already. So what is kept of it is
that file's path, size and hash; a request has the content again, in its place in the order of the output items, which
the server checks (API digest, section 4.2).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcli.client.images import MAX_PICTURE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.chat import EventSource, Message
    from grokcli.env import Env
    from grokcli.events import Event


class DrawingSource:
    """A client whose requests have the content of the drawings in the conversation."""

    def __init__(self, env: Env, client: EventSource) -> None:
        """Send the requests through `client`."""
        self._env = env
        self._client = client

    def events(
        self, messages: Sequence[Message], model: str, *, stream: bool, options: dict[str, Any], conversation: str = ""
    ) -> Iterator[Event]:
        """Ask, and return the answer, as `client` does."""
        filled = with_drawings(self._env, messages)
        return self._client.events(filled, model, stream=stream, options=options, conversation=conversation)


def with_drawings(env: Env, messages: Sequence[Message]) -> list[Message]:
    """Return the messages with the content of the drawings in them.

    In the place of one whose file is gone or has changed, there is a text that says so, and a warning is printed.
    """
    return [
        {**message, "output": [_filled(env, item) for item in message["output"]]} if has_drawings(message) else message
        for message in messages
    ]


def has_drawings(message: Message) -> bool:
    """Return whether an answer has drawings that are kept in files."""
    output = message.get("output")
    return isinstance(output, list) and any(isinstance(item, dict) and "saved" in item for item in output)


def _filled(env: Env, item: dict[str, Any]) -> dict[str, Any]:
    saved = item.get("saved")
    if not isinstance(saved, dict):
        return item
    content = _content(env, saved)
    if content is None:
        text = f"[a picture was drawn here, which is no longer available: {item.get('prompt', '')}]"
        return {"type": "message", "content": [{"type": "output_text", "text": text}]}
    from base64 import b64encode

    whole = {**item, "result": b64encode(content).decode("ascii")}
    del whole["saved"]
    return whole


def _content(env: Env, saved: dict[str, Any]) -> bytes | None:
    """Return the content of a drawing, None if its file is gone or has changed."""
    digest, path = str(saved.get("sha256")), Path(str(saved.get("path")))
    if digest not in env.documents:
        import hashlib

        content = _read(path)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            what = "cannot be read any more" if content is None else "has changed since it was drawn"
            env.console.note_once(f"warning: {path} {what}; continuing without it")
            return None
        env.documents[digest] = content
    return env.documents[digest]


def _read(path: Path) -> bytes | None:
    try:
        if not path.is_file():  # a pipe that has replaced it would block
            return None
        with path.open("rb") as stream:
            return stream.read(MAX_PICTURE_BYTES + 1)
    except (OSError, ValueError):
        return None
