"""Server-sent events: bytes in, events out, however the network cut them.

Bytes are split before they are decoded: JSON may hold U+2028 and other characters that text methods take for line
ends. Format: the HTML standard, section "Server-sent events".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The longest event is the last one of an answer, which repeats the whole of it: some hundred kilobytes, and 32 MB where
# pictures are in it. Also the limit of an answer that comes in one piece.
MAX_EVENT_BYTES = 64 << 20
# What Python needs to hold a piece of it, however short.
PIECE_BYTES = 64
BOM = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event: the `event:` name ("" when the server gave none) and the `data:` lines, joined with newlines."""

    event: str
    data: bytes


class UnfinishedEvent(ServerSentEvent):
    """The last event of a stream that ended without the blank line after it; it may lack its own end too."""


def read_events(chunks: Iterable[bytes]) -> Iterator[list[ServerSentEvent]]:
    """Yield, for each chunk of bytes, the events that it completed (often one, none, or many).

    Events come in lists so that output can be flushed once per read, not once per event. A last event without
    its blank line is yielded too: whether the answer is whole is for the reader of the data to say. Raises
    NetworkError when an event grows beyond MAX_EVENT_BYTES.
    """
    parser = _Parser()
    for chunk in chunks:
        events = parser.feed_event(chunk) or parser.feed(chunk)
        if events:
            yield events
    events = parser.feed(b"\n\n")
    if events:
        yield [UnfinishedEvent(*event) for event in events]


class _Parser:
    """The lines of the event that is open, and the bytes of the line that is open."""

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._size = 0
        self._held = 0
        self._name = ""
        self._data: list[bytes] = []
        self._at_start = True
        self._ended_in_cr = False

    def feed_event(self, chunk: bytes) -> list[ServerSentEvent]:
        """Read a chunk that is one line of data and the blank line after it, between other events; else read nothing.

        Most deltas come so, and 20,000 of them would feel all that is asked of other chunks.
        """
        if chunk[:6] != b"data: " or chunk.find(b"\n") != len(chunk) - 2 or chunk[-1:] != b"\n" or b"\r" in chunk:
            return []
        is_between = not (self._size or self._name or self._at_start or self._ended_in_cr)
        return [ServerSentEvent("", chunk[6:-2])] if is_between else []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        chunk = self._with_newlines(chunk)
        if b"\n" not in chunk:
            self._partial.append(chunk)
            self._grow(len(chunk) + PIECE_BYTES)
            return []
        lines = b"".join((*self._partial, chunk)).split(b"\n")
        self._partial = [lines.pop()]
        if self._at_start:
            self._at_start = False
            lines[0] = lines[0].removeprefix(BOM)
        events: list[ServerSentEvent] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
                self._held += len(line) + PIECE_BYTES
            elif line:
                self._field(line)
            elif self._data:
                events.append(self._dispatch())
            else:
                self._name = ""
        self._size = len(self._partial[0]) + self._held
        if self._size > MAX_EVENT_BYTES:
            self._grow(0)
        return events

    def _with_newlines(self, chunk: bytes) -> bytes:
        """Return a chunk whose lines end in \\n; a pair of \\r and \\n that was cut apart is one line end."""
        if b"\r" not in chunk and not (self._ended_in_cr and chunk):
            return chunk
        if self._ended_in_cr:
            chunk = chunk.removeprefix(b"\n")
        self._ended_in_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_EVENT_BYTES:
            raise NetworkError(f"the server sent an event larger than {MAX_EVENT_BYTES >> 20} MB")

    def _field(self, line: bytes) -> None:
        """Note the event's name; comments, ids and retry times mean nothing to us."""
        if line.startswith(b"event:"):
            self._name = line[6:].strip().decode("utf-8", "replace")

    def _dispatch(self) -> ServerSentEvent:
        event = ServerSentEvent(self._name, b"\n".join(self._data))
        self._name = ""
        self._data = []
        self._held = 0
        return event
