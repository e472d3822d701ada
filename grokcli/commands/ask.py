"""`grok ask`: one question, one answer."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokcli.chat import Response, user
from grokcli.commands.options import (
    Api,
    AsJSON,
    CABundle,
    Colors,
    Continue,
    Debug,
    Domains,
    Effort,
    ExcludedDomains,
    Extract,
    ExtractAll,
    ExtractLast,
    Files,
    Handles,
    IdleTimeout,
    Images,
    Language,
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
    Schema,
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
from grokcli.input.question import read_question
from grokcli.render.select import Format, Output, make_renderers
from grokcli.store.conversation import Memory, open_memory
from grokcli.terminal.editor import edit_text
from grokcli.turn.request import Request, build_request, check_context, usage_line
from grokcli.turn.run import run_turn

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.turn.toolset import Toolset

app = new_app()


@app.command()
def ask(
    ctx: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[PROMPT]...", help="The question; - is stdin.")] = None,
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
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the answer to FILE, when it is whole.")
    ] = None,
    json: AsJSON = False,
    output_format: Annotated[Format, typer.Option("--output-format", help="How the answer is printed.")] = "text",
    markdown: Markdown = None,
    color: Colors = None,
    show_reasoning: ShowReasoning = False,
    no_stream: Annotated[bool, typer.Option("--no-stream", help="Wait for the whole answer.")] = False,
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not look at stdin.")] = False,
    go_on: Continue = False,
    resume: Resume = None,
    no_save: NoSave = False,
    usage: Usage = False,
    quiet: Quiet = False,
    idle_timeout: IdleTimeout = None,
    proxy: Proxy = None,
    ca_bundle: CABundle = None,
    debug: Debug = False,
    editor: Annotated[bool, typer.Option("-e", "--editor", help="Write the question in your editor.")] = False,
    as_language: Annotated[
        Language | None, typer.Option("--as", help="Print the question as code that asks it; send nothing.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the request, the key masked; send nothing.")
    ] = False,
    schema: Schema = None,
    extract: Extract = False,
    extract_last: ExtractLast = False,
    extract_all: ExtractAll = False,
) -> None:
    """Ask one question. Piped text comes along: git diff | grok ask "review this"."""
    env: Env = ctx.obj
    env.quiet = quiet
    env.debug = env.debug or debug
    env.settings.flags = {"idle_timeout": idle_timeout, "proxy": proxy, "ca_bundle": ca_bundle}
    where = Output("json" if json else output_format, output, markdown, color, show_reasoning)
    where = _formed(where, schema, first=extract, last=extract_last, every=extract_all)
    tools = search_tools(search, web, x, domain, exclude_domain, handle, since, until)
    tools += mcp_tools(mcp)
    toolset = open_toolset(env, tool, ask_first=not (yes or dry_run or as_language))
    images = read_images(image or [], env.stdin)
    if editor:
        words = [edit_text(" ".join(words or []), env.environ)]
    text = read_question(env, words or [], read_files(file or []), no_stdin=no_stdin or "-" in (image or ()))
    memory = open_memory(env, go_on=go_on, resume=resume, keep=not no_save)
    request = build_request(
        env,
        user(text, *images),
        history=memory.as_sent(),
        model=memory.conversation.model if model is None and memory.conversation else model,
        role=role,
        system_prompt=system,
        temperature=temperature,
        max_tokens=max_tokens,
        effort=effort,
        api=api,
        tools=tools,
        options=parse_options(option) | (where.form.fields if where.form else {}),
    )
    if toolset:
        request.options = toolset.offer(request.options)
    check_context(request)
    if dry_run or as_language:
        env.put(_as_text(env, request, as_language, stream=not no_stream))
        return
    answer(env, request, memory, where, toolset, stream=not no_stream, usage=usage)


def _formed(output: Output, schema: str | None, **code: bool) -> Output:
    """Return `output` with the form that an answer must have, if the flags ask for one; see `grokcli.turn`."""
    if schema is None and not any(code.values()):
        return output
    from grokcli.turn.response_format import read_response_format

    return replace(output, form=read_response_format(schema, output_format=output.format, **code))


def _as_text(env: Env, request: Request, language: Language | None, *, stream: bool) -> str:
    """Return the request as code in `language`, or as it would be sent."""
    if language is not None:
        from grokcli.turn.export import as_code

        return as_code(env, request, language)
    from grokcli.turn.dry_run import describe

    return describe(env, request, stream=stream)


def answer(
    env: Env, request: Request, memory: Memory, output: Output, toolset: Toolset | None, *, stream: bool, usage: bool
) -> None:
    """Keep the question, send the request, and show and keep its answer."""
    started = time.monotonic()
    chat = request.chat(env)
    if memory.conversation:
        chat.conversation = memory.conversation.id
    memory.question(request.messages, model=request.model)
    response = Response()
    renderers = make_renderers(env, output)
    check = output.form.check if output.form else None
    run_turn(env, request, chat, memory, toolset, renderers, response, check, stream=stream)
    if usage:
        env.say(usage_line(response.usage, started))
