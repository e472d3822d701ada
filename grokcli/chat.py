"""Messages, and the `Chat` object that holds a conversation.

The API is stateless: every request carries the whole conversation.

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

from grokcli.events import CodeRun, DrawnImage, End, OutputItem, ReasoningDelta, Source, TextDelta, ToolCall, Usage
from grokcli.models import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.events import Event

Message = dict[str, Any]
Part = dict[str, Any]
# A Python function to offer as a tool, or a tool definition in the API's format.
AnyTool = Callable[..., object] | dict[str, Any]

NOT_CALLED = "error: this call was not made"


def system(text: str) -> Message:
    """Return a system message: instructions on how the model should behave."""
    return {"role": "system", "content": text}


def user(*parts: str | Part) -> Message:
    """Return a user message: one text, or several texts and images (see `image`)."""
    if len(parts) == 1 and isinstance(parts[0], str):
        return {"role": "user", "content": parts[0]}
    content = [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return {"role": "user", "content": content}


def assistant(text: str) -> Message:
    """Return an assistant message: an answer of the model, or one written on its behalf."""
    return {"role": "assistant", "content": text}


def tool_result(call: ToolCall, text: str) -> Message:
    """Return a tool message: the result of `call`. Every call in an answer needs one; their order does not matter."""
    return {"role": "tool", "tool_call_id": call.id, "content": text}


def fill_missing_results(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with a result added for each tool call that has none; servers reject a call without one."""
    complete: list[Message] = []
    for index, message in enumerate(messages):
        complete.append(message)
        calls = message.get("tool_calls") or ()
        # Only the results directly after the calls count: some servers number the call ids from 0 in each answer.
        results = takewhile(lambda one: one.get("role") == "tool", messages[index + 1 :]) if calls else ()
        told = {result.get("tool_call_id") for result in results}
        missing = [call["id"] for call in calls if call["id"] not in told]
        complete += [tool_result(ToolCall(name, "", ""), NOT_CALLED) for name in missing]
    return complete


def image(url: str, *, detail: str = "auto") -> Part:
    """Return an image part for `user`.

    `url` is an http(s) or data: URL of a JPEG or PNG; `detail` is "auto", "low" or "high".
    """
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


@dataclass(slots=True)
class Chunk:
    """The text that one step of a stream added to the response."""

    content: str = ""
    reasoning_content: str = ""


class Response:
    """An answer, as far as it has been received. `finish_reason` is "" until the answer is complete.

    `asked` is the model that was requested, perhaps by an alias, and `model` the one that answered. `output` holds the
    server's own output items, in order; only the Responses API sends them.
    """

    def __init__(self, asked: str = "") -> None:
        """Start an empty answer to a request for the model `asked`."""
        self.asked = asked
        self.tool_calls: list[ToolCall] = []
        self.sources: list[Source] = []
        self.runs: list[CodeRun] = []
        self.images: list[DrawnImage] = []
        self.output: list[dict[str, Any]] = []
        self.usage: Usage | None = None
        self.finish_reason = ""
        self.model = ""
        self.id = ""
        # Joined only on access: appending to a string copies it, which is slow over 20,000 deltas.
        self._content: list[str] = []
        self._reasoning: list[str] = []

    @property
    def content(self) -> str:
        """The text of the answer."""
        return _joined(self._content)

    @property
    def reasoning_content(self) -> str:
        """The model's reasoning, "" if the model does not show it."""
        return _joined(self._reasoning)

    @property
    def has_begun(self) -> bool:
        """Whether anything of the answer came."""
        return bool(self._content or self._reasoning or self.usage or self.finish_reason or self._has_parts)

    @property
    def _has_parts(self) -> bool:
        return bool(self.tool_calls or self.sources or self.output)

    def add(self, event: Event) -> None:
        """Add one event of the stream to the answer."""
        match event:
            case TextDelta():
                self._content.append(event.text)
            case ReasoningDelta():
                self._reasoning.append(event.text)
            case Usage():
                self.usage = event
            case End():
                self.finish_reason, self.model, self.id = event.finish_reason, event.model, event.id
            case _:
                self._add_part(event)

    def _add_part(self, event: Event) -> None:
        match event:
            case ToolCall():
                self.tool_calls.append(event)
            case Source():
                self.sources.append(event)
            case CodeRun():
                self.runs.append(event)
            case DrawnImage():
                self.images.append(event)
            case OutputItem():
                self.output.append(event.item)
            case _:
                pass

    def message(self) -> Message:
        """Return the answer as a message to append to the conversation.

        The message of a complete answer includes its tool calls. If the server sent output items, they are kept
        unchanged under "output", with the model's name under "model" and, if it was requested by another name, that
        name under "asked"; chat completions requests leave these keys out. The message of an incomplete answer has
        only its text.
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
    """The client interface that `Chat` needs: `grokcli.client.xai.XAI`, or any object that answers with events."""

    def events(
        self,
        messages: Sequence[Message],
        model: str,
        *,
        stream: bool,
        options: dict[str, Any],
        conversation: str = "",
    ) -> Iterator[Event]:
        """Send the request and yield the events of the answer."""


class Chat:
    """A conversation with one model: `messages`, oldest first, and the `options` sent with every request.

    `conversation` is an optional id for the conversation: the server uses it to find the messages that requests have
    in common in its prefix cache.
    """

    def __init__(
        self,
        client: EventSource,
        model: str,
        messages: Sequence[Message],
        options: dict[str, Any],
        conversation: str = "",
    ) -> None:
        """Start with `messages`; `options` are further request fields, named as in the chat completions API."""
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
        """Send the conversation and yield the events of the answer.

        Does not append the answer. Raises GrokError as the client does.
        """
        return self._client.events(
            self.messages, self.model, stream=stream, options=self.options, conversation=self.conversation
        )

    def sample(self) -> Response:
        """Send the conversation and return the complete answer.

        Does not append the answer. Raises GrokError as the client does.
        """
        response = Response(self.model)
        for event in self.events(stream=False):
            response.add(event)
        return response

    def stream(self) -> Iterator[tuple[Response, Chunk]]:
        """Send the conversation and yield (response so far, newest chunk) for each event of the stream.

        Does not append the answer. Raises GrokError as the client does.
        """
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
    """The factory of conversations, available as `client.chat`."""

    def __init__(self, client: EventSource) -> None:
        """Create conversations that send their requests through `client`."""
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

        Fields are named as in the chat completions API (`reasoning_effort`, `response_format`, tools nested under
        "function") and converted to the format of the API in use; fields that exist only in the Responses API are
        passed through. `tools` may include functions with type hints; the model's requests to call them appear in
        `Response.tool_calls`, and the caller runs them. `conversation` is any unique id. Raises UsageError for a
        function that cannot be offered as a tool.
        """
        if tools is not None:
            options["tools"] = [_as_schema(tool) for tool in tools]
        return Chat(self._client, model, messages, options, conversation)


def _as_schema(tool: AnyTool) -> dict[str, Any]:
    if isinstance(tool, dict):
        return tool
    from grokcli.tools.tool import tool_of

    return tool_of(tool).schema()
