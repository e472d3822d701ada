"""`grok chat`: a conversation."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Annotated

import typer

from grokcli.commands.console_options import set_up_console
from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.limits import limits_of
from grokcli.commands.options import (
    ConversationOptions,
    InputOptions,
    ModelOptions,
    NetworkOptions,
    OutputOptions,
)
from grokcli.commands.tool_options import SearchOptions, ToolOptions
from grokcli.env import Env
from grokcli.input.question import read_stdin
from grokcli.repl.line_editor import LineEditor, LineReader, PlainLineReader, TypedLineReader
from grokcli.repl.loop import chat as run_chat
from grokcli.repl.session import Session
from grokcli.repl.slash import table
from grokcli.repl.slash.conversation import show_where_it_stands
from grokcli.terminal.confirm import TERMINAL
from grokcli.terminal.editor import edit_text

if TYPE_CHECKING:
    from grokcli.input.question import Attach
    from grokcli.terminal.console import Console

app = new_app()


@option_group("Prompt and files")
class ChatInput(InputOptions):
    """The first question, and what is attached to it."""

    words: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="The first question")] = None


EXAMPLES = """
grok chat
git diff | grok chat "is this safe to deploy?"
grok chat -f src -s "You review code."
grok chat -c
"""


@app.command(examples=EXAMPLES)
@takes_groups
def chat(
    env: Env,
    inputs: ChatInput,
    model: ModelOptions,
    output: OutputOptions,
    search: SearchOptions,
    tools: ToolOptions,
    conversation: ConversationOptions,
    network: NetworkOptions,
) -> None:
    """Start a conversation, or continue one."""
    set_up_console(env, network, quiet=output.quiet, accessible=output.accessible)
    options = model.request_options(
        tool_fields=(search.fields(), tools.fields()),
        server_tools=[*search.server_tools(), *tools.server_tools(env)],
        network=network.network(),
    )
    made_files = tools.made_files()
    toolset = tools.toolset(env)
    kept = conversation.open(env, "chat")
    shown = output.to_output()._replace(show_code=tools.code, show_drawings=tools.draw)
    session = Session(env, options.continuing(kept), kept, shown, PlainLineReader(env.console.stdin))
    session.toolset, session.ask_first, session.shows_usage = toolset, not tools.yes, output.usage
    session.allow_secrets, session.made_files, session.limits = inputs.allow_secrets, made_files, limits_of(model)
    request = session.next_request()  # an unusable request is reported before anything is typed
    inputs.refuse_file_words(inputs.words)
    inputs.check_server(env, request)
    session.attach_options = inputs.attach_options(for_code=tools.code)
    session.attach(inputs.attachments(env, network, for_code=tools.code))
    session.parts += inputs.images(env)
    if _has_editor(env.console):
        _attach_stdin(session, inputs.stdin_attacher(env, session.parts, for_code=tools.code))
        session.lines = _line_editor(session, request.model, keep=not conversation.no_save)
    if kept.summary is not None:
        show_where_it_stands(session)
    run_chat(session, " ".join(inputs.words or []))
    if session.exit_code and not _has_editor(env.console):
        raise typer.Exit(session.exit_code)


def _has_editor(console: Console) -> bool:
    """Say whether somebody sits at a terminal: stdout is one, and stdin is one too or a pipe that is read first."""
    return console.stdout.isatty() and console.stderr.isatty()


def _keyboard(env: Env) -> IO[bytes]:
    """Return where keys come from: stdin, or the terminal itself when stdin is a pipe that was read."""
    stdin = env.console.stdin
    if stdin is not None and stdin.isatty():
        return stdin
    keyboard = open(TERMINAL, "rb")  # noqa: PTH123, SIM115  # no file; closed when the run ends
    env.on_close(keyboard.close)
    return keyboard


def _attach_stdin(session: Session, attach: Attach) -> None:
    """Attach what is piped in to the first message, before the terminal is read."""
    env, console = session.env, session.env.console
    if console.stdin is None or console.stdin.isatty():
        return
    count = len(session.parts)
    text = read_stdin(env, wanted=False, beside_prompt=False, attach=attach)
    if text:
        session.documents.insert(0, ("stdin", text))
        console.note(f"attached stdin ({len(text):,} characters) to the first message")
    for part in session.parts[count:]:
        file = part["file"]
        console.note(f"attached {file['filename']} ({file['size']:,} bytes) to the first message")


def _line_editor(session: Session, model: str, *, keep: bool) -> LineReader:
    env, console = session.env, session.env.console
    console.note(f"{model} · /help for commands, Ctrl-D to leave")
    if console.accessible:
        return TypedLineReader(_keyboard(env), console.stdout)
    vi = env.settings.value("editing_mode") == "vi"
    history = env.settings.paths.data / "history"
    return LineEditor(
        history,
        lambda before: table.complete(session, before),
        lambda text: edit_text(text, env.child_environ()),
        keep=keep,
        vi=vi,
    )
