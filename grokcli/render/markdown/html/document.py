"""A whole text into HTML."""

from __future__ import annotations

from collections.abc import Callable

from grokcli.render.markdown.html.blocks import Blocks
from grokcli.render.markdown.html.writer import Writer
from grokcli.render.markdown.parse.blocks import BlockParser
from grokcli.terminal.sanitize import StreamCleaner


def to_html(text: str, *, heading: int = 1, edit: Callable[[str], str] = str) -> str:
    """Return `text` as HTML.

    Its main headings become elements of level `heading`. `edit` is applied to each piece of text before it is escaped.
    """
    blocks = Blocks()
    parser = BlockParser(blocks)
    cleaner = StreamCleaner()
    for line in (cleaner.feed(text) + cleaner.finish()).split("\n"):
        parser.feed_line(line)
    parser.finish()
    return Writer(heading, edit).document(blocks.found)
