"""The store: where conversations are created, read, searched, renamed and deleted."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from grokcli.errors import GrokError, StoreError
from grokcli.store import writing
from grokcli.store.answer_writer import AnswerWriter
from grokcli.store.rows import title_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from grokcli.chat import Message
    from grokcli.events import Usage
    from grokcli.store.records import ConversationSummary, SearchHit, StoredMessage
    from grokcli.store.usage import By, UsageRow
    from grokcli.store.writing import Ending

__all__ = ["FILE_NAME", "AnswerWriter", "Store", "title_of"]

FILE_NAME = "conversations.db"
BUSY_SECONDS = 5.0
# So that, with the time a commit takes, what came more than a second ago is on the disk.
INTERVAL = 0.8

P = ParamSpec("P")
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
        lost: str = "this conversation is not saved",
    ) -> None:
        """Keep conversations in the file at `path` and tell `warn`, once, when that is not possible.

        `busy_seconds` is how long other processes are waited for, `interval` the seconds between two commits of an
        answer that is coming, `now` the clock; `lost` says in the warning what is not possible.
        """
        self.path = path
        self._warn = warn
        self._busy_seconds = busy_seconds
        self._interval = interval
        self._now = now
        self._lost = lost
        self._lock = threading.RLock()
        self._store_errors = _StoreErrors(path)
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
        return self._save(writing.create, model, title, self._now()) or ""

    def add(self, conversation_id: str, message: Message, *, model: str = "") -> int | None:
        """Add one message to a conversation and return the message's id, None when it was not stored."""
        return self._save(writing.add, conversation_id, message, model, self._now())

    def begin_answer(self, conversation_id: str, *, model: str) -> AnswerWriter:
        """Return an answer of `model` that is stored while it comes."""
        # 0 is no message's id. A store that could not begin an answer is off and does nothing about the rest of it.
        answer_id = self._save(writing.begin, conversation_id, model, self._now()) or 0

        def keep(text: str) -> None:
            self._save(writing.keep, answer_id, text)

        def end(ending: Ending) -> None:
            self._save(writing.end, conversation_id, answer_id, ending, self._now())

        return AnswerWriter(keep, end, self._interval)

    def truncate(self, conversation_id: str, keep: int) -> None:
        """Take all messages after the first `keep` out of a conversation. They stay in the store, as superseded."""

        def cut(connection: sqlite3.Connection) -> None:
            from grokcli.store import reading

            messages = reading.stored_messages(connection, conversation_id, superseded=False, now=self._now())
            if keep < len(messages):
                writing.truncate(connection, conversation_id, messages[keep].id)

        self._save(cut)

    def count(self, command: str, model: str, conversation: str, is_question: bool, usage: Usage | None) -> bool:
        """Keep the numbers of a request as `writing.count` does, and say whether that was possible."""
        return self._save(writing.count, command, model, conversation, is_question, usage, self._now()) is not None

    # What a user asks for: raises StoreError.

    def find(self, name: str, *, by_title: bool = True) -> ConversationSummary:
        """Return the conversation with that id or title, or the only one whose id begins so or whose title holds it."""
        from grokcli.store import reading

        return self._read(reading.find, name, by_title=by_title)

    def latest(self) -> ConversationSummary:
        """Return the conversation that was used last."""
        newest = self.conversations(1)
        if not newest:
            raise StoreError("no conversations yet", hint="start one with grok ask or grok chat")
        return newest[0]

    def messages(self, conversation_id: str) -> list[Message]:
        """Return the messages of a conversation, as they were stored; one that is "interrupted" says why."""
        return [stored.message for stored in self.stored_messages(conversation_id)]

    def stored_messages(self, conversation_id: str, *, superseded: bool = False) -> list[StoredMessage]:
        """Return the messages with what is known about them; `superseded`: also those that others replaced."""
        from grokcli.store import reading

        return self._read(reading.stored_messages, conversation_id, superseded=superseded, now=self._now())

    def conversations(self, limit: int | None = None, *, before: float | None = None) -> list[ConversationSummary]:
        """Return the conversations that were used last, newest first; those last used before the time `before`."""
        from grokcli.store import reading

        return self._read(reading.conversations, limit, before)

    def search(self, query: str, limit: int = 20) -> list[SearchHit]:
        """Return the newest `limit` conversations in which one message holds every word of `query`."""
        from grokcli.store.search import search

        return self._read(search, query, limit)

    def usage(self, by: By, since: float | None = None, until: float | None = None) -> list[UsageRow]:
        """Return what requests cost that were answered from the time `since` on and before `until`, summed up."""
        from grokcli.store import usage

        return self._read(usage.sums, by, since, until)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title."""
        self.transaction(writing.rename, conversation_id, title_of(title))

    def delete(self, conversation_ids: Iterable[str]) -> None:
        """Delete conversations and overwrite their text, in the search index too.

        While another process reads, the log beside the file keeps it until the last one closes the file.
        """
        from grokcli.store import schema

        self.transaction(writing.delete, conversation_ids)
        more = self.transaction(writing.merge_index, begins=True)
        while more:
            more = self.transaction(writing.merge_index, begins=False)
        self._read(schema.empty_log)

    def transaction(
        self, write: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `write(connection, *args, **kwargs)`: what it changes is committed, or nothing of it when it raises.

        The file is made if need be. Raises StoreError.
        """
        # Not a context manager with a `yield`: Python looks for signals on the way into and out of such a block, and a
        # Ctrl-C there would leave the transaction open. It does not on the way into and out of a lock or a connection.
        with self._lock, self._store_errors:
            if self._connection is None:
                from grokcli.store import schema

                self._connection = schema.open_for_writing(self.path, self._busy_seconds)
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                return write(self._connection, *args, **kwargs)

    def _save(
        self, write: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Do as `transaction` does, until the first StoreError: that is a warning, and from then on nothing is done.

        None stands for what was not stored.
        """
        if self._is_off:
            return None
        try:
            return self.transaction(write, *args, **kwargs)
        except StoreError as error:
            with self._lock:
                is_first, self._is_off = not self._is_off, True
            if is_first:  # still inside `except`, so that who warns can show where it came from
                self._warn(f"{self._lost}: {error.message}")
        return None

    def _read(self, read: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `read(connection, *args, **kwargs)`; while there is no file, the database is empty.

        Answers whose processes died are ended before. Raises StoreError.
        """
        with self._lock, self._store_errors:
            if self._connection is None:
                from grokcli.store import schema

                if not self.path.exists():
                    with closing(schema.nothing()) as nothing:
                        return read(nothing, *args, **kwargs)
                self._connection = schema.open_for_reading(self.path, self._busy_seconds)
            if writing.dead_answers(self._connection, self._now()):
                with suppress(StoreError):  # what cannot be ended can still be read
                    self.transaction(writing.settle, self._now())
            return read(self._connection, *args, **kwargs)


class _StoreErrors:
    """A block of code in which a StoreError takes the place of whatever is raised.

    Whatever: an odd value, from a server or out of a damaged file, must cost no answer, and what it makes Python and
    SQLite raise is anyone's guess.
    """

    def __init__(self, path: Path) -> None:
        """Name the database `path` in the errors."""
        self._path = path

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise StoreError if the block raised an error of another kind."""
        if not isinstance(error, Exception) or isinstance(error, GrokError):
            return
        from grokcli.store.errors import store_error

        raise store_error(self._path, error) from error
