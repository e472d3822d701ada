"""Writing to the database. Each function takes a connection that is inside a transaction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from grokcli.chat import assistant
from grokcli.store.rows import new_id, pack, storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from grokcli.chat import Message
    from grokcli.events import Usage
    from grokcli.store.records import Status

DIED = "grok was stopped"
_STREAMING_BODY = '{"role": "assistant", "content": null}'
_MERGED_PAGES = 500
_HOUR = 3600
_DAY = 24 * _HOUR


class Ending(NamedTuple):
    """How an answer ended.

    `reason` is the server's finish reason for a complete answer, or the cause of an interruption. `model` is the one
    that answered, "" if it is the one that was requested.
    """

    message: Message
    status: Status
    reason: str
    usage: Usage | None = None
    model: str = ""


def create(connection: sqlite3.Connection, model: str, title: str, now: float, kind: str = "") -> str:
    """Start a conversation and return its id; `now` is in seconds since 1970, here and below."""
    conversation_id = new_id()
    row = (conversation_id, storable(title), model, kind, now, now)
    columns = "id, title, model, kind, created, updated"
    connection.execute(f"INSERT INTO conversation ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608  # all of it is ours
    return conversation_id


def rename(connection: sqlite3.Connection, conversation_id: str, title: str) -> None:
    """Give a conversation another title."""
    connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (title, conversation_id))


def make_plain(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Make a conversation one of questions and answers."""
    connection.execute("UPDATE conversation SET kind = '' WHERE id = ?", (conversation_id,))


def delete(connection: sqlite3.Connection, conversation_ids: Iterable[str]) -> int:
    """Delete conversations with their messages; their words stay in the search index until `merge_index` is done.

    Messages that a fork shares become the fork's own. Returns how many there are.
    """
    handed_over: set[tuple[int]] = set()
    for conversation_id in conversation_ids:
        handed_over |= _hand_over(connection, conversation_id)
        connection.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))
    kept = (connection.execute("SELECT 1 FROM message WHERE id = ?", message).fetchone() for message in handed_over)
    return sum(row is not None for row in kept)


def _hand_over(connection: sqlite3.Connection, conversation_id: str) -> set[tuple[int]]:
    """Give each message of a conversation that is shared to one of the forks that share it; return their ids."""
    handed_over = connection.execute(
        "SELECT DISTINCT id FROM message JOIN shared ON shared.message = id WHERE message.conversation = ?",
        (conversation_id,),
    ).fetchall()
    for message in handed_over:
        connection.execute(
            "UPDATE message SET (conversation, superseded) = (SELECT conversation, superseded FROM shared"
            " WHERE message = ?1 ORDER BY conversation LIMIT 1) WHERE id = ?1",
            message,
        )
        connection.execute(
            "DELETE FROM shared WHERE message = ?1 AND conversation = (SELECT conversation FROM message WHERE id = ?1)",
            message,
        )
    connection.execute(
        "UPDATE conversation SET parent = (SELECT parent FROM conversation WHERE id = ?1) WHERE parent = ?1",
        (conversation_id,),
    )
    return set(handed_over)


def share(connection: sqlite3.Connection, conversation_id: str, parent: str, message_ids: Iterable[int]) -> None:
    """Make a new conversation a fork of `parent`, which begins with those messages."""
    connection.execute("UPDATE conversation SET parent = ? WHERE id = ?", (parent, conversation_id))
    rows = [(conversation_id, message_id) for message_id in message_ids]
    connection.executemany("INSERT INTO shared (conversation, message) VALUES (?, ?)", rows)


def merge_index(connection: sqlite3.Connection, *, begins: bool) -> bool:
    """Merge part of the search index's segments into one, and return whether more is left.

    The merge overwrites deleted words, which until then are only marked as deleted. Done all at once, it would block
    other writers for seconds. FTS5's secure-delete option would make it unnecessary, but SQLite before 3.42 cannot read
    the resulting file.
    """
    before = connection.total_changes
    pages = -_MERGED_PAGES if begins else _MERGED_PAGES  # a negative number includes all segments in the merge
    connection.execute("INSERT INTO message_text (message_text, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before > 1  # the command itself counts as one change


def add(connection: sqlite3.Connection, conversation_id: str, message: Message, model: str, now: float) -> int:
    """Add a message to a conversation and return its id. Raises sqlite3.IntegrityError if the conversation is gone."""
    cursor = connection.execute(
        "INSERT INTO message (conversation, status, model, created, body, text) VALUES (?, 'whole', ?, ?, ?, ?)",
        (conversation_id, model, now, *pack(message)),
    )
    _touch(connection, conversation_id, model, now)
    return cursor.lastrowid or 0


def begin(connection: sqlite3.Connection, conversation_id: str, model: str, now: float) -> int:
    """Add an empty answer that will be streamed, and return its id. Raises as `add` does."""
    cursor = connection.execute(
        "INSERT INTO message (conversation, status, writer, model, created, body) VALUES (?, 'streaming', ?, ?, ?, ?)",
        (conversation_id, _writer(), model, now, _STREAMING_BODY),
    )
    _touch(connection, conversation_id, model, now)
    return cursor.lastrowid or 0


def keep(connection: sqlite3.Connection, answer_id: int, text: str) -> None:
    """Add a piece to an answer, unless it has ended."""
    connection.execute(
        "INSERT INTO piece SELECT id, ? FROM message WHERE id = ? AND status = 'streaming'",
        (text.encode("utf-8", "surrogatepass"), answer_id),
    )


def end(connection: sqlite3.Connection, conversation_id: str, answer_id: int, ending: Ending, now: float) -> None:
    """Replace an answer's pieces by the message of `ending`; remove an interrupted answer without text."""
    _replace_pieces(connection, answer_id, ending)
    # "": the conversation keeps the model that was requested; the model that answered is stored with the message.
    _touch(connection, conversation_id, "", now)


def _replace_pieces(connection: sqlite3.Connection, answer_id: int, ending: Ending) -> None:
    message, status, reason, usage, model = ending
    connection.execute("DELETE FROM piece WHERE message = ?", (answer_id,))
    if status == "interrupted" and not message["content"]:
        connection.execute("DELETE FROM message WHERE id = ?", (answer_id,))
        return
    connection.execute(
        "UPDATE message SET status = ?, reason = ?, writer = '', model = coalesce(nullif(?, ''), model),"
        " input_tokens = ?, output_tokens = ?, reasoning_tokens = ?, cached_tokens = ?, cost_in_usd_ticks = ?,"
        " body = ?, text = ? WHERE id = ?",
        (status, reason, model, *_usage_columns(usage), *pack(message), answer_id),
    )


def count(
    connection: sqlite3.Connection,
    command: str,
    model: str,
    conversation: str,
    is_question: bool,
    usage: Usage | None,
    now: float,
) -> int:
    """Keep the numbers of a request that was answered, wholly or not, and return the id of their row.

    `conversation` is "" for an answer that is not kept; `usage` is None when the server reported none. Of the requests
    of one question the first `is_question`.
    """
    calls = None if usage is None else usage.server_tool_calls
    figures = _usage_columns(usage)
    if usage is not None and not usage.input_tokens + usage.output_tokens:
        # No answer is made of no tokens: they were not reported, as those of pictures are not.
        figures, calls = (*[None] * 4, figures[-1]), None
    cursor = connection.execute(
        "INSERT INTO request (created, command, model, conversation, question, input_tokens, output_tokens,"
        " reasoning_tokens, cached_tokens, cost_in_usd_ticks, server_tool_calls)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (now, command, storable(model), conversation, int(is_question), *figures, calls),
    )
    return cursor.lastrowid or 0


def dead_answers(connection: sqlite3.Connection, now: float) -> list[int]:
    """Return the ids of the answers that are incomplete because their processes died."""
    rows = connection.execute("SELECT id, created, writer FROM message WHERE status = 'streaming'")
    return [answer_id for answer_id, began, writer in rows if not is_alive(writer, began, now)]


def settle(connection: sqlite3.Connection, now: float) -> None:
    """Mark the answers whose processes died as interrupted, with their text so far.

    This does not count as a use of their conversations. They were requests all the same, of which nothing was reported.
    """
    for answer_id in dead_answers(connection, now):
        connection.execute(
            "INSERT INTO request (created, model, conversation, question)"
            " SELECT created, model, conversation, 1 FROM message WHERE id = ?",
            (answer_id,),
        )
        message = assistant(text_of_pieces(connection, answer_id))
        _replace_pieces(connection, answer_id, Ending(message, "interrupted", DIED))


def text_of_pieces(connection: sqlite3.Connection, answer_id: int) -> str:
    """Return the text so far of an answer that has not ended."""
    rows = connection.execute("SELECT content FROM piece WHERE message = ? ORDER BY rowid", (answer_id,))
    return b"".join(row[0] for row in rows).decode("utf-8", "surrogatepass")


def truncate(connection: sqlite3.Connection, conversation_id: str, first_id: int) -> None:
    """Mark the messages of a conversation from the id `first_id` on as superseded."""
    for table, key in (("message", "id"), ("shared", "message")):
        statement = f"UPDATE {table} SET superseded = 1 WHERE conversation = ? AND {key} >= ?"  # noqa: S608
        connection.execute(statement, (conversation_id, first_id))


def is_alive(writer: str, since: float, now: float) -> bool:
    """Return whether the process that began an answer at the time `since` may still be writing it.

    If the process cannot be checked, because it is on another machine or this is Windows, it counts as alive for an
    hour. Otherwise the limit is a day, because process ids are reused.
    """
    host, _, pid = writer.rpartition(":")
    age = now - since
    if os.name != "posix" or host != _host():
        return age < _HOUR
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):  # the last two: a damaged process id
        return False
    except PermissionError:
        pass
    return age < _DAY


def _touch(connection: sqlite3.Connection, conversation_id: str, model: str, now: float) -> None:
    connection.execute(
        "UPDATE conversation SET updated = ?, used = 1 + (SELECT max(used) FROM conversation),"
        " model = coalesce(nullif(?, ''), model) WHERE id = ?",
        (now, model, conversation_id),
    )


def _usage_columns(usage: Usage | None) -> tuple[int | None, ...]:
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
