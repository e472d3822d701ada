"""What the block parser hands over: leaves that are final, and where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from grokcli.render.markdown.parse.nodes import Fence, Html, IndentedCode, Item, Leaf, Math, Node, Table

Path = Sequence[Node]  # the open containers around a leaf, outermost first, without the document
Code = Fence | IndentedCode | Html | Math  # what is shown line by line, as it was written


class LeafSink(Protocol):
    """Takes what is final, in the order of the document."""

    def begin_fence(self, path: Path, fence: Fence) -> None:
        """Take the opening mark of fenced code."""

    def add_code(self, path: Path, code: Code, line: str) -> None:
        """Take one line of a block that is shown as it was written."""

    def add_row(self, path: Path, table: Table, cells: list[str]) -> None:
        """Take one row of a table, after its head."""

    def end_leaf(self, path: Path, leaf: Leaf) -> None:
        """Take a whole leaf, or the end of one whose lines or rows were handed over before."""

    def end_item(self, path: Path, item: Item) -> None:
        """Take the end of a list item; `path` ends with it."""
