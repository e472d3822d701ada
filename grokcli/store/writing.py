"""What is written to the database. Each function is given a connection that is inside a transaction."""

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

    `reason` is the server's finish reason of a whole answer, and why no more came of an interrupted one. `model` is the
    one that answered, "" for the one that was asked.
    """

    message: Message
    status: Status
    reason: str
    usage: Usage | None = None
    model: str = ""


def create(connection: sqlite3.Connection, model: str, title: str, now: float) -> str:
    """Start a conversation and return its id; `now` is in seconds since 1970, here and below."""
    conversation_id = new_id()
    row = (conversation_id, storable(title), model, now, now)
    connection.execute("INSERT INTO conversation (id, title, model, created, updated) VALUES (?, ?, ?, ?, ?)", row)
    return conversation_id


def rename(connection: sqlite3.Connection, conversation_id: str, title: str) -> None:
    """Give a conversation another title."""
    connection.execute("UPDATE conversation SET title = ? WHERE id = ?", (title, conversation_id))


def delete(connection: sqlite3.Connection, conversation_ids: Iterable[str]) -> None:
    """Delete conversations with their messages; the search index has their words until `merge_index` is through."""
    rows = [(conversation_id,) for conversation_id in conversation_ids]
    connection.executemany("DELETE FROM conversation WHERE id = ?", rows)


def merge_index(connection: sqlite3.Connection, *, begins: bool) -> bool:
    """Do a part of merging the search index into one, and say whether more is left.

    That is what overwrites deleted words, which are only marked before. All at once it would keep others from writing
    for seconds. FTS5's option secure-delete would do without, but makes a file that SQLite before 3.42 cannot read.
    """
    before = connection.total_changes
    pages = -_MERGED_PAGES if begins else _MERGED_PAGES  # a negative number puts everything into the merge
    connection.execute("INSERT INTO message_text (message_text, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before > 1  # one is the command itself


def add(connection: sqlite3.Connection, conversation_id: str, message: Message, model: str, now: float) -> int:
    """Add a message to a conversation and return its id. Raises sqlite3.IntegrityError when there is no such one."""
    cursor = connection.execute(
        "INSERT INTO message (conversation, status, model, created, body, text) VALUES (?, 'whole', ?, ?, ?, ?)",
        (conversation_id, model, now, *pack(message)),
    )
    _touch(connection, conversation_id, model, now)
    return cursor.lastrowid or 0


def begin(connection: sqlite3.Connection, conversation_id: str, model: str, now: float) -> int:
    """Add an answer that is about to come, and return its id. Raises as `add` does."""
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
    """Put the message of `ending` in the place of an answer's pieces; remove an interrupted answer without text."""
    _replace_pieces(connection, answer_id, ending)
    # The conversation goes on with the model that was asked; which one answered is the message's to say.
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
    """Return the ids of the answers whose processes died before they were whole."""
    rows = connection.execute("SELECT id, created, writer FROM message WHERE status = 'streaming'")
    return [answer_id for answer_id, began, writer in rows if not is_alive(writer, began, now)]


def settle(connection: sqlite3.Connection, now: float) -> None:
    """End the answers whose processes died with what came of them; that is no use of their conversations.

    They were requests all the same, of which nothing was reported.
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
    """Return what came of an answer that has not ended."""
    rows = connection.execute("SELECT content FROM piece WHERE message = ? ORDER BY rowid", (answer_id,))
    return b"".join(row[0] for row in rows).decode("utf-8", "surrogatepass")


def truncate(connection: sqlite3.Connection, conversation_id: str, first_id: int) -> None:
    """Mark the messages of a conversation from the id `first_id` on as superseded."""
    statement = "UPDATE message SET superseded = 1 WHERE conversation = ? AND id >= ?"
    connection.execute(statement, (conversation_id, first_id))


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
    except (ProcessLookupError, ValueError, OverflowError):  # the last two: a number that was damaged
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
