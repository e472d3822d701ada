"""An MCP server over HTTP: each message is a request of its own, answered by one message or a stream of events.

Redirects are not followed: the login is for this server alone. No event stream is kept open between requests, because
nothing that a server would say there concerns us. Source: the specification, "Streamable HTTP".
"""

from __future__ import annotations

import json
import time
from contextlib import closing, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from grokcli.client.mcp.process import MOST_BYTES
from grokcli.client.mcp.session import START_SECONDS
from grokcli.client.sse import read_events
from grokcli.client.status_errors import HTTPStatusError
from grokcli.client.transport import IdleTimer, Transport
from grokcli.errors import GrokError, McpError, StreamCutError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    import requests

    from grokcli.client.trace import Trace

CONNECT_SECONDS = 10.0
# How long a server is waited for when nothing depends on its answer.
BRIEF_SECONDS = 2.0
LONGEST_SESSION_ID = 1000


class Endpoint:
    """A server at a URL. Not safe to use from several threads."""

    def __init__(
        self,
        name: str,
        url: str,
        headers: Mapping[str, str],
        *,
        proxy: str = "",
        ca_bundle: str = "",
        trace: Trace | None = None,
    ) -> None:
        """Call the server `name` at `url`, with `headers` in each request. Raises ConfigError for plain http."""
        self._name = name
        parts = urlsplit(url)
        self._path = parts._replace(scheme="", netloc="", fragment="").geturl()
        self._headers = {**headers, "Accept": "application/json, text/event-stream"}
        self._headers["Content-Type"] = "application/json"
        origin, timeout = f"{parts.scheme}://{parts.netloc}", (CONNECT_SECONDS, START_SECONDS)
        self._transport = Transport(origin, timeout, proxy=proxy, ca_bundle=ca_bundle, trace=trace)
        self._session_id = ""

    def exchange(self, message: dict[str, Any], deadline: float) -> Iterator[dict[str, Any]]:
        """Send `message`, and yield the messages of the answer, until `deadline` (as `time.monotonic`).

        Raises TimeoutError then, and GrokError.
        """
        response = self._send("POST", json.dumps(message).encode())
        self._note_session(response)
        is_stream = response.headers.get("content-type", "").lower().startswith("text/event-stream")
        try:
            with closing(self._chunks(response, deadline)) as chunks:
                events = ([event.data for event in events] for events in read_events(chunks))
                for content in (one for event in events for one in event) if is_stream else [b"".join(chunks)]:
                    yield from _messages(content)
        except StreamCutError as error:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            raise McpError(f"the MCP server {self._name!r}: {error.message}") from None

    def notify(self, message: dict[str, Any]) -> None:
        """Send `message`, to which there is no answer. Raises GrokError."""
        self._send("POST", json.dumps(message).encode()).close()

    def tell(self, message: dict[str, Any]) -> None:
        """Send `message`, and wait for BRIEF_SECONDS at most; errors are passed over."""
        self._try_briefly("POST", json.dumps(message).encode())

    def use_version(self, version: str) -> None:
        """Name `version` of the protocol in what is sent from now on."""
        self._headers["MCP-Protocol-Version"] = version

    def close(self) -> None:
        """End the session, if there is one, and close the connections."""
        if self._session_id:
            self._try_briefly("DELETE", None)
        self._session_id = ""
        self._transport.close()

    def _try_briefly(self, method: str, body: bytes | None) -> None:
        def send() -> None:
            with suppress(GrokError):
                self._send(method, body).close()

        thread = Thread(target=send, daemon=True)
        thread.start()
        thread.join(BRIEF_SECONDS)

    def _send(self, method: str, body: bytes | None) -> requests.Response:
        session = {"Mcp-Session-Id": self._session_id} if self._session_id else {}
        try:
            return self._transport.send(method, self._path, {**self._headers, **session}, body)
        except HTTPStatusError as error:
            raise _refusal(self._name, error) from None

    def _note_session(self, response: requests.Response) -> None:
        given = response.headers.get("mcp-session-id", "")
        if given.isascii() and given.isprintable() and len(given) <= LONGEST_SESSION_ID:
            self._session_id = given or self._session_id

    def _chunks(self, response: requests.Response, deadline: float) -> Generator[bytes]:
        """Yield the body as it comes. Raises McpError for too much of it, StreamCutError at `deadline`."""
        received = 0
        for chunk in self._transport.chunks(response, IdleTimer(max(0.0, deadline - time.monotonic()))):
            received += len(chunk)
            if received > MOST_BYTES:
                raise McpError(f"the MCP server {self._name!r} sent more than {MOST_BYTES >> 20} MB")
            yield chunk


def _messages(content: bytes) -> list[dict[str, Any]]:
    """Return the messages in `content`, a JSON document: one, or a list of some. What is none is passed over."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return []
    return [one for one in (document if isinstance(document, list) else [document]) if isinstance(one, dict)]


def _refusal(name: str, error: HTTPStatusError) -> McpError:
    """Return the error for an answer outside 2xx; what the server says in it, in a page say, tells users little."""
    if error.status in (401, 403):
        hint = f"set authorization_env or authorization_command of [mcp.{name}]: grok config edit"
        return McpError(f"the MCP server {name!r} refused the login (HTTP {error.status})", hint=hint)
    if 300 <= error.status < 400:
        return McpError(f"the MCP server {name!r} redirects elsewhere", hint="set its url to where it leads")
    return McpError(f"the MCP server {name!r} answered HTTP {error.status}", hint="check its url")
