"""Slash commands about the conversation itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from grokcli.chat import user
from grokcli.client.redact import redact
from grokcli.errors import UsageError
from grokcli.render.select import show_text
from grokcli.repl.session import Prompt
from grokcli.repl.slash.words import Offer, words_of
from grokcli.store.rows import title_of
from grokcli.store.transcript import text_of
from grokcli.terminal.editor import edit_text
from grokcli.turn.usage import total_line

if TYPE_CHECKING:
    from grokcli.repl.session import Session

CONTINUE = "Continue exactly where your answer stopped. Do not repeat what you have written."
PREVIEW = 70
LISTED = 10
COMPLETED = 200


def exit_(session: Session, argument: str) -> NoReturn:
    """Leave the chat."""
    raise EOFError


def new(session: Session, argument: str) -> None:
    """Start a new conversation, with the same system prompt."""
    conversation = session.conversation
    if session.options.system is None and conversation.summary is not None:
        session.set_options(system=conversation.system_prompt)
    conversation.reset()
    session.forget()
    session.env.console.note("started a new conversation")


def retry(session: Session, argument: str) -> Prompt:
    """Ask the last question again."""
    model, fields = _once(words_of(argument))
    questions = session.conversation.questions()
    if not questions:
        raise UsageError("no question to retry")
    return Prompt(model=session.env.settings.model(model) if model else None, fields=fields, length=questions[-1] + 1)


def _once(words: list[str]) -> tuple[str | None, dict[str, Any]]:
    """Return the model and the fields for a single request."""
    model: str | None = None
    fields: dict[str, Any] = {}
    while words:
        flag = words.pop(0)
        if flag not in ("-m", "--model", "--effort") or not words:
            raise UsageError("usage: /retry [-m MODEL] [--effort LEVEL]")
        if flag == "--effort":
            fields["reasoning_effort"] = words.pop(0)
        else:
            model = words.pop(0)
    return model, fields


def undo(session: Session, argument: str) -> None:
    """Remove the last question and its answer, or a compaction that was the last step."""
    conversation = session.conversation
    if conversation.last_role() == "compaction":
        conversation.truncate(len(conversation.messages) - 1)
        session.env.console.note("removed the compaction")
        return
    questions = conversation.questions()
    if not questions:
        raise UsageError("nothing to undo")
    taken = text_of(conversation.messages[questions[-1]])
    conversation.truncate(questions[-1])
    session.env.console.note(f"removed: {_preview(taken)}")


def edit(session: Session, argument: str) -> Prompt | None:
    """Edit a question, and ask it again."""
    conversation = session.conversation
    questions = conversation.questions()
    number = _number(argument, len(questions)) if argument else len(questions)
    if not questions:
        raise UsageError("no question yet")
    if not session.lines.is_typed:
        raise UsageError("/edit needs a terminal", hint="stdin, stdout and stderr must be one")
    index = questions[number - 1]
    said = conversation.messages[index]["content"]
    attached = [part for part in said if "text" not in part] if isinstance(said, list) else []
    before = text_of(user(*(part["text"] for part in said if "text" in part)) if attached else user(said))
    text = edit_text(before, session.env.child_environ())
    if not text.strip():
        session.env.console.note("the question is empty; nothing was changed")
        return None
    if text == before.rstrip("\n"):
        session.env.console.note("the question is the same; nothing was changed")
        return None
    session.next_request(user(text, *attached), length=index)  # raises before anything is removed if it cannot be asked
    conversation.truncate(index)
    session.parts += attached
    return Prompt(text)


def continue_(session: Session, argument: str) -> Prompt:
    """Let the model continue an answer that was cut off."""
    last = session.conversation.last_role()
    if last == "tool":
        # The model has the results of its calls and has not answered yet.
        return Prompt()
    if last != "assistant":
        raise UsageError("no answer to continue")
    return Prompt(CONTINUE)


def history(session: Session, argument: str) -> None:
    """List the messages, with the numbers of the questions."""
    number = 0
    for message in session.conversation.messages:
        if message["role"] == "user":
            number += 1
        sign = {"user": f"{number:3} >", "assistant": f"{number:3} <"}.get(message["role"], "    :")
        session.env.console.error_line(f"{sign} {_preview(text_of(message))}")


def fork(session: Session, argument: str) -> None:
    """Continue in a new conversation that begins like this one."""
    conversation = session.conversation
    questions = conversation.questions()
    if not conversation.id or not questions:
        raise UsageError("nothing to fork yet", hint="/fork needs a saved conversation")
    number = _number(argument, len(questions)) if argument else len(questions)
    parent = conversation.id
    conversation.fork(questions[number] if number < len(questions) else None)
    session.last_usage = session.total_usage = None
    session.env.console.note(
        f"your next message begins a fork of {parent} after answer {number}; /resume {parent} returns to it"
    )


def compact(session: Session, argument: str) -> None:
    """Have the server compact the conversation, so that later requests are smaller."""
    from grokcli.turn.compaction import compact as compact_conversation

    conversation, console = session.conversation, session.env.console
    last = conversation.last_role()
    if last != "assistant":
        what = "the last question has no answer" if last in ("user", "tool") else "nothing to compact yet"
        raise UsageError(what, hint="/retry or /undo it first" if last in ("user", "tool") else "ask a question first")
    request = session.next_request()
    used = compact_conversation(session.env, request, conversation, session.limits, allow_secrets=session.allow_secrets)
    session.count(used)
    session.last_usage = None
    became = f"{used.input_tokens:,} tokens became {used.output_tokens:,}" if used else "compacted"
    console.note(f"{became}; /history still lists every message, and /undo takes the compaction back")


def usage(session: Session, argument: str) -> None:
    """Show the usage and the cost of the conversation."""
    line = total_line(session.total_usage, session.last_usage, session.next_request().model)
    session.env.console.error_line(line)


def resume(session: Session, argument: str) -> None:
    """Continue another conversation, or list the latest."""
    store = session.conversation.store
    if store is None:
        raise UsageError("no saved conversations in a chat with --no-save", hint="start it without --no-save")
    if not argument:
        for one in store.conversations(LISTED):
            session.env.console.error_line(f"  {one.id}  {one.title}")
        return
    summary = store.find(argument)
    session.conversation.load(summary)
    session.forget()
    model = "" if summary.kind else summary.model  # a model that makes pictures does not answer
    session.set_options(model=model or session.options.model, system=None)
    show_where_it_stands(session)


def titles(session: Session, before: str) -> list[Offer]:
    """Return the latest conversations, which Tab offers behind /resume: by title, or by id if others have the same."""
    store = session.conversation.store
    found = store.names("", COMPLETED) if store is not None else []
    known = [title.casefold() for _, title in found]
    return [Offer(title, one) if known.count(title.casefold()) == 1 else Offer(one, title) for one, title in found]


def rename(session: Session, argument: str) -> None:
    """Give the conversation a title."""
    if not argument:
        raise UsageError("/rename needs a title")
    if not session.conversation.rename(argument):
        raise UsageError("nothing to rename yet", hint="ask a question first")
    session.env.console.note(f"renamed to {title_of(argument)}")


def show_where_it_stands(session: Session) -> None:
    """Show the last question of a loaded conversation, and its answer.

    The answer is shown only on a terminal: a program that reads a pipe expects only new answers.
    """
    conversation, console = session.conversation, session.env.console
    if conversation.summary is None:
        return
    verb = "forking" if conversation.is_fork else "continuing"
    console.note(f"{verb} {conversation.summary.id}: {conversation.summary.title}")
    questions = conversation.questions()
    for message in conversation.messages[questions[-1] :] if questions else []:
        if message["role"] == "user":
            for line in text_of(message).splitlines():
                console.note(f"> {line}")
        elif console.stdout.isatty():
            show_text(session.env, session.output, text_of(message))
    if conversation.interrupted:
        console.note(f"interrupted ({conversation.interrupted}); use /continue or /retry")
    if conversation.last_role() == "user":
        console.note("this question was not answered; use /retry to ask again")


def _number(argument: str, count: int) -> int:
    """Return `argument` as a number from 1 to `count`."""
    if argument.isdigit() and 1 <= int(argument) <= count:
        return int(argument)
    raise UsageError(f"invalid number: {argument!r} (must be from 1 to {count})")


def _preview(text: str) -> str:
    line = redact(" ".join(text.split()))  # before the cut: a key cut in the middle would not be recognised
    return line if len(line) <= PREVIEW else f"{line[: PREVIEW - 1]}…"
