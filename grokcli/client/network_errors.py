"""What goes wrong between this machine and the server, in our words: names, connections, TLS, proxies, silence."""

from __future__ import annotations

import re
from http.client import HTTPException, IncompleteRead
from typing import NamedTuple
from urllib.parse import urlsplit

from grokcli.errors import ConfigError, GrokError, NetworkError, StreamCutError

CONNECTION_HINT = "check your connection"
IDLE_HINT = "ask again, or wait longer with --idle-timeout"
PROXY_HINT = "check the proxy setting and HTTPS_PROXY, or add the server to NO_PROXY"
CA_HINT = "behind a company proxy, set ca_bundle to the file with its certificate"


class Route(NamedTuple):
    """How a server is reached: its URL, the proxy and the file of certificate authorities, each "" for none."""

    url: str
    proxy: str = ""
    ca_bundle: str = ""

    @property
    def host(self) -> str:
        """The server's host and port, and the proxy that leads to it, without that one's password."""
        host = urlsplit(self.url).netloc
        return f"{host} (through the proxy {self.proxy_host})" if self.proxy else host

    @property
    def proxy_host(self) -> str:
        """The proxy's host and port."""
        # Not by urlsplit: a slash in the password would end the host within it.
        return self.proxy.rpartition("@")[2].rpartition("://")[2].partition("/")[0]


def network_error(error: Exception, route: Route, idle_seconds: float) -> GrokError:
    """Say why a request got no answer: `error` is what requests, urllib3 or the system made of it.

    `idle_seconds` is how long the server was allowed to send nothing.
    """
    import urllib3
    from requests import exceptions as errors

    cause = _root_cause(error)
    if not isinstance(error, (errors.RequestException, urllib3.exceptions.HTTPError)):
        # requests looks for the bundle itself, and says so with a bare OSError.
        return ConfigError(f"the certificates in {route.ca_bundle} cannot be read: {_describe(cause)}", hint=CA_HINT)
    if isinstance(error, errors.SSLError):
        trusted = f" (trusting {route.ca_bundle})" if route.ca_bundle else ""
        return NetworkError(f"TLS with {route.host} failed{trusted}: {_describe(cause)}", hint=CA_HINT)
    if isinstance(error, errors.ProxyError):
        return _proxy_error(cause, route)
    if isinstance(error, errors.ConnectTimeout):
        message = f"{route.host} did not accept the connection in time"
        return NetworkError(message, hint=CONNECTION_HINT, retryable=True, unsent=True)
    if isinstance(error, errors.ReadTimeout) or isinstance(cause, TimeoutError):
        return NetworkError(f"no data from {route.host} for {idle_seconds:g} s", hint=IDLE_HINT)
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        hint = f"{CONNECTION_HINT} and the base_url setting"
        return NetworkError(f"could not resolve {route.host}", hint=hint, retryable=True, unsent=True)
    if isinstance(cause, ConnectionRefusedError):
        hint = "check that a server is running there, and the base_url setting"
        message = f"could not reach {route.host}: {_describe(cause)}"
        return NetworkError(message, hint=hint, retryable=True, unsent=True)
    broken = isinstance(error, (errors.ConnectionError, errors.ChunkedEncodingError, urllib3.exceptions.HTTPError))
    return NetworkError(f"could not reach {route.host}: {_describe(cause)}", hint=CONNECTION_HINT, retryable=broken)


def cut_error(error: Exception, idle_seconds: float) -> StreamCutError:
    """Say why an answer broke off."""
    import urllib3

    if isinstance(error, (TimeoutError, urllib3.exceptions.ReadTimeoutError)):
        return idle_timeout_error(idle_seconds)
    broken = not isinstance(error, urllib3.exceptions.DecodeError)
    root = _root_cause(error)
    cause = "" if isinstance(root, IncompleteRead) else _describe(root)
    return StreamCutError(
        "the connection closed before the answer was complete" + (f" ({cause})" if cause else ""),
        hint="ask again, or continue with -c",
        retryable=broken,
    )


def idle_timeout_error(seconds: float) -> StreamCutError:
    """Say that the server said nothing for so long."""
    return StreamCutError(f"no data from the server for {seconds:g} s", hint=IDLE_HINT)


def _proxy_error(cause: BaseException, route: Route) -> NetworkError:
    """A proxy that answers and says no means it; one that is not there, or says 5xx, may be back in a moment."""
    words = _describe(cause)
    refusal = re.search(r"[Tt]unnel connection failed: (\d+)", words)
    retryable = refusal is None or refusal.group(1).startswith("5")
    return NetworkError(f"the proxy {route.proxy_host} failed: {words}", hint=PROXY_HINT, retryable=retryable)


def _root_cause(error: BaseException) -> BaseException:
    """Return the error that started it all; requests and urllib3 wrap it in their own."""
    import urllib3

    while True:
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException) and error.args and isinstance(error.args[0], BaseException):
            inner = error.args[0]
        # Behind an IncompleteRead there is at most a chunk's length that could not be read because there was none.
        is_told = isinstance(error, (urllib3.exceptions.NameResolutionError, IncompleteRead))
        if not isinstance(inner, BaseException) or is_told:
            return error
        error = inner


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, IncompleteRead):
        return "the connection closed too early"
    if isinstance(error, ValueError) or (isinstance(error, HTTPException) and not isinstance(error, OSError)):
        # What Python says here quotes what the server sent.
        return "the response is not HTTP"
    return " ".join(str(error).split()) or type(error).__name__
