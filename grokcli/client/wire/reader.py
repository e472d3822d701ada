"""What the readers of both wire formats share: deltas that wait to be taken, and the loop over a stream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from grokcli.client.wire.json_body import EARLY_END, as_cut
from grokcli.errors import GrokError, NetworkError, StreamCutError
from grokcli.events import ReasoningDelta, TextDelta

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grokcli.client.sse import ServerSentEvent
    from grokcli.events import Event


class Reader(ABC):
    """The events that wait to be taken; what is known of the answer so far is for the wire format to add."""

    def __init__(self) -> None:
        self.done = False
        self._waiting: list[Event] = []

    @property
    def is_complete(self) -> bool:
        """Whether the whole answer came, with or without what is said of it afterwards."""
        return self.done

    @abstractmethod
    def add_batch(self, batch: Sequence[ServerSentEvent]) -> None:
        """Read the events of a stream that came in one read, up to the last one of the answer."""

    @abstractmethod
    def end(self) -> Iterator[Event]:
        """Yield what is only known when the answer is over."""

    def take(self) -> list[Event]:
        """Return what came since the last call."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def _add_text(self, kind: type[TextDelta] | type[ReasoningDelta], text: str) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, kind):
            last.text += text
        else:
            self._waiting.append(kind(text))


def read_events(reader: Reader, batches: Iterable[Sequence[ServerSentEvent]]) -> Iterator[Event]:
    """Yield the events of a stream as they come; deltas that came in one read are joined.

    Raises APIError for an error inside the stream, after what came before it, and StreamCutError when the stream
    stops before its end.
    """
    try:
        for batch in batches:
            try:
                reader.add_batch(batch)
            except GrokError as error:
                yield from reader.take()
                raise as_cut(error, batch) from None
            yield from reader.take()
            if reader.done:
                break
    except NetworkError:
        # What breaks after the answer costs the usage figures, not the answer.
        if not reader.is_complete:
            raise
    if not reader.is_complete:
        raise StreamCutError(EARLY_END, hint="ask again", retryable=True)
    yield from reader.end()
