"""A whole text as rows, for programs that print by themselves: as strings, and as something that rich can print."""

from __future__ import annotations

from collections.abc import Iterator

from rich.ansi import AnsiDecoder
from rich.console import Console, ConsoleOptions
from rich.text import Text

from grokcli.render.markdown.document import StreamedDocument
from grokcli.render.markdown.layout.spans import Pen
from grokcli.render.markdown.layout.theme import Links, Theme
from grokcli.render.markdown.terminal import ColorDepth, Terminal


def rows(
    text: str, width: int = 80, *, theme: str = "default", links: Links = "full", colors: ColorDepth = "truecolor"
) -> list[str]:
    """Return the rows that show `text`, each of at most `width` cells, with escape sequences for styles and links.

    Lines of code are not wrapped and may be longer. Raises ThemeError, a ValueError.
    """
    terminal = Terminal(size=lambda: (width, 0), colors=colors).limited(width, live=False)
    document = StreamedDocument(Pen(terminal), Theme(theme, links), terminal.size()[0])
    document.feed(text)
    document.finish()
    return [row.output for row in document.take_rows()]


class Markdown:
    """Markdown for rich: `console.print(Markdown(text))`, also inside its panels, tables and columns."""

    def __init__(self, text: str, *, theme: str = "default", links: Links = "full") -> None:
        """Show `text` as `rows` does."""
        self.text = text
        self.theme = theme
        self.links: Links = links

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield each row; rich takes the colours down to what the console can show. Raises ThemeError."""
        decoder = AnsiDecoder()
        for row in rows(self.text, options.max_width, theme=self.theme, links=self.links):
            yield decoder.decode_line(row)
