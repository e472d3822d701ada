"""The conversation with one MCP server: greeting it, listing its tools, calling them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from grokcli import __version__
from grokcli.errors import McpError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The newest version of the protocol that greets with `initialize`, and those that are the same for tools.
VERSION = "2025-11-25"
VERSIONS = (VERSION, "2025-06-18", "2025-03-26", "2024-11-05")
# A first start may have to download the server.
START_SECONDS = 60.0
LIST_SECONDS = 60.0
MOST_TOOLS = 1000
LONGEST_SAYING = 500
METHOD_NOT_FOUND = -32601


class Transport(Protocol):
    """A way to a server: a program on this machine (`Process`), or HTTP (`Endpoint`)."""

    def exchange(self, message: dict[str, Any], deadline: float) -> Iterator[dict[str, Any]]:
        """Send `message`, and yield what the server sends, until `deadline` (as `time.monotonic`).

        Raises TimeoutError then, and GrokError.
        """

    def notify(self, message: dict[str, Any]) -> None:
        """Send `message`, to which there is no answer. Raises GrokError."""

    def tell(self, message: dict[str, Any]) -> None:
        """Send `message` if that can be done at once: nothing depends on it."""

    def use_version(self, version: str) -> None:
        """Name `version` of the protocol in what is sent from now on."""

    def close(self) -> None:
        """End the server, or the session with it. May be called twice."""


class Session:
    """The conversation with the server `name`. Not safe to use from several threads."""

    def __init__(self, name: str, transport: Transport) -> None:
        """Talk over `transport`; `open` begins."""
        self.name = name
        self._transport = transport
        self._last_id = 0

    def open(self) -> None:
        """Greet the server. Raises GrokError when it does not answer, or speaks no version that we know."""
        client = {"name": "grokcli", "version": __version__}
        hello = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": client}
        version = self._request("initialize", hello, START_SECONDS).get("protocolVersion")
        if version not in VERSIONS:
            raise McpError(
                f"the MCP server {self.name!r} speaks another version of the protocol: {str(version)[:40]!r}"
            )
        self._transport.use_version(version)
        self._transport.notify({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def tools(self) -> list[dict[str, Any]]:
        """Return the definitions of all tools, unchecked. Raises GrokError."""
        found: list[dict[str, Any]] = []
        cursor: object = None
        deadline = time.monotonic() + LIST_SECONDS
        while len(found) <= MOST_TOOLS:
            result = self._request("tools/list", {"cursor": cursor} if cursor else {}, deadline - time.monotonic())
            page = result.get("tools")
            fresh = [tool for tool in page if isinstance(tool, dict)] if isinstance(page, list) else []
            found += fresh
            cursor = result.get("nextCursor")
            if not (isinstance(cursor, str) and cursor and fresh):
                return found
        raise McpError(f"the MCP server {self.name!r} lists more than {MOST_TOOLS:,} tools")

    def call(self, tool: str, arguments: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        """Return the result of a call, unchecked. Raises GrokError, after `seconds` at the latest."""
        return self._request("tools/call", {"name": tool, "arguments": arguments}, seconds)

    def close(self) -> None:
        """End the session. May be called twice."""
        self._transport.close()

    def _request(self, method: str, parameters: dict[str, Any], seconds: float) -> dict[str, Any]:
        self._last_id += 1
        message = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": parameters}
        deadline = time.monotonic() + seconds
        try:
            for received in self._transport.exchange(message, deadline):
                if "method" not in received and received.get("id") == self._last_id:
                    return self._result(received)
                self._answer(received)
                if time.monotonic() > deadline:
                    raise TimeoutError
        except (TimeoutError, KeyboardInterrupt) as error:
            if method != "initialize":  # which cannot be cancelled
                self._cancel()
            if isinstance(error, KeyboardInterrupt):
                raise
            raise McpError(f"no answer from the MCP server {self.name!r} for {seconds:.3g} s") from None
        raise McpError(f"the MCP server {self.name!r} ended its answer without a result")

    def _result(self, received: dict[str, Any]) -> dict[str, Any]:
        if isinstance(result := received.get("result"), dict):
            return result
        error = received.get("error")
        said = error.get("message") if isinstance(error, dict) else None
        if not isinstance(said, str):
            raise McpError(f"the MCP server {self.name!r} sent an answer without a result")
        raise McpError(f"the MCP server {self.name!r} said: {said[:LONGEST_SAYING]}")

    def _answer(self, received: dict[str, Any]) -> None:
        """Answer a request of the server: to a ping, and that there is nothing else that it could ask of us."""
        if not {"id", "method"} <= set(received):
            return
        error = {"error": {"code": METHOD_NOT_FOUND, "message": "not supported"}}
        reply = {"result": {}} if received["method"] == "ping" else error
        self._transport.tell({"jsonrpc": "2.0", "id": received["id"], **reply})

    def _cancel(self) -> None:
        """Say that the result is no longer waited for; one that comes all the same is passed over, by its number."""
        cancelled = {"requestId": self._last_id, "reason": "not waited for any longer"}
        self._transport.tell({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled})
