"""What is read from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokcli.errors import StoreError
from grokcli.events import Usage
from grokcli.store.records import ConversationSummary, StoredMessage
from grokcli.store.rows import storable, unpack
from grokcli.store.writing import DIED, is_alive, text_of_pieces

if TYPE_CHECKING:
    import sqlite3

STILL_COMING = "still being answered"
_CANDIDATES = 5

_CONVERSATION = """SELECT id, title, model, created, updated,
    (SELECT count(*) FROM message WHERE conversation = conversation.id AND superseded = 0) FROM conversation"""
_ENTRY = """SELECT id, body, text, model, created, status, reason, superseded, writer, input_tokens, output_tokens,
    reasoning_tokens, cached_tokens, cost_in_usd_ticks FROM message"""
# From the strictest to the most forgiving. The ids are ASCII, and "{" follows "z" there.
_WAYS_TO_FIND = (
    "id = :id",
    "title = :title COLLATE NOCASE",
    "id >= :id AND id < :id || '{'",
    "title LIKE :pattern ESCAPE '\\'",
)


def conversations(
    connection: sqlite3.Connection, limit: int | None, before: float | None = None
) -> list[ConversationSummary]:
    """Return conversations, the last used first: `limit` of them, all that were last used before the time `before`."""
    rows = connection.execute(
        f"{_CONVERSATION} WHERE updated < ? ORDER BY updated DESC LIMIT ?",
        (float("inf") if before is None else before, -1 if limit is None else limit),
    )
    return [ConversationSummary(*row) for row in rows]


def conversation(connection: sqlite3.Connection, key: str) -> ConversationSummary | None:
    """Return the conversation of that id, or None."""
    row = connection.execute(f"{_CONVERSATION} WHERE id = ?", (key,)).fetchone()
    return None if row is None else ConversationSummary(*row)


def find(connection: sqlite3.Connection, wanted: str, *, by_title: bool) -> ConversationSummary:
    """Return the one conversation that `wanted` names. Raises StoreError when there is none, or more than one."""
    wanted = storable(wanted).strip()
    values = {"id": wanted.lower(), "title": wanted, "pattern": f"%{like(wanted)}%"}
    for way in _WAYS_TO_FIND if wanted else ():
        if not by_title and "title" in way:
            continue
        rows = connection.execute(f"{_CONVERSATION} WHERE {way} ORDER BY updated DESC", values)
        found = [ConversationSummary(*row) for row in rows.fetchmany(_CANDIDATES + 1)]
        if len(found) == 1:
            return found[0]
        if found:
            raise StoreError(f"{wanted!r} names more than one conversation", hint=f"one of {_named(found)}")
    raise StoreError(f"there is no conversation {wanted!r}", hint="grok history list shows them")


def like(text: str) -> str:
    """Return `text` so that LIKE … ESCAPE '\\' takes it literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def entries(connection: sqlite3.Connection, key: str, *, superseded: bool, now: float) -> list[StoredMessage]:
    """Return the messages of a conversation, oldest first; `superseded`: also those that others replaced."""
    condition = "" if superseded else "AND superseded = 0"
    rows = connection.execute(f"{_ENTRY} WHERE conversation = ? {condition} ORDER BY id", (key,)).fetchall()
    found = [_entry(connection, row, now) for row in rows]
    return [entry for entry in found if entry.status == "whole" or entry.message["content"]]


def dead(connection: sqlite3.Connection, now: float) -> list[tuple[str, int, float]]:
    """Return the answers whose processes died before they were whole: of each the conversation, id and time."""
    rows = connection.execute("SELECT conversation, id, created, writer FROM message WHERE status = 'streaming'")
    return [(key, answer, began) for key, answer, began, writer in rows if not is_alive(writer, began, now)]


def _entry(connection: sqlite3.Connection, row: tuple[Any, ...], now: float) -> StoredMessage:
    number, body, text, model, created, status, reason, superseded, writer, *figures = row
    message = unpack(body, text)
    if status == "streaming":
        message["content"] = text_of_pieces(connection, number)
        reason = STILL_COMING if is_alive(writer, created, now) else DIED
    if status != "whole":
        message["interrupted"] = reason
    usage = Usage(*figures) if figures[0] is not None else None
    return StoredMessage(number, message, model, created, status, reason, usage, bool(superseded))


def _named(found: list[ConversationSummary]) -> str:
    names = [f"{one.id} ({one.title})" for one in found[:_CANDIDATES]]
    return ", ".join(names) + (", …" if len(found) > _CANDIDATES else "")
