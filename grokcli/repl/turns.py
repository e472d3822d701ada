"""One turn of a chat: a question goes out, an answer comes in, and nothing of either is lost."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from grokcli.chat import Chat, Response, fill_missing_results
from grokcli.errors import GrokError
from grokcli.models import context_window
from grokcli.render.select import make_renderers
from grokcli.terminal.typeahead import keep_typeahead
from grokcli.turn.request import Request, check_context, usage_line
from grokcli.turn.run import run_turn

if TYPE_CHECKING:
    from grokcli.repl.session import Ask, Session

# From here on the user is told how full the model's context is.
NEARLY_FULL = 0.8


def take_turn(session: Session, ask: Ask) -> None:
    """Ask what `ask` says and show the answer.

    An error is reported and the chat goes on; Ctrl-C stops the answer and keeps what came. A question that got no
    answer stays at the end of the conversation, for /retry; the next question takes its place.
    """
    if ask.question is not None:
        _add_question(session, ask.question)
    options = {**session.options, **ask.options}
    if session.toolset is not None:
        options = session.toolset.offer(options)
    request = Request(ask.model or session.model, fill_missing_results(session.messages), options)
    response = Response()
    try:
        _answer(session, request, response)
        session.exit_code = 0
    except GrokError as error:
        session.env.report(error)
        session.exit_code = error.exit_code
        _hint_at_rest(session)
    except KeyboardInterrupt:
        session.env.note("interrupted" + (": /continue goes on, /retry asks again" if response.content else ""))
    if response.content or response.finish_reason or response.usage:
        session.count(response.usage)
        _tell_how_full(session, request.model)


def _add_question(session: Session, text: str) -> None:
    if session.is_unanswered():
        session.cut(len(session.messages) - 1)
    message = session.take_question(text)
    session.messages.append(message)
    session.memory.question(session.messages, model=session.model)


def _answer(session: Session, request: Request, response: Response) -> None:
    check_context(request)
    started = time.monotonic()
    chat = Chat(session.client(request.model), request.model, request.messages, request.options, session.memory.id)
    renderers = make_renderers(session.env, session.output)
    # Consent to a call is typed where it can be seen.
    typing = nullcontext() if session.toolset else keep_typeahead(session.env.stdout)
    try:
        with typing:
            run_turn(session.env, request, chat, session.memory, session.toolset, renderers, response)
    finally:
        session.messages += chat.messages[len(request.messages) :]
    if session.usage_after_answers:
        session.env.say(f"{request.model} · {usage_line(response.usage, started)}{_fullness(session, response)}")


def _hint_at_rest(session: Session) -> None:
    if not session.is_unanswered():
        session.env.note("what came is kept: /continue goes on, /retry asks again")
    else:
        session.env.note("the question is kept: /retry asks it again")


def _fullness(session: Session, response: Response) -> str:
    window = context_window(response.model or session.model)
    if window is None or response.usage is None:
        return ""
    used = response.usage.context
    return f" · {used / window:.0%} of the context"


def _tell_how_full(session: Session, model: str) -> None:
    """Say it before the server does: nothing is ever dropped silently to make room."""
    window, usage = context_window(model), session.last_usage
    if window is None or usage is None:
        return
    used = usage.context
    if used >= NEARLY_FULL * window:
        session.env.note(f"{used:,} of {model}'s {window:,} tokens are used: /new starts afresh")
