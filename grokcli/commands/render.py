"""`grok render`: markdown from any program, rendered on the terminal as it arrives."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from grokcli.commands.grouping import new_app, option_group, takes_groups
from grokcli.commands.options import Accessible
from grokcli.env import Env
from grokcli.errors import UsageError
from grokcli.input.sources import STDIN, has_stdin, read_source
from grokcli.render.select import Color

if TYPE_CHECKING:
    from grokcli.render.markdown import MarkdownStream, Terminal

app = new_app()


@option_group("Input")
class RenderInput:
    """What is rendered."""

    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|URL]...", help="Files and URLs to render; default, or -: stdin")
    ] = None

    def names(self, env: Env) -> list[str]:
        """Return the sources to read. Raises UsageError if there are none."""
        if self.sources:
            return self.sources
        if not has_stdin(env):
            raise UsageError("nothing to render", hint="grok render FILE, or pipe text into grok render")
        return [STDIN]


@option_group("Output")
class RenderOutput:
    """How it looks."""

    width: Annotated[
        int | None, typer.Option("--width", min=10, max=9999, metavar="N", help="Wrap text at N columns")
    ] = None
    theme: Annotated[
        str | None,
        typer.Option("--theme", metavar="NAME|FILE", help="Colours: a theme, a Pygments style, or a TOML file"),
    ] = None
    links: Annotated[
        Literal["full", "host", "hidden"],
        typer.Option("--links", metavar="HOW", help="What to show of a link's target: all of it, its host, or nothing"),
    ] = "full"
    color: Annotated[
        Color | None,
        typer.Option("--color", metavar="WHEN", help="When to use colour; always also renders into a pipe"),
    ] = None
    pager: Annotated[
        bool | None, typer.Option("--pager/--no-pager", help="Show text that is longer than the screen in a pager")
    ] = None
    accessible: Accessible = False


EXAMPLES = """
grok render README.md
llm "explain TLS" | grok render
grok render --pager --width 72 docs/*.md
"""


@app.command(examples=EXAMPLES)
@takes_groups
def render(env: Env, inputs: RenderInput, output: RenderOutput) -> None:
    """Render markdown from files or a pipe, as it arrives.

    In a pipe or a file the text is passed on unchanged.
    """
    names = inputs.names(env)
    stdout = env.console.stdout
    if not stdout.isatty() and output.color != "always":
        for name in names:
            for piece in read_source(env, name):
                env.console.write_bytes(piece)
        return
    from grokcli.render.markdown import Terminal

    terminal = Terminal.detect(stdout, env.environ, env.settings.value("color", output.color))
    if stdout.isatty() and env.settings.value("pager", output.pager):
        _show_in_pager(env, names, terminal, output)
    else:
        _show(env, names, stdout, terminal, output)


def _show(env: Env, names: list[str], out: TextIO, terminal: Terminal, output: RenderOutput) -> None:
    """Render each text as a document of its own."""
    for number, name in enumerate(names):
        if number:
            out.write("\n")
        with _stream(env, out, terminal, output) as stream:
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            for piece in read_source(env, name):
                stream.write(decoder.decode(piece))
            stream.write(decoder.decode(b"", final=True))


def _stream(env: Env, out: TextIO, terminal: Terminal, output: RenderOutput) -> MarkdownStream:
    from grokcli.render.stream_markdown import open_stream

    theme = env.settings.value("theme", output.theme)
    accessible = env.settings.value("accessible", output.accessible or None)
    return open_stream(out, terminal, theme, width=output.width, links=output.links, accessible=accessible)


def _show_in_pager(env: Env, names: list[str], terminal: Terminal, output: RenderOutput) -> None:
    """Render into the user's pager, which moves the cursor by itself; who leaves it has seen enough."""
    from dataclasses import replace

    from grokcli.terminal.pager import Pager

    terminal = replace(terminal.limited(live=False), hyperlinks=False)
    pager = Pager(env.console.stdout, terminal.size()[1], env.child_environ(), env.console.warn)
    try:
        _show(env, names, pager, terminal, output)
    except BrokenPipeError:
        if not pager.has_started:
            raise
    finally:
        pager.close()
