"""The blocks of a whole document, in order."""

from __future__ import annotations

from dataclasses import dataclass, field

from grokcli.render.markdown.parse.nodes import Fence, Item, Node, Table
from grokcli.render.markdown.parse.sink import Code, Path


@dataclass
class Block:
    """A leaf, or an item that holds nothing, with the containers around it and its lines or rows."""

    path: Path
    leaf: Node
    lines: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


class Blocks:
    """Keeps the blocks of a document; a LeafSink."""

    def __init__(self) -> None:
        """Begin without any."""
        self.found: list[Block] = []
        self._filled: set[int] = set()  # keys of items that hold something

    def begin_fence(self, path: Path, fence: Fence) -> None:
        """Take the opening mark of fenced code."""
        self._block(path, fence)

    def add_code(self, path: Path, code: Code, line: str) -> None:
        """Take one line of a block that is shown as it was written."""
        self._block(path, code).lines.append(line)

    def add_row(self, path: Path, table: Table, cells: list[str]) -> None:
        """Take one row of a table, after its head."""
        self._block(path, table).rows.append(cells)

    def end_leaf(self, path: Path, leaf: Node) -> None:
        """Take a whole leaf, or the end of one."""
        self._block(path, leaf)

    def end_item(self, path: Path, item: Item) -> None:
        """Take the end of a list item."""
        if item.key not in self._filled:
            self._block(path, item)

    def _block(self, path: Path, leaf: Node) -> Block:
        """Return the block of `leaf`, which is the last one or begins now."""
        if not self.found or self.found[-1].leaf is not leaf:
            self.found.append(Block(path, leaf))
            self._filled |= {node.key for node in path}
        return self.found[-1]
