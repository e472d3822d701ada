"""Leaves into rows: where each block stands, how it is indented, and what separates it from the one before.

Everything here is decided from the past alone, never from what follows; so a row that was made once stays right, and an
answer that streams comes to the same rows as one that is there at once.
"""

from __future__ import annotations

from grokcli.render.markdown.layout.addresses import readable
from grokcli.render.markdown.layout.highlight import FencedCode
from grokcli.render.markdown.layout.inline import InlineRenderer
from grokcli.render.markdown.layout.latex import plain_formula, shifted
from grokcli.render.markdown.layout.margins import Margins
from grokcli.render.markdown.layout.markup import References
from grokcli.render.markdown.layout.spans import EMPTY_ROW, PLAIN, Pen, Row, Span
from grokcli.render.markdown.layout.tables import Cell, TableLayout
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.layout.unclosed import InlineCache, close_markup
from grokcli.render.markdown.layout.wrap import cut, first_shown, wrap
from grokcli.render.markdown.parse.definitions import split_definitions
from grokcli.render.markdown.parse.nodes import (
    Fence,
    Heading,
    Html,
    IndentedCode,
    Item,
    Leaf,
    Math,
    Node,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from grokcli.render.markdown.parse.sink import Code, Path
from grokcli.render.markdown.parse.syntax import LABEL, TAKES_NO_BLANK, TASK_MARK

_LONGEST_RULE = 40
_TAB = 4
_FENCE_RULE = "──"


class Layout:
    """Makes rows of leaves; a LeafSink. `rows` grows until the caller takes them."""

    def __init__(self, pen: Pen, theme: Theme, columns: int) -> None:
        """Lay out for a terminal of `columns` cells; the last column stays free, for the cursor to rest in."""
        self.rows: list[Row] = []
        self.columns = columns
        self._pen = pen
        self._theme = theme
        self._preview_rows: int | None = None  # set in a preview
        self._references: References = {}  # never changed in place, so previews may share it
        self._inline_renderer = InlineRenderer(theme, hyperlinks=pen.hyperlinks)
        self._margins = Margins(theme)
        self._last_leaf: Node | None = None
        self._last_path: Path = ()
        self._fence: FencedCode | None = None  # the open one
        self._table: TableLayout | None = None  # the open one
        self._notes: list[str] = []  # targets of links in it that are too long for a cell
        self._last_row: list[Span] = []  # of the open paragraph, if all before it is final
        self._inline_cache = InlineCache()  # of the open paragraph; shared by all previews

    def preview(self, rows: int) -> Layout:
        """Return a layout that goes on from here on its own, to show what is unfinished on at most `rows` rows.

        It closes markup that may still be closed, cuts rows that are too long, and does not end fences.
        """
        other = object.__new__(Layout)  # copy() takes ten times as long, and each frame needs several
        other.__dict__.update(self.__dict__)
        other.rows = []
        other._preview_rows = rows
        other._margins = self._margins.fork()
        other._fence = self._fence and self._fence.fork()
        other._table = self._table and self._table.fork()
        other._notes = list(self._notes)
        return other

    # ---- what the parser hands over

    def begin_fence(self, path: Path, fence: Fence) -> None:
        """Show the opening mark: what is on the screen stays valid markdown."""
        self._separate(path, fence)
        mark = f"{_FENCE_RULE} {fence.info}" if self._theme.has_rules else fence.mark + fence.info
        self._put(path, [Span(mark, self._theme["faint"])])
        # A preview may see half a language's name: nothing to load a lexer for, and no code follows it in there.
        self._fence = FencedCode(fence.info if self._preview_rows is None else "", self._theme)

    def add_code(self, path: Path, code: Code, line: str) -> None:
        """Show one line as it is; code is not wrapped, so that it copies as it was written."""
        line = line.expandtabs(_TAB)
        if isinstance(code, Fence):
            if self._fence is not None:
                self._fence.add(line)
                self.settle(path)
            return
        if isinstance(code, Html) and code.kind in TAKES_NO_BLANK:
            if spans := self._inline_renderer.render_html(line):
                self._separate(path, code)
                self._put_wrapped(path, spans)
            return
        self._separate(path, code)
        if isinstance(code, IndentedCode):
            self._put_code(path, [Span("    " + line, self._theme["code"])])
        else:
            self._put_wrapped(path, [Span(line, self._theme["math" if isinstance(code, Math) else "html"])])

    def add_row(self, path: Path, table: Table, cells: list[str]) -> None:
        """Show a row, or keep it until enough of them are known to choose the widths of the columns."""
        layout = self._open_table(table)
        layout.add_row(self._cells(cells, len(table.alignments)))
        if layout.widths_are_final:
            self._put_table(path, table)

    def end_leaf(self, path: Path, leaf: Leaf) -> None:
        """Show what is left of a leaf."""
        match leaf:
            case Paragraph():
                self._paragraph(path, leaf)
            case Heading():
                self._separate(path, leaf)
                text = "\n".join(line.strip() for line in leaf.text.split("\n"))
                self._put_wrapped(path, self._inline(text, f"heading{leaf.level}"))
            case Rule():
                self._separate(path, leaf)
                self._put(path, [Span("─" * min(_LONGEST_RULE, self._room(path)), self._theme["faint"])])
            case Math():
                self._formula(path, leaf)
            case Table():
                self._open_table(leaf)
                self._put_table(path, leaf)
                self._put_notes(path)
                self._table = None
            case Fence():
                self._end_fence(path, leaf)
            case _:
                pass  # indented code and HTML were shown line by line

    def end_item(self, path: Path, item: Item) -> None:
        """Show the mark of an item that holds nothing."""
        if not self._margins.is_marked(item):
            self._separate(path, item)
            self._put(path, [])
        self._margins.forget(item)

    def settle(self, path: Path) -> None:
        """Show the lines of the open fence that waited for their lexer, if it is loaded by now."""
        if self._fence is not None and self._fence.ready:
            for line in self._fence.take():
                self._put_code(path, line)

    # ---- the kinds of leaves

    def _formula(self, path: Path, math: Math) -> None:
        self._separate(path, math)
        plain = None if math.is_long else plain_formula("\n".join(math.lines))
        lines = math.lines if plain is None else [f"  {line}" for line in plain.split("\n")]
        for line in lines:
            self._put_wrapped(path, [Span(line.expandtabs(_TAB), self._theme["math"])])

    def _paragraph(self, path: Path, paragraph: Paragraph) -> None:
        text = paragraph.text
        if not paragraph.continued:
            lines, references, text = split_definitions(text)
            if lines:
                self._references = {**references, **self._references}  # the first definition of a label counts
                self._separate(path, paragraph)
            for line in lines:
                self._put_wrapped(path, [Span(line, self._theme["faint"])])
        if text or paragraph.continued:
            label, text = self._label(path, text)
            self._separate(path, paragraph)
            if label:
                self._put(path, label)
            if text or not label:
                self._put_piece(path, paragraph, text)

    def _label(self, path: Path, text: str) -> tuple[list[Span], str]:
        """Return the label that a quote begins with, `[!NOTE]` on a line of its own, and the rest of the text."""
        quote = path[-1] if path else None
        match = LABEL.match(text)
        if match is None or not isinstance(quote, Quote) or quote.key in [node.key for node in self._last_path]:
            return [], text
        return [Span(match[1].capitalize(), self._theme[match[1].lower()])], text[match.end() :]

    def _put_piece(self, path: Path, paragraph: Paragraph, text: str) -> None:
        """Put the rows of a paragraph, or of a piece of one: the next piece goes on in the last of them."""
        lead, text = self._task_mark(path, text)
        if paragraph.continued:
            lead = [*self._last_row, Span(paragraph.joint.replace("\n", " "))]
        if self._preview_rows is None:
            lines = wrap(lead + self._inline(text), self._room(path))
        else:
            lines = self._inline_cache.lines(lead, text, self._inline, self._room(path))
        self._last_row = lines.pop() if paragraph.is_cut else []
        self._put_lines(path, lines)

    def _task_mark(self, path: Path, text: str) -> tuple[list[Span], str]:
        """Return the box at the beginning of an item, if `text` begins with one, and the rest of the text."""
        item = path[-1] if path else None
        match = TASK_MARK.match(text)
        if match is None or not isinstance(item, Item) or self._margins.is_marked(item):
            return [], text
        box = Span("[ ]", self._theme["open"]) if match[1] == " " else Span("[✓]", self._theme["done"])
        if item.ordered:
            return [box], text[match.end() :]
        self._margins.put_box(item, box)
        return [], text[match.end() :].lstrip(" ")

    def _end_fence(self, path: Path, fence: Fence) -> None:
        if self._fence is None:
            return
        for line in self._fence.take() if self._preview_rows is None else self._fence.peek(self._preview_rows):
            self._put_code(path, line)
        self._fence = None
        if self._preview_rows is None:
            self._put(path, [Span(_FENCE_RULE if self._theme.has_rules else fence.mark, self._theme["faint"])])

    def _open_table(self, table: Table) -> TableLayout:
        if self._table is None:
            head = self._cells(table.head, len(table.alignments), "table_head")
            self._table = TableLayout(table.alignments, head, self._theme)
        return self._table

    def _put_table(self, path: Path, table: Table) -> None:
        self._separate(path, table)
        for line in self._open_table(table).take_lines(self._room(path), self._preview_rows):
            self._put(path, line)

    def _put_notes(self, path: Path) -> None:
        """Put the long targets of a table's links below it."""
        if self._preview_rows is None and self._notes:
            for number, target in enumerate(self._notes, 1):
                mark = f"{shifted(str(number), '^')} "
                lines = wrap([Span(readable(target), self._theme["target"], target)], self._room(path) - len(mark))
                for index, line in enumerate(lines):
                    lead = " " * len(mark) if index else mark
                    self._put(path, [Span(lead, self._theme["note_number"]), *line])
        self._notes = []

    def _cells(self, cells: list[str], count: int, style: str = "") -> list[Cell]:
        """Return `count` cells: missing ones are empty, and what is too much stands in the last."""
        if len(cells) > count:
            cells = [*cells[: count - 1], " | ".join(cells[count - 1 :])]
        return [self._inline(cell, style, self._notes) for cell in cells + [""] * (count - len(cells))]

    # ---- rows

    def _inline(self, text: str, style: str = "", notes: list[str] | None = None) -> list[Span]:
        if self._preview_rows is not None:
            text = close_markup(text)
        return self._inline_renderer.render(text, self._references, self._theme[style] if style else PLAIN, notes)

    def _room(self, path: Path) -> int:
        return max(8, self.columns - 1 - self._margins.width(path, self.columns))

    def _put_wrapped(self, path: Path, spans: list[Span]) -> None:
        self._put_lines(path, wrap(spans, self._room(path)))

    def _put_lines(self, path: Path, lines: list[list[Span]]) -> None:
        if self._preview_rows is not None and len(lines) > self._preview_rows:
            self._margins.take(path, self.columns)  # an item's mark goes with the rows that are out of sight
            lines = lines[first_shown(len(lines), self._preview_rows) :]
        for line in lines[:1]:
            self._put(path, line)
        if len(lines) > 1:
            margin = self._margins.take(path, self.columns)  # an item has shown its mark: this is for all other rows
            for line in lines[1:]:
                self._put_row([*margin, *line])

    def _put_code(self, path: Path, line: list[Span]) -> None:
        """Put a line of code: the blanks at its end are code too."""
        self._put(path, line, exact=any(span.text for span in line))

    def _put(self, path: Path, line: list[Span], *, exact: bool = False) -> None:
        self._put_row([*self._margins.take(path, self.columns), *line] if path else line, exact=exact)

    def _put_row(self, line: list[Span], *, exact: bool = False) -> None:
        row = self._pen.row(line, exact=exact)
        if self._preview_rows is not None and row.width >= self.columns:
            row = self._pen.row(cut(line, self.columns - 1))
        self.rows.append(row)

    def _separate(self, path: Path, leaf: Node) -> None:
        """Put a blank row before a leaf: between top-level blocks always, inside them where the source has one."""
        last, last_path = self._last_leaf, self._last_path
        self._last_leaf, self._last_path = leaf, path
        if last is None or last.key == leaf.key:
            return
        if (path or (leaf,))[0].key != (last_path or (last,))[0].key:
            self.rows.append(EMPTY_ROW)
        elif leaf.after_blank:
            self.rows.append(self._pen.row(self._margins.between(path, last_path)))
