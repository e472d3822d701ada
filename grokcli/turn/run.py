"""One turn: a question goes out, its answer is shown and kept as it comes, and the functions it asks for are called."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grokcli.chat import Response, tool_result
from grokcli.errors import GrokError, IncompleteError
from grokcli.events import End, TextDelta, ToolCall, Usage
from grokcli.models import LOCAL_MODEL, is_same_model
from grokcli.render.select import Output, make_renderers
from grokcli.turn.limits import NO_LIMITS, Limits
from grokcli.turn.retry import ask_without_rejected
from grokcli.turn.secrets import held_key, refuse_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from grokcli.chat import Chat, EventSource
    from grokcli.env import Env
    from grokcli.events import Event
    from grokcli.render import Renderer
    from grokcli.store.conversation import Conversation
    from grokcli.turn.budget import Budget
    from grokcli.turn.request import Request
    from grokcli.turn.toolset import Toolset

MAX_ROUNDS = 10
LONGEST_NAME = 80
USUAL_REASONS = ("stop", "length", "content_filter", "tool_calls")


@dataclass
class Turn:
    """A question and what becomes of it.

    `conversation` takes in what is said; `toolset` are the functions that may be called, None for none; `check` is
    given the text of a whole answer and raises what is wrong with it; `allow_secrets` sends keys all the same; `limits`
    is what it may cost. `response` holds what came, whatever happens. An answer takes the place of what the
    conversation has from `replaced_from` on.
    """

    request: Request
    conversation: Conversation
    output: Output
    toolset: Toolset | None = None
    check: Callable[[str], None] | None = None
    stream: bool = True
    allow_secrets: bool = False
    replaced_from: int | None = None
    limits: Limits = NO_LIMITS
    response: Response = field(default_factory=Response)


def run_turn(env: Env, turn: Turn) -> None:
    """Ask, and show and keep the answer as it comes.

    Raises SecretError before anything is kept or sent; BudgetError then and between two requests; what the client and
    the check raise; IncompleteError for an answer that a limit cut or that is empty, and when the model has asked for
    functions MAX_ROUNDS times and still does.
    """
    request = turn.request
    budget = turn.limits.budget(env, turn.conversation.ledger, request.model)
    if budget:
        budget.check()
    client: EventSource = env.connect(request.model, request.api, request.network)
    if budget:
        client = budget.limiting(client)
    if not turn.allow_secrets:
        refuse_secrets(env, request.messages, {"model": request.model, **request.options})
    chat = turn.conversation.begin_turn(
        client, request.model, request.messages, request.options, replaced_from=turn.replaced_from
    )
    renderers = make_renderers(env, turn.output)
    with closing(_ask_in_rounds(env, turn, chat, budget)) as events:
        _show(env, turn, events, renderers)
    _tell_oddities(env, request.model, turn.response)


def _show(env: Env, turn: Turn, events: Iterator[Event], renderers: Sequence[Renderer]) -> None:
    """Show the answer as it comes, and gather it in the turn's response."""
    response = turn.response
    with _closing_renderers(env, renderers):
        for event in events:
            response.add(event)
            for renderer in renderers:
                renderer.show(event)
        _require_whole(response)
        if turn.check is not None:
            turn.check(response.content)


def _ask_in_rounds(env: Env, turn: Turn, chat: Chat, budget: Budget | None) -> Generator[Event]:
    """Ask, call what the model asks for, and ask again until it has answered; yield all of that as one answer.

    Usage is told as it adds up. Close the generator to have the answer kept when it is not read to its end.
    """
    total: Usage | None = None
    for number in range(MAX_ROUNDS + 1):
        response = Response(chat.model)
        with closing(_one_round(env, turn, chat, response)) as events:
            for event in events:
                if isinstance(event, Usage):
                    total = event = total.plus(event) if total else event
                if turn.toolset is not None and isinstance(event, (ToolCall, End)):
                    yield from _told_now(event, response)
                else:
                    yield event
        if turn.toolset is None or response.finish_reason != "tool_calls":
            return
        yield from _end_paragraph(response.content)
        yield from response.tool_calls
        if number < MAX_ROUNDS:
            _run_calls(env, turn, turn.toolset, response, budget)
    raise IncompleteError(f"the model still calls tools after {MAX_ROUNDS} rounds", hint="ask a simpler question")


def _told_now(event: ToolCall | End, response: Response) -> list[Event]:
    """Return what is told of an event while functions may be called.

    Calls that will be run are told when all the text before them is, and only the last round ends the answer.
    """
    if isinstance(event, End) and event.finish_reason != "tool_calls":
        return [*response.tool_calls, event]
    return []


def _one_round(env: Env, turn: Turn, chat: Chat, response: Response) -> Generator[Event]:
    """Ask once, and keep what comes."""
    recorder = turn.conversation.record(response, model=chat.model)
    with _closing_renderers(env, [recorder]):
        for event in ask_without_rejected(env, chat, stream=turn.stream):
            if isinstance(event, End):
                _mask_end(env, chat.model, event)
            response.add(event)
            try:
                # Shown first: to be kept may take some milliseconds.
                yield event
            finally:
                recorder.show(event)


def _mask_end(env: Env, asked: str, end: End) -> None:
    """Take the secrets out of the server's own words about an answer, which are kept and printed as they are.

    What is as expected holds none: what they all are would have to be read first, 3 ms of each run.
    """
    if end.finish_reason not in USUAL_REASONS:
        end.finish_reason = env.console.mask(end.finish_reason)
    if not is_same_model(asked, end.model):
        end.model = env.console.mask(end.model)


def _run_calls(env: Env, turn: Turn, toolset: Toolset, response: Response, budget: Budget | None) -> None:
    if budget:  # a call is not run when its result could not be sent
        budget.check()
    if response.content.strip() and env.console.stdout.isatty():
        # Rendered text ends its last line only when it is known what follows.
        env.console.stderr.write("\n")
    for call, told in toolset.run_calls(env.console, response.tool_calls):
        if not turn.allow_secrets and held_key(env, told):
            env.console.error_line(f"{call.name}: the result contains your API key and was not sent")
            told = "error: the result contains a secret and was withheld"
        turn.conversation.append(tool_result(call, told), model=turn.request.model)
    env.console.start_status()


def _end_paragraph(text: str) -> list[Event]:
    """Return what ends the paragraph of `text`, so that it is shown in full before the user is asked anything."""
    return [TextDelta("\n" * (2 - (len(text) - len(text.rstrip("\n")))))] if text.strip() else []


@contextmanager
def _closing_renderers(env: Env, renderers: Sequence[Renderer]) -> Iterator[None]:
    """Close the renderers, whatever happens, and let those that carry errors know what it was."""
    error: GrokError | None = None
    try:
        yield
    except GrokError as raised:
        env.console.mask_error(raised)
        error = raised
        raise
    except BaseException:
        error = IncompleteError("interrupted")
        raise
    finally:
        with ExitStack() as closers:  # each is closed, also when another one cannot be
            for renderer in reversed(renderers):
                closers.callback(renderer.close, error)


def _require_whole(response: Response) -> None:
    if response.finish_reason == "length":
        raise IncompleteError("the answer was cut off at the token limit", hint="raise the limit with --max-tokens")
    if response.finish_reason == "content_filter":
        raise IncompleteError("the answer was withheld by a content filter", hint="rephrase the question")
    if response.finish_reason == "refusal":
        raise IncompleteError("the model refused to answer", hint="rephrase the question")
    if response.finish_reason.startswith("incomplete"):
        raise IncompleteError(f"the answer is {response.finish_reason}")
    if not (response.content.strip() or response.tool_calls):
        raise IncompleteError("the answer is empty", hint="ask again, or use another model")


def _tell_oddities(env: Env, model: str, response: Response) -> None:
    """Tell what a user might wonder about: a call that nobody runs, another model than `model`."""
    console = env.console
    if response.finish_reason == "tool_calls":
        names = ", ".join(dict.fromkeys(call.name for call in response.tool_calls))
        console.note(f"the model wants to call {names}; offer functions with --tool FILE.py")
    if model == LOCAL_MODEL:
        from grokcli.client.local_server import NOTICE

        console.note_once(NOTICE)
    elif not is_same_model(model, response.model):
        console.note(f"asked {model}, answered by {response.model[:LONGEST_NAME]}")
