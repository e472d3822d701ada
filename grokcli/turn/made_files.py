"""Saving the pictures that code made or the server drew, as soon as they are known, because their URLs expire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokcli.errors import APIError, GrokError
from grokcli.events import CodeRun, DrawnImage, OutputItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.client.images import Picture
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.events import Event
    from grokcli.render.image_files import ImageFiles


def with_saved_files(env: Env, client: XAI, files: ImageFiles, events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events; save the pictures of each code run, and each drawing, before the event is shown.

    The output item of a saved drawing names the file in place of the picture (see `grokcli.turn.drawings`).
    """
    drawn: dict[str, Any] = {}
    for event in events:
        if isinstance(event, CodeRun):
            event.files = [kept for source in event.files if (kept := _saved(env, client, files, source))]
        elif isinstance(event, DrawnImage):
            drawn = _save_drawing(env, client, files, event)
        elif isinstance(event, OutputItem) and drawn:
            # In place: the answer that is kept has the same object.
            event.item.update(drawn)
            drawn = {}
        yield event


def _saved(env: Env, client: XAI, files: ImageFiles, source: str) -> str:
    """Save a picture that code made, and return its path. Warn if that fails, and keep its URL."""
    try:
        path = files.add(_picture(client, source))
    except GrokError as error:
        env.console.warn(f"a picture that the code made was not saved: {error.message}")
        return source if source.startswith("https://") else ""
    env.console.note(f"saved to {path}")
    return str(path)


def _save_drawing(env: Env, client: XAI, files: ImageFiles, event: DrawnImage) -> dict[str, Any]:
    """Save a drawing, and return what its output item says instead of it; nothing if that fails, with a warning."""
    if not event.data:
        env.console.warn(f"the server drew no picture ({event.status[:40]})")
        return {}
    from base64 import b64encode
    from hashlib import sha256

    source = event.data if ":" in event.data[:10] else f"data:;base64,{event.data}"
    try:
        picture = _picture(client, source)
        path = files.named_after(event.prompt or "picture").add(picture)
    except GrokError as error:
        env.console.warn(f"a picture was not saved: {error.message}")
        return {}
    event.path, event.data = str(path), b64encode(picture.content).decode("ascii")
    digest = sha256(picture.content).hexdigest()
    env.documents[digest] = picture.content
    return {
        "result": "",
        "saved": {"path": str(path.absolute()), "sha256": digest, "size": len(picture.content)},
    }


def _picture(client: XAI, source: str) -> Picture:
    """Return the picture at a URL, which may be a data: URL. Raises GrokError."""
    picture = client.images.fetch(_content(source))
    if isinstance(picture, GrokError):
        raise picture
    return picture


def _content(source: str) -> bytes | str | APIError:
    """Return the content of a data: URL; return another URL unchanged."""
    if not source.startswith("data:"):
        return source
    from grokcli.client.wire.images import decode

    return decode(source.partition(",")[2])
