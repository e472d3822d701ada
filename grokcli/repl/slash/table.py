"""The table of slash commands, used to run them, list them in /help, and complete them."""

from __future__ import annotations

import difflib
import shutil
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokcli.errors import UsageError
from grokcli.repl import mentions
from grokcli.repl.slash import attachments, conversation, request, saved
from grokcli.repl.slash.words import Completion, Offer
from grokcli.terminal.sanitize import one_line
from grokcli.terminal.shell_words import split
from grokcli.turn.request import FIELDS_OF_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grokcli.repl.session import Prompt, Session

    # Takes the session and the text after the command's name; returns a prompt to send, if any.
    Action = Callable[[Session, str], Prompt | None]


@dataclass(frozen=True)
class Command:
    """A row of the table: names (the main one first), arguments and help as /help shows them, and the function.

    `values` are what Tab offers after the name, or a function for them that gets the session and the words before the
    cursor; PATHS means file names. A command that `takes_text` has one argument, spaces and quotes included.
    """

    names: tuple[str, ...]
    arguments: str
    help: str
    action: Action
    values: Iterable[str | Offer] | Callable[[Session, str], Iterable[str | Offer]] = ()
    takes_text: bool = False


def help_(session: Session, argument: str) -> None:
    """List the commands and keys."""
    session.env.console.error_text(help_text(shutil.get_terminal_size().columns))


PATHS = ("",)
SEARCHES = ("on", "web", "x", "off")
FIELDS = (*FIELDS_OF_SETTINGS, "top_p", "seed", "stop", "user")

COMMANDS = (
    Command(("help", "?"), "", "show commands and keys", help_),
    Command(("exit", "quit"), "", "leave the chat (or Ctrl-D)", conversation.exit_),
    Command(("new", "clear"), "", "start a new conversation", conversation.new),
    Command(("model", "m"), "[NAME]", "show or change the model", request.model, request.model_names),
    Command(("models",), "", "list models", request.models),
    Command(("system",), "[TEXT|@FILE|-]", "show or change the system prompt; - removes it", request.system),
    Command(
        ("role",),
        "[NAME|-]",
        "show or change the role, or list the roles; - removes it",
        request.role,
        request.role_names,
        takes_text=True,
    ),
    Command(
        ("prompt",),
        "[NAME [KEY=VALUE…] [WORDS…]]",
        "use a saved prompt, or list them",
        saved.prompt,
        saved.prompt_values,
    ),
    Command(
        ("set",),
        "[KEY [VALUE|-]]",
        "show or change a request field, such as temperature; - removes it",
        request.set_,
        FIELDS,
    ),
    Command(
        ("effort",),
        "[LEVEL|-]",
        "show or change the reasoning effort; - for the default",
        request.effort,
        request.effort_levels,
    ),
    Command(
        ("search",),
        "[on|web|x|off] [--domain D] [--handle H] …",
        "search the web, X or both; takes the search options of grok ask",
        request.search,
        SEARCHES,
    ),
    Command(
        ("tool",),
        "[FILE.py[:NAME]…|-]",
        "let the model call functions from FILE.py, or list them; - removes them",
        request.tool,
        PATHS,
    ),
    Command(
        ("file",),
        "[PATH…|!|-]",
        "attach files, folders or URLs to the next message, or list what is attached; - detaches all",
        attachments.file,
        PATHS,
    ),
    Command(
        ("image",),
        "[PATH…|-]",
        "attach images or their URLs to the next message; - detaches all",
        attachments.image,
        PATHS,
    ),
    Command(
        ("retry",),
        "[-m MODEL] [--effort LEVEL]",
        "ask the last question again, optionally with other options",
        conversation.retry,
    ),
    Command(("undo",), "", "remove the last question and its answer, or undo /compact", conversation.undo),
    Command(("edit",), "[N]", "edit the last question, or question N, and ask it again", conversation.edit),
    Command(("continue",), "", "let the model continue an answer that was cut off", conversation.continue_),
    Command(
        ("fork",),
        "[N]",
        "continue in a new conversation that begins like this one, up to answer N",
        conversation.fork,
    ),
    Command(("compact",), "", "have xAI compact the conversation: later requests are smaller", conversation.compact),
    Command(("history",), "", "list the messages, with their numbers for /edit and /copy", conversation.history),
    Command(("copy",), "[N|code] [FILE]", "copy the last answer, answer N, or the last code block", attachments.copy),
    Command(("save",), "FILE", "save the last answer to a file, replacing it", attachments.save, PATHS),
    Command(
        ("export",), "FILE", "save the conversation to a file as markdown, replacing it", attachments.export, PATHS
    ),
    Command(
        ("resume",),
        "[ID|TITLE]",
        "continue another conversation, or list the latest",
        conversation.resume,
        conversation.titles,
        takes_text=True,
    ),
    Command(("rename",), "TITLE", "rename this conversation", conversation.rename),
    Command(("usage",), "", "show the tokens and the billed cost of this conversation", conversation.usage),
    Command(("raw",), "", "switch between unchanged and rendered answers", request.raw),
    Command(
        ("multiline",),
        "",
        "switch what Enter does: send, or break the line; Alt+Enter and Ctrl+J do the other",
        request.multiline,
    ),
)
BY_NAME = {name: command for command in COMMANDS for name in command.names}
HELP_INDENT = 24
KEYS = (
    "Enter sends, Alt+Enter and Ctrl+J break the line, Ctrl+G opens your editor, Ctrl+R searches your history, Tab "
    "completes. Ctrl-C stops an answer or clears the line, Ctrl-D leaves, after the answer if there is one. @PATH in a "
    "message attaches that file or folder."
)


def looks_like_command(text: str) -> bool:
    """Return whether `text` is a single line that starts with a slash; text of several lines is a message."""
    return text.startswith("/") and "\n" not in text.strip()


def run(session: Session, line: str) -> Prompt | None:
    """Run the command in `line`, or use the saved prompt of that name.

    Raises UsageError for an unknown one, with the closest match as a hint.
    """
    word, _, argument = line[1:].strip().partition(" ")
    command = BY_NAME.get(word)
    if command is not None:
        return command.action(session, argument.strip())
    prompt = saved.use(session, word, argument.strip())
    if prompt is None:
        raise UsageError(f"unknown command /{word}", hint=_closest(word))
    return prompt


def _closest(word: str) -> str:
    match = difflib.get_close_matches(word, BY_NAME, 1)
    if match:
        return f"did you mean /{match[0]}?"
    return "see /help; to send it as a message, put a space before the slash"


def help_text(columns: int) -> str:
    """Return the text of /help for a window of that many columns: each command, then the keys."""
    rows = []
    for row in COMMANDS:
        names = ", ".join(f"/{name}" for name in row.names)
        rows.append((f"{names} {row.arguments}".rstrip(), row.help))
    rows.append(("/NAME [KEY=VALUE…] [WORDS…]", "short for /prompt NAME …"))
    rows.append(("!COMMAND", "run a shell command; /file ! attaches its output"))
    lines = [line for left, right in rows for line in _help_row(left, right, columns)]
    return "\n".join(
        [*lines, "", *textwrap.wrap(KEYS, max(20, columns - 2), initial_indent="  ", subsequent_indent="  ")]
    )


def _help_row(left: str, right: str, columns: int) -> list[str]:
    """Return a row in two columns; a long left column gets a line of its own."""
    indent = " " * (HELP_INDENT + 2)
    wrapped = textwrap.wrap(right, max(20, columns - len(indent) - 1))
    if len(left) > HELP_INDENT - 2:
        return [f"  {left}", *(indent + line for line in wrapped)]
    return [f"  {left:{HELP_INDENT}}{wrapped[0]}", *(indent + line for line in wrapped[1:])]


def complete(session: Session, before: str) -> list[Completion]:
    """Return what fits `before`, the text up to the cursor."""
    if not looks_like_command(before) or "\n" in before:
        return mentions.complete(before)
    word, space, argument = before[1:].partition(" ")
    if not space:
        names = {one.value: one.help for one in saved.prompt_names(session)}
        names |= {name: row.help for name, row in BY_NAME.items()}
        return _fitting([Offer(f"/{name}", names[name]) for name in sorted(names)], before, len(before))
    row = BY_NAME.get(word)
    line = split(argument, "bash")
    if row is None:
        return _fitting(saved.prompt_arguments(session, word), line.current, len(line.raw))
    if row.values is PATHS:
        return mentions.path_completions(line.raw)
    typed, length = (argument, len(argument)) if row.takes_text else (line.current, len(line.raw))
    values = row.values(session, argument[: len(argument) - length]) if callable(row.values) else row.values
    return _fitting([Offer(one) if isinstance(one, str) else one for one in values], typed, length)


def _fitting(offers: Iterable[Offer], typed: str, length: int) -> list[Completion]:
    begun = typed.casefold()
    fitting = [one for one in offers if one.value.isprintable() and one.value.casefold().startswith(begun)]
    return [Completion(one.value, length, " ".join(one_line(one.help).split())) for one in fitting]
