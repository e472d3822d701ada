"""The blocks of a document while they are open, and how each decides whether the next line still belongs to it.

A node holds what the parser must remember of it and nothing of how it looks. `fork()` returns a copy that may go its
own way; nodes that never change after they were opened return themselves.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field

from grokcli.render.markdown.parse.cursor import LineCursor
from grokcli.render.markdown.parse.syntax import HTML_ENDS, TAKES_NO_BLANK, Alignment

_FENCE_END = re.compile(r"(`{3,}|~{3,})[ \t]*$")


@dataclass(slots=True, eq=False)
class Node:
    """A block.

    `key` tells one block from another and is the same in every fork. `after_blank`: a blank line came between this
    leaf and the one before it, however deep each lies.
    """

    key: int = field(default=0, kw_only=True)
    after_blank: bool = field(default=False, kw_only=True)

    def continues(self, cursor: LineCursor) -> bool:
        """Say whether the line goes on with this block, and move `cursor` past what belongs to the block alone."""
        return False

    def fork(self) -> Node:
        """Return a node that may change without changing this one."""
        return self


class Container(Node):
    """A block that holds blocks."""

    __slots__ = ()


class Leaf(Node):
    """A block that holds text."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Document(Container):
    """The root."""


@dataclass(slots=True, eq=False)
class Quote(Container):
    """A block quote."""

    def continues(self, cursor: LineCursor) -> bool:
        """Ask for a `>`, and eat it."""
        if cursor.blank or cursor.is_code_indented or cursor.first != ">":
            return False
        cursor.skip_quote_mark()
        return True


@dataclass(slots=True, eq=False)
class List(Container):
    """A list: items of one kind. `mark` is the bullet, or what follows the number; `number` is the next item's."""

    ordered: bool
    mark: str
    number: int

    def continues(self, cursor: LineCursor) -> bool:
        """Go on: whether the line still belongs here is for the item to say."""
        return True

    def fork(self) -> List:
        """Copy: `number` grows."""
        return List(self.ordered, self.mark, self.number, key=self.key)


@dataclass(slots=True, eq=False)
class Item(Container):
    """A list item. `indent` is how many columns its content is indented by; `empty` until it holds something."""

    ordered: bool
    mark: str
    number: int
    indent: int
    empty: bool = True

    def continues(self, cursor: LineCursor) -> bool:
        """Ask for the indentation, or for a blank line unless the item began with one."""
        goes_on = not self.empty if cursor.blank else cursor.indent >= self.indent
        if goes_on:
            cursor.skip_columns(self.indent)
        return goes_on

    def fork(self) -> Item:
        """Copy: `empty` ends."""
        return Item(self.ordered, self.mark, self.number, self.indent, self.empty, key=self.key)


@dataclass(slots=True, eq=False)
class Paragraph(Leaf):
    """Text. `continued`: its beginning was long and is already final; what is here is the rest.

    `is_cut`: more of it follows, in a paragraph that continues this one. `joint` is what stands before it,
    a line end or blanks.
    """

    lines: list[str] = field(default_factory=list)
    continued: bool = False
    size: int = 0  # characters in `lines`
    is_cut: bool = False
    joint: str = ""

    def add(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)
        self.size += len(line)

    @property
    def ends_with_a_line(self) -> bool:
        """Whether the last of `lines` is a line from its beginning on."""
        return not self.continued or self.joint == "\n" or len(self.lines) > 1

    @property
    def text(self) -> str:
        """The lines as one text, without indentation. U+3000 at its beginning is no indentation but text."""
        return "\n".join(line.lstrip(" \t") for line in self.lines).rstrip()

    def continues(self, cursor: LineCursor) -> bool:
        """Go on until a blank line."""
        return not cursor.blank

    def fork(self) -> Paragraph:
        """Copy, with lines of its own."""
        args = list(self.lines), self.continued, self.size, self.is_cut, self.joint
        return Paragraph(*args, key=self.key, after_blank=self.after_blank)


@dataclass(slots=True, eq=False)
class Heading(Leaf):
    """A heading of level 1 to 6."""

    level: int
    text: str


@dataclass(slots=True, eq=False)
class Rule(Leaf):
    """A thematic break."""


@dataclass(slots=True, eq=False)
class Fence(Leaf):
    """Code between two marks, each of three or more backticks or tildes."""

    mark: str
    indent: int
    info: str

    def continues(self, cursor: LineCursor) -> bool:
        """Go on: whether the line closes the fence is for closed_by() to say."""
        return True

    def closed_by(self, cursor: LineCursor) -> bool:
        """Say whether the line is the mark that ends this code."""
        if cursor.is_code_indented or cursor.blank or cursor.first != self.mark[0]:
            return False
        match = _FENCE_END.match(cursor.text)
        return match is not None and len(match[1]) >= len(self.mark)

    def code_in(self, cursor: LineCursor) -> str:
        """Return the line of code; as many blanks as came before the opening mark are no part of it."""
        cursor.skip_columns(self.indent)
        return cursor.rest


@dataclass(slots=True, eq=False)
class IndentedCode(Leaf):
    """Code that is indented by four columns. `held` are blank lines that belong to it only if more code follows."""

    held: list[str] = field(default_factory=list)

    def continues(self, cursor: LineCursor) -> bool:
        """Ask for the indentation or for a blank line."""
        if cursor.is_code_indented:
            cursor.skip_columns(4)
            return True
        if cursor.blank:
            cursor.skip_blanks()
        return cursor.blank

    def fork(self) -> IndentedCode:
        """Copy, with held lines of its own."""
        return IndentedCode(list(self.held), key=self.key, after_blank=self.after_blank)


@dataclass(slots=True, eq=False)
class Html(Leaf):
    """Raw HTML; `kind` is which of CommonMark's seven conditions (counted from 0) began it."""

    kind: int

    def continues(self, cursor: LineCursor) -> bool:
        """Go on; two of the kinds end at a blank line."""
        return not (cursor.blank and self.kind in TAKES_NO_BLANK)

    def ends_in(self, text: str) -> bool:
        """Say whether `text` holds what ends this kind."""
        return self.kind < len(HTML_ENDS) and HTML_ENDS[self.kind].search(text) is not None


@dataclass(slots=True, eq=False)
class Math(Leaf):
    """Displayed LaTeX, until `end` or a blank line. `is_long`: its lines are handed on as they come."""

    end: str
    lines: list[str] = field(default_factory=list)
    size: int = 0  # characters in `lines`
    is_long: bool = False

    def continues(self, cursor: LineCursor) -> bool:
        """Go on."""
        return True

    def fork(self) -> Math:
        """Copy, with lines of its own."""
        other = copy(self)
        other.lines = list(self.lines)
        return other


@dataclass(slots=True, eq=False)
class Table(Leaf):
    """A table; its rows are handed on as they come."""

    alignments: list[Alignment]
    head: list[str]
