"""What is fetched from elsewhere than the API: pages to send along, pictures that were made. No key goes along.

A URL that the user typed may lead anywhere. What a server names, by a redirect or as a picture, must be public: else it
could have this machine's own services, or a cloud's metadata, read and sent. That is checked at the address that is
really connected to, because a name may stand for another address each time; behind a proxy, which looks names up by
itself, only addresses in URLs can be checked.
"""

from __future__ import annotations

import threading
import time
from urllib.parse import urljoin

import requests
import urllib3
from requests import exceptions as errors
from urllib3.util import Url, parse_url

from grokcli.client.addresses import guard, is_public, literal_address
from grokcli.client.network_errors import CA_HINT, CONNECTION_HINT, PROXY_HINT, network_error
from grokcli.client.status_errors import HTTPStatusError
from grokcli.client.transport import open_session, route_to
from grokcli.client.url import is_loopback
from grokcli.errors import APIError, NetworkError, UsageError

MAX_SECONDS = 60.0
SOCKET_SECONDS = 30.0
MAX_REDIRECTS = 5
# What a server names elsewhere is a page or a picture, and no other service of that host.
PUBLIC_PORTS = (443, 80)
READ_BYTES = 65536
URL_HINT = "check the URL, or save the page and attach the file"
# The others could unpack to any size before they can be counted.
ENCODINGS = ("", "identity", "gzip", "deflate")


def download(
    url: str,
    limit: int,
    *,
    api_url: str,
    proxy: str = "",
    ca_bundle: str = "",
    noun: str = "picture",
    seconds: float | None = None,
) -> bytes:
    """Return what is at `url`, which the API named: over https from a public address, or from where the API is.

    `noun` says in errors what it is; it must be here after `seconds` (default: MAX_SECONDS).

    Raises APIError for other URLs and for more than `limit` bytes, HTTPStatusError, NetworkError; each has a hint with
    the URL, because what is there may have been paid for.
    """
    # No URL has blanks or newlines, and this one will be shown.
    url = "".join(url.split())
    host, api_host = _host(url), _host(api_url)
    on_loopback = is_loopback(host) and is_loopback(api_host)
    if not url.lower().startswith(("https://", "http://") if on_loopback else "https://"):
        raise APIError(f"the server named {url[:200]!r}, which was not fetched", hint="only https URLs are allowed")
    try:
        trusts_first = on_loopback or host == api_host
        content = _Download(proxy, ca_bundle, trusts_first=trusts_first, seconds=seconds).get(url, limit)
        if content is None:
            raise APIError(f"the {noun} is larger than {limit >> 20} MB")
    except (NetworkError, APIError) as error:
        error.hint = f"it stays on the server for a while: {url}"
        raise
    return content


def fetch(url: str, limit: int, *, proxy: str = "", ca_bundle: str = "") -> bytes:
    """Return what is at `url`, which the user typed.

    Raises UsageError for more than `limit` bytes, APIError for redirects that are not followed, HTTPStatusError,
    NetworkError.
    """
    if _host(url) == "-":
        raise UsageError(f"invalid URL: {url!r}", hint="for example: https://example.com/page.html")
    try:
        content = _Download(proxy, ca_bundle, trusts_first=True).get(url, limit)
    except (NetworkError, HTTPStatusError) as error:
        if error.hint not in (PROXY_HINT, CA_HINT):  # the others are about the API's server
            error.hint = URL_HINT
        raise
    if content is None:
        raise too_large(url, limit)
    return content


def too_large(url: str, limit: int) -> UsageError:
    """Return the error for what is at `url` and has more than `limit` bytes."""
    return UsageError(f"{url} is larger than {limit >> 20} MB", hint="save it, and attach a part of it with -f")


class _Download:
    """One thing to fetch, through up to MAX_REDIRECTS redirects and within so many seconds over all."""

    def __init__(self, proxy: str, ca_bundle: str, *, trusts_first: bool, seconds: float | None = None) -> None:
        """Take the way there; with `trusts_first` the first URL may lead to any address, and that one stays good."""
        self._seconds = MAX_SECONDS if seconds is None else seconds
        self._proxy = proxy
        self._ca_bundle = ca_bundle
        self._trusts_all = trusts_first
        self._trusted: set[str] = set()
        self._first = ""
        self._deadline = time.monotonic() + self._seconds

    def get(self, url: str, limit: int) -> bytes | None:
        """Return what is at `url`, None for more than `limit` bytes. Raises APIError, NetworkError."""
        outcome: list[bytes | BaseException | None] = []

        def follow() -> None:
            try:
                outcome.append(self._follow(url, limit))
            except BaseException as error:  # noqa: BLE001  # raised again below
                outcome.append(error)

        # In a thread, because neither the look-up of a name nor headers that come a byte at a time end in time.
        thread = threading.Thread(target=follow, name="download", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if not outcome:
            raise _too_slow(url, self._seconds)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _follow(self, url: str, limit: int) -> bytes | None:
        self._first = _place(url) if self._trusts_all else ""
        for _ in range(MAX_REDIRECTS + 1):
            self._check_host(url)
            try:
                route = route_to(url, self._proxy, self._ca_bundle)
            except ValueError:
                raise APIError(f"invalid URL: {url[:200]!r}") from None
            try:
                with guard(open_session(route), self._check_address) as session:
                    target, content = self._get_once(session, url, limit)
            except errors.HTTPError:
                raise
            except (OSError, urllib3.exceptions.HTTPError) as error:
                raise network_error(error, route, SOCKET_SECONDS) from error
            if target is None:
                return content
            self._trusts_all = False
            url = _redirected(url, target)
        raise APIError(f"{url} redirects more than {MAX_REDIRECTS} times")

    def _get_once(self, session: requests.Session, url: str, limit: int) -> tuple[str | None, bytes | None]:
        """Return where a redirect leads, or what is at `url`."""
        headers = {"Accept-Encoding": "gzip, deflate"}
        with session.get(url, headers=headers, timeout=SOCKET_SECONDS, stream=True, allow_redirects=False) as response:
            if response.is_redirect:
                return response.headers["location"].encode("latin-1").decode("utf-8", "replace"), None
            if response.status_code != requests.codes.ok:
                raise HTTPStatusError(f"{url} answered HTTP {response.status_code}", status=response.status_code)
            if response.headers.get("content-encoding", "").strip().lower() not in ENCODINGS:
                raise APIError(f"{url} has an unsupported content encoding")
            content = bytearray()
            for piece in response.raw.stream(READ_BYTES, decode_content=True):
                content += piece
                if len(content) > limit:
                    return None, None
                if time.monotonic() > self._deadline:
                    raise _too_slow(url, self._seconds)
            return None, bytes(content)

    def _check_host(self, url: str) -> None:
        """Raise APIError when `url` says itself that it leads where it may not."""
        address = literal_address(_host(url))
        if address and not (self._trusts_all or address in self._trusted or is_public(address)):
            raise _not_public(url)
        if not (self._trusts_all or _place(url) == self._first or _parsed(url).port in (None, *PUBLIC_PORTS)):
            raise APIError(f"refused to fetch {url[:200]!r}: this port is not used for web pages")
        if address and self._trusts_all:
            self._trusted.add(address)

    def _check_address(self, address: str) -> None:
        """Raise APIError when a connection must not be used that leads to `address`."""
        if self._trusts_all:
            self._trusted.add(address)
        elif address not in self._trusted and not is_public(address):
            raise _not_public(address)


def _redirected(url: str, target: str) -> str:
    """Return where `target` leads from `url`. Raises APIError when it may not be followed."""
    try:
        new = urljoin(url, target)
    except ValueError:
        new = ""
    schemes = ("https://",) if url.lower().startswith("https://") else ("https://", "http://")
    if not new.lower().startswith(schemes):
        raise APIError(f"{url} redirects to {target[:200]!r}, which was not followed")
    return new


def _host(url: str) -> str:
    """Return the host in `url` as urllib3 reads it, "-" for none."""
    return (_parsed(url).host or "").strip("[]") or "-"


def _parsed(url: str) -> Url:
    try:
        return parse_url(url)
    except urllib3.exceptions.LocationParseError:
        return Url()


def _place(url: str) -> str:
    """Return the host and the port in `url`."""
    return f"{_host(url)}:{_parsed(url).port}"


def _not_public(where: str) -> APIError:
    what = f"refused to fetch {where[:200]!r}: it is not a public address"
    return APIError(what, hint="to fetch it anyway, name it yourself: -f URL")


def _too_slow(url: str, seconds: float) -> NetworkError:
    return NetworkError(f"{url} was not complete after {seconds:g} s", hint=CONNECTION_HINT)
