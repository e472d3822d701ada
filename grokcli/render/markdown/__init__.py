"""Markdown on a terminal while it streams: never redrawn, never duplicated, never slow, never dangerous.

    with MarkdownStream(sys.stdout) as stream:
        for piece in pieces:
            stream.write(piece)

`render` shows a whole text; `rows` returns what would be shown, line by line, and `Markdown` is that for programs that
print with rich.

How a piece of text travels:

    stream            hands it to the thread that does all the rest
    screen/display    decides when to paint, and notices resizes
    document          cleans it, cuts it into lines, and folds these into rows: once for what is final, again and again
                      for what is unfinished
    parse/            reads each line once and hands over leaves (blocks): paragraphs, lines of code, rows of a table
    layout/           makes rows of leaves (rows): what stands to their left (margins), their markup (inline), tables,
                      colours of code (highlight), lines that fit (wrap), escape sequences (spans)
    screen/painter    writes the rows, and as little as it can

What is unfinished takes the same way through a fork of the parser and of the layout, with open markup closed for the
moment (layout/unclosed), and is never taller than the screen.

A library of its own: of grok it imports grokcli.terminal.sanitize and nothing else. With rich, Pygments and markdown-it
it takes about 100 ms to import: import it where it is used, not at the top.
"""

from __future__ import annotations

from grokcli.render.markdown.html.document import to_html
from grokcli.render.markdown.layout.theme import Links, Tables, UnknownThemeError
from grokcli.render.markdown.layout.theme_file import ThemeError
from grokcli.render.markdown.parse.code_blocks import code_blocks
from grokcli.render.markdown.renderable import Markdown, rows
from grokcli.render.markdown.stream import MarkdownStream, render
from grokcli.render.markdown.terminal import Terminal

__all__ = [
    "Links",
    "Markdown",
    "MarkdownStream",
    "Tables",
    "Terminal",
    "ThemeError",
    "UnknownThemeError",
    "code_blocks",
    "render",
    "rows",
    "to_html",
]
