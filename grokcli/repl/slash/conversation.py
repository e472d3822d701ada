"""Slash commands about the conversation itself."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NoReturn

from grokcli.errors import UsageError
from grokcli.render.select import show_text
from grokcli.repl.session import Ask
from grokcli.repl.slash.table import command, help_text, words_of
from grokcli.store.transcript import text_of
from grokcli.terminal.editor import edit_text

if TYPE_CHECKING:
    from typing import Any

    from grokcli.repl.session import Session

CONTINUE = "Continue exactly where your answer stopped. Do not repeat what you have written."
PREVIEW = 70
LISTED = 10


@command("help", "?", text="list the commands and keys")
def help_(session: Session, argument: str) -> None:
    session.env.say(help_text(shutil.get_terminal_size().columns))


@command("exit", "quit", text="leave; Ctrl-D does too")
def exit_(session: Session, argument: str) -> NoReturn:
    raise EOFError


@command("new", "clear", text="forget the conversation and begin another")
def new(session: Session, argument: str) -> None:
    session.start_anew()
    session.env.note("a new conversation")


@command("retry", arguments="[-m MODEL] [--effort LEVEL]", text="ask the last question again, for once differently")
def retry(session: Session, argument: str) -> Ask:
    model, options = _once(words_of(argument))
    questions = session.questions()
    if not questions:
        raise UsageError("there is nothing to ask again")
    session.cut(questions[-1] + 1)
    return Ask(model=model, options=options)


def _once(words: list[str]) -> tuple[str | None, dict[str, Any]]:
    """Return the model and the options that hold for one request."""
    model: str | None = None
    options: dict[str, Any] = {}
    while words:
        flag = words.pop(0)
        if flag not in ("-m", "--model", "--effort") or not words:
            raise UsageError("/retry takes -m MODEL and --effort LEVEL")
        if flag == "--effort":
            options["reasoning_effort"] = words.pop(0)
        else:
            model = words.pop(0)
    return model, options


@command("undo", text="take the last question and its answer back")
def undo(session: Session, argument: str) -> None:
    questions = session.questions()
    if not questions:
        raise UsageError("there is nothing to take back")
    taken = text_of(session.messages[questions[-1]])
    session.cut(questions[-1])
    session.env.note(f"taken back: {_preview(taken)}")


@command("edit", arguments="[N]", text="edit question N (see /history), else the last, and ask it again")
def edit(session: Session, argument: str) -> Ask | None:
    questions = session.questions()
    number = _number(argument, len(questions)) if argument else len(questions)
    if not questions:
        raise UsageError("there is no question yet")
    index = questions[number - 1]
    text = edit_text(text_of(session.messages[index]), session.env.environ)
    if not text.strip():
        session.env.note("an empty question is not asked; nothing has changed")
        return None
    session.cut(index)
    return Ask(text)


@command("continue", text="let the model go on with an answer that was cut")
def continue_(session: Session, argument: str) -> Ask:
    last = session.messages[-1]["role"] if session.messages else ""
    if last == "tool":
        # The model has what it asked for and has not answered yet.
        return Ask()
    if last != "assistant":
        raise UsageError("there is no answer to go on with")
    return Ask(CONTINUE)


@command("history", text="list what was said, with the numbers that /edit and /copy take")
def history(session: Session, argument: str) -> None:
    number = 0
    for message in session.messages:
        if message["role"] == "user":
            number += 1
        sign = {"user": f"{number:3} >", "assistant": f"{number:3} <"}.get(message["role"], "    :")
        session.env.say(f"{sign} {_preview(text_of(message))}")


@command("usage", text="show tokens and billed cost of this conversation")
def usage(session: Session, argument: str) -> None:
    from grokcli.turn.request import spent_line

    session.env.say(spent_line(session.spent, session.last_usage, session.model))


@command("resume", arguments="[ID|TITLE]", text="go on with another conversation, or list the latest")
def resume(session: Session, argument: str) -> None:
    store = session.memory.store
    if store is None:
        raise UsageError("this chat is not kept and has no others", hint="start it without --no-save")
    if not argument:
        for one in store.conversations(LISTED):
            session.env.say(f"  {one.id}  {one.title}")
        return
    session.memory.resume(store.find(argument))
    session.adopt()
    show_where_it_stands(session)


@command("rename", arguments="TITLE", text="give this conversation a title")
def rename(session: Session, argument: str) -> None:
    if not argument:
        raise UsageError("/rename needs a title")
    if not session.memory.rename(argument):
        raise UsageError("there is nothing to rename yet", hint="ask something first")


def show_where_it_stands(session: Session) -> None:
    """Show the last question of a conversation that goes on, and what came of its answer."""
    conversation = session.memory.conversation
    if conversation is None:
        return
    session.env.note(f"going on with {conversation.id}: {conversation.title}")
    questions = session.questions()
    for message in session.messages[questions[-1] :] if questions else []:
        if message["role"] == "user":
            session.env.note(f"> {text_of(message)}")
        else:
            show_text(session.env, session.output, text_of(message))
    if session.memory.interrupted:
        session.env.note(f"interrupted ({session.memory.interrupted}): /continue goes on, /retry asks again")
    if session.is_unanswered():
        session.env.note("this question has no answer: /retry asks it again")


def _number(argument: str, count: int) -> int:
    """Return `argument` as a number from 1 to `count`."""
    if argument.isdigit() and 1 <= int(argument) <= count:
        return int(argument)
    raise UsageError(f"{argument!r} is not a number from 1 to {count}")


def _preview(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= PREVIEW else f"{line[: PREVIEW - 1]}…"
