"""Full-text search in conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.store.errors import DamagedRowError
from grokcli.store.reading import conversation, like
from grokcli.store.records import SearchHit
from grokcli.store.rows import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_MOST_WORDS = 30  # SQLite limits the depth of an expression
_BEFORE, _AFTER = 30, 90


def search(connection: sqlite3.Connection, query: str, limit: int) -> list[SearchHit]:
    """Return up to `limit` conversations in which one message contains all words of `query`, newest message first.

    A query word matches the beginning of words, ignoring case and accents. If no message matches, substrings are
    searched for instead, which finds symbols and text in languages that are written without spaces.
    """
    words = storable(query).replace("\0", " ").split()[:_MOST_WORDS]
    if not words:
        return []
    newest = _newest(
        connection.execute(
            "SELECT message.conversation, message.id FROM message_text JOIN message ON message.id = message_text.rowid"
            " WHERE message_text MATCH ? ORDER BY message_text.rowid DESC",
            (" ".join(_term(word) for word in words),),
        ),
        limit,
    ) or _newest(
        connection.execute(
            "SELECT conversation, id FROM message WHERE "  # noqa: S608  # all of it is ours
            + " AND ".join(["text LIKE ? ESCAPE '\\'"] * len(words))
            + " ORDER BY id DESC",
            [f"%{like(word)}%" for word in words],
        ),
        limit,
    )
    hits = (_hit(connection, conversation_id, message_id, words) for conversation_id, message_id in newest.items())
    return [hit for hit in hits if hit is not None]


def snippet(text: str, words: Sequence[str]) -> str:
    """Return the part of `text` around the first occurrence of any of `words`, on one line."""
    low = text.lower()
    places = [place for word in words if (place := low.find(word.lower())) >= 0]
    start = max(0, min(places, default=0) - _BEFORE)
    end = start + _BEFORE + _AFTER
    if start:
        start = text.find(" ", start, start + _BEFORE) + 1 or start
    line = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{line}{'…' if end < len(text) else ''}"


def _term(word: str) -> str:
    """Return a word quoted for FTS5; as a prefix query if it ends in a letter or digit."""
    quoted = '"' + word.replace('"', '""') + '"'
    return quoted + "*" if word[-1].isalnum() else quoted


def _newest(rows: Iterable[tuple[str, int]], limit: int) -> dict[str, int]:
    """Return the first message of each of the first `limit` conversations, without fetching any further rows."""
    newest: dict[str, int] = {}
    for conversation_id, message_id in rows:
        newest.setdefault(conversation_id, message_id)
        if len(newest) >= limit:
            break
    return newest


def _hit(
    connection: sqlite3.Connection, conversation_id: str, message_id: int, words: Sequence[str]
) -> SearchHit | None:
    query = "SELECT text, superseded FROM message WHERE id = ?"
    row = connection.execute(query, (message_id,)).fetchone()
    if row is None or not isinstance(row[0], str):  # in a damaged file, the index may refer to any row
        raise DamagedRowError
    text, superseded = row
    found = conversation(connection, conversation_id)
    return None if found is None else SearchHit(found, message_id, snippet(text, words), bool(superseded))
