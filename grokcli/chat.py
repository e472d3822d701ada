"""Conversations: messages, and an object that keeps them.

The API keeps no state; every request carries the whole conversation.

    chat = client.chat.create(model="grok-4.7")
    chat.append(system("You answer in one sentence."))
    chat.append(user("Why is the sky blue?"))
    response = chat.sample()
    chat.append(response)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Protocol

from grokcli.events import End, OutputItem, ReasoningDelta, SearchStep, Source, TextDelta, ToolCall, Usage
from grokcli.models import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.events import Event

Message = dict[str, Any]
Part = dict[str, Any]
# A function as a tool, or a tool as the API has it.
AnyTool = Callable[..., object] | dict[str, Any]

NOT_CALLED = "error: this call was not made"


def system(text: str) -> Message:
    """Return the message that tells the model how to behave."""
    return {"role": "system", "content": text}


def user(*parts: str | Part) -> Message:
    """Return a question: one text, or several texts and images (see `image`)."""
    if len(parts) == 1 and isinstance(parts[0], str):
        return {"role": "user", "content": parts[0]}
    content = [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "content": content}


def assistant(text: str) -> Message:
    """Return an answer that the model gave, or should seem to have given."""
    return {"role": "assistant", "content": text}


def tool_result(call: ToolCall, text: str) -> Message:
    """Return what came of a call that the model asked for. Each call of an answer needs one, in any order."""
    return {"role": "tool", "tool_call_id": call.id, "content": text}


def fill_missing_results(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with a result for each call that has none, because no server takes them otherwise."""
    complete: list[Message] = []
    for index, message in enumerate(messages):
        complete.append(message)
        calls = message.get("tool_calls") or ()
        # Looked for behind the calls only: some servers count their ids from 0 in each answer.
        results = takewhile(lambda one: one.get("role") == "tool", messages[index + 1 :]) if calls else ()
        told = {result.get("tool_call_id") for result in results}
        missing = [call["id"] for call in calls if call["id"] not in told]
        complete += [tool_result(ToolCall(name, "", ""), NOT_CALLED) for name in missing]
    return complete


def image(url: str, *, detail: str = "auto") -> Part:
    """Return an image for `user`: an http(s) or data: URL of a JPEG or PNG; `detail` is "auto", "low" or "high"."""
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


@dataclass(slots=True)
class Chunk:
    """What one step of a stream added to the response."""

    content: str = ""
    reasoning_content: str = ""


class Response:
    """An answer, as far as it has come. `finish_reason` is "" until it is whole.

    `asked` is the model that was asked, perhaps an alias, and `model` the one that answered; `output` are its parts as
    the server wrote them, in their order, where the server sends such.
    """

    def __init__(self, asked: str = "") -> None:
        """Start with nothing."""
        self.asked = asked
        self.tool_calls: list[ToolCall] = []
        self.sources: list[Source] = []
        self.output: list[dict[str, Any]] = []
        self.usage: Usage | None = None
        self.finish_reason = ""
        self.model = ""
        self.id = ""
        # Pieces, joined when they are asked for: adding to a string copies it, which 20,000 deltas would feel.
        self._content: list[str] = []
        self._reasoning: list[str] = []

    @property
    def content(self) -> str:
        """What the model answered."""
        return _joined(self._content)

    @property
    def reasoning_content(self) -> str:
        """What the model thought, if it shows that."""
        return _joined(self._reasoning)

    @property
    def has_begun(self) -> bool:
        """Whether anything of the answer came."""
        return bool(self._content or self._reasoning or self.usage or self.finish_reason or self._has_parts)

    @property
    def _has_parts(self) -> bool:
        return bool(self.tool_calls or self.sources or self.output)

    def add(self, event: Event) -> None:
        """Take one event of the answer in."""
        match event:
            case TextDelta():
                self._content.append(event.text)
            case ReasoningDelta():
                self._reasoning.append(event.text)
            case Usage():
                self.usage = event
            case End():
                self.finish_reason = event.finish_reason
                self.model = event.model
                self.id = event.id
            case _:
                self._add_part(event)

    def _add_part(self, event: ToolCall | SearchStep | Source | OutputItem) -> None:
        match event:
            case ToolCall():
                self.tool_calls.append(event)
            case Source():
                self.sources.append(event)
            case OutputItem():
                self.output.append(event.item)
            case SearchStep():
                pass

    def message(self) -> Message:
        """Return the answer as a message of the conversation.

        A whole answer brings its tool calls along, and, from a server that sends such, its parts under "output" and
        their author under "model", and under "asked" if it was asked by another name: they go back as they came, but
        never into a chat request. Of an answer that was cut only the text can go back.
        """
        message = assistant(self.content)
        if self.finish_reason not in ("stop", "tool_calls"):
            return message
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.output:
            message |= {"output": list(self.output), "model": self.model}
            if self.asked not in ("", self.model):
                message["asked"] = self.asked
        return message


def _joined(pieces: list[str]) -> str:
    if len(pieces) > 1:
        pieces[:] = ["".join(pieces)]
    return pieces[0] if pieces else ""


class EventSource(Protocol):
    """What a conversation needs of a client: `grokcli.client.xai.XAI`, or anything that answers with events."""

    def events(
        self,
        messages: Sequence[Message],
        model: str,
        *,
        stream: bool,
        options: dict[str, Any],
        conversation: str = "",
    ) -> Iterator[Event]:
        """Ask, and yield the answer."""


class Chat:
    """A conversation with one model: `messages`, oldest first, and the `options` that every request carries.

    `conversation`, where it has a name, tells the server which requests begin alike: it reads their beginning from its
    cache.
    """

    def __init__(
        self,
        client: EventSource,
        model: str,
        messages: Sequence[Message],
        options: dict[str, Any],
        conversation: str = "",
    ) -> None:
        """Start with `messages`; `options` are further fields of the request's body, spelled as in chat requests."""
        self._client = client
        self.model = model
        self.messages = list(messages)
        self.options = options
        self.conversation = conversation

    def append(self, message: Message | Response) -> Chat:
        """Add a message or a response to the end."""
        self.messages.append(message.message() if isinstance(message, Response) else message)
        return self

    def events(self, *, stream: bool = True) -> Iterator[Event]:
        """Ask, and yield the answer's events. The answer is not appended. Raises what the client raises."""
        return self._client.events(
            self.messages, self.model, stream=stream, options=self.options, conversation=self.conversation
        )

    def sample(self) -> Response:
        """Ask, and return the whole answer. It is not appended. Raises what the client raises."""
        response = Response(self.model)
        for event in self.events(stream=False):
            response.add(event)
        return response

    def stream(self) -> Iterator[tuple[Response, Chunk]]:
        """Ask, and yield the response as it grows, beside what has just come. Raises what the client raises."""
        response = Response(self.model)
        for event in self.events():
            response.add(event)
            match event:
                case TextDelta(text):
                    yield response, Chunk(content=text)
                case ReasoningDelta(text):
                    yield response, Chunk(reasoning_content=text)
                case _:
                    yield response, Chunk()


class Chats:
    """Where conversations come from: `client.chat`."""

    def __init__(self, client: EventSource) -> None:
        """Bind every conversation to `client`."""
        self._client = client

    def create(
        self,
        model: str = DEFAULT_MODEL,
        *,
        messages: Sequence[Message] = (),
        conversation: str = "",
        tools: Sequence[AnyTool] | None = None,
        **options: Any,
    ) -> Chat:
        """Start a conversation; `options` are request fields such as `temperature=0.2` or `max_tokens=500`.

        Fields are spelled as in chat requests (`reasoning_effort`, `response_format`, tools nested under "function")
        and sent as the server's format has them; fields of the Responses API alone pass as they are. `tools` may be
        typed functions; the model then asks for calls of them in `Response.tool_calls`, and nothing is called here.
        `conversation` is any name that no other one has. Raises UsageError for a function that cannot be a tool.
        """
        if tools is not None:
            options["tools"] = [_as_schema(tool) for tool in tools]
        return Chat(self._client, model, messages, options, conversation)


def _as_schema(tool: AnyTool) -> dict[str, Any]:
    if isinstance(tool, dict):
        return tool
    from grokcli.tools.tool import tool_of

    return tool_of(tool).schema()
