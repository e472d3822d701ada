"""Markdown on a terminal while it streams: never redrawn, never duplicated, never slow, never dangerous.

How a piece of text travels:

    renderer   takes events and owns the thread that does all the rest
    display    decides when to paint, and notices resizes
    document   cuts text into lines and folds them: final rows once, unfinished rows at any moment
    blocks     parses lines into leaves, each line once (leaves, nodes, starts, syntax, cursor, definitions)
    layout     makes rows of leaves (margins, inline, tables, fences, highlight, theme, spans, cells)
    painter    writes rows, and as little as it can (terminal)

What is unfinished is shown by the same code on a fork of the parser and of the layout (forking), with open markup
closed for the moment (provisional), and no taller than the screen (viewport).

This package imports rich, pygments and markdown-it (about 100 ms): import it where it is used, not at the top.
"""

from __future__ import annotations

from grokcli.render.markdown.stream import MarkdownRenderer, render_markdown
from grokcli.render.markdown.terminal import Terminal

__all__ = ["MarkdownRenderer", "Terminal", "render_markdown"]
