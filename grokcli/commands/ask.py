"""`grok ask`: one question, one answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from grokcli.commands.output import Color, Format, Output, make_renderers
from grokcli.inputs import read_question

if TYPE_CHECKING:
    from grokcli.env import Env

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
    markdown: Annotated[
        bool | None,
        typer.Option("--markdown/--raw", show_default=False, help="Render the answer, or print its text as it is."),
    ] = None,
    color: Annotated[Color | None, typer.Option("--color", help="Colours: on a terminal, always, or never.")] = None,
    show_reasoning: Annotated[
        bool, typer.Option("--show-reasoning", help="Print what the model thinks, on stderr.")
    ] = False,
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
    where = Output("json" if json else output_format, output, markdown, color, show_reasoning)
    answer(env, request, where, stream=not no_stream, usage=usage)


def answer(env: Env, request: Request, output: Output, *, stream: bool, usage: bool) -> None:
    """Send the request and show its answer."""
    started = time.monotonic()
    chat = request.chat(env)
    response = show_answer(env, request, chat.events(stream=stream), make_renderers(env, output))
    if usage:
        env.say(usage_line(response.usage, started))
