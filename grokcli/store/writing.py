"""What is written to the database. Each function is given a connection that is inside a transaction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grokcli.chat import assistant
from grokcli.store.rows import new_id, pack, storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from grokcli.chat import Message
    from grokcli.events import Usage
    from grokcli.store.records import Status

DIED = "grok was stopped"
_STREAMING_BODY = '{"role": "assistant", "content": null}'
_HOUR = 3600
_DAY = 24 * _HOUR


def create(connection: sqlite3.Connection, model: str, title: str, now: float) -> str:
    """Start a conversation and return its id; `now` is in seconds since 1970, here and below."""
    key = new_id()
    connection.execute("INSERT INTO conversation VALUES (?, ?, ?, ?, ?)", (key, storable(title), model, now, now))
    return key


def add(
    connection: sqlite3.Connection,
    conversation: str,
    message: Message,
    model: str,
    now: float,
    status: Status = "whole",
) -> int:
    """Add a message to a conversation and return its id. Raises sqlite3.IntegrityError when there is no such one."""
    cursor = connection.execute(
        "INSERT INTO message (conversation, status, model, created, body, text) VALUES (?, ?, ?, ?, ?, ?)",
        (conversation, status, model, now, *pack(message)),
    )
    _touch(connection, conversation, model, now)
    return cursor.lastrowid or 0


def begin(connection: sqlite3.Connection, conversation: str, model: str, now: float) -> int:
    """Add an answer that is about to come, and return its id."""
    cursor = connection.execute(
        "INSERT INTO message (conversation, status, writer, model, created, body) VALUES (?, 'streaming', ?, ?, ?, ?)",
        (conversation, _writer(), model, now, _STREAMING_BODY),
    )
    _touch(connection, conversation, model, now)
    return cursor.lastrowid or 0


def keep(connection: sqlite3.Connection, answer: int, text: str) -> None:
    """Add a piece to an answer, unless it has ended."""
    connection.execute(
        "INSERT INTO piece SELECT id, ? FROM message WHERE id = ? AND status = 'streaming'",
        (text.encode("utf-8", "surrogatepass"), answer),
    )


def end(
    connection: sqlite3.Connection,
    conversation: str,
    answer: int,
    message: Message,
    *,
    status: Status,
    reason: str,
    usage: Usage | None,
    model: str,
    now: float,
) -> None:
    """Put `message` in the place of an answer's pieces; an interrupted answer without text is removed.

    `model` is the one that answered, "" for the one that was asked.
    """
    connection.execute("DELETE FROM piece WHERE message = ?", (answer,))
    if status == "interrupted" and not message["content"]:
        connection.execute("DELETE FROM message WHERE id = ?", (answer,))
        return
    connection.execute(
        "UPDATE message SET status = ?, reason = ?, writer = '', model = coalesce(nullif(?, ''), model),"
        " input_tokens = ?, output_tokens = ?, reasoning_tokens = ?, cached_tokens = ?, cost_in_usd_ticks = ?,"
        " body = ?, text = ? WHERE id = ?",
        (status, reason, model, *_figures(usage), *pack(message), answer),
    )
    _touch(connection, conversation, model, now)


def settle(connection: sqlite3.Connection, died: Sequence[tuple[str, int, float]]) -> None:
    """End answers whose processes died with what came of them: of each the conversation, the id and the time."""
    for conversation, answer, began in died:
        message = assistant(text_of_pieces(connection, answer))
        end(
            connection,
            conversation,
            answer,
            message,
            status="interrupted",
            reason=DIED,
            usage=None,
            model="",
            now=began,
        )


def text_of_pieces(connection: sqlite3.Connection, answer: int) -> str:
    """Return what came of an answer that has not ended."""
    rows = connection.execute("SELECT content FROM piece WHERE message = ? ORDER BY rowid", (answer,))
    return b"".join(row[0] for row in rows).decode("utf-8", "surrogatepass")


def truncate(connection: sqlite3.Connection, conversation: str, first: int) -> None:
    """Mark the messages of a conversation from the id `first` on as superseded."""
    connection.execute(
        "UPDATE message SET superseded = 1 WHERE conversation = ? AND superseded = 0 AND id >= ?", (conversation, first)
    )


def is_alive(writer: str, since: float, now: float) -> bool:
    """Say whether the process that began an answer at the time `since` may still be writing it.

    Where that cannot be seen, on another machine or on Windows, an hour is believed; nowhere more than a day, because
    process numbers are used again.
    """
    host, _, pid = writer.rpartition(":")
    age = now - since
    if os.name != "posix" or host != _host():
        return age < _HOUR
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return age < _DAY


def _touch(connection: sqlite3.Connection, conversation: str, model: str, now: float) -> None:
    connection.execute(
        "UPDATE conversation SET updated = max(updated, ?), model = coalesce(nullif(?, ''), model) WHERE id = ?",
        (now, model, conversation),
    )


def _figures(usage: Usage | None) -> tuple[int | None, ...]:
    if usage is None:
        return (None,) * 5
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        usage.cached_tokens,
        usage.cost_in_usd_ticks,
    )


def _writer() -> str:
    return f"{_host()}:{os.getpid()}"


def _host() -> str:
    return os.uname().nodename if os.name == "posix" else os.environ.get("COMPUTERNAME", "")
