"""A question that may take several rounds: the model asks for functions, they run, it goes on with their results."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from grokcli.chat import Chat, Response, tool_result
from grokcli.errors import IncompleteError
from grokcli.events import End, Event, TextDelta, ToolCall, Usage
from grokcli.turn.request import Request, closing_renderers, show_answer
from grokcli.turn.retry import ask_without_rejected

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.render import Renderer
    from grokcli.store.conversation import Memory
    from grokcli.turn.toolset import Toolset

MAX_ROUNDS = 10


def run_turn(
    env: Env,
    request: Request,
    chat: Chat,
    memory: Memory,
    toolset: Toolset | None,
    renderers: Sequence[Renderer],
    response: Response,
    check: Callable[[str], None] | None = None,
    *,
    stream: bool = True,
) -> None:
    """Ask, show the answer as it comes, and gather it in `response`; `chat` and `memory` take in what was said.

    `check` is given the text of the answer, as in `show_answer`. Raises as `ask_in_rounds` and `show_answer` do.
    """
    if toolset is not None:
        with closing(ask_in_rounds(env, chat, memory, toolset, stream=stream)) as events:
            show_answer(env, request, events, renderers, response, check)
        return
    # The straight way: what stands between an event and the screen is felt 20,000 times.
    renderers = [*renderers, *memory.answer(response, model=chat.model)]
    try:
        show_answer(env, request, ask_without_rejected(env, chat, stream=stream), renderers, response, check)
    finally:
        if response.content or response.finish_reason:
            chat.append(response)


def ask_in_rounds(env: Env, chat: Chat, memory: Memory, toolset: Toolset, *, stream: bool = True) -> Generator[Event]:
    """Ask, run what the model asks for, and ask on until it has answered; yield the events of all rounds as one answer.

    `chat` and `memory` take in each answer, whole or not, and each result; close the iterator to have that done when
    it is not read to its end. Usage is told as it adds up. Raises what the client raises; IncompleteError when the
    model has asked for functions MAX_ROUNDS times and still does.
    """
    spent: Usage | None = None
    for number in range(MAX_ROUNDS + 1):
        response = Response()
        with closing(_one_round(env, chat, memory, response, stream=stream)) as events:
            for event in events:
                if isinstance(event, Usage):
                    spent = event = spent.plus(event) if spent else event
                # Of several rounds only the last one ends the answer.
                if not (isinstance(event, End) and _calls(response)):
                    yield event
        calls = _calls(response)
        if not calls:
            return
        if number < MAX_ROUNDS:
            yield from _end_paragraph(env, response.content)
            _answer_calls(env, chat, memory, toolset, calls)
    raise IncompleteError(f"the model still asks for functions after {MAX_ROUNDS} rounds", hint="ask for less")


def _one_round(env: Env, chat: Chat, memory: Memory, response: Response, *, stream: bool) -> Generator[Event]:
    """Ask once, and keep what comes."""
    keepers = memory.answer(response, model=chat.model)
    try:
        with closing_renderers(env, keepers):
            for event in ask_without_rejected(env, chat, stream=stream):
                response.add(event)
                try:
                    # Shown first: to be kept may take some milliseconds.
                    yield event
                finally:
                    for keeper in keepers:
                        keeper.show(event)
    finally:
        if response.content or response.finish_reason:
            chat.append(response)


def _calls(response: Response) -> list[ToolCall]:
    """Return what is to be called before the model goes on."""
    return response.tool_calls if response.finish_reason == "tool_calls" else []


def _end_paragraph(env: Env, text: str) -> Iterator[Event]:
    """Yield what ends the paragraph of `text`, so that it is shown in full before the user is asked anything."""
    if not text.strip():
        return
    yield TextDelta("\n" * (2 - (len(text) - len(text.rstrip("\n")))))
    if env.stdout.isatty():
        # Rendered text ends its last line only when it is known what follows.
        env.stderr.write("\n")


def _answer_calls(env: Env, chat: Chat, memory: Memory, toolset: Toolset, calls: list[ToolCall]) -> None:
    for call in calls:
        message = tool_result(call, toolset.answer(env, call))
        chat.append(message)
        memory.result(message, model=chat.model)
    if env.status:
        env.status.start()
