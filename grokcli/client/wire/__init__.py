"""The wire formats: a module each, that builds a request's body and reads a response into `grokcli.events`.

Web and X search, code execution and MCP exist on xAI's `/responses` only (API digest, section 1); every other server
speaks `/chat/completions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grokcli.chat import Message
    from grokcli.client.sse import ServerSentEvent
    from grokcli.events import Event

HOST = "api.x.ai"
DEFAULT_BASE_URL = f"https://{HOST}/v1"


class Format(Protocol):
    """A wire format: a module of this folder."""

    ENDPOINT: str

    def build_request(
        self, model: str, messages: Sequence[Message], options: dict[str, Any], *, stream: bool, conversation: str = ""
    ) -> dict[str, Any]:
        """Return the body of a request. `options` are spelled as in chat requests; those that are None are not sent."""

    def read_response(self, body: bytes) -> Iterator[Event]:
        """Yield the events of an answer that came in one piece."""

    def read_stream(self, batches: Iterable[Sequence[ServerSentEvent]]) -> Iterator[Event]:
        """Yield the events of a stream as they come."""


def resolve(api: str, base_url: str) -> Literal["responses", "chat"]:
    """Return the format that `api` means for the server at `base_url`: "auto" is responses for xAI's hosts only."""
    if api == "responses" or (api == "auto" and is_xai(base_url)):
        return "responses"
    return "chat"


def format_for(api: str, base_url: str) -> Format:
    """Return the wire format that `api` means for the server at `base_url`; only that one is imported."""
    if resolve(api, base_url) == "responses":
        from grokcli.client.wire import responses

        return responses
    from grokcli.client.wire import chat_completions as chat

    return chat


def is_xai(base_url: str) -> bool:
    """Say whether the URL leads to xAI or one of its regions (API digest, section 2), and not to a look-alike."""
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError:  # no URL at all, as those say who send something there
        return False
    return host == HOST or host.endswith(f".{HOST}")
