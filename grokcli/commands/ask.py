"""`grok ask`: one question, one answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from grokcli.commands.answering import Request, prepare, show_answer, usage_line
from grokcli.commands.options import (
    AsJSON,
    MaxTokens,
    Model,
    Option,
    Quiet,
    Role,
    System,
    Temperature,
    new_app,
    parse_options,
)
from grokcli.inputs import read_question
from grokcli.render.json import JSONRenderer, StreamJSONRenderer
from grokcli.render.plain import PlainRenderer

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.render import Renderer

Format = Literal["text", "json", "stream-json"]

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
    option: Option = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the answer to FILE, when it is whole.")
    ] = None,
    json: AsJSON = False,
    output_format: Annotated[Format, typer.Option("--output-format", help="How the answer is printed.")] = "text",
    raw: Annotated[bool, typer.Option("--raw", help="Print the model's text as it is, on a terminal too.")] = False,
    no_stream: Annotated[bool, typer.Option("--no-stream", help="Wait for the whole answer.")] = False,
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not look at stdin.")] = False,
    usage: Annotated[bool, typer.Option("-u", "--usage", help="Print tokens and billed cost on stderr.")] = False,
    quiet: Quiet = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the request, the key masked; send nothing.")
    ] = False,
) -> None:
    """Ask one question. Piped text comes along: git diff | grok ask "review this"."""
    env: Env = ctx.obj
    env.quiet = quiet
    question = read_question(env, words or [], no_stdin=no_stdin)
    request = prepare(
        env,
        question,
        model=model,
        role=role,
        system_prompt=system,
        temperature=temperature,
        max_tokens=max_tokens,
        options=parse_options(option),
    )
    if dry_run:
        from grokcli.commands.dry_run import describe

        env.stdout.write(describe(env, request, stream=not no_stream))
        return
    renderers = choose_renderers(env, "json" if json else output_format, output)
    answer(env, request, renderers, stream=not no_stream, usage=usage)


def answer(env: Env, request: Request, renderers: list[Renderer], *, stream: bool, usage: bool) -> None:
    """Send the request and show its answer."""
    started = time.monotonic()
    chat = request.chat(env)
    response = show_answer(env, request, chat.events(stream=stream), renderers)
    if usage:
        env.say(usage_line(response.usage, started))


def choose_renderers(env: Env, output_format: Format, output: Path | None) -> list[Renderer]:
    """Return where the answer goes: stdout, or a file and the terminal if there is one."""
    if output is None:
        return [make_renderer(env.stdout, output_format)]
    from grokcli.render.file import FileRenderer

    renderers: list[Renderer] = [FileRenderer(output, lambda out: make_renderer(out, output_format))]
    if env.stdout.isatty():
        renderers.insert(0, make_renderer(env.stdout, output_format))
    return renderers


def make_renderer(out: TextIO, output_format: Format) -> Renderer:
    """Return the renderer of a format for a stream: plain text is rendered on a terminal, and as it is elsewhere."""
    if output_format == "json":
        return JSONRenderer(out)
    if output_format == "stream-json":
        return StreamJSONRenderer(out)
    return PlainRenderer(out)
