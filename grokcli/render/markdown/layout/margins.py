"""What stands to the left of a leaf: quote bars, bullets, numbers, and the indentation under them."""

from __future__ import annotations

from grokcli.render.markdown.layout.spans import Span
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.parse.nodes import Item, Quote
from grokcli.render.markdown.parse.sink import Path

_BULLETS = "•◦"
_QUOTE_BAR = "│ "
_MARK_WIDTH = 3  # what "10." takes: numbers of up to two digits line up, and no list is laid out anew at its tenth item
_LEAST_TEXT = 8  # cells that are left for text, however deep it is nested


class Margins:
    """Knows the margin of each row, and which items have shown their mark."""

    def __init__(self, theme: Theme) -> None:
        """Style marks by `theme`."""
        self._theme = theme
        self._box: tuple[int, Span] | None = None  # what the next row of an item has in place of its bullet
        self._marked: frozenset[int] = frozenset()  # keys of open items; never changed in place, so copies may share it

    def fork(self) -> Margins:
        """Return margins that go their own way."""
        other = object.__new__(Margins)  # copy() takes ten times as long, and each frame needs several
        other.__dict__.update(self.__dict__)
        return other

    def forget(self, item: Item) -> None:
        """Drop what was remembered of an item that is over."""
        self._marked -= {item.key}

    def is_marked(self, item: Item) -> bool:
        """Say whether the item has shown its mark."""
        return item.key in self._marked

    def put_box(self, item: Item, box: Span) -> None:
        """Show `box`, three cells, instead of the bullet of an item that has not shown its mark."""
        self._box = item.key, Span(f"{box.text} ", box.style)

    def width(self, path: Path, columns: int) -> int:
        """Return how many cells the margin takes on a terminal of `columns`."""
        width = 0
        for node in path:
            if isinstance(node, Quote):
                width += len(_QUOTE_BAR)
            elif isinstance(node, Item):
                width += len(_mark(node, 0))
        return min(width, _widest(columns))

    def take(self, path: Path, columns: int) -> list[Span]:
        """Return the margin of the next row under `path`; an item's mark is in it once, blanks afterwards."""
        spans: list[Span] = []
        depth = 0
        for node in path:
            if isinstance(node, Quote):
                spans.append(Span(_QUOTE_BAR, self._theme["quote"]))
            elif isinstance(node, Item):
                spans.append(self._item(node, depth))
                depth += not node.ordered
        self._marked |= {node.key for node in path if isinstance(node, Item)}
        return self._clamped(spans, _widest(columns))

    def between(self, path: Path, other: Path) -> list[Span]:
        """Return the margin of a blank row between a leaf under `path` and one under `other`."""
        spans: list[Span] = []
        for node, twin in zip(path, other, strict=False):
            if node.key != twin.key:
                break
            if isinstance(node, Quote):
                spans.append(Span(_QUOTE_BAR, self._theme["quote"]))
            elif isinstance(node, Item):
                spans.append(Span(" " * len(_mark(node, 0))))
        return spans

    def _item(self, item: Item, depth: int) -> Span:
        mark = _mark(item, depth)
        if item.key in self._marked:
            return Span(" " * len(mark))
        if self._box is not None and self._box[0] == item.key:
            return self._box[1]
        return Span(mark, self._theme["number" if item.ordered else "bullet"])

    def _clamped(self, spans: list[Span], widest: int) -> list[Span]:
        """Cut a margin that leaves too little room for text; what is deepest stays."""
        text = "".join(span.text for span in spans)
        if len(text) <= widest:
            return spans
        return [Span(text[len(text) - widest :], self._theme["faint"])]


def _mark(item: Item, depth: int) -> str:
    mark = f"{item.number}{item.mark}" if item.ordered else _BULLETS[depth % len(_BULLETS)]
    return mark.rjust(_MARK_WIDTH) + " "


def _widest(columns: int) -> int:
    return max(0, columns - 1 - _LEAST_TEXT)
