"""The store: where conversations are created, read, searched, renamed and deleted."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from grokcli.errors import StoreError
from grokcli.store import videos, writing
from grokcli.store.answer_writer import AnswerWriter
from grokcli.store.errors import StoreErrors
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
# Short enough that, including the time of a commit, all text older than a second is on disk.
INTERVAL = 0.8

P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """The conversations in one file, which is opened on first use. Threads may share a store."""

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
        """Store conversations in the file at `path`; call `warn`, once, if they cannot be saved.

        `busy_seconds` is how long to wait for other processes, `interval` the seconds between two commits of a
        streamed answer, `now` the clock; `lost` says in the warning what is not possible.
        """
        self.path = path
        self._warn = warn
        self._busy_seconds = busy_seconds
        self._interval = interval
        self._now = now
        self._lost = lost
        self._lock = threading.RLock()
        self._store_errors = StoreErrors(path)
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
        """Close the file, after all answers have ended. Using the store again opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    # Saving conversations: never raises StoreError.

    def create(self, *, model: str, title: str, kind: str = "") -> str:
        """Start a conversation and return its id, or "" if the store cannot be written.

        `kind` is "", or "image" or "video" for what `model` makes instead of answering.
        """
        return self._save(writing.create, model, title, self._now(), kind) or ""

    def fork(self, parent: str, messages: int, *, model: str, title: str) -> tuple[str, int]:
        """Start a conversation that shares the first `messages` of another; return its id, "" as `create` does.

        Returns also how many it shares: fewer if another process deleted or replaced some.
        """

        def begin(connection: sqlite3.Connection) -> tuple[str, int]:
            from grokcli.store import reading

            found = reading.stored_messages(connection, parent, superseded=False, now=self._now())[:messages]
            conversation_id = writing.create(connection, model, title, self._now())
            writing.share(connection, conversation_id, parent, [one.id for one in found])
            return conversation_id, len(found)

        return self._save(begin) or ("", 0)

    def add(self, conversation_id: str, message: Message, *, model: str = "") -> int | None:
        """Add a message to a conversation and return the message's id, or None if it was not stored."""
        return self._save(writing.add, conversation_id, message, model, self._now())

    def make_plain(self, conversation_id: str) -> None:
        """Make a conversation of pictures or a video one of questions and answers, because something is asked in it."""
        self._save(writing.make_plain, conversation_id)

    def begin_answer(self, conversation_id: str, *, model: str) -> AnswerWriter:
        """Return a writer that stores an answer of `model` while it is streamed."""
        # 0 is not the id of any message. If the answer could not be begun, the store is off and ignores the rest of it.
        answer_id = self._save(writing.begin, conversation_id, model, self._now()) or 0

        def keep(text: str) -> None:
            self._save(writing.keep, answer_id, text)

        def end(ending: Ending) -> None:
            self._save(writing.end, conversation_id, answer_id, ending, self._now())

        return AnswerWriter(keep, end, self._interval)

    def truncate(self, conversation_id: str, keep: int) -> None:
        """Remove all messages after the first `keep` from a conversation. They stay in the store, as superseded."""

        def cut(connection: sqlite3.Connection) -> None:
            from grokcli.store import reading

            messages = reading.stored_messages(connection, conversation_id, superseded=False, now=self._now())
            if keep < len(messages):
                writing.truncate(connection, conversation_id, messages[keep].id)

        self._save(cut)

    def count(self, command: str, requests: Iterable[tuple[str, str, bool, Usage | None, float]]) -> bool:
        """Save the numbers of requests, each the arguments of `writing.count`; return whether that was possible."""

        def count(connection: sqlite3.Connection) -> bool:
            for request in requests:
                writing.count(connection, command, *request)
            return True

        return self._save(count) is not None

    def remember_video(self, request_id: str, *, model: str, conversation: str) -> None:
        """Keep the id of a video that is being made for the prompt of a conversation, "" for one that is not saved."""
        self._save(videos.remember, request_id, model, conversation, self._now())

    def count_video(self, request_id: str, *, model: str, usage: Usage) -> None:
        """Count what a video cost, unless that is done."""
        self._save(videos.count, request_id, model, usage, self._now())

    # Operations that a user asks for: raise StoreError.

    def video(self, request_id: str) -> videos.VideoRecord | None:
        """Return what is known of a video, None if it was asked for elsewhere."""
        return self._read(videos.find, request_id)

    def find(self, name: str, *, by_title: bool = True) -> ConversationSummary:
        """Return the conversation with that id or title, or the only one whose id or title matches it in part."""
        from grokcli.store import reading

        return self._read(reading.find, name, by_title=by_title)

    def latest(self, *, kind: str | None = None) -> ConversationSummary:
        """Return the conversation used last, of any kind or of one."""
        newest = self.conversations(1, kind=kind)
        if not newest:
            raise StoreError("no conversations yet", hint="start one with grok ask or grok chat")
        return newest[0]

    def messages(self, conversation_id: str) -> list[Message]:
        """Return the messages of a conversation as they were stored; incomplete ones have the key "interrupted"."""
        return [stored.message for stored in self.stored_messages(conversation_id)]

    def stored_messages(self, conversation_id: str, *, superseded: bool = False) -> list[StoredMessage]:
        """Return the messages with their metadata; with `superseded`, including those that were replaced."""
        from grokcli.store import reading

        return self._read(reading.stored_messages, conversation_id, superseded=superseded, now=self._now())

    def conversations(
        self, limit: int | None = None, *, before: float | None = None, kind: str | None = None
    ) -> list[ConversationSummary]:
        """Return up to `limit` conversations, the last used first; with `before`, only those last used before it.

        With `kind`, only conversations of that kind.
        """
        from grokcli.store import reading

        return self._read(reading.conversations, limit, before, kind)

    def names(self, beginning: str, limit: int) -> list[tuple[str, str]]:
        """Return id and title of up to `limit` conversations of which one begins so, the last used first."""
        from grokcli.store import reading

        return self._read(reading.names, beginning, limit)

    def search(self, query: str, limit: int = 20) -> list[SearchHit]:
        """Return the newest `limit` conversations in which one message contains every word of `query`."""
        from grokcli.store.search import search

        return self._read(search, query, limit)

    def usage(self, by: By, since: float | None = None, until: float | None = None) -> list[UsageRow]:
        """Return what requests cost that were answered from the time `since` on and before `until`, summed up."""
        from grokcli.store import usage

        return self._read(usage.sums, by, since, until)

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation another title."""
        self.transaction(writing.rename, conversation_id, title_of(title))

    def delete(self, conversation_ids: Iterable[str]) -> int:
        """Delete conversations and overwrite their text, in the search index too.

        Messages that forks share stay, as theirs; returns how many.
        While another process reads, the text stays in the log beside the file until the last process closes the file.
        """
        from grokcli.store import schema

        kept = self.transaction(writing.delete, conversation_ids)
        more = self.transaction(writing.merge_index, begins=True)
        while more:
            more = self.transaction(writing.merge_index, begins=False)
        self._read(schema.empty_log)
        return kept

    def transaction(
        self, write: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `write(connection, *args, **kwargs)`; commit its changes, or roll them back if it raises.

        Creates the file if necessary. Raises StoreError.
        """
        # Not a generator-based context manager: Python checks for signals on entering and leaving one, and a Ctrl-C
        # there would leave the transaction open. It does not on entering and leaving a lock or a connection.
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
        """Call `transaction`; the first StoreError becomes a warning, and later calls do nothing.

        Returns None if nothing was stored.
        """
        if self._is_off:
            return None
        try:
            return self.transaction(write, *args, **kwargs)
        except StoreError as error:
            with self._lock:
                is_first, self._is_off = not self._is_off, True
            if is_first:  # still inside `except`, so that the callback can show the traceback
                self._warn(f"{self._lost}: {error.message}")
        return None

    def _read(self, read: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `read(connection, *args, **kwargs)`; if the file does not exist, `read` gets an empty database.

        First marks the answers whose processes died as interrupted. Raises StoreError.
        """
        with self._lock, self._store_errors:
            if self._connection is None:
                from grokcli.store import schema

                if not self.path.exists():
                    with closing(schema.nothing()) as nothing:
                        return read(nothing, *args, **kwargs)
                self._connection = schema.open_for_reading(self.path, self._busy_seconds)
            if writing.dead_answers(self._connection, self._now()):
                with suppress(StoreError):  # the answers can still be read
                    self.transaction(writing.settle, self._now())
            return read(self._connection, *args, **kwargs)
