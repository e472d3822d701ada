"""An answer as it arrives: text in, final rows out, and at any moment the rows of what is unfinished."""

from __future__ import annotations

import re

from grokcli.render.markdown.layout.rows import Layout
from grokcli.render.markdown.layout.spans import Pen, Row
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.layout.unclosed import has_open_markup, last_place_to_cut
from grokcli.render.markdown.layout.wrap import first_shown
from grokcli.render.markdown.parse.blocks import BlockParser
from grokcli.render.markdown.parse.nodes import Fence, Math, Paragraph, Table
from grokcli.terminal.sanitize import StreamCleaner

# A paragraph of this many characters is no longer held back until it ends: it is made final piece by piece, so that the
# work for a frame stays bounded. Markup that spans a cut stays literal, so it is cut where none is open, unless that
# would make a piece twice as long. The cuts depend on the text alone.
_PIECE = 1024
_LONGEST_PIECE = 2 * _PIECE

# A line that has only marks so far: shown now, "-" would be a heading's underline and then turn into a list.
_UNDECIDED = re.compile(
    r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?:\d{1,9}[.)]?|\[[ xX]?\]?|[-=_*+#`~|:$\\<! \t]+)?[ \t]*"
)

_LONGEST_UNDECIDED = 200  # characters


class StreamedDocument:
    """Folds text into rows. The rows are the same however the text was cut into pieces."""

    def __init__(self, pen: Pen, theme: Theme, columns: int) -> None:
        """Begin a document for a terminal of `columns` cells."""
        self._layout = Layout(pen, theme, columns)
        self._parser = BlockParser(self._layout)
        self._cleaner = StreamCleaner()
        self._partial = ""  # the last line, so far
        self._line_was_cut = False  # the beginning of that line is final already
        self._line_is_whole = False  # that line is long, but no paragraph that could be cut
        self._waits_for_markup = False  # nor is there a place to cut it before it has the length of the longest piece

    def resize(self, columns: int) -> None:
        """Lay out what is still to come for another width."""
        self._layout.columns = columns

    def feed(self, text: str) -> None:
        """Add a piece of the answer."""
        text = self._cleaner.feed(text)
        self._partial += text
        if "\n" in text:
            *lines, self._partial = self._partial.split("\n")
            for line in lines:
                self._end_line(line)
        if len(self._partial) > _PIECE:
            self._partial = self._cut_pieces(self._partial)

    def finish(self) -> None:
        """End the document: what is open is closed as it is."""
        self.feed(self._cleaner.finish())
        if self._partial:
            self._end_line(self._partial)
            self._partial = ""
        self._parser.finish()

    def take_rows(self) -> list[Row]:
        """Return the rows that became final since the last call."""
        self._layout.settle(self._parser.path)
        rows, self._layout.rows = self._layout.rows, []
        return rows

    def unfinished_rows(self, limit: int) -> list[Row]:
        """Return how what is not final looks now, at most `limit` rows from its end. Changes nothing."""
        layout = self._layout.preview(limit)
        parser = self._parser.fork(layout)
        if self._line_was_cut:
            parser.continue_paragraph(self._partial)
        elif not self._is_undecided():
            parser.feed_line(self._partial[:_LONGEST_PIECE])
        parser.finish()
        return layout.rows[first_shown(len(layout.rows), limit) :]

    def _is_undecided(self) -> bool:
        """Say whether the last line is better not shown yet."""
        tip = self._parser.tip
        if isinstance(tip, Fence):
            return not self._partial.strip(tip.mark[0] + " \t>")
        if isinstance(tip, Table) and len(self._partial) < _LONGEST_UNDECIDED:
            return True  # a row is shown when it is whole: half of one would move its cells, and often the columns
        return len(self._partial) < _LONGEST_UNDECIDED and _UNDECIDED.fullmatch(self._partial) is not None

    def _end_line(self, line: str) -> None:
        line = self._cut_pieces(line)
        if self._line_was_cut:
            self._parser.continue_paragraph(line)
        else:
            self._parser.feed_line(line)
        self._line_was_cut = self._line_is_whole = self._waits_for_markup = False
        tip = self._parser.tip
        if isinstance(tip, Paragraph) and tip.size > _PIECE and (tip.size > _LONGEST_PIECE or _may_end(tip)):
            self._parser.cut_paragraph("\n")

    def _cut_pieces(self, line: str) -> str:
        """Make the beginning of a long paragraph line final; return the rest of the line."""
        while len(line) > _PIECE and not self._line_is_whole:
            end = self._end_of_piece(line)
            if end is None:
                break
            if not self._begin_piece(line[:end]):
                self._line_is_whole = True
                break
            line = line[end:]
            joint = line[: len(line) - len(line.lstrip(" \t"))]
            self._parser.cut_paragraph(joint)
            self._line_was_cut = True
        return line

    def _end_of_piece(self, line: str) -> int | None:
        """Return where to cut a long line; None if that is better decided when more of it is known."""
        if not self._waits_for_markup:
            end = last_place_to_cut(line[:_PIECE], _PIECE // 2)
            if end > 0:
                return end
            self._waits_for_markup = True
        if len(line) <= _LONGEST_PIECE:
            return None
        self._waits_for_markup = False
        end = last_place_to_cut(line[:_LONGEST_PIECE], _PIECE)
        if end < 0:
            end = line.rfind(" ", _PIECE, _LONGEST_PIECE)
        return end if end > 0 else _LONGEST_PIECE

    def _begin_piece(self, text: str) -> bool:
        """Add `text`, the beginning of a line, if it is paragraph text."""
        if self._line_was_cut:
            self._parser.continue_paragraph(text)
            return True
        if isinstance(self._parser.tip, Fence | Math):
            return False
        trial = self._parser.fork(self._layout.preview(1))
        trial.feed_line(text)
        if not isinstance(trial.tip, Paragraph):
            return False
        self._parser.feed_line(text)
        return True


def _may_end(paragraph: Paragraph) -> bool:
    """Say whether a piece may end with the last line: no markup is open, and it cannot become the head of a table."""
    return "|" not in paragraph.lines[-1] and not has_open_markup("\n".join(paragraph.lines))
