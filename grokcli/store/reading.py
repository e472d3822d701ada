"""Reading from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokcli.errors import StoreError
from grokcli.events import Usage
from grokcli.store.errors import DamagedRowError
from grokcli.store.records import ConversationSummary, StoredMessage
from grokcli.store.rows import storable, unpack
from grokcli.store.writing import DIED, is_alive, text_of_pieces

if TYPE_CHECKING:
    import sqlite3

STILL_COMING = "still being answered"
_CANDIDATES = 5
_YEAR_10000 = 253_402_300_800

_CONVERSATION = """SELECT id, title, model, created, updated,
    (SELECT count(*) FROM message WHERE conversation = conversation.id AND superseded = 0)
        + (SELECT count(*) FROM shared WHERE conversation = conversation.id AND superseded = 0),
    coalesce(parent, ''), kind FROM conversation"""
# The messages of the conversation ?1: its own, and those of its parent that it shares. With 1 for ?2, superseded ones
# are among them.
_MESSAGES = """SELECT id, body, text, model, created, status, reason, superseded, writer, input_tokens, output_tokens,
        reasoning_tokens, cached_tokens, cost_in_usd_ticks FROM message WHERE conversation = ?1 AND superseded <= ?2
    UNION ALL
    SELECT id, body, text, model, created, status, reason, shared.superseded, writer, input_tokens, output_tokens,
        reasoning_tokens, cached_tokens, cost_in_usd_ticks FROM shared JOIN message ON id = shared.message
        WHERE shared.conversation = ?1 AND shared.superseded <= ?2
    ORDER BY id"""
_CONVERSATION_TYPES = (str, str, str, float, float, int, str, str)
_MESSAGE_TYPES = (int, str, str | None, str, float, str, str, int, str, *[int | None] * 5)
_IS_ID = "id = :id"
_IS_TITLE = "title = :title COLLATE NOCASE"
_ID_BEGINS = "id >= :id AND id < :id || '{'"  # ids are ASCII, where "{" follows "z"
_TITLE_HOLDS = "title LIKE :pattern ESCAPE '\\'"


def conversations(
    connection: sqlite3.Connection, limit: int | None, before: float | None = None, kind: str | None = None
) -> list[ConversationSummary]:
    """Return up to `limit` conversations, the last used first; with `before`, only those last used before that time.

    With `kind`, return only conversations of that kind.
    """
    rows = connection.execute(
        # + makes SQLite use the index on `used`
        f"{_CONVERSATION} WHERE +updated < :before AND (:kind IS NULL OR kind = :kind) ORDER BY used DESC LIMIT :limit",
        {"before": float("inf") if before is None else before, "kind": kind, "limit": -1 if limit is None else limit},
    )
    return [_summary(row) for row in rows]


def names(connection: sqlite3.Connection, beginning: str, limit: int) -> list[tuple[str, str]]:
    """Return id and title of up to `limit` conversations whose id or title begins so, the last used first."""
    rows = connection.execute(
        f"SELECT id, title FROM conversation WHERE {_ID_BEGINS} OR title LIKE :pattern ESCAPE '\\'"  # noqa: S608
        " ORDER BY used DESC LIMIT :limit",
        {"id": beginning.lower(), "pattern": f"{like(storable(beginning))}%", "limit": limit},
    )
    return [(one, title) for one, title in rows if isinstance(one, str) and isinstance(title, str)]


def conversation(connection: sqlite3.Connection, conversation_id: str) -> ConversationSummary | None:
    """Return the conversation with that id, or None."""
    row = connection.execute(f"{_CONVERSATION} WHERE id = ?", (conversation_id,)).fetchone()
    return None if row is None else _summary(row)


def find(connection: sqlite3.Connection, name: str, *, by_title: bool) -> ConversationSummary:
    """Return the conversation with `name` as its id, its title, the beginning of its id or a part of its title.

    An exact match takes precedence over a partial one, and an id over a title; titles are searched only with
    `by_title`. Raises StoreError if there is no match, or more than one.
    """
    name = storable(name).strip()
    values = {"id": name.lower(), "title": name, "pattern": f"%{like(name)}%"}
    conditions = (_IS_ID, _IS_TITLE, _ID_BEGINS, _TITLE_HOLDS) if by_title else (_IS_ID, _ID_BEGINS)
    for condition in conditions if name else ():
        rows = connection.execute(f"{_CONVERSATION} WHERE {condition} ORDER BY used DESC", values)
        found = [_summary(row) for row in rows.fetchmany(_CANDIDATES + 1)]
        if len(found) == 1:
            return found[0]
        if found:
            raise StoreError(f"{name!r} matches several conversations", hint=f"choose from {_named(found)}")
    raise StoreError(f"no conversation {name!r}", hint="list them with: grok history list")


def like(text: str) -> str:
    """Return `text` escaped for LIKE … ESCAPE '\\'."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def stored_messages(
    connection: sqlite3.Connection, conversation_id: str, *, superseded: bool, now: float
) -> list[StoredMessage]:
    """Return the messages of a conversation, oldest first; with `superseded`, including those that were replaced.

    Incomplete answers without text are left out. `now` is in seconds since 1970.
    """
    rows = connection.execute(_MESSAGES, (conversation_id, int(superseded)))
    found = [_stored_message(connection, row, now) for row in rows.fetchall()]
    return [stored for stored in found if stored.status == "whole" or stored.message["content"]]


def _stored_message(connection: sqlite3.Connection, row: tuple[Any, ...], now: float) -> StoredMessage:
    _check(row, _MESSAGE_TYPES)
    message_id, body, text, model, created, status, reason, superseded, writer, *figures = row
    message = unpack(body, text)
    if not _is_message(message):
        raise DamagedRowError
    if status == "streaming":
        message["content"] = text_of_pieces(connection, message_id)
        reason = STILL_COMING if is_alive(writer, created, now) else DIED
    if status != "whole":
        message["interrupted"] = reason
    usage = Usage(*figures) if figures[0] is not None else None
    return StoredMessage(message_id, message, model, created, status, reason, usage, bool(superseded))


def _summary(row: tuple[Any, ...]) -> ConversationSummary:
    _check(row, _CONVERSATION_TYPES)
    return ConversationSummary(*row)


def _check(row: tuple[Any, ...], types: tuple[Any, ...]) -> None:
    """Raise DamagedRowError if the row is not of `types`: in a damaged file, a column may contain any value."""
    for value, kind in zip(row, types, strict=True):
        if not isinstance(value, kind) or (isinstance(value, float) and not 0 <= value < _YEAR_10000):
            raise DamagedRowError


def _is_message(message: object) -> bool:
    """Return whether `message` has the form that other code relies on.

    An item of a request, which has a type and no role, is valid too.
    """
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return isinstance(message, dict) and "role" not in message and "type" in message
    content, calls = message.get("content", 0), message.get("tool_calls", [])
    return (
        (content is None or isinstance(content, str) or (isinstance(content, list) and all(map(_is_object, content))))
        and isinstance(calls, list)
        and all(_is_object(call) and "id" in call and _is_object(call.get("function")) for call in calls)
    )


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _named(found: list[ConversationSummary]) -> str:
    names = [f"{one.id} ({one.title})" for one in found[:_CANDIDATES]]
    return ", ".join(names) + (", …" if len(found) > _CANDIDATES else "")
