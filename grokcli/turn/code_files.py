"""Saving the pictures that code made on the server, as soon as they are known, because their URLs expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import GrokError
from grokcli.events import CodeRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.events import Event
    from grokcli.render.image_files import ImageFiles


def with_saved_files(env: Env, client: XAI, files: ImageFiles, events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events; save the pictures of each code run before the event is shown."""
    for event in events:
        if isinstance(event, CodeRun):
            event.files = [kept for source in event.files if (kept := _saved(env, client, files, source))]
        yield event


def _saved(env: Env, client: XAI, files: ImageFiles, source: str) -> str:
    """Save a picture, and return its path. Warn if that fails, and keep its URL."""
    try:
        picture = client.images.fetch(_content(source))
        if isinstance(picture, GrokError):
            raise picture
        path = files.add(picture)
    except GrokError as error:
        env.console.warn(f"a picture that the code made was not saved: {error.message}")
        return source if source.startswith("https://") else ""
    env.console.note(f"saved to {path}")
    return str(path)


def _content(source: str) -> bytes | str:
    """Return the content of a data: URL; return another URL unchanged."""
    if not source.startswith("data:"):
        return source
    from base64 import b64decode

    try:
        return b64decode(source.partition(",")[2])
    except ValueError:
        return b""
