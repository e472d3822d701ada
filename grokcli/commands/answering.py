"""From flags to a request, and from a request to an answer that is shown: what `ask` does with one question."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokcli.chat import Chat, Message, Response, system, user
from grokcli.errors import GrokError, IncompleteError, UsageError
from grokcli.models import LOCAL_MODEL, context_window, is_same_model, least_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.env import Env
    from grokcli.events import Event, Usage
    from grokcli.render import Renderer

TICKS_PER_DOLLAR = 10**10


@dataclass
class Request:
    """A request before there is a connection: the model, the messages, and the other fields that were set."""

    model: str
    messages: list[Message]
    options: dict[str, Any] = field(default_factory=dict)

    def chat(self, env: Env) -> Chat:
        """Return the conversation that will be asked. Raises what connecting raises."""
        return Chat(env.connect(self.model), self.model, self.messages, self.options)


def prepare(
    env: Env,
    question: str,
    *,
    model: str | None,
    role: str | None,
    system_prompt: str | None,
    temperature: float | None,
    max_tokens: int | None,
    options: dict[str, Any],
) -> Request:
    """Return the request for `question`, from flags (None where not given) and settings.

    Raises UsageError when the question cannot fit the model.
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
        **options,
    }
    behaviour = settings.value("system", _text_or_file(system_prompt), model=name)
    if name == LOCAL_MODEL and not behaviour:
        from grokcli.local import SYSTEM_PROMPT

        behaviour = SYSTEM_PROMPT
    messages = [system(behaviour)] if behaviour else []
    request = Request(name, [*messages, user(question)], {k: v for k, v in fields.items() if v is not None})
    _require_fit(request)
    return request


def _text_or_file(value: str | None) -> str | None:
    """Return `value`, or what the file holds that `@FILE` names."""
    if value is None or not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).expanduser().read_text("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {value[1:]}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{value[1:]} is not UTF-8") from None


def _require_fit(request: Request) -> None:
    window = context_window(request.model)
    tokens = least_tokens("".join(str(message["content"]) for message in request.messages))
    if window is not None and tokens > window:
        raise UsageError(
            f"the question has at least {tokens:,} tokens; {request.model} takes {window:,}",
            hint="send less, or use a model with a larger context",
        )


def show_answer(env: Env, request: Request, events: Iterator[Event], renderers: Sequence[Renderer]) -> Response:
    """Show the answer as it comes and return it. Raises what the stream raises; IncompleteError for a cut answer."""
    response = Response()
    with _closing(renderers):
        for event in events:
            response.add(event)
            for renderer in renderers:
                renderer.show(event)
        _require_whole(response)
    if request.model == LOCAL_MODEL:
        from grokcli.local import NOTICE

        env.note(NOTICE)
    elif not is_same_model(request.model, response.model):
        env.note(f"asked {request.model}, answered by {response.model}")
    return response


@contextmanager
def _closing(renderers: Sequence[Renderer]) -> Iterator[None]:
    """Close the renderers, whatever happens, and let those that carry errors know what it was."""
    error: GrokError | None = None
    try:
        yield
    except GrokError as raised:
        error = raised
        raise
    except BaseException:
        error = IncompleteError("interrupted")
        raise
    finally:
        for renderer in renderers:
            renderer.close(error)


def _require_whole(response: Response) -> None:
    if response.finish_reason == "length":
        raise IncompleteError("the answer was cut at the token limit", hint="allow more with --max-tokens")
    if response.finish_reason == "content_filter":
        raise IncompleteError("the answer was withheld by a content filter", hint="rephrase the question")


def usage_line(usage: Usage | None, started: float) -> str:
    """Return what an answer cost, on one line; `started` is the monotonic time of the question, in seconds."""
    seconds = f"{time.monotonic() - started:.1f} s"
    if usage is None:
        return f"usage: not reported · {seconds}"
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    reasoning = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    line = f"usage: {usage.input_tokens:,} tokens in{cached} · {usage.output_tokens:,} out{reasoning}"
    cost = f" · ${dollars(usage.cost_in_usd_ticks)}" if usage.cost_in_usd_ticks is not None else ""
    return f"{line}{cost} · {seconds}"


def dollars(ticks: int) -> str:
    """Return billed ticks (1e-10 US dollars each) as exact dollars: 5743500 is "0.00057435"."""
    whole, part = divmod(ticks, TICKS_PER_DOLLAR)
    return f"{whole}.{f'{part:010}'.rstrip('0').ljust(2, '0')}"
