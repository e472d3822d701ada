"""Connections on which a server has only so long, and so much, to begin its answer, and only so long to continue it.

The first connection may have been made early.

A socket's own time limit begins anew with every byte; http.client reads any number of `100 Continue`, and of trailers.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

    from grokcli.client.early import EarlyConnection

# Some headers have a kilobyte or two.
MAX_HEAD_BYTES = 1 << 20
# Connections to a server that stay open when their threads are through with a request.
MOST_KEPT = 64


class Connections(HTTPAdapter):
    """Gives up a server whose status line and headers are not there within the time that it may be silent.

    `early` is a connection that the next new one is, if it can be.
    """

    early: EarlyConnection | None = None

    def __init__(
        self, clock: Callable[[], float], idle_seconds: float, connected: Callable[[str, float], None] | None = None
    ) -> None:
        """Measure the time by `clock`, in seconds; `connected` is told of each connection and how long it took.

        A server may take up to `idle_seconds` to accept a piece of a request.
        """
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._connected = connected
        self._pool: Any = None
        super().__init__(pool_maxsize=MOST_KEPT)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections to the server; those that it makes from now on have the limits.

        There is one server, and one way to it: to find its pool anew for each request takes a fifth of the request.
        """
        if self._pool is None:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            if "response_class" not in vars(pool.ConnectionCls):  # two threads may come here
                pool.ConnectionCls = self._own(pool.ConnectionCls)
            self._pool = pool
        return self._pool

    def close(self) -> None:
        """Close the connections."""
        self._pool = None
        super().close()
        early = vars(self).pop("early", None)
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
        # In one step: of several threads that connect at the same time, one must have it.
        early = vars(self).pop("early", None)
        sock = early.take(connection) if early else None
        if early and sock:
            connection.sock, connection.is_verified = sock, True
        else:
            connect()
        # The time limit of connecting is too short for a large upload over a slow line.
        connection.sock.settimeout(self._idle_seconds)
        if self._connected:
            seconds = early.seconds if early and sock else time.monotonic() - began
            self._connected(f"{connection.host}:{connection.port}", seconds)


class _Response(HTTPResponse):
    """An answer that is read through `_Limits`; a proxy's answer to CONNECT is a head alone."""

    def __init__(self, clock: Callable[[], float], sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        end = clock() + (float("inf") if (seconds := sock.gettimeout()) is None else seconds)
        self._limits = _Limits(self.fp.detach(), lambda: end - clock(), sock)
        self.fp = io.BufferedReader(self._limits)

    def begin(self) -> None:
        super().begin()
        self._limits.left = float("inf")

    def wait_by(self, remaining: Callable[[], float]) -> None:
        """Have `remaining` say from now on how many seconds are left to wait for the body, whatever it is read by."""
        self._limits.remaining = remaining


class _Limits(io.RawIOBase):
    """A socket, of which only so much may be read, in so many seconds.

    Below the buffer, because what is above it reads as often as it takes to have a line, a chunk's length, all that
    may follow the last chunk, or a byte of what is unpacked.
    """

    def __init__(self, raw: io.RawIOBase, remaining: Callable[[], float], sock: Any) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._timeout: float = sock.gettimeout() or float("inf")
        self.remaining = remaining
        self.left: float = MAX_HEAD_BYTES

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        seconds = self.remaining()
        if seconds <= 0:
            raise TimeoutError
        if seconds != self._timeout:  # a read that begins just before the end must not last as long as any other
            self._timeout = seconds
            self._sock.settimeout(None if seconds == float("inf") else seconds)
        count = self._raw.readinto(buffer)
        self.left -= count or 0
        if self.left < 0:
            raise HTTPException("the response headers are too long")
        return count

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()
