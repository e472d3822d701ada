"""The incremental block parser against markdown-it-py, which reads the whole document at once."""

from __future__ import annotations

import re

import pytest
from markdown_corpus import CORPUS
from markdown_it import MarkdownIt

from grokcli.render.markdown.parse.blocks import BlockParser
from grokcli.render.markdown.parse.definitions import split_definitions
from grokcli.render.markdown.parse.nodes import (
    Fence,
    Heading,
    Html,
    IndentedCode,
    Item,
    List,
    Paragraph,
    Quote,
    Rule,
    Table,
)

REFERENCE = MarkdownIt("commonmark").enable("table")


def container_name(node) -> str:
    match node:
        case Quote():
            return "quote"
        case List():
            return "ol" if node.ordered else "ul"
        case Item():
            return "item"
    raise AssertionError(node)


class Recorder:
    """A LeafSink that writes down each leaf with the containers around it, each of them numbered."""

    def __init__(self) -> None:
        self.leaves: list[tuple[object, ...]] = []
        self._numbers: dict[int, int] = {}
        self._lines: list[str] = []
        self._rows: list[list[str]] = []
        self._filled: set[int] = set()

    def _add(self, path, *leaf) -> None:
        names = []
        for node in path:
            self._filled.add(node.key)
            names.append((container_name(node), self._numbers.setdefault(node.key, len(self._numbers))))
        self.leaves.append((tuple(names), *leaf))

    def begin_fence(self, path, fence) -> None:
        pass

    def add_code(self, path, code, line) -> None:
        self._lines.append(line)

    def add_row(self, path, table, cells) -> None:
        self._rows.append(cells)

    def end_leaf(self, path, leaf) -> None:
        match leaf:
            case Paragraph():
                text = split_definitions(leaf.text).text
                if text:
                    self._add(path, "paragraph", text)
            case Heading():
                text = split_definitions(leaf.text).text if leaf.level < 3 else leaf.text
                self._add(path, "heading", leaf.level, text)
            case Rule():
                self._add(path, "rule")
            case Fence():
                self._add(path, "fence", leaf.info, self._take_lines())
            case IndentedCode() | Html():
                self._add(path, "html" if isinstance(leaf, Html) else "code", self._take_lines())
            case Table():
                self._table(path, leaf)

    def _table(self, path, table) -> None:
        count = len(table.alignments)
        rows = [(row + [""] * count)[:count] for row in [table.head, *self._rows]]
        self._rows = []
        self._add(path, "table", table.alignments, rows)

    def _take_lines(self) -> str:
        lines, self._lines = self._lines, []
        return "\n".join(lines)

    def end_item(self, path, item) -> None:
        if item.key not in self._filled:
            self._add(path, "empty")


def ours(text: str) -> list[tuple[object, ...]]:
    recorder = Recorder()
    parser = BlockParser(recorder)
    for line in text.removesuffix("\n").split("\n"):
        parser.feed_line(line)
    parser.finish()
    return recorder.leaves


CONTAINERS = {"blockquote_open": "quote", "bullet_list_open": "ul", "ordered_list_open": "ol", "list_item_open": "item"}


class Walk:
    """The same, from markdown-it's tokens."""

    def __init__(self, text: str) -> None:
        self.leaves: list[tuple[object, ...]] = []
        self._path: list[tuple[str, int]] = []
        self._numbers: dict[int, int] = {}
        self._opened = 0
        self._item_starts: list[int] = []
        tokens = REFERENCE.parse(text)
        index = 0
        while index < len(tokens):
            index = self._step(tokens, index)

    def _add(self, *leaf) -> None:
        names = tuple((name, self._numbers.setdefault(number, len(self._numbers))) for name, number in self._path)
        self.leaves.append((names, *leaf))

    def _step(self, tokens, index) -> int:
        token = tokens[index]
        if token.type == "table_open":
            return self._table(tokens, index)
        if token.type in CONTAINERS:
            self._open(token)
        elif token.type.replace("_close", "_open") in CONTAINERS:
            if token.type == "list_item_close" and self._item_starts.pop() == len(self.leaves):
                self._add("empty")
            self._path.pop()
        elif token.type == "paragraph_open":
            self._add("paragraph", tokens[index + 1].content)
        elif token.type == "heading_open":
            self._add("heading", int(token.tag[1]), tokens[index + 1].content)
        else:
            self._literal(token)
        return index + 1

    def _open(self, token) -> None:
        if token.type == "list_item_open":
            self._item_starts.append(len(self.leaves))
        self._path.append((CONTAINERS[token.type], self._opened))
        self._opened += 1

    def _literal(self, token) -> None:
        content = token.content.removesuffix("\n")
        match token.type:
            case "hr":
                self._add("rule")
            case "fence":
                self._add("fence", token.info.strip(), content)
            case "code_block":
                self._add("code", content)
            case "html_block":
                self._add("html", content)

    def _table(self, tokens, index) -> int:
        rows: list[list[str]] = []
        alignments: list[str] = []
        while tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "th_open":
                alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
            elif token.type == "inline":
                rows[-1].append(token.content)
            index += 1
        self._add("table", alignments, rows)
        return index + 1


def without_indentation(leaves):
    """Leave out what markdown-it keeps of a paragraph's later lines for its inline parser to drop."""
    for path, kind, *leaf in leaves:
        yield path, kind, *([re.sub(r"\n[ \t]+", "\n", leaf[0])] if kind == "paragraph" else leaf)


def assert_same(text: str) -> None:
    assert list(without_indentation(ours(text))) == list(without_indentation(Walk(text).leaves))


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_blocks_are_those_of_commonmark(text: str) -> None:
    assert_same(text)
