"""`grok chat`: a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grokcli.commands.options import (
    Api,
    CABundle,
    Colors,
    Continue,
    Debug,
    Domains,
    Effort,
    ExcludedDomains,
    Files,
    Handles,
    IdleTimeout,
    Images,
    Markdown,
    MaxTokens,
    Mcp,
    Model,
    NoSave,
    Option,
    Proxy,
    Quiet,
    Resume,
    Role,
    Searching,
    ShowReasoning,
    Since,
    System,
    Temperature,
    Tools,
    Until,
    Usage,
    Web,
    X,
    Yes,
    mcp_tools,
    new_app,
    open_toolset,
    parse_options,
    search_tools,
)
from grokcli.input.files import read_files
from grokcli.input.images import read_images
from grokcli.input.question import read_stdin
from grokcli.render.select import Output
from grokcli.repl.line_editor import LineEditor, LineReader, PlainLineReader
from grokcli.repl.loop import chat as run_chat
from grokcli.repl.session import Session
from grokcli.repl.slash import table
from grokcli.repl.slash.conversation import show_where_it_stands
from grokcli.store.conversation import open_memory
from grokcli.turn.request import build_request

if TYPE_CHECKING:
    from grokcli.env import Env

app = new_app()


@app.command()
def chat(
    ctx: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="The first question.")] = None,
    model: Model = None,
    system: System = None,
    role: Role = None,
    temperature: Temperature = None,
    max_tokens: MaxTokens = None,
    effort: Effort = None,
    api: Api = None,
    search: Searching = False,
    web: Web = False,
    x: X = False,
    domain: Domains = None,
    exclude_domain: ExcludedDomains = None,
    handle: Handles = None,
    since: Since = None,
    until: Until = None,
    tool: Tools = None,
    yes: Yes = False,
    mcp: Mcp = None,
    option: Option = None,
    file: Files = None,
    image: Images = None,
    markdown: Markdown = None,
    color: Colors = None,
    show_reasoning: ShowReasoning = False,
    go_on: Continue = False,
    resume: Resume = None,
    no_save: NoSave = False,
    usage: Usage = False,
    quiet: Quiet = False,
    idle_timeout: IdleTimeout = None,
    proxy: Proxy = None,
    ca_bundle: CABundle = None,
    debug: Debug = False,
) -> None:
    """Talk with a model. A pipe is read first: git diff | grok chat."""
    env: Env = ctx.obj
    env.quiet = quiet
    env.debug = env.debug or debug
    env.settings.flags = {"idle_timeout": idle_timeout, "proxy": proxy, "ca_bundle": ca_bundle}
    tools = search_tools(search, web, x, domain, exclude_domain, handle, since, until)
    tools += mcp_tools(mcp)
    toolset = open_toolset(env, tool, ask_first=not yes)
    memory = open_memory(env, go_on=go_on, resume=resume, keep=not no_save)
    request = build_request(
        env,
        None,
        history=memory.as_sent(),
        model=memory.conversation.model if model is None and memory.conversation else model,
        role=role,
        system_prompt=system,
        temperature=temperature,
        max_tokens=max_tokens,
        effort=effort,
        api=api,
        tools=tools,
        options=parse_options(option),
    )
    output = Output(markdown=markdown, color=color, show_reasoning=show_reasoning)
    session = Session(
        env, request.model, request.messages, request.options, output, memory, PlainLineReader(env.stdin), usage, api
    )
    session.toolset, session.ask_first = toolset, not yes
    session.documents += read_files(file or [])
    session.images += read_images(image or [], env.stdin)
    if _has_editor(env):
        session.lines = _editor(session)
    if memory.conversation is not None:
        show_where_it_stands(session)
    run_chat(session, " ".join(words or []))
    if session.exit_code and not _has_editor(env):
        raise typer.Exit(session.exit_code)


def _has_editor(env: Env) -> bool:
    """Say whether somebody sits at a terminal: stdout is one, and stdin is one too or a pipe that is read first."""
    return env.stdout.isatty() and env.stderr.isatty()


def _editor(session: Session) -> LineReader:
    env = session.env
    if env.stdin is not None and not env.stdin.isatty():
        text = read_stdin(env, wanted=False, beside_prompt=False)
        if text:
            session.documents.insert(0, ("stdin", text))
            env.note(f"{len(text):,} characters from stdin go along with the first question")
    env.note(f"{session.model} · /help lists the commands, Ctrl-D leaves")
    vi = env.settings.value("editing_mode") == "vi"
    history = env.settings.paths.data / "history"
    return LineEditor(history, lambda before: table.complete(session, before), vi=vi)
