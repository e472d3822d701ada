"""HTTP: sends a request, hands out the body's bytes as the socket has them, and turns what goes wrong into our errors.

Nothing of requests or urllib3 leaves this module, save that an error status is also a `requests.HTTPError`.
"""

from __future__ import annotations

import time
from contextlib import closing, suppress
from functools import partial
from http.client import HTTPException
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
import urllib3
from requests import exceptions as errors
from requests.auth import AuthBase

from grokcli import __version__
from grokcli.client.connections import Connections
from grokcli.client.early import told_ca_bundle
from grokcli.client.network_errors import Route, cut_error, network_error
from grokcli.client.sse import MAX_EVENT_BYTES
from grokcli.client.status_errors import status_error
from grokcli.client.url import check_proxy, check_url, is_loopback
from grokcli.errors import ConfigError, NetworkError, StreamCutError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from http.cookiejar import CookiePolicy

    from grokcli.client.early import EarlyConnection
    from grokcli.client.trace import Trace

READ_BYTES = 65536
SETTLE_SECONDS = 0.25
MAX_ERROR_BYTES = 65536
# A larger body is sent in pieces: each has the time limit that one piece would have as a whole.
PIECE_BYTES = 65536


class _KeepHeaders(AuthBase):
    """Leaves the request as it is. Without an `auth`, requests puts an entry of ~/.netrc in place of the key."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """Follows no redirect, and reads none: requests takes in all of its body, however large, to be ready to follow."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # the name is that of requests
        return None


class IdleTimer:
    """How long a server may say nothing: comments and empty events keep a connection alive, they are no answer.

    Time that is spent showing the answer does not count.
    """

    def __init__(self, seconds: float) -> None:
        """Allow up to `seconds` of silence at a time."""
        self.seconds = seconds
        self._since: float | None = None

    def reset(self) -> None:
        """Begin anew with the next read: the server said something."""
        self._since = None

    def remaining(self) -> float:
        """Return the seconds that are left, when the next read begins."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return self.seconds - (now - self._since)


class Transport:
    """One server, one pool of connections. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        timeout: tuple[float, float],
        *,
        proxy: str = "",
        ca_bundle: str = "",
        trace: Trace | None = None,
    ) -> None:
        """Take the URL that every path is put behind, and the seconds to wait for a connection and between bytes.

        `proxy` and `ca_bundle` win over what the environment says of them; `trace` is told what happens. Raises
        ConfigError when a key sent to that URL could be read by others.
        """
        self._timeout = timeout
        self._base_url = base_url
        self._trace = trace
        check_url(base_url)
        self._route = route_to(base_url, proxy, ca_bundle)
        check_proxy(self._route.proxy)
        self._session = open_session(self._route)
        self._connections = Connections(_now, timeout[1], trace.connected if trace else None)
        for scheme in ("http://", "https://"):
            # One adapter for all that is done to connections: a second one in its place would be without the limits.
            self._session.mount(scheme, self._connections)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        """Send one request and return its 2xx answer, of which `chunks` or `read` read the body.

        Redirects are errors: they would carry the key elsewhere.
        """
        url = f"{self._base_url}/{path.lstrip('/')}"
        if self._trace:
            self._trace.request(method, url, {**self._session.headers, **headers}, body, self._route)
        try:
            response = self._session.request(
                method,
                url,
                data=BytesIO(body) if body and len(body) > PIECE_BYTES else body,
                headers=dict(headers),
                auth=_KeepHeaders(),
                stream=True,
                timeout=self._timeout,
                allow_redirects=False,
            )
            if self._trace:
                self._trace.response(response)
            if not 200 <= response.status_code < 300:
                raise status_error(response, self._error_body(response))
        except errors.HTTPError:
            raise
        # A RequestException is an OSError; a CA bundle that is not there is a bare one.
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise network_error(error, self._route, self._timeout[1]) from error
        return response

    def chunks(self, response: requests.Response, timer: IdleTimer) -> Generator[bytes]:
        """Yield the body as it arrives, whatever its framing, and close the response at the end.

        `read1` returns what the socket has; `iter_lines` and `iter_content` wait for a full buffer when the body is
        not chunked. Raises StreamCutError when the connection fails, or when `timer` ends: the socket's own
        time limit begins anew with every comment that keeps the connection alive.
        """
        read = _reader(response, timer)
        is_empty = True
        try:
            while chunk := read(READ_BYTES):
                is_empty = False
                yield chunk
            # Read to its end, the connection can serve the next request; after nothing at all, who knows what comes.
            if not is_empty:
                response.raw.release_conn()
        except GeneratorExit:
            _settle(response)
            raise
        except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            raise cut_error(error, timer.seconds) from error
        finally:
            response.close()

    def read(self, response: requests.Response, timer: IdleTimer, limit: int | None = None) -> bytes:
        """Return the whole body, which must come while `timer` runs. Raises NetworkError above `limit` bytes."""
        limit = limit or MAX_EVENT_BYTES
        pieces, size = [], 0
        with closing(self.chunks(response, timer)) as chunks:
            for chunk in chunks:
                pieces.append(chunk)
                size += len(chunk)
                if size > limit:
                    raise NetworkError(f"the server sent an answer larger than {limit >> 20} MB")
        return b"".join(pieces)

    def _error_body(self, response: requests.Response) -> bytes:
        """Return what came of the body of an error, as far as it is of use."""
        body = b""
        with suppress(StreamCutError), closing(self.chunks(response, IdleTimer(self._timeout[1]))) as chunks:
            for chunk in chunks:
                body += chunk
                if len(body) >= MAX_ERROR_BYTES:
                    break
        return body[:MAX_ERROR_BYTES]

    def adopt(self, early: EarlyConnection) -> None:
        """Send the first request on `early`, if that is the connection that would be made for it."""
        self._connections.early = early

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _now() -> float:
    return time.monotonic()


def _settle(response: requests.Response) -> None:
    """Keep the connection for the next request if nothing but the end of the body is left to read.

    Who reads an event stream stops at `[DONE]`, just before that end. A server that lets it wait loses the connection.
    """
    try:
        connection: Any = response.raw.connection
        connection.sock.settimeout(SETTLE_SECONDS)
        if not _reader(response, IdleTimer(SETTLE_SECONDS))(READ_BYTES):
            response.raw.release_conn()
    except (urllib3.exceptions.HTTPError, HTTPException, OSError, AttributeError):
        return


def _reader(response: requests.Response, timer: IdleTimer) -> Callable[[int], bytes]:
    """Return what reads from the body what the socket has, waiting for it while `timer` runs; b"" is the end."""
    # urllib3's own read1 takes longer to hand a delta through than all that comes after it takes to print it. Below
    # it is http.client's response, by a name that requests uses too.
    original: Any = response.raw._original_response  # noqa: SLF001  # for the reason above
    original.wait_by(timer.remaining)
    if "content-encoding" in response.headers:
        return partial(response.raw.read1, decode_content=True)
    read: Callable[[int], bytes] = original.read1
    return read


def open_session(route: Route) -> requests.Session:
    """Return a session for servers that are reached by `route`: without cookies, and without ~/.netrc.

    Raises ConfigError for a proxy that needs what is not installed.
    """
    if route.proxy.startswith("socks") and find_spec("socks") is None:
        from grokcli.client.extras import SOCKS, install_command

        raise ConfigError("SOCKS proxies need PySocks", hint=f"install it: {install_command(SOCKS)}")
    session = _Session()
    session.headers["User-Agent"] = f"grokcli/{__version__}"
    session.cookies.set_policy(_no_cookies())
    # The environment has been asked already, and ~/.netrc must not be.
    session.trust_env = False
    if route.proxy:
        session.proxies = {"http": route.proxy, "https": route.proxy}
    if route.ca_bundle:
        session.verify = route.ca_bundle
    return session


def route_to(url: str, proxy: str, ca_bundle: str) -> Route:
    """Return how `url` is reached: as told, else as the environment says (HTTPS_PROXY, NO_PROXY, …).

    A proxy must not see what is meant for this machine.
    """
    if is_loopback(urlsplit(url).hostname or "-") or requests.utils.should_bypass_proxies(url, no_proxy=None):
        proxy = ""
    elif not proxy:
        proxy = requests.utils.select_proxy(url, getproxies()) or ""
    return Route(url, proxy, told_ca_bundle(ca_bundle))


def _no_cookies() -> CookiePolicy:
    from http.cookiejar import DefaultCookiePolicy

    return DefaultCookiePolicy(allowed_domains=[])
