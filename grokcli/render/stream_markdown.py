"""Answers as live markdown: grok's events and errors on one side, the library grokcli.render.markdown on the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, TextIO

from grokcli.errors import ConfigError
from grokcli.events import TextDelta, ToolCall

if TYPE_CHECKING:
    from grokcli.errors import GrokError
    from grokcli.events import Event
    from grokcli.render.markdown import Links, MarkdownStream, Tables, Terminal
    from grokcli.render.markdown.terminal import ColorMode

_OWN_THEMES = ("default", "marks", "mono")  # known without importing the library


class MarkdownRenderer:
    """Shows an answer as markdown while it streams; a grokcli.render.Renderer.

    The library takes 100 ms to import: that is done in a thread while the server thinks.
    """

    def __init__(
        self, out: TextIO, environ: Mapping[str, str], color: ColorMode, theme: str, *, accessible: bool = False
    ) -> None:
        """Show on `out`, in colours if `color` and `environ` say so. Raises ConfigError for an unknown `theme`."""
        self._open = partial(_open_stream, out, environ, color, theme, accessible=accessible)
        self._stream: MarkdownStream | None = None
        if theme in _OWN_THEMES:
            Thread(target=import_module, args=("grokcli.render.markdown",), daemon=True).start()
        else:
            self._stream = self._open()

    def show(self, event: Event) -> None:
        """Show a piece of text, at once or within a frame; before a call, which may be asked about, show all there is.

        Other events are ignored. Raises what writing failed with, perhaps for a piece before.
        """
        if isinstance(event, TextDelta):
            if self._stream is None:
                self._stream = self._open()
            self._stream.write(event.text)
        elif isinstance(event, ToolCall) and self._stream is not None:
            self._stream.flush()

    def close(self, error: GrokError | None = None) -> None:
        """Finish what is open and show it, whatever interrupted the answer. Raises what writing failed with."""
        if self._stream is not None:
            self._stream.close()


def render_markdown(text: str, out: TextIO, terminal: Terminal, theme: str, *, accessible: bool = False) -> None:
    """Show a whole answer at once. Raises ConfigError for an unknown `theme`, and what writing to `out` raises."""
    from grokcli.render.markdown import render

    with _config_errors():
        render(text, out, terminal, theme, live=not accessible, tables="lines" if accessible else "columns")


def open_stream(
    out: TextIO,
    terminal: Terminal,
    theme: str,
    *,
    width: int | None = None,
    links: Links = "full",
    accessible: bool = False,
) -> MarkdownStream:
    """Return what shows markdown on `out` while it is written there.

    With `accessible`, show only complete lines, for screen readers. Raises ConfigError for an unknown `theme`.
    """
    from grokcli.render.markdown import MarkdownStream

    with _config_errors():
        tables: Tables = "lines" if accessible else "columns"
        return MarkdownStream(out, terminal, theme, width=width, links=links, live=not accessible, tables=tables)


def _open_stream(
    out: TextIO, environ: Mapping[str, str], color: ColorMode, theme: str, *, accessible: bool
) -> MarkdownStream:
    from grokcli.render.markdown import Terminal

    return open_stream(out, Terminal.detect(out, environ, color), theme, accessible=accessible)


@contextmanager
def _config_errors() -> Iterator[None]:
    """Say of a theme that cannot be used that the setting is wrong."""
    from grokcli.render.markdown import ThemeError

    try:
        yield
    except ThemeError as error:
        raise ConfigError(error.message, hint=error.hint) from None
