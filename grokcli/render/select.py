"""Where an answer goes and in which form: the flags of `ask` turned into renderers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from grokcli.events import TextDelta
from grokcli.render.json import JSONRenderer, StreamJSONRenderer
from grokcli.render.plain import PlainRenderer

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.render import Renderer
    from grokcli.turn.response_format import ResponseFormat

Format = Literal["text", "json", "stream-json"]
Color = Literal["auto", "always", "never"]


@dataclass(frozen=True)
class Output:
    """What the user said about the output.

    `markdown`: rendered everywhere, nowhere, or (None) on a terminal. `form`: what an answer must be, None for words.
    """

    format: Format = "text"
    file: Path | None = None
    markdown: bool | None = None
    color: Color | None = None
    show_reasoning: bool = False
    form: ResponseFormat | None = None


def make_renderers(env: Env, output: Output) -> list[Renderer]:
    """Return what shows an answer, in the order in which each event is to be shown.

    Raises UsageError for a file that cannot be written, ConfigError for an unknown theme.
    """
    env.settings.value("color", output.color)  # told when it makes no sense, also where nothing is coloured
    renderers: list[Renderer] = []
    if output.show_reasoning:
        from grokcli.render.reasoning import ReasoningRenderer

        reasoning = ReasoningRenderer(env.stderr, dim=_is_capable(env, env.stderr))
        renderers += [reasoning, *_search_progress(env, pause=reasoning.close)]
    elif _is_capable(env, env.stderr) and not env.quiet:
        from grokcli.terminal.status import Status

        env.status = status = Status(env.stderr)
        status.start()
        renderers += [status, *_search_progress(env, pause=status.stop, resume=status.start)]
    else:
        renderers += _search_progress(env)
    if output.file is None or env.stdout.isatty():
        renderers.append(_for_stream(env, env.stdout, output))
    if output.file is not None:
        from grokcli.render.file import FileRenderer

        # What a terminal shows too is not lost when the file is not written.
        rest = None if env.stdout.isatty() else env.stderr
        renderers.append(FileRenderer(output.file, lambda out: _for_format(out, output, rest)))
    return renderers


@contextmanager
def waiting(env: Env, label: str) -> Iterator[None]:
    """Count the seconds on stderr while something lasts, if somebody sees it."""
    if env.quiet or not _is_capable(env, env.stderr):
        yield
        return
    from grokcli.terminal.status import Status

    env.status = status = Status(env.stderr, label=label)
    status.start()
    try:
        yield
    finally:
        status.stop()
        env.status = None


def _search_progress(
    env: Env, *, pause: Callable[[], None] = lambda: None, resume: Callable[[], None] = lambda: None
) -> Iterable[Renderer]:
    """Return what tells of searches on a terminal, between `pause` and `resume` of what else is shown there."""
    if env.quiet or not env.stderr.isatty():
        return []
    from grokcli.render.progress import SearchRenderer

    return [SearchRenderer(env.stderr, dim=_is_capable(env, env.stderr), pause=pause, resume=resume)]


def _for_stream(env: Env, out: TextIO, output: Output) -> Renderer:
    """Return what shows the answer on stdout; on a terminal, text is followed by its sources."""
    markdown = out.isatty() and output.form is None if output.markdown is None else output.markdown
    if output.format != "text" or not out.isatty() or output.form is not None:
        return _one_text(env, out, output, markdown=markdown)
    from grokcli.render.sources import SourcesRenderer

    return SourcesRenderer(out, lambda: _one_text(env, out, output, markdown=markdown), markdown=markdown)


def _one_text(env: Env, out: TextIO, output: Output, *, markdown: bool) -> Renderer:
    if output.format != "text" or not markdown:
        return _for_format(out, output, env.stderr)
    from grokcli.render.stream_markdown import MarkdownRenderer

    return MarkdownRenderer(out, env.environ, env.settings.value("color", output.color), env.settings.value("theme"))


def _for_format(out: TextIO, output: Output, rest: TextIO | None) -> Renderer:
    """Return what writes to `out` without rendering; `rest` takes what is not asked for but must not be lost."""
    if output.format == "json":
        return JSONRenderer(out, structured=output.form is not None)
    if output.format == "stream-json":
        return StreamJSONRenderer(out)
    if output.form is not None and output.form.code is not None:
        from grokcli.render.extract import ExtractRenderer

        return ExtractRenderer(out, output.form.code, rest)
    return PlainRenderer(out)


def _is_capable(env: Env, stream: TextIO) -> bool:
    """Say whether `stream` is a terminal that understands escape sequences."""
    return stream.isatty() and env.environ.get("TERM") != "dumb"


def show_text(env: Env, output: Output, text: str) -> None:
    """Show a text that is there already, as an answer is shown."""
    renderer = _for_stream(env, env.stdout, output)
    try:
        renderer.show(TextDelta(text))
    finally:
        renderer.close()
