"""Building the request for one prompt from flags, slash commands and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.chat import Message, system
from grokcli.config.cache import model_info
from grokcli.config.settings import SETTINGS
from grokcli.errors import UsageError
from grokcli.models import API, DEFAULT_MODEL, LOCAL_MODEL, context_window, least_tokens

if TYPE_CHECKING:
    from grokcli.env import Env, Network
    from grokcli.store.conversation import Conversation
    from grokcli.turn.toolset import Toolset

# Request fields that cannot be set one by one, and why; then those that are also settings.
_OTHERWISE = "use its own flag or command"
_LATER = "leave it out: the answer could not be shown"
RESERVED = {
    **dict.fromkeys(("model", "messages", "input", "stream", "stream_options"), _OTHERWISE),
    **dict.fromkeys(("deferred", "background"), _LATER),
}
_KINDS = {
    "mcp": "an MCP server",
    "code_interpreter": "running code",
    "file_search": "a collection",
    "image_generation": "drawing",
    "file": "an uploaded file",
}
# What `check_server_tools` takes for a file that is not sent within the request.
UPLOADED_FILE = {"type": "file"}
FIELDS_OF_SETTINGS = {
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "reasoning_effort": "effort",
    "service_tier": "service_tier",
}


class RequestOptions(NamedTuple):
    """The user's options for the requests of a conversation; None leaves an option to the settings.

    `fields` are request fields, named as in the chat completions API; a field that is None is not sent, regardless of
    the settings. `server_tools` are tools that the server runs (see `grokcli.tools.server_tools`). If `system` is "",
    there is no system prompt.
    """

    model: str | None = None
    role: str | None = None
    system: str | None = None
    api: API | None = None
    fields: Mapping[str, Any] = MappingProxyType({})
    server_tools: Sequence[dict[str, Any]] = ()
    network: Network | None = None

    def continuing(self, conversation: Conversation) -> RequestOptions:
        """Return these options for `conversation`: a loaded one keeps its model unless the options name another.

        The model of pictures or of a video does not answer.
        """
        if self.model is not None or conversation.summary is None or conversation.summary.kind:
            return self
        return self._replace(model=conversation.summary.model or None)


class Request(NamedTuple):
    """A request, independent of a connection: the model, the messages, and the other fields to send.

    `api` is the API to use, None for the one in the settings; `network` has the connection options.
    """

    model: str
    messages: list[Message]
    options: dict[str, Any]
    api: API | None = None
    network: Network | None = None


def build_request(
    env: Env, messages: Sequence[Message], options: RequestOptions, toolset: Toolset | None = None
) -> Request:
    """Return the request that sends `messages` with `options`, the settings and the tools of `toolset`.

    A system prompt in `messages` is kept unless the options or a role set another one. Raises UsageError if the model
    or the server is known not to support the request, or if it does not fit the model's context; ConfigError.
    """
    for warning in env.settings.warnings():
        env.console.note_once(f"warning: {warning}")
    model = env.settings.model(options.model, role=options.role)
    fields = _fields(env, model, options)
    check_effort(env, model, fields.get("reasoning_effort"))
    if options.server_tools or "max_turns" in fields:
        check_server_tools(env, model, options.api, options.server_tools)
    offered = [*options.server_tools, *(toolset.schemas() if toolset else ())]
    if offered:
        own = fields.get("tools")
        fields["tools"] = [*(own if isinstance(own, list) else ()), *offered]
    said = _with_system_prompt(env, model, messages, options)
    request = Request(model, said, fields, options.api, options.network)
    check_context(request)
    return request


def _fields(env: Env, model: str, options: RequestOptions) -> dict[str, Any]:
    """Return the fields to send besides the messages: those of the options, and else those of the settings."""
    fields = {
        name: env.settings.value(setting, model=model, role=options.role)
        for name, setting in FIELDS_OF_SETTINGS.items()
        if name not in options.fields
    }
    found = {name: value for name, value in {**fields, **options.fields}.items() if value is not None}
    reasoning = found.get("reasoning")
    if isinstance(reasoning, dict) and "effort" in reasoning:
        if options.fields.get("reasoning_effort") is not None:
            raise UsageError("-O reasoning sets an effort, and so does --effort", hint="leave out one of them")
        found.pop("reasoning_effort", None)  # a default
    return found


def _with_system_prompt(env: Env, model: str, messages: Sequence[Message], options: RequestOptions) -> list[Message]:
    """Return the messages with the system prompt of the options or a role, or else with the one they have."""
    has_one = bool(messages) and messages[0]["role"] == "system"
    said = list(messages[1:] if has_one else messages)
    is_new = not has_one and all(message["role"] == "user" for message in said)
    if options.system is None and options.role is None and not is_new:
        return list(messages)
    prompt = env.settings.value("system", options.system, model=model, role=options.role)
    prompt = prompt or default_system_prompt(model)
    return [system(prompt), *said] if prompt else said


def default_system_prompt(model: str) -> str:
    """Return the system prompt that the embedded model needs to give sensible answers; "" for other models."""
    if model != LOCAL_MODEL:
        return ""
    from grokcli.client.local_server import SYSTEM_PROMPT

    return SYSTEM_PROMPT


def check_effort(env: Env, model: str, effort: object) -> None:
    """Raise UsageError for an effort that `model` is known not to support.

    For a model without efforts this is left to the server.
    """
    if effort is None:
        return
    found = model_info(env.settings.paths.cache, env.settings.value("base_url"), model)
    if found and found.efforts and effort not in found.efforts:
        raise UsageError(
            f"{model} does not support the effort {effort!r}", hint=f"choose from {', '.join(found.efforts)}"
        )


def check_server_tools(env: Env, model: str, api: API | None, tools: Sequence[dict[str, Any]]) -> None:
    """Raise UsageError if the server that `model` runs on has no tools of its own."""
    from grokcli.client.wire import resolve

    kinds = {_KINDS.get(str(tool.get("type")), "search") for tool in tools} or {"max_turns"}
    what = kinds.pop() if len(kinds) == 1 else "search"
    if model == LOCAL_MODEL:
        raise UsageError(f"the local model does not support {what}", hint=f"use -m {DEFAULT_MODEL}")
    base_url = env.settings.value("base_url")
    if resolve(env.settings.value("api", api), base_url) != "responses":
        raise UsageError(
            f"{what} needs the Responses API, but {base_url} is used with chat completions",
            hint="use xAI's server, or --api responses if this server supports it",
        )


def check_context(request: Request) -> None:
    """Raise UsageError if the messages cannot fit the model's context; they are neither sent nor shortened."""
    window, messages = context_window(request.model), request.messages
    if any(message["role"] == "compaction" for message in messages):
        from grokcli.client.wire.compaction import since_compaction

        messages = since_compaction(messages, request.model)
    tokens = least_tokens("".join(map(_text_of, messages)))
    if window is not None and tokens > window:
        raise UsageError(
            f"the input has at least {tokens:,} tokens; {request.model} takes at most {window:,}",
            hint="shorten the input, or use a model with a larger context",
        )


def _text_of(message: Message) -> str:
    """Return the text of a message, without images, whose tokens do not depend on their bytes."""
    content = message["content"]
    if not isinstance(content, list):
        return str(content)
    return "".join(str(part.get("text", "")) for part in content)


def text_or_file(value: str | None) -> str | None:
    """Return `value`, or the content of the file if it has the form `@FILE`."""
    if value is None or not value.startswith("@"):
        return value
    from grokcli.input.files import read_text

    return read_text(value[1:])


def parse_field(key: str, value: str) -> dict[str, Any]:
    """Return KEY=VALUE as a request field; VALUE is parsed as JSON if possible, otherwise it is sent as text."""
    if not key.isidentifier():
        raise UsageError(f"invalid name of a request field: {key!r}", hint="for example: seed=7")
    if key in RESERVED:
        raise UsageError(f"the field {key!r} cannot be set this way", hint=RESERVED[key])
    try:
        parsed = json.loads(value, parse_constant=_refuse, parse_float=_finite)
    except ValueError:
        parsed = value
    return {key: SETTINGS[key].checked(parsed) if key in SETTINGS else parsed}


def parse_fields(pairs: list[str] | None) -> dict[str, Any]:
    """Return the fields of a request from KEY=VALUE words. Raises UsageError."""
    parsed: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"invalid value for -O: {pair!r} (expected KEY=VALUE)", hint="for example: -O seed=7")
        parsed |= parse_field(key, value)
    return parsed


def _finite(number: str) -> float:
    """Convert a JSON number to a float. Raises ValueError if it overflows to infinity."""
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise ValueError(number)
    return value


def _refuse(constant: str) -> None:
    """Raise ValueError for NaN and the infinities, which Python accepts in JSON and servers do not."""
    raise ValueError(constant)
