"""From what the user set, by flags, slash commands and settings, to the request for one question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from grokcli.chat import Message, system
from grokcli.config.cache import model_info
from grokcli.config.settings import SETTINGS
from grokcli.errors import UsageError
from grokcli.models import API, DEFAULT_MODEL, LOCAL_MODEL, context_window, least_tokens

if TYPE_CHECKING:
    from grokcli.env import Env, Network
    from grokcli.store.conversation import Conversation
    from grokcli.turn.toolset import Toolset

# Fields of a request that cannot be set one by one, and why; then those that are settings too.
_OTHERWISE = "use its own flag or command"
_LATER = "leave it out: the answer could not be shown"
RESERVED = {
    **dict.fromkeys(("model", "messages", "input", "stream", "stream_options"), _OTHERWISE),
    **dict.fromkeys(("deferred", "background"), _LATER),
}
FIELDS_OF_SETTINGS = {
    "temperature": "temperature",
    "max_tokens": "max_tokens",
    "reasoning_effort": "effort",
    "service_tier": "service_tier",
}


@dataclass(frozen=True)
class RequestOptions:
    """What the user wants of the requests of a conversation; what is None is left to the settings.

    `fields` are fields of the request's body, spelled as in chat requests; one that is None is not sent, whatever the
    settings say. `server_tools` are what the server is to search with or to call (see `grokcli.tools.server_tools`).
    A `system` of "" is no system prompt.
    """

    model: str | None = None
    role: str | None = None
    system: str | None = None
    api: API | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    server_tools: Sequence[dict[str, Any]] = ()
    network: Network | None = None

    def continuing(self, conversation: Conversation) -> RequestOptions:
        """Return these options for a conversation: one that was loaded keeps its model unless another is named."""
        if self.model is not None or conversation.summary is None:
            return self
        return replace(self, model=conversation.summary.model or None)


@dataclass(frozen=True)
class Request:
    """A request before there is a connection: the model, the messages, and the other fields that are sent.

    `api` is what the server is to be spoken to in, None what the settings say; `network` the way there.
    """

    model: str
    messages: list[Message]
    options: dict[str, Any]
    api: API | None = None
    network: Network | None = None


def build_request(
    env: Env, messages: Sequence[Message], options: RequestOptions, toolset: Toolset | None = None
) -> Request:
    """Return the request that sends `messages`, as `options` and the settings say, and offers the tools of `toolset`.

    A system prompt among the messages stays unless the options or a role have another one. Raises UsageError for what
    the model or the server is known not to take, and for more than fits the model; ConfigError.
    """
    for warning in env.settings.warnings():
        env.console.note_once(f"warning: {warning}")
    model = env.settings.model(options.model, role=options.role)
    fields = _fields(env, model, options)
    check_effort(env, model, fields.get("reasoning_effort"))
    if options.server_tools:
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
    """Return the fields that are sent beside the messages: those that were set, then those of the settings."""
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
    """Return the messages with the system prompt that holds: one of the options or a role, else that of the past."""
    has_one = bool(messages) and messages[0]["role"] == "system"
    said = list(messages[1:] if has_one else messages)
    is_new = not has_one and all(message["role"] == "user" for message in said)
    if options.system is None and options.role is None and not is_new:
        return list(messages)
    prompt = env.settings.value("system", options.system, model=model, role=options.role)
    prompt = prompt or default_system_prompt(model)
    return [system(prompt), *said] if prompt else said


def default_system_prompt(model: str) -> str:
    """Return the system prompt without which the model on this machine makes no sense; "" for others."""
    if model != LOCAL_MODEL:
        return ""
    from grokcli.client.local_server import SYSTEM_PROMPT

    return SYSTEM_PROMPT


def check_effort(env: Env, model: str, effort: object) -> None:
    """Raise UsageError for an effort that `model` is known not to have; one that has none is left to say so itself."""
    if effort is None:
        return
    found = model_info(env.settings.paths.cache, env.settings.value("base_url"), model)
    if found and found.efforts and effort not in found.efforts:
        raise UsageError(
            f"{model} does not support the effort {effort!r}", hint=f"choose from {', '.join(found.efforts)}"
        )


def check_server_tools(env: Env, model: str, api: API | None, tools: Sequence[dict[str, Any]]) -> None:
    """Raise UsageError when `model` is asked where the server has no tools of its own."""
    from grokcli.client.wire import resolve

    what = "an MCP server" if all(tool.get("type") == "mcp" for tool in tools) else "search"
    if model == LOCAL_MODEL:
        raise UsageError(f"the local model does not support {what}", hint=f"use -m {DEFAULT_MODEL}")
    base_url = env.settings.value("base_url")
    if resolve(env.settings.value("api", api), base_url) != "responses":
        raise UsageError(
            f"{what} needs the Responses API, but {base_url} is used with chat completions",
            hint="use xAI's server, or --api responses if this server supports it",
        )


def check_context(request: Request) -> None:
    """Raise UsageError when what is asked cannot fit the model, before anything is sent and without cutting it."""
    window = context_window(request.model)
    tokens = least_tokens("".join(map(_text_of, request.messages)))
    if window is not None and tokens > window:
        raise UsageError(
            f"the input has at least {tokens:,} tokens; {request.model} takes at most {window:,}",
            hint="shorten the input, or use a model with a larger context",
        )


def _text_of(message: Message) -> str:
    """Return the text of a message. An image costs tokens too, but not by its bytes."""
    content = message["content"]
    if not isinstance(content, list):
        return str(content)
    return "".join(str(part.get("text", "")) for part in content)


def text_or_file(value: str | None) -> str | None:
    """Return `value`, or what the file holds that `@FILE` names."""
    if value is None or not value.startswith("@"):
        return value
    from grokcli.input.files import read_text

    return read_text(value[1:])


def parse_field(key: str, value: str) -> dict[str, Any]:
    """Return KEY=VALUE as a field of a request's body; a VALUE that is JSON is sent as such, another one as text."""
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
    """Return a number of JSON. Raises ValueError for one that Python takes for infinite."""
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise ValueError(number)
    return value


def _refuse(constant: str) -> None:
    """Raise ValueError for NaN and the infinities, which Python takes for JSON and no server does."""
    raise ValueError(constant)
