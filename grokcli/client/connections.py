"""Connections on which a server has only so long, and so much, to begin its answer; the first may be there already.

A socket's own time limit begins anew with every byte, and http.client reads any number of `100 Continue`.
"""

from __future__ import annotations

import time
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

    from grokcli.client.early import EarlyConnection

# Some headers have a kilobyte or two.
MAX_HEAD_BYTES = 1 << 20


class Connections(HTTPAdapter):
    """Gives up a server whose status line and headers are not there within the time that it may be silent.

    `early` is a connection that the next new one is, if it can be.
    """

    def __init__(self, clock: Callable[[], float], connected: Callable[[str, float], None] | None = None) -> None:
        """Measure the time by `clock`, in seconds; `connected` is told of each connection and how long it took."""
        self.early: EarlyConnection | None = None
        self._clock = clock
        self._connected = connected
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections to a server; those that it makes from now on have the limits."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "response_class" not in vars(pool.ConnectionCls):
            pool.ConnectionCls = self._own(pool.ConnectionCls)
        return pool

    def close(self) -> None:
        """Close the connections."""
        super().close()
        early, self.early = self.early, None
        if early is not None:
            early.close()

    def _own(self, kind: Any) -> Any:
        """Return a class of connections like `kind`, one of urllib3's."""
        clock, connect = self._clock, self._connect

        def begin(sock: Any, *args: Any, **kwargs: Any) -> HTTPResponse:
            return _Response(clock, sock, *args, **kwargs)

        class Connection(kind):  # type: ignore[misc]  # urllib3 has several such classes
            response_class = staticmethod(begin)

            def connect(self) -> None:
                connect(self, super().connect)

        return Connection

    def _connect(self, connection: Any, connect: Callable[[], None]) -> None:
        """Let `connection` be the early one, or make it with `connect`."""
        began = time.monotonic()
        early, self.early = self.early, None
        sock = early.take(connection) if early else None
        if early and sock:
            connection.sock, connection.is_verified = sock, True
        else:
            connect()
        if self._connected:
            seconds = early.seconds if early and sock else time.monotonic() - began
            self._connected(f"{connection.host}:{connection.port}", seconds)


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
