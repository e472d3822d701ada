"""Conversations, kept in one SQLite file that several processes may write at once.

with Store(path, warn) as store:
    conversation = store.create(model="grok-4.7", title=title_of(question))
    store.add(conversation, user(question))
    answer = store.begin_answer(conversation, model="grok-4.7")
    answer.write("The sky ")
    answer.finish(response.message(), finish_reason="stop", usage=response.usage, model=response.model)

What an answer needs never fails because of the store: a store that cannot be written costs one warning, and from then
on nothing is written. What a user asks of the store, reading, renaming, deleting, raises StoreError.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from grokcli.errors import StoreError
from grokcli.store import writing
from grokcli.store.answer_writer import AnswerWriter
from grokcli.store.rows import title_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from grokcli.chat import Message
    from grokcli.store.records import ConversationSummary, SearchHit, StoredMessage

__all__ = ["FILE_NAME", "AnswerWriter", "Store", "title_of"]

FILE_NAME = "conversations.db"
BUSY_SECONDS = 5.0
# So that, with the time a commit takes, what came more than a second ago is on the disk.
INTERVAL = 0.8

T = TypeVar("T")


class Store:
    """The conversations in one file. It is opened when it is first used; threads may share it."""

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], None],
        *,
        busy_seconds: float = BUSY_SECONDS,
        interval: float = INTERVAL,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Keep conversations in the file at `path` and tell `warn`, once, when that is not possible.

        `busy_seconds` is how long other processes are waited for, `interval` the seconds between two commits of an
        answer that is coming, `now` the clock.
        """
        self.path = path
        self._warn = warn
        self._busy_seconds = busy_seconds
        self._interval = interval
        self._now = now
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._is_off = False

    def __enter__(self) -> Store:
        """Return the store; leaving the block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let go of the file; end answers before. The store opens it again when it is used again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    # What an answer needs: never raises because of the store.

    def create(self, *, model: str, title: str) -> str:
        """Start a conversation and return its id: "" when the store cannot be written."""
        return self._attempt(lambda connection: writing.create(connection, model, title, self._now())) or ""

    def add(self, conversation: str, message: Message, *, model: str = "") -> int | None:
        """Add one message to a conversation and return the message's id, None when it was not stored."""
        return self._attempt(lambda connection: writing.add(connection, conversation, message, model, self._now()))

    def begin_answer(self, conversation: str, *, model: str) -> AnswerWriter:
        """Return an answer of `model` that is stored while it comes."""
        number = self._attempt(lambda connection: writing.begin(connection, conversation, model, self._now()))
        if number is None:
            return AnswerWriter(lambda _: None, lambda *_: None, self._interval)
        return AnswerWriter(
            lambda text: self._attempt(lambda connection: writing.keep(connection, number, text)),
            lambda message, status, reason, usage, answered: self._attempt(
                lambda connection: writing.end(
                    connection,
                    conversation,
                    number,
                    message,
                    status=status,
                    reason=reason,
                    usage=usage,
                    model=answered,
                    now=self._now(),
                )
            ),
            self._interval,
        )

    def truncate(self, conversation: str, keep: int) -> None:
        """Take all messages after the first `keep` out of a conversation. They stay in the store, as superseded."""

        def cut(connection: sqlite3.Connection) -> None:
            from grokcli.store import reading

            present = reading.entries(connection, conversation, superseded=False, now=self._now())
            if keep < len(present):
                writing.truncate(connection, conversation, present[keep].id)

        self._attempt(cut)

    # What a user asks for: raises StoreError.

    def find(self, wanted: str, *, by_title: bool = True) -> ConversationSummary:
        """Return the conversation with that id or title, or the only one whose id begins so or whose title holds it."""
        from grokcli.store import reading

        return self._read(lambda connection: reading.find(connection, wanted, by_title=by_title))

    def latest(self) -> ConversationSummary:
        """Return the conversation that was used last."""
        newest = self.conversations(1)
        if not newest:
            raise StoreError("there are no conversations yet", hint="grok ask and grok chat begin one")
        return newest[0]

    def messages(self, conversation: str) -> list[Message]:
        """Return the messages of a conversation, as they were stored; one that is "interrupted" says why."""
        return [entry.message for entry in self.entries(conversation)]

    def entries(self, conversation: str, *, superseded: bool = False) -> list[StoredMessage]:
        """Return the messages with what is known about them; `superseded`: also those that others replaced."""
        from grokcli.store import reading

        return self._read(
            lambda connection: reading.entries(connection, conversation, superseded=superseded, now=self._now())
        )

    def conversations(self, limit: int | None = None, *, before: float | None = None) -> list[ConversationSummary]:
        """Return the conversations that were used last, newest first; those last used before the time `before`."""
        from grokcli.store import reading

        return self._read(lambda connection: reading.conversations(connection, limit, before))

    def search(self, query: str, limit: int = 20) -> list[SearchHit]:
        """Return the newest `limit` conversations in which one message holds every word of `query`."""
        from grokcli.store.search import search

        return self._read(lambda connection: search(connection, query, limit))

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        statement = "UPDATE conversation SET title = ? WHERE id = ?"
        self._change(lambda connection: connection.execute(statement, (title_of(title), conversation)))

    def delete(self, conversations: Iterable[str]) -> None:
        """Delete conversations and overwrite their text.

        Single words may stay in the search index until SQLite merges it; in which order they stood is gone.
        """
        keys = [(key,) for key in conversations]
        self._change(lambda connection: connection.executemany("DELETE FROM conversation WHERE id = ?", keys))
        self._read(lambda connection: connection.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchall())

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do `work`, or warn and never try again."""
        if self._is_off:
            return None
        try:
            return self._change(work)
        except StoreError as error:
            with self._lock:
                is_first, self._is_off = not self._is_off, True
            if is_first:
                self._warn(f"this conversation is not saved: {error.message}")
        return None

    def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a transaction of its own. Raises StoreError."""
        return self._safely(lambda: _in_transaction(self._connected(for_reading=False), work))

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work`, which changes nothing, and before it end the answers whose processes died. Raises StoreError."""

        def read() -> T:
            connection = self._connected(for_reading=True)
            try:
                self._settle(connection)
                return work(connection)
            finally:
                if connection is not self._connection:
                    connection.close()

        return self._safely(read)

    def _safely(self, work: Callable[[], T]) -> T:
        import sqlite3

        with self._lock:
            try:
                return work()
            except (sqlite3.Error, OSError) as error:
                from grokcli.store.errors import store_error

                raise store_error(self.path, error) from None

    def _connected(self, *, for_reading: bool) -> sqlite3.Connection:
        if self._connection is None:
            from grokcli.store import schema

            if for_reading and not self.path.exists():
                return schema.nothing()
            opened = schema.open_for_reading if for_reading else schema.open_for_writing
            self._connection = opened(self.path, self._busy_seconds)
        return self._connection

    def _settle(self, connection: sqlite3.Connection) -> None:
        import sqlite3

        from grokcli.store import reading

        if reading.dead(connection, self._now()):
            # Found again inside the transaction: another process may be settling them right now.
            with suppress(sqlite3.Error):  # what cannot be settled can still be read
                _in_transaction(
                    connection, lambda connection: writing.settle(connection, reading.dead(connection, self._now()))
                )


def _in_transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        return work(connection)
