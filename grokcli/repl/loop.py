"""The main loop of a chat, and its turns, in which no question or partial answer is lost."""

from __future__ import annotations

import subprocess
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from grokcli.errors import GrokError, SecretError
from grokcli.models import context_window
from grokcli.repl.hints import in_chat
from grokcli.repl.line_editor import LineEditor
from grokcli.repl.mentions import attach_mentioned
from grokcli.repl.session import Prompt, Session
from grokcli.repl.slash import table
from grokcli.terminal.shell import run_on_terminal
from grokcli.terminal.typeahead import keep_typeahead
from grokcli.turn.run import Turn, run_turn
from grokcli.turn.usage import usage_line

if TYPE_CHECKING:
    from grokcli.chat import Message, Response

SHELL_OUTPUT_BYTES = 100_000
# From this fraction on, a note says how full the model's context is.
NEARLY_FULL = 0.8


def chat(session: Session, first: str) -> None:
    """Ask `first`, unless it is empty, then handle the user's lines until the end of the input."""
    session.env.console.reword = in_chat
    if first:
        take_turn(session, Prompt(first))
    while True:
        try:
            line = session.lines.read()
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        try:
            handle_line(session, line)
        except EOFError:
            return


def handle_line(session: Session, line: str) -> None:
    """Handle one line: run a command, or send a prompt. Reports errors; raises EOFError to leave the chat."""
    if not line.strip():
        return
    try:
        prompt = _interpret(session, line)
    except GrokError as error:
        session.env.console.report(error)
        return
    except KeyboardInterrupt:
        return
    if prompt is not None:
        take_turn(session, prompt)


def _interpret(session: Session, line: str) -> Prompt | None:
    if line.strip() in ("exit", "quit"):
        raise EOFError
    if table.looks_like_command(line):
        return table.run(session, line)
    if line.startswith("!") and "\n" not in line.strip():
        _run_shell(session, line[1:].strip())
        return None
    if session.lines.is_typed:
        attach_mentioned(session, line)
    return Prompt(line)


def _run_shell(session: Session, command: str) -> None:
    """Run a command in the user's shell, show its output, and keep it for /file !."""
    if not command:
        return
    console = session.env.console
    if session.has_keyboard:
        code, output = run_on_terminal(command, SHELL_OUTPUT_BYTES, session.env.child_environ())
    else:
        done = subprocess.run(  # noqa: S602  # the user asks for a shell
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=session.env.child_environ(), check=False,
        )  # fmt: skip
        code, output = done.returncode, done.stdout[:SHELL_OUTPUT_BYTES].decode("utf-8", "replace")
        if output:
            console.error_text(output.rstrip("\n"))
    session.shell_output = f"$ {command}\n{output}"
    failed = f"exit code {code}; " if code else ""
    console.note(f"({failed}attach this output to the next message with /file !)")


def take_turn(session: Session, prompt: Prompt) -> None:
    """Send `prompt` and show the answer.

    Errors are reported and the chat continues; Ctrl-C stops the answer and keeps the text so far. A question without
    an answer stays at the end of the conversation, for /retry; the next question replaces it.
    """
    question = None
    last = session.conversation.messages[-1] if session.conversation.messages else None
    if prompt.question is not None:
        if session.conversation.last_role() == "user":
            session.conversation.truncate(session.conversation.questions()[-1])
        question = session.take_question(prompt.question)
    turn = None
    try:
        request = session.next_request(question, prompt)
        turn = Turn(request, session.conversation, session.output, session.toolset)
        turn.allow_secrets, turn.replaced_from = session.allow_secrets, prompt.length
        turn.made_files, turn.limits = session.made_files, session.limits
        _run(session, turn)
        session.exit_code = 0
    except SecretError as error:
        session.env.console.report(error)
        session.exit_code = error.exit_code
    except GrokError as error:
        _keep(session, question, turn)
        session.env.console.report(error)
        session.exit_code = error.exit_code
        _hint_at_rest(session, last)
    except KeyboardInterrupt:
        _keep(session, question, turn)
        has_begun = turn is not None and turn.response.content
        session.env.console.note("interrupted" + ("; use /continue or /retry" if has_begun else ""))
    if turn is not None and (turn.response.content or turn.response.finish_reason or turn.response.usage):
        session.count(turn.response.usage)
        _tell_how_full(session, turn.request.model)


def _run(session: Session, turn: Turn) -> None:
    started = time.monotonic()
    # With tools, typed input must be echoed: the user confirms calls.
    keeps = keep_typeahead(session.env.console.stdout, for_editor=isinstance(session.lines, LineEditor))
    with nullcontext() if turn.toolset else keeps:
        run_turn(session.env, turn)
    if session.shows_usage:
        line = usage_line(turn.response.usage, started)
        session.env.console.error_line(f"{turn.request.model} · {line}{_fullness(turn)}")


def _keep(session: Session, question: Message | None, turn: Turn | None) -> None:
    """Keep a question that could not be sent in the conversation, for /retry."""
    if question is not None:
        session.conversation.keep(question, model=turn.request.model if turn else session.options.model or "")


def _hint_at_rest(session: Session, last: Message | None) -> None:
    """Show which command helps after an error; `last` is the last message of the conversation before the turn."""
    if session.conversation.last_role() == "user":
        session.env.console.note("use /retry to ask again")
    elif session.conversation.last_role() == "assistant" and session.conversation.messages[-1] is last:
        session.env.console.note("the previous answer is kept; use /retry to ask again")
    else:
        session.env.console.note("the partial answer is kept; use /continue or /retry")


def _fullness(turn: Turn) -> str:
    response: Response = turn.response
    window = context_window(response.model or turn.request.model)
    if window is None or response.usage is None:
        return ""
    return f" · {response.usage.context / window:.0%} of the context"


def _tell_how_full(session: Session, model: str) -> None:
    """Note how full the context is before the server rejects a request; messages are never dropped silently."""
    window, usage = context_window(model), session.last_usage
    if window is None or usage is None:
        return
    used = usage.context
    if used >= NEARLY_FULL * window:
        session.env.console.note(
            f"{used:,} of {model}'s {window:,} tokens are used; use /compact, or /new to start over"
        )
