"""One call to the API as plain data: what is sent, and where to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from grokcli.client.wire import format_for
from grokcli.client.wire.json_body import encode

if TYPE_CHECKING:
    from grokcli.chat import Message


class Call(NamedTuple):
    """What `ask` gives the client, and where the client sends it: all that is printed here comes from it."""

    base_url: str
    api: Literal["responses", "chat"]
    model: str
    messages: list[Message]
    options: dict[str, Any]
    conversation: str
    stream: bool

    @property
    def url(self) -> str:
        """Where the request goes."""
        return self.base_url + format_for(self.api, self.base_url).ENDPOINT

    @property
    def content(self) -> bytes:
        """The body, each byte as it is sent."""
        wire = format_for(self.api, self.base_url)
        return encode(
            wire.build_request(
                self.model, self.messages, self.options, stream=self.stream, conversation=self.conversation
            )
        )

    @property
    def body(self) -> dict[str, Any]:
        """The body as the server reads it: what cannot be sent, half a surrogate pair, is replaced already."""
        body: dict[str, Any] = json.loads(self.content)
        return body
