"""From flags to a request, and from a request to an answer that is shown: what `ask` does with one question."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grokcli.chat import Chat, Message, Response, fill_missing_results, system
from grokcli.config.settings import SETTINGS
from grokcli.errors import GrokError, IncompleteError, UsageError
from grokcli.models import API, DEFAULT_MODEL, LOCAL_MODEL, context_window, is_same_model, known, least_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grokcli.env import Env
    from grokcli.events import Event, Usage
    from grokcli.render import Renderer

TICKS_PER_DOLLAR = 10**10
# Fields of a request that have other ways of being set, and some that have none but KEY=VALUE.
RESERVED = ("model", "messages", "input", "stream", "stream_options")
SETTABLE = ("temperature", "top_p", "max_tokens", "seed", "reasoning_effort", "stop", "user")


@dataclass
class Request:
    """A request before there is a connection: the model, the messages, and the other fields that were set.

    `api` is what the server is to be spoken to in, None what the settings say.
    """

    model: str
    messages: list[Message]
    options: dict[str, Any] = field(default_factory=dict)
    api: API | None = None

    def chat(self, env: Env) -> Chat:
        """Return the conversation that will be asked. Raises what connecting raises."""
        return Chat(env.connect(self.model, self.api), self.model, self.messages, self.options)


def build_request(
    env: Env,
    question: Message | None,
    *,
    history: Sequence[Message] = (),
    model: str | None,
    role: str | None,
    system_prompt: str | None,
    temperature: float | None,
    max_tokens: int | None,
    effort: str | None = None,
    api: API | None = None,
    tools: Sequence[dict[str, Any]] = (),
    options: dict[str, Any],
) -> Request:
    """Return the request for `question` after `history`, from flags (None where not given) and settings.

    A system prompt of the history stays unless a flag or a role says otherwise. `tools` are what the server is to
    search with or to call (see `grokcli.tools.server_tools`, `grokcli.tools.mcp`). Raises UsageError, ConfigError.
    """
    settings = env.settings
    for warning in settings.warnings():
        env.warn(warning)
    if role:
        settings.choose_role(role)
    name = settings.model(model)
    fields = {
        "temperature": settings.value("temperature", temperature, model=name),
        "max_tokens": settings.value("max_tokens", max_tokens, model=name),
        "reasoning_effort": settings.value("effort", effort, model=name),
        **options,
    }
    check_effort(name, fields["reasoning_effort"])
    if tools:
        only_mcp = all(tool.get("type") == "mcp" for tool in tools)
        check_search(env, name, api, "calling an MCP server" if only_mcp else "search")
        own = fields.get("tools")
        fields["tools"] = [*(own if isinstance(own, list) else ()), *tools]
    messages = fill_missing_results(history)
    if not messages or system_prompt is not None or role:
        behaviour = settings.value("system", text_or_file(system_prompt), model=name) or _default_system_prompt(name)
        others = messages[1:] if messages and messages[0]["role"] == "system" else messages
        messages = [system(behaviour), *others] if behaviour else others
    if question is not None:
        messages.append(question)
    return Request(name, messages, {key: value for key, value in fields.items() if value is not None}, api)


def check_effort(model: str, effort: object) -> None:
    """Raise UsageError for an effort that `model` is known not to have; one that has none is left to say so itself."""
    found = known(model)
    if effort is not None and found and found.efforts and effort not in found.efforts:
        raise UsageError(f"{model} has no effort {effort!r}", hint=f"it has {', '.join(found.efforts)}")


def check_search(env: Env, model: str, api: API | None, what: str = "search") -> None:
    """Raise UsageError when `model` is asked where the server has no tools of its own; `what` is meant to be done."""
    from grokcli.client.wire import resolve

    if model == LOCAL_MODEL:
        raise UsageError(f"{what} is not for the model on this machine", hint=f"ask {DEFAULT_MODEL}")
    base_url = env.settings.value("base_url")
    if resolve(env.settings.value("api", api), base_url) != "responses":
        raise UsageError(
            f"{what} needs the Responses API, and {base_url} is asked through chat completions",
            hint="ask xAI's own server, or say --api responses if this one speaks it",
        )


def _default_system_prompt(model: str) -> str:
    """Return the system prompt without which the model on this machine makes no sense; "" for others."""
    if model != LOCAL_MODEL:
        return ""
    from grokcli.client.local_server import SYSTEM_PROMPT

    return SYSTEM_PROMPT


def text_or_file(value: str | None) -> str | None:
    """Return `value`, or what the file holds that `@FILE` names."""
    if value is None or not value.startswith("@"):
        return value
    from grokcli.input.files import read_text

    return read_text(value[1:])


def parse_field(key: str, value: str) -> dict[str, Any]:
    """Return KEY=VALUE as a field of a request's body; a VALUE that is JSON is sent as such, another one as text."""
    if not key.isidentifier():
        raise UsageError(f"{key!r} is no field of a request", hint="for example: seed=7")
    if key in RESERVED:
        raise UsageError(f"{key!r} cannot be set this way", hint="it has a flag or a command of its own")
    try:
        parsed = json.loads(value, parse_constant=_refuse)
    except ValueError:
        parsed = value
    return {key: SETTINGS[key].checked(parsed) if key in SETTINGS else parsed}


def _refuse(constant: str) -> None:
    """Raise ValueError for NaN and the infinities, which Python takes for JSON and no server does."""
    raise ValueError(constant)


def check_context(request: Request) -> None:
    """Raise UsageError when what is asked cannot fit the model, before anything is sent and without cutting it."""
    window = context_window(request.model)
    tokens = least_tokens("".join(map(_text_of, request.messages)))
    if window is not None and tokens > window:
        raise UsageError(
            f"the question has at least {tokens:,} tokens; {request.model} takes {window:,}",
            hint="send less, or use a model with a larger context",
        )


def _text_of(message: Message) -> str:
    """Return the text of a message. An image costs tokens too, but not by its bytes."""
    content = message["content"]
    if not isinstance(content, list):
        return str(content)
    return "".join(str(part.get("text", "")) for part in content)


def show_answer(
    env: Env,
    request: Request,
    events: Iterator[Event],
    renderers: Sequence[Renderer],
    response: Response,
    check: Callable[[str], None] | None = None,
) -> None:
    """Show the answer as it comes, and gather it in `response`, which holds what came whatever happens.

    `check` is given the text of a whole answer and raises what is wrong with it. Raises what the stream and `check`
    raise; IncompleteError for an answer that a limit cut.
    """
    with closing_renderers(env, renderers):
        for event in events:
            response.add(event)
            for renderer in renderers:
                renderer.show(event)
        _require_whole(response)
        if check is not None:
            check(response.content)
    if not (response.content or response.tool_calls):
        env.note("the model answered nothing")
    if response.finish_reason == "tool_calls":
        names = ", ".join(dict.fromkeys(call.name for call in response.tool_calls))
        env.note(f"the model asks for a call of {names}: --tool FILE.py would offer functions that can be called")
    if request.model == LOCAL_MODEL:
        from grokcli.client.local_server import NOTICE

        env.note_once(NOTICE)
    elif not is_same_model(request.model, response.model):
        env.note(f"asked {request.model}, answered by {response.model}")


@contextmanager
def closing_renderers(env: Env, renderers: Sequence[Renderer]) -> Iterator[None]:
    """Close the renderers, whatever happens, and let those that carry errors know what it was."""
    error: GrokError | None = None
    try:
        yield
    except GrokError as raised:
        env.mask_error(raised)
        error = raised
        raise
    except BaseException:
        error = IncompleteError("interrupted")
        raise
    finally:
        with ExitStack() as closing:  # each is closed, also when another one cannot be
            for renderer in reversed(renderers):
                closing.callback(renderer.close, error)


def _require_whole(response: Response) -> None:
    if response.finish_reason == "length":
        raise IncompleteError("the answer was cut at the token limit", hint="allow more with --max-tokens")
    if response.finish_reason == "content_filter":
        raise IncompleteError("the answer was withheld by a content filter", hint="rephrase the question")
    if response.finish_reason.startswith("incomplete"):
        raise IncompleteError(f"the answer is {response.finish_reason}")


def usage_line(usage: Usage | None, started: float) -> str:
    """Return what an answer cost, on one line; `started` is the monotonic time of the question, in seconds."""
    seconds = f"{time.monotonic() - started:.1f} s"
    if usage is None:
        return f"usage: not reported · {seconds}"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    reasoning = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    line = f"usage: {usage.input_tokens:,} tokens in{cached} · {usage.output_tokens:,} out{reasoning}"
    cost = f" · ${dollars(usage.cost_in_usd_ticks)}" if usage.cost_in_usd_ticks is not None else ""
    calls = f" · {usage.server_tool_calls} tool calls by the server" if usage.server_tool_calls else ""
    return f"{line}{calls}{cost} · {seconds}"


def spent_line(spent: Usage, last: Usage | None, model: str) -> str:
    """Return what a conversation cost so far, and how much of the model's context it fills."""
    cost = f" · ${dollars(spent.cost_in_usd_ticks)}" if spent.cost_in_usd_ticks is not None else ""
    line = f"{spent.input_tokens:,} tokens in · {spent.output_tokens:,} out{cost}"
    window = context_window(model)
    if last is None or window is None:
        return line
    used = last.context
    return f"{line} · {used:,} of {window:,} in use ({used / window:.0%})"


def dollars(ticks: int) -> str:
    """Return billed ticks (1e-10 US dollars each) as exact dollars: 5743500 is "0.00057435"."""
    whole, part = divmod(ticks, TICKS_PER_DOLLAR)
    return f"{whole}.{f'{part:010}'.rstrip('0').ljust(2, '0')}"
