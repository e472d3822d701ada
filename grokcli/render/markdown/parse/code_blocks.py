"""The fenced code of a document, as it was written."""

from __future__ import annotations

import re

from grokcli.render.markdown.parse.blocks import BlockParser
from grokcli.render.markdown.parse.nodes import Fence, Item, Leaf, Table
from grokcli.render.markdown.parse.sink import Code, Path


def code_blocks(text: str) -> list[str]:
    """Return what stands in each fence of a markdown text, in order, with the line ends of the text.

    It is the parser that answers are shown with: fences in lists and quotes count, and one that nothing closes reaches
    to the end.
    """
    sink = _Fences()
    parser = BlockParser(sink)
    # Not splitlines(): the likes of a form feed or U+2028 end no line of code.
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        content = line.removesuffix("\n").removesuffix("\r")
        sink.line_end = line[len(content) :]
        parser.feed_line(content)
    parser.finish()
    return ["".join(lines) for lines in sink.blocks]


class _Fences:
    """Takes the leaves of a document and keeps the lines of its fences."""

    def __init__(self) -> None:
        self.blocks: list[list[str]] = []
        self.line_end = ""

    def begin_fence(self, path: Path, fence: Fence) -> None:
        self.blocks.append([])

    def add_code(self, path: Path, code: Code, line: str) -> None:
        if isinstance(code, Fence):
            self.blocks[-1].append(line + self.line_end)

    def add_row(self, path: Path, table: Table, cells: list[str]) -> None:
        pass

    def end_leaf(self, path: Path, leaf: Leaf) -> None:
        pass

    def end_item(self, path: Path, item: Item) -> None:
        pass
