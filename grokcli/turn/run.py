"""One turn: sending a prompt, showing and saving the answer as it is streamed, and calling functions for the model."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grokcli.chat import Response, tool_result
from grokcli.errors import GrokError, IncompleteError
from grokcli.events import End, TextDelta, ToolCall, Usage
from grokcli.models import LOCAL_MODEL, is_same_model
from grokcli.render.select import Output, make_renderers
from grokcli.turn.limits import NO_LIMITS, Limits
from grokcli.turn.retry import MAX_TRIES, ask_without_rejected
from grokcli.turn.secrets import held_key, refuse_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from grokcli.chat import Chat, EventSource
    from grokcli.client.xai import XAI
    from grokcli.env import Env
    from grokcli.events import Event
    from grokcli.render import Renderer
    from grokcli.render.image_files import ImageFiles
    from grokcli.store.conversation import Conversation
    from grokcli.turn.budget import Budget
    from grokcli.turn.request import Request
    from grokcli.turn.toolset import Toolset

MAX_ROUNDS = 10
LONGEST_NAME = 80
USUAL_REASONS = ("stop", "length", "content_filter", "tool_calls")


@dataclass(eq=False, repr=False, match_args=False)
class Turn:
    """A prompt and its answer.

    `conversation` records the messages; `toolset` has the functions that the model may call, None for none; `check` is
    called with the text of a complete answer and raises an error if it is invalid; `allow_secrets` sends messages even
    if they contain keys; `made_files` saves the pictures that code makes or the server draws; `limits` is what it may
    cost; `tries` is how often a request is sent at most. `response` has everything that was received, even after an
    error. With `replaced_from`, the answer replaces the messages of the conversation from that index.
    """

    request: Request
    conversation: Conversation
    output: Output
    toolset: Toolset | None = None
    check: Callable[[str], None] | None = None
    stream: bool = True
    allow_secrets: bool = False
    replaced_from: int | None = None
    made_files: ImageFiles | None = None
    limits: Limits = NO_LIMITS
    tries: int = MAX_TRIES
    response: Response = field(default_factory=Response)


def run_turn(env: Env, turn: Turn) -> None:
    """Send the prompt, and show and save the answer as it is streamed.

    Raises SecretError before anything is saved or sent; BudgetError then and between two requests; the errors of the
    client and the check; IncompleteError if the answer is incomplete or empty, or if the model still calls functions
    after MAX_ROUNDS rounds.
    """
    request = _with_documents(env, turn.request)
    env.require_key(request.model)
    budget = turn.limits.budget(env, turn.conversation.ledger, request.model)
    if budget:
        budget.check()
    if not turn.allow_secrets:
        refuse_secrets(env, request.messages, {"model": request.model, **request.options})
    client = env.connect(request.model, request.api, request.network)
    renderers = make_renderers(env, turn.output)
    alert = env.console.alert
    with (
        alert.at_end("finished") if alert else nullcontext(),
        closing(_begin(env, turn, request, client, budget)) as events,
    ):
        _show(env, turn, _saving(env, turn, client, events), renderers)
    _tell_oddities(env, request.model, turn.response)


def _with_drawings(env: Env, turn: Turn, source: EventSource) -> EventSource:
    if turn.made_files is None and not any("output" in message for message in turn.request.messages):
        return source
    from grokcli.turn.drawings import DrawingSource

    return DrawingSource(env, source)


def _saving(env: Env, turn: Turn, client: XAI, events: Iterator[Event]) -> Iterator[Event]:
    if turn.made_files is None:
        return events
    from grokcli.turn.made_files import with_saved_files

    return with_saved_files(env, client, turn.made_files, events)


def _with_documents(env: Env, request: Request) -> Request:
    if all(isinstance(message.get("content"), str) for message in request.messages):
        return request
    from grokcli.turn.documents import with_documents

    return with_documents(env, request)


def _begin(env: Env, turn: Turn, request: Request, client: XAI, budget: Budget | None) -> Generator[Event]:
    """Upload documents, save the question, which may refer to them, and yield the events of the answer."""
    if env.documents:
        from grokcli.turn.uploads import with_uploads

        request = with_uploads(env, client, request)
    source = _with_drawings(env, turn, budget.limiting(client) if budget else client)
    chat = turn.conversation.begin_turn(
        source, request.model, turn.request.messages, request.options, replaced_from=turn.replaced_from
    )
    chat.messages = request.messages
    yield from _ask_in_rounds(env, turn, chat, budget)


def _show(env: Env, turn: Turn, events: Iterator[Event], renderers: Sequence[Renderer]) -> None:
    """Show the answer as it is streamed, and collect it in the turn's response."""
    response = turn.response
    with _closing_renderers(env, renderers):
        for event in events:
            response.add(event)
            for renderer in renderers:
                renderer.show(event)
        require_whole(response)
        if turn.check is not None:
            turn.check(response.content)


def _ask_in_rounds(env: Env, turn: Turn, chat: Chat, budget: Budget | None) -> Generator[Event]:
    """Send requests and run the model's function calls until it has answered; yield the events as one answer.

    Usage events have the running total. Close the generator if you do not exhaust it, so that the answer is saved.
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
    """Return the events to pass on for a call or an end while functions may be called.

    Calls are passed on after all the text of their round, and only the End of the last round is passed on.
    """
    if isinstance(event, End) and event.finish_reason != "tool_calls":
        return [*response.tool_calls, event]
    return []


def _one_round(env: Env, turn: Turn, chat: Chat, response: Response) -> Generator[Event]:
    """Send one request, and save its answer."""
    recorder = turn.conversation.record(response, model=chat.model)
    with _closing_renderers(env, [recorder]):
        for event in ask_without_rejected(env, chat, stream=turn.stream, tries=turn.tries):
            if isinstance(event, End):
                _mask_end(env, chat.model, event)
            response.add(event)
            try:
                # Shown first, because saving may take some milliseconds.
                yield event
            finally:
                recorder.show(event)


def _mask_end(env: Env, asked: str, end: End) -> None:
    """Mask secrets in the finish reason and the model name, which come from the server and are saved and printed.

    Expected values are not checked, because loading the list of secrets would cost 3 ms per run.
    """
    if end.finish_reason not in USUAL_REASONS:
        end.finish_reason = env.console.mask(end.finish_reason)
    if not is_same_model(asked, end.model):
        end.model = env.console.mask(end.model)


def _run_calls(env: Env, turn: Turn, toolset: Toolset, response: Response, budget: Budget | None) -> None:
    if budget:  # a call is not run when its result could not be sent
        budget.check()
    if response.content.strip() and env.console.stdout.isatty():
        # The renderer ends its last line only once it knows what follows.
        env.console.stderr.write("\n")
    for call, told in toolset.run_calls(env.console, response.tool_calls):
        if not turn.allow_secrets and held_key(env, told):
            env.console.error_line(f"{call.name}: the result contains your API key and was not sent")
            told = "error: the result contains a secret and was withheld"
        turn.conversation.append(tool_result(call, told), model=turn.request.model)
    env.console.start_status()


def _end_paragraph(text: str) -> list[Event]:
    """Return the event that ends the paragraph of `text`, so that it is shown in full before the user is asked."""
    return [TextDelta("\n" * (2 - (len(text) - len(text.rstrip("\n")))))] if text.strip() else []


@contextmanager
def _closing_renderers(env: Env, renderers: Sequence[Renderer]) -> Iterator[None]:
    """Close the renderers at the end of the block, with the error that it raised, if any."""
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
        with ExitStack() as closers:  # closes each of them, even if closing another one fails
            for renderer in reversed(renderers):
                closers.callback(renderer.close, error)


def require_whole(response: Response) -> None:
    """Raise IncompleteError for an answer that is cut off, withheld or empty."""
    if response.finish_reason == "length":
        raise IncompleteError("the answer was cut off at the token limit", hint="raise the limit with --max-tokens")
    if response.finish_reason == "content_filter":
        raise IncompleteError("the answer was withheld by a content filter", hint="rephrase the question")
    if response.finish_reason == "refusal":
        raise IncompleteError("the model refused to answer", hint="rephrase the question")
    if response.finish_reason.startswith("incomplete"):
        raise IncompleteError(f"the answer is {response.finish_reason}")
    if not (response.content.strip() or response.tool_calls or response.images):
        raise IncompleteError("the answer is empty", hint="ask again, or use another model")


def _tell_oddities(env: Env, model: str, response: Response) -> None:
    """Note the unexpected: function calls that are not run, or an answer of a model other than `model`."""
    console = env.console
    if response.finish_reason == "tool_calls":
        names = ", ".join(dict.fromkeys(call.name for call in response.tool_calls))
        console.note(f"the model wants to call {names}; offer functions with --tool FILE.py")
    if model == LOCAL_MODEL:
        from grokcli.client.local_server import NOTICE

        console.note_once(NOTICE)
    elif not is_same_model(model, response.model):
        console.note(f"asked {model}, answered by {response.model[:LONGEST_NAME]}")
