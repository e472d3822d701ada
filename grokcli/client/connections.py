"""Connections on which a server has only so long, and so much, to begin its answer.

A socket's own time limit begins anew with every byte, and http.client reads any number of `100 Continue`.
"""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

# Some headers have a kilobyte or two.
MAX_HEAD_BYTES = 1 << 20


class HeadLimits(HTTPAdapter):
    """Gives up a server whose status line and headers are not there within the time that it may be silent."""

    def __init__(self, clock: Callable[[], float], connected: Callable[[str, float], None] | None = None) -> None:
        """Measure the time by `clock`, in seconds; `connected` is told how long it took to connect to which host."""
        self._clock = clock
        self._connected = connected
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections to a server; those that it makes from now on have the limits."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "response_class" not in vars(pool.ConnectionCls):
            pool.ConnectionCls = _limited(pool.ConnectionCls, self._clock, self._connected)
        return pool


def _limited(kind: Any, clock: Callable[[], float], connected: Callable[[str, float], None] | None) -> Any:
    """Return a class of connections like `kind` that has the limits."""

    def begin(sock: Any, *args: Any, **kwargs: Any) -> HTTPResponse:
        return _Response(clock, sock, *args, **kwargs)

    class Connection(kind):  # type: ignore[misc]  # urllib3 has several such classes
        response_class = staticmethod(begin)

        def connect(self) -> None:
            began = clock()
            super().connect()
            if connected is not None:
                connected(f"{self.host}:{self.port}", clock() - began)

    return Connection


class _Response(HTTPResponse):
    """An answer that reads its head through `_Head`; a proxy's answer to CONNECT is a head alone."""

    def __init__(self, clock: Callable[[], float], sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._stream = self.fp
        self.fp = _Head(self._stream, clock, sock.gettimeout())  # type: ignore[assignment]  # lines are all it reads of it

    def begin(self) -> None:
        super().begin()
        if self.fp is not None:
            # The body is read from the socket's own buffer: 20,000 deltas would feel a layer more.
            self.fp = self._stream


class _Head:
    """The lines of a head, of which only so much may come, in so many seconds."""

    def __init__(self, stream: io.BufferedReader, clock: Callable[[], float], seconds: float | None) -> None:
        self._stream = stream
        self._clock = clock
        self._end = float("inf") if seconds is None else clock() + seconds
        self._left = MAX_HEAD_BYTES

    def readline(self, limit: int) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) < limit:
            # What the socket has by now; a whole line would be waited for as long as it drips.
            waiting = self._stream.peek(1)
            if self._clock() > self._end:
                raise TimeoutError
            if not waiting:
                break
            line += self._stream.read(min(waiting.find(b"\n") + 1 or len(waiting), limit - len(line)))
        self._left -= len(line)
        if self._left < 0:
            raise HTTPException("the response headers are too long")
        return line

    def flush(self) -> None:
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()
