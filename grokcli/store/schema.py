"""The database file: opening it, its schema, and migrations from older schemas."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.errors import StoreError
from grokcli.files import PRIVATE, PRIVATE_FOLDER, make_folder

if TYPE_CHECKING:
    import sqlite3

# Step n migrates a database from version n to version n + 1; released steps are never changed, only new ones added.
# `body` is a message as JSON without its text, which is only in `text`, where it can be searched.
# The text of an answer that is still being streamed is in `piece`, so that each commit writes only the new text.
# Messages replaced by an edit or a retry are kept, marked as superseded.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE conversation (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL,
            model TEXT NOT NULL,
            created REAL NOT NULL,
            updated REAL NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX conversation_updated ON conversation (updated)",
        """CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
            superseded INTEGER NOT NULL DEFAULT 0,
            status TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            writer TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL,
            created REAL NOT NULL,
            input_tokens INTEGER,
            output_tokens INTEGER,
            reasoning_tokens INTEGER,
            cached_tokens INTEGER,
            cost_in_usd_ticks INTEGER,
            body TEXT NOT NULL,
            text TEXT
        )""",
        "CREATE INDEX message_conversation ON message (conversation, superseded)",
        "CREATE INDEX message_streaming ON message (id) WHERE status = 'streaming'",
        """CREATE TABLE piece (
            message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
            content BLOB NOT NULL
        )""",
        "CREATE INDEX piece_message ON piece (message)",
        "CREATE VIRTUAL TABLE message_text USING fts5 (text, content = 'message', content_rowid = 'id')",
        """CREATE TRIGGER message_added AFTER INSERT ON message WHEN new.text IS NOT NULL BEGIN
            INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
        END""",
        """CREATE TRIGGER message_removed AFTER DELETE ON message WHEN old.text IS NOT NULL BEGIN
            INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
        END""",
        """CREATE TRIGGER message_unread AFTER UPDATE OF text ON message WHEN old.text IS NOT NULL BEGIN
            INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
        END""",
        """CREATE TRIGGER message_reread AFTER UPDATE OF text ON message WHEN new.text IS NOT NULL BEGIN
            INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
        END""",
    ),
    # `used` is a counter over all conversations: which one was used last must not depend on the clock.
    (
        "ALTER TABLE conversation ADD COLUMN used INTEGER NOT NULL DEFAULT 0",
        """UPDATE conversation SET used =
            coalesce((SELECT max(message.id) FROM message WHERE message.conversation = conversation.id), 0)""",
        "CREATE INDEX conversation_used ON conversation (used)",
    ),
    # What each request cost: numbers alone, so that answers which are not kept have theirs here too, and deleting a
    # conversation does not unspend money. NULL is what the server did not report. `question` is 1 for the first request
    # of a question and 0 for those that tool calls made necessary. `notice` remembers what was said today.
    (
        """CREATE TABLE request (
            id INTEGER PRIMARY KEY,
            created REAL NOT NULL,
            command TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL,
            conversation TEXT NOT NULL DEFAULT '',
            question INTEGER NOT NULL,
            input_tokens INTEGER,
            cached_tokens INTEGER,
            output_tokens INTEGER,
            reasoning_tokens INTEGER,
            server_tool_calls INTEGER,
            cost_in_usd_ticks INTEGER
        )""",
        "CREATE INDEX request_created ON request (created, cost_in_usd_ticks)",
        """INSERT INTO request (created, model, conversation, question, input_tokens, cached_tokens, output_tokens,
                reasoning_tokens, cost_in_usd_ticks)
            SELECT created, model, conversation, NOT coalesce(follows_result, 0), input_tokens, cached_tokens,
                output_tokens, reasoning_tokens, cost_in_usd_ticks
            FROM (SELECT *, lag(body LIKE '{"role": "tool"%') OVER (PARTITION BY conversation ORDER BY id)
                AS follows_result FROM message)
            WHERE status = 'interrupted' OR reason <> ''
            ORDER BY id""",
        "CREATE TABLE notice (name TEXT PRIMARY KEY, day TEXT NOT NULL) WITHOUT ROWID",
    ),
    # A fork begins with messages of its parent, which `shared` names: none is copied. `superseded` is the fork's own,
    # as an edit in one of the two replaces nothing in the other. `parent` is NULL for what is no fork.
    (
        "ALTER TABLE conversation ADD COLUMN parent TEXT",
        "CREATE INDEX conversation_parent ON conversation (parent)",
        """CREATE TABLE shared (
            conversation TEXT NOT NULL REFERENCES conversation ON DELETE CASCADE,
            message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
            superseded INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (conversation, message)
        ) WITHOUT ROWID""",
        "CREATE INDEX shared_message ON shared (message)",
    ),
    # `kind` is '' for questions and answers, 'image' or 'video' for what was made from a prompt. A video is known by
    # its id as soon as it is asked for, and `counted` once what it cost is in `request`.
    (
        "ALTER TABLE conversation ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
        """CREATE TABLE video (
            id TEXT PRIMARY KEY,
            created REAL NOT NULL,
            model TEXT NOT NULL,
            conversation TEXT NOT NULL,
            counted INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID""",
    ),
)


def open_for_writing(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Return a connection to the database at `path`; create or migrate the database if necessary.

    A new file and a new folder around it are accessible only by their owner; SQLite gives the files that it creates
    beside it the same mode. Raises sqlite3.Error, OSError, and StoreError if a newer grok wrote the file.
    """
    if not path.exists():
        make_folder(path.parent)
        path.parent.chmod(PRIVATE_FOLDER)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE))
    return _prepared(str(path), path, busy_seconds)


def open_for_reading(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Return a connection to the existing database at `path`, whose folder need not be writable.

    Raises as `open_for_writing` does.
    """
    import sqlite3

    try:
        return _prepared(str(path), path, busy_seconds)
    except sqlite3.OperationalError as error:
        # Readers of a WAL database also create files beside it. If they cannot, but no writer left a log, the database
        # file is complete on its own.
        cannot_write = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not cannot_write or path.with_name(f"{path.name}-wal").exists():
            raise
    return _prepared(f"{path.absolute().as_uri()}?mode=ro&immutable=1", path, busy_seconds)


def nothing() -> sqlite3.Connection:
    """Return a connection to an empty database, for use while the file does not exist."""
    return _prepared(":memory:", Path(), 0)


def empty_log(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file and truncate the log, because deleted text must not stay in it.

    While other processes read, the log stays unchanged.
    """
    connection.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchall()


def _prepared(address: str, path: Path, busy_seconds: float) -> sqlite3.Connection:
    import sqlite3

    connection = sqlite3.connect(
        address,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,  # the store has a lock of its own
        uri=address.startswith("file:"),
    )
    try:
        if _version(connection, path) < len(MIGRATIONS):
            _switch_to_wal(connection, busy_seconds)
            _migrate(connection, path)
        # In WAL mode, NORMAL saves an fsync per question and loses nothing if a process dies; a power failure costs at
        # most the last moments. Without WAL it could corrupt the file.
        safe = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if safe else 'FULL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # overwrites deleted content
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer grok", hint="update grok, or set GROKCLI_HOME to another folder"
        )
    return version


def _switch_to_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Turn on write-ahead logging, permanently for the file. A file system without support for it is left as it is.

    SQLite's busy timeout does not apply to this statement, so the wait for other processes is here.
    """
    import sqlite3

    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.005)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Migrate the database in one transaction; if several processes try at the same time, only one does it."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for step in MIGRATIONS[_version(connection, path) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
