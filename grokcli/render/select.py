"""Where an answer goes and in which form: the flags of `ask` turned into renderers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

from grokcli.events import TextDelta
from grokcli.render.json import JSONRenderer, StreamJSONRenderer
from grokcli.render.plain import PlainRenderer

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.render import Renderer
    from grokcli.render.extract import Which
    from grokcli.terminal.console import Console

Format = Literal["text", "json", "stream-json"]
Color = Literal["auto", "always", "never"]


class Output(NamedTuple):
    """How an answer is shown.

    `markdown`: rendered everywhere, nowhere, or (None) on a terminal. A `structured` answer is JSON of a schema; of one
    with `code` only the fenced code blocks are left that it says. `file` takes the answer when it is whole. `show_code`
    shows on stderr what the server runs, `show_drawings` what it draws. A `silent` answer is not shown, only collected.
    """

    format: Format = "text"
    file: Path | None = None
    markdown: bool | None = None
    color: Color | None = None
    show_reasoning: bool = False
    show_code: bool = False
    show_drawings: bool = False
    structured: bool = False
    code: Which | None = None
    silent: bool = False

    @property
    def is_prose(self) -> bool:
        """Whether the answer is text for people: neither data nor code alone."""
        return self.format == "text" and not self.structured and self.code is None


def make_renderers(env: Env, output: Output) -> list[Renderer]:
    """Return what shows an answer, in the order in which each event is to be shown.

    Raises UsageError for a file that cannot be written, ConfigError for an unknown theme.
    """
    console = env.console
    env.settings.value("color", output.color)  # told when it makes no sense, also where nothing is coloured
    renderers: list[Renderer] = [*_for_stderr(console, output)]
    if not output.silent and (output.file is None or console.stdout.isatty()):
        renderers.append(_for_stream(env, console.stdout, output))
    if output.file is not None:
        from grokcli.render.file import FileRenderer

        # What a terminal shows too is not lost when the file is not written.
        rest = None if console.stdout.isatty() else console.stderr
        renderers.append(FileRenderer(output.file, lambda out: _for_format(out, output, rest), console.note))
    if output.show_drawings:
        from grokcli.render.drawing import DrawingRenderer

        renderers.append(DrawingRenderer(console, env.environ, shows=output.is_prose))
    return renderers


def _for_stderr(console: Console, output: Output) -> Iterator[Renderer]:
    """Yield what tells on a terminal how an answer comes about: the reasoning or the seconds, and the searches."""
    reasoning = None
    if output.show_reasoning:
        from grokcli.render.reasoning import ReasoningRenderer

        reasoning = ReasoningRenderer(console.stderr, dim=console.is_capable(console.stderr))
        yield reasoning
    before = reasoning.close if reasoning else None
    if output.show_code and not console.quiet:
        from grokcli.render.code import CodeRenderer

        yield CodeRenderer(console, before=before)
    if console.quiet or not console.stderr.isatty():
        return
    from grokcli.render.progress import SearchRenderer, StatusRenderer

    if reasoning is None:
        yield StatusRenderer(console)
    yield SearchRenderer(console, before=before)


def _for_stream(env: Env, out: TextIO, output: Output) -> Renderer:
    """Return what shows the answer on stdout; on a terminal, prose is followed by its sources."""
    markdown = out.isatty() and output.is_prose if output.markdown is None else output.markdown
    if not out.isatty() or not output.is_prose:
        return _one_text(env, out, output, markdown=markdown)
    from grokcli.render.sources import SourcesRenderer

    return SourcesRenderer(out, lambda: _one_text(env, out, output, markdown=markdown), markdown=markdown)


def _one_text(env: Env, out: TextIO, output: Output, *, markdown: bool) -> Renderer:
    if output.format != "text" or not markdown:
        return _for_format(out, output, env.console.stderr)
    from grokcli.render.stream_markdown import MarkdownRenderer

    color, theme = env.settings.value("color", output.color), env.settings.value("theme")
    return MarkdownRenderer(out, env.environ, color, theme, accessible=env.console.accessible)


def _for_format(out: TextIO, output: Output, rest: TextIO | None) -> Renderer:
    """Return what writes to `out` without rendering; `rest` takes what is not asked for but must not be lost."""
    if output.format == "json":
        return JSONRenderer(out, structured=output.structured)
    if output.format == "stream-json":
        return StreamJSONRenderer(out)
    if output.code is not None:
        from grokcli.render.extract import ExtractRenderer

        return ExtractRenderer(out, output.code, rest)
    return PlainRenderer(out)


def show_text(env: Env, output: Output, text: str) -> None:
    """Show a text that is there already, as an answer is shown."""
    renderer = _for_stream(env, env.console.stdout, output)
    try:
        renderer.show(TextDelta(text))
    finally:
        renderer.close()
