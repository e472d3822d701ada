"""Videos that were asked for: their ids, so that none that was paid for is lost, and whether their cost is counted.

Each function takes a connection; those that write, one that is inside a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grokcli.store import writing
from grokcli.store.rows import storable

if TYPE_CHECKING:
    import sqlite3

    from grokcli.events import Usage


class VideoRecord(NamedTuple):
    """A video that this user asked for; `conversation` and its `title` are "" if its prompt was not saved."""

    model: str
    conversation: str
    title: str


def remember(connection: sqlite3.Connection, request_id: str, model: str, conversation: str, now: float) -> None:
    """Keep the id of a video that is being made; `now` is in seconds since 1970, here and below."""
    connection.execute(
        "INSERT OR IGNORE INTO video (id, created, model, conversation) VALUES (?, ?, ?, ?)",
        (request_id, now, storable(model), conversation),
    )


def find(connection: sqlite3.Connection, request_id: str) -> VideoRecord | None:
    """Return what is known of a video, None if it was asked for elsewhere."""
    row = connection.execute(
        "SELECT video.model, video.conversation, conversation.title FROM video"
        " LEFT JOIN conversation ON conversation.id = video.conversation WHERE video.id = ?",
        (request_id,),
    ).fetchone()
    if row is None:
        return None
    model, conversation, title = map(str, (part or "" for part in row))
    return VideoRecord(model, conversation if title else "", title)


def count(connection: sqlite3.Connection, request_id: str, model: str, usage: Usage, now: float) -> None:
    """Count what a video cost, unless that is done: it may be fetched again, and by two processes at once."""
    remember(connection, request_id, model, "", now)
    if connection.execute("UPDATE video SET counted = 1 WHERE id = ? AND counted = 0", (request_id,)).rowcount:
        found = find(connection, request_id)
        writing.count(connection, "video", model, found.conversation if found else "", True, usage, now)
