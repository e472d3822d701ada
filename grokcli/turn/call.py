"""One API call as plain data: its URL and its body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from grokcli.client.wire import format_for
from grokcli.client.wire.json_body import encode

if TYPE_CHECKING:
    from grokcli.chat import Message


class Call(NamedTuple):
    """The arguments that `ask` passes to the client, and the server: the source of `--dry-run` and `--as` output."""

    base_url: str
    api: Literal["responses", "chat"]
    model: str
    messages: list[Message]
    options: dict[str, Any]
    conversation: str
    stream: bool

    @property
    def url(self) -> str:
        """The URL of the request."""
        return self.base_url + format_for(self.api, self.base_url).ENDPOINT

    @property
    def content(self) -> bytes:
        """The exact bytes of the body."""
        wire = format_for(self.api, self.base_url)
        return encode(
            wire.build_request(
                self.model, self.messages, self.options, stream=self.stream, conversation=self.conversation
            )
        )

    @property
    def body(self) -> dict[str, Any]:
        """The body as the server parses it, with lone surrogates, which cannot be sent, already replaced."""
        body: dict[str, Any] = json.loads(self.content)
        return body
