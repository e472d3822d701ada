"""Connections on which a server has only so long, and so much, to begin its answer.

A socket's own time limit begins anew with every byte, and http.client reads any number of `100 Continue`.
"""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

# Some headers have a kilobyte or two.
MAX_HEAD_BYTES = 1 << 20


class HeadLimits(HTTPAdapter):
    """Gives up a server whose status line and headers are not there within the time that it may be silent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Measure the time by `clock`, in seconds."""
        self._clock = clock
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections to a server; those that it makes from now on have the limits."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "response_class" not in vars(pool.ConnectionCls):
            clock = self._clock

            def begin(sock: Any, *args: Any, **kwargs: Any) -> HTTPResponse:
                return _Response(clock, sock, *args, **kwargs)

            limited = type("Connection", (pool.ConnectionCls,), {"response_class": staticmethod(begin)})
            pool.ConnectionCls = limited
        return pool


class _Response(HTTPResponse):
    """An answer that reads its head through `_Head`; a proxy's answer to CONNECT is a head alone."""

    def __init__(self, clock: Callable[[], float], sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._head = _Head(self.fp.detach(), clock, sock.gettimeout())
        self.fp = io.BufferedReader(self._head)

    def begin(self) -> None:
        super().begin()
        self._head.is_over = True


class _Head(io.RawIOBase):
    """The bytes of a socket, of which only so many may come, in so many seconds, before the head is over."""

    def __init__(self, source: io.RawIOBase, clock: Callable[[], float], seconds: float | None) -> None:
        self.is_over = False
        self._source = source
        self._clock = clock
        self._end = float("inf") if seconds is None else clock() + seconds
        self._left = MAX_HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._source.readinto(buffer)
        if not self.is_over:
            self._left -= count or 0
            if self._clock() > self._end:
                raise TimeoutError
            if self._left < 0:
                raise HTTPException("the head has no end")
        return count

    def close(self) -> None:
        self._source.close()
        super().close()
