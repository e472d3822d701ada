"""What a request and its answer look like from outside, a line at a time: for `--debug`.

Headers and sizes, never a body; secrets in them are masked here, and again when the lines are printed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from grokcli.client.redact import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import requests

    from grokcli.client.network_errors import Route
    from grokcli.events import Event

SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key")


class Trace:
    """Tells `say` of each request, with times in milliseconds since it began."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Hand each line to `say`."""
        self._say = say
        self._clock = clock
        self._began = clock()

    def request(
        self, method: str, url: str, headers: Mapping[str, str | bytes], body: bytes | None, route: Route
    ) -> None:
        """Tell what is about to be sent, and by which way."""
        self._began = self._clock()
        self._say(f"> {method} {url}")
        self._tell_headers(">", headers)
        self._say(f"> (a body of {len(body or b''):,} bytes)")
        if route.proxy:
            self._say(f"* through the proxy {route.proxy_host}")
        if route.ca_bundle:
            self._say(f"* trusting the certificates in {route.ca_bundle}")

    def response(self, response: requests.Response) -> None:
        """Tell what came back, up to its body."""
        self._say(f"< HTTP {response.status_code} {response.reason}")
        self._tell_headers("<", response.headers)
        self._tell_time("first byte")

    def follow(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass the events of an answer on, and tell when the first and the last came."""
        count = 0
        try:
            for event in events:
                if not count:
                    self._tell_time("first token")
                count += 1
                yield event
        finally:
            self._tell_time(f"end, {count:,} events")

    def connected(self, host: str, seconds: float) -> None:
        """Tell that a connection was made, and how long that took: name, TCP, proxy and TLS together."""
        self._say(f"* connected to {host} in {seconds * 1000:.0f} ms")

    def _tell_headers(self, sign: str, headers: Mapping[str, str | bytes]) -> None:
        for name, value in headers.items():
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            self._say(f"{sign} {name}: {_masked(name.lower(), text) if name.lower() in SECRET_HEADERS else text}")

    def _tell_time(self, what: str) -> None:
        self._say(f"* {what} after {(self._clock() - self._began) * 1000:.0f} ms")


def _masked(name: str, value: str) -> str:
    """Return the value of a header that holds a secret, without it: the word before a key may stay."""
    scheme, _, secret = value.partition(" ") if "authorization" in name else ("", "", value)
    return f"{scheme} {mask(secret)}".strip() if secret else mask(scheme)
