"""Connections on which a server has only so long, and so much, to begin its answer, and only so long to go on with it.

A socket's own time limit begins anew with every byte; http.client reads any number of `100 Continue`, and of trailers.
"""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

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
    """An answer that is read through `_Limits`; a proxy's answer to CONNECT is a head alone."""

    def __init__(self, clock: Callable[[], float], sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        end = clock() + (float("inf") if (seconds := sock.gettimeout()) is None else seconds)
        self._limits = _Limits(self.fp.detach(), lambda: end - clock())
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

    def __init__(self, raw: io.RawIOBase, remaining: Callable[[], float]) -> None:
        super().__init__()
        self._raw = raw
        self.remaining = remaining
        self.left: float = MAX_HEAD_BYTES

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if self.remaining() <= 0:
            raise TimeoutError
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
