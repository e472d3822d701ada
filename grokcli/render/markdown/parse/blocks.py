"""A markdown block parser that reads each line once.

A complete line can only change the blocks on the path from the root to the innermost open one; all else is final and
was handed on already. So the work for a line depends on its length and on how deep it is nested, never on what came
before. It is CommonMark's algorithm (its appendix "A parsing strategy"), with GitHub's tables and displayed LaTeX.
"""

from __future__ import annotations

from copy import copy

from grokcli.render.markdown.parse.cursor import LineCursor
from grokcli.render.markdown.parse.definitions import split_definitions
from grokcli.render.markdown.parse.nodes import (
    Document,
    Fence,
    Heading,
    Html,
    IndentedCode,
    Item,
    Leaf,
    List,
    Math,
    Node,
    Paragraph,
    Rule,
    Table,
)
from grokcli.render.markdown.parse.sink import LeafSink, Path
from grokcli.render.markdown.parse.starts import STARTS, OpenParagraph
from grokcli.render.markdown.parse.syntax import SETEXT_UNDERLINE, split_cells, table_alignments

_DEEPEST = 100  # blocks in one another; deeper marks are text. The work for a line grows with its depth.
_LONGEST_FORMULA = 2048  # characters


class BlockParser:
    """Turns lines into leaves."""

    def __init__(self, sink: LeafSink) -> None:
        """Hand what is final to `sink`."""
        self._sink = sink
        self._stack: list[Node] = [Document()]
        self._after_blank = False
        self._last_key = 0

    @property
    def tip(self) -> Node:
        """The innermost open block."""
        return self._stack[-1]

    @property
    def path(self) -> Path:
        """The containers around the innermost open block."""
        return self._stack[1:-1]

    def fork(self, sink: LeafSink) -> BlockParser:
        """Return a parser that goes on from here on its own, for looking ahead."""
        other = object.__new__(BlockParser)
        other.__dict__.update(self.__dict__)  # copy() takes ten times as long
        other._sink = sink
        other._stack = [node.fork() for node in self._stack]
        return other

    def feed_line(self, line: str) -> None:
        """Read one complete line, without its newline."""
        cursor = LineCursor(line)
        depth = self._match_open(cursor)
        tip = self._stack[-1]
        if depth < len(self._stack):
            if self._take_row(cursor, depth):
                return
        elif isinstance(tip, Fence) and tip.closed_by(cursor):
            self._close_to(depth - 1)
            return
        elif isinstance(tip, Math):
            self._add_math(tip, cursor)
            return
        elif isinstance(tip, Fence | IndentedCode | Html):
            self._add_text(cursor, depth)
            return
        blocks_begun = self._begin_blocks(cursor, depth)
        if blocks_begun is not None:
            self._add_text(cursor, blocks_begun)

    def continue_paragraph(self, text: str) -> None:
        """Add `text` to the open paragraph without asking whether it begins a block."""
        if isinstance(self.tip, Paragraph):
            self.tip.add(text)

    def cut_paragraph(self, joint: str) -> None:
        """Hand on what the open paragraph holds as final; what follows continues it behind `joint`."""
        paragraph = self._stack[-1]
        if isinstance(paragraph, Paragraph):
            paragraph.is_cut = True
            self._sink.end_leaf(self._stack[1:-1], paragraph)
            self._stack[-1] = Paragraph(continued=True, key=paragraph.key, joint=joint)

    def finish(self) -> None:
        """End the document: close all that is open."""
        self._close_to(1)

    def _match_open(self, cursor: LineCursor) -> int:
        """Return how many of the open blocks, from the outside, the line goes on with."""
        for depth, node in enumerate(self._stack[1:], 1):
            if not node.continues(cursor):
                return depth
        return len(self._stack)

    def _take_row(self, cursor: LineCursor, depth: int) -> bool:
        """Read the line as a row if only a table is open beyond what it goes on with, and it begins no block."""
        table = self._stack[-1]
        if not isinstance(table, Table) or depth != len(self._stack) - 1:
            return False
        if cursor.blank or cursor.is_code_indented or self._starts_block(cursor):
            return False
        self._sink.add_row(self._stack[1:-1], table, split_cells(cursor.text))
        return True

    def _starts_block(self, cursor: LineCursor) -> bool:
        return any(start(copy(cursor), OpenParagraph.LAZY) for start in STARTS.get(cursor.first, ()))

    def _begin_blocks(self, cursor: LineCursor, depth: int) -> int | None:
        """Open the blocks that the line begins; return the new depth, or None when they took the whole line."""
        matched = depth
        while not cursor.blank and len(self._stack) < _DEEPEST:
            node = self._begin_block(cursor, depth)
            if node is None:
                break
            if isinstance(node, Leaf):
                return None
            depth = len(self._stack)
        begun = depth > matched
        return None if begun and cursor.blank else depth  # a mark alone on its line is no blank line

    def _begin_block(self, cursor: LineCursor, depth: int) -> Node | None:
        paragraph = self._open_paragraph(depth)
        if cursor.is_code_indented:
            if paragraph is not OpenParagraph.NONE:
                return None
            self._close_to(depth)
            return self._open_code(cursor)
        if paragraph is OpenParagraph.HERE and (leaf := self._underline(cursor)):
            return leaf
        line = cursor.rest
        for start in STARTS.get(cursor.first, ()):
            node = start(cursor, paragraph)
            if node is not None:
                self._close_to(depth)
                self._open(node)
                self._first_line(node, line)
                return node
        return None

    def _open_paragraph(self, depth: int) -> OpenParagraph:
        if not isinstance(self._stack[-1], Paragraph):
            return OpenParagraph.NONE
        return OpenParagraph.HERE if depth == len(self._stack) else OpenParagraph.LAZY

    def _underline(self, cursor: LineCursor) -> Leaf | None:
        """Make the open paragraph a heading or a table if the line says so."""
        paragraph = self._stack[-1]
        if not isinstance(paragraph, Paragraph) or not paragraph.ends_with_a_line:
            return None
        if not paragraph.continued and SETEXT_UNDERLINE.match(cursor.text):
            definitions, _, text = split_definitions(paragraph.text)
            if text:
                heading = self._turn_into(Heading(1 if cursor.first == "=" else 2, text), paragraph, definitions)
                self._close_tip()
                return heading
        alignments = table_alignments(cursor.text)
        if alignments is not None and "|" in paragraph.lines[-1]:
            head = split_cells(paragraph.lines[-1])
            if len(head) == len(alignments):
                return self._turn_into(Table(alignments, head), paragraph, paragraph.lines[:-1])
        return None

    def _turn_into(self, leaf: Leaf, paragraph: Paragraph, before: list[str]) -> Leaf:
        """Open `leaf` in place of the open `paragraph`, of which only the lines `before` stay."""
        if before or paragraph.continued:
            paragraph.lines = before
            self._close_tip()
        else:
            self._stack.pop()
            self._after_blank = paragraph.after_blank
        self._open(leaf)
        return leaf

    def _first_line(self, node: Node, line: str) -> None:
        """Hand on what the line holds beyond the mark that began `node`."""
        path = self._stack[1:-1]
        match node:
            case Heading() | Rule():
                self._close_tip()
            case Fence():
                self._sink.begin_fence(path, node)
            case Html():
                self._add_html(node, line)
            case Math():
                self._add_math_line(node, line.strip())
            case _:
                pass  # containers: the rest of the line is looked at next

    def _open_code(self, cursor: LineCursor) -> IndentedCode:
        cursor.skip_columns(4)
        code = IndentedCode()
        self._open(code)
        self._sink.add_code(self._stack[1:-1], code, cursor.rest)
        return code

    def _open(self, node: Node) -> None:
        """Put `node` into the innermost container that can hold it."""
        if isinstance(node, Item):
            self._enter_list(node)
        while isinstance(self.tip, Leaf) or isinstance(self.tip, List) is not isinstance(node, Item):
            self._close_tip()
        self._last_key += 1
        node.key = self._last_key
        for parent in self._stack:
            if isinstance(parent, Item):
                parent.empty = False
        if isinstance(node, Leaf):
            node.after_blank, self._after_blank = self._after_blank, False
        self._stack.append(node)

    def _enter_list(self, item: Item) -> None:
        """See to it that the innermost open block is a list of the item's kind, and number the item."""
        current = self.tip
        if not (isinstance(current, List) and (current.ordered, current.mark) == (item.ordered, item.mark)):
            current = List(item.ordered, item.mark, item.number)
            self._open(current)
        item.number = current.number
        current.number += 1

    def _add_text(self, cursor: LineCursor, depth: int) -> None:
        """Add what is left of the line to the innermost block that it goes on with."""
        tip = self._stack[-1]
        if isinstance(tip, Paragraph) and depth < len(self._stack) and not cursor.blank:
            tip.add(cursor.text)  # a lazy line: it leaves out the marks of the containers around it
            return
        self._close_to(depth)
        match self._stack[-1]:
            case Paragraph() as paragraph if not cursor.blank:
                paragraph.add(cursor.text)
            case Fence() as fence:
                self._sink.add_code(self._stack[1:-1], fence, fence.code_in(cursor))
            case Html() as html:
                self._add_html(html, cursor.rest)
            case IndentedCode() as code:
                self._add_indented(code, cursor)
            case _ if cursor.blank:
                self._after_blank = True
            case _:
                paragraph = Paragraph()
                paragraph.add(cursor.text)
                self._open(paragraph)

    def _add_html(self, html: Html, line: str) -> None:
        self._sink.add_code(self._stack[1:-1], html, line)
        if html.ends_in(line):
            self._close_tip()

    def _add_indented(self, code: IndentedCode, cursor: LineCursor) -> None:
        self._after_blank = cursor.blank
        code.held.append(cursor.rest)
        if not cursor.blank:
            for line in code.held:
                self._sink.add_code(self._stack[1:-1], code, line)
            code.held.clear()

    def _add_math(self, math: Math, cursor: LineCursor) -> None:
        line = cursor.rest
        self._after_blank = cursor.blank
        if not cursor.blank:
            self._add_math_line(math, line)
        if cursor.blank or line.rstrip().endswith(math.end):
            self._close_tip()

    def _add_math_line(self, math: Math, line: str) -> None:
        """Keep a line until the formula is whole; one that grows beyond measure is handed on as it was written."""
        math.lines.append(line)
        math.size += len(line) + 1
        if math.size > _LONGEST_FORMULA:
            math.is_long = True
        if math.is_long:
            for held in math.lines:
                self._sink.add_code(self._stack[1:-1], math, held)
            math.lines.clear()

    def _close_to(self, depth: int) -> None:
        while len(self._stack) > depth:
            self._close_tip()

    def _close_tip(self) -> None:
        node = self._stack.pop()
        path = self._stack[1:]
        if isinstance(node, Leaf):
            self._sink.end_leaf(path, node)
        elif isinstance(node, Item):
            self._sink.end_item([*path, node], node)
