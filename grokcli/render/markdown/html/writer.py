"""Blocks into elements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from markdown_it.token import Token
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String

from grokcli.render.markdown.html.blocks import Block
from grokcli.render.markdown.layout.highlight import Highlighter, language_of
from grokcli.render.markdown.layout.html_tags import split_tags, with_tags
from grokcli.render.markdown.layout.latex import plain_formula
from grokcli.render.markdown.layout.markup import References, parse_inline
from grokcli.render.markdown.layout.theme import TokenType
from grokcli.render.markdown.parse.definitions import split_definitions
from grokcli.render.markdown.parse.nodes import (
    Fence,
    Heading,
    Html,
    Item,
    List,
    Math,
    Node,
    Paragraph,
    Quote,
    Rule,
    Table,
)
from grokcli.render.markdown.parse.sink import Path
from grokcli.render.markdown.parse.syntax import LABEL, TAKES_NO_BLANK, TASK_MARK
from grokcli.terminal.sanitize import clean

_LOWEST_HEADING = 6
_LONGEST_PIECE = 8192  # characters of inline markup
_LINKS = re.compile(r"(?:https?://|mailto:)[\x21-\x7e]+", re.IGNORECASE)
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ELEMENTS = {"strong_open": "strong", "em_open": "em", "s_open": "del"}
_TAGS = {
    **{name: name for name in ("b", "strong", "i", "em", "cite", "var", "u", "ins", "s", "del", "code", "kbd", "samp")},
    "strike": "del",
    "tt": "code",
    "mark": "mark",
}
_CODE_CLASSES = {
    Comment: "comment",
    Keyword: "keyword",
    Operator.Word: "keyword",
    Name.Tag: "keyword",
    Name.Builtin: "builtin",
    Name.Attribute: "builtin",
    Name.Decorator: "builtin",
    Name.Function: "name",
    Name.Class: "name",
    String: "string",
    Number: "number",
    Generic.Deleted: "deleted",
    Generic.Inserted: "string",
    Generic.Heading: "name",
}


class Writer:
    """Turns blocks into elements."""

    def __init__(self, heading: int, edit: Callable[[str], str]) -> None:
        """Write main headings as elements of level `heading`, and each piece of text as `edit` returns it."""
        self._heading = heading
        self._edit = edit
        self._references: References = {}
        self._marked: set[int] = set()  # keys of items and quotes whose first block was written

    def document(self, blocks: list[Block]) -> str:
        """Return all blocks; references to links that are defined further down work too."""
        for block in blocks:
            if isinstance(block.leaf, Paragraph):
                self._references = split_definitions(block.leaf.text).references | self._references
        output: list[str] = []
        containers: list[Node] = []
        for block in blocks:
            output += _change_containers(containers, block.path)
            output += self._leaf(block)
            self._marked |= {node.key for node in block.path if isinstance(node, Quote)}
        output += _change_containers(containers, ())
        return "\n".join(output)

    def _leaf(self, block: Block) -> Iterator[str]:
        match block.leaf:
            case Paragraph() as paragraph:
                yield from self._paragraph(block.path, paragraph)
            case Heading() as heading:
                level = min(heading.level + self._heading - 1, _LOWEST_HEADING)
                yield f"<h{level}>{self._inline(heading.text)}</h{level}>"
            case Rule():
                yield "<hr/>"
            case Fence() as fence:
                yield f"<pre><code>{self._code(block.lines, language_of(fence.info))}</code></pre>"
            case Table() as table:
                yield from self._table(table, block.rows)
            case Item():
                pass  # it holds nothing
            case verbatim:
                yield from self._verbatim(verbatim, block.lines)

    def _verbatim(self, leaf: Node, lines: list[str]) -> Iterator[str]:
        """Write what stands line by line: LaTeX and HTML with a plain form in that, all else as it was written."""
        if isinstance(leaf, Html) and leaf.kind in TAKES_NO_BLANK:
            yield from self._tagged(lines)
        elif isinstance(leaf, Math):
            formula = self._plain("\n".join([*lines, *leaf.lines]))
            yield f'<pre class="math"><code>{formula}</code></pre>'
        else:
            text = "\n".join(map(self._text, lines))
            yield f'<pre class="{"faint" if isinstance(leaf, Html) else "code"}"><code>{text}</code></pre>'

    def _tagged(self, lines: list[str]) -> Iterator[str]:
        """Write lines of HTML: tags that are structure and nothing else vanish."""
        written = (self._tokens(with_tags(split_tags(line))) for line in lines)
        if text := "<br/>\n".join(line for line in written if line.strip()):
            yield f"<p>{text}</p>"

    def _plain(self, formula: str) -> str:
        """Return LaTeX in its plain form, if it has one. It is edited first: no one would know a key in it again."""
        edited = self._edit(clean(formula))
        plain = None if len(edited) > _LONGEST_PIECE else plain_formula(edited)
        return escape(edited if plain is None else plain)

    def _paragraph(self, path: Path, paragraph: Paragraph) -> Iterator[str]:
        lines, _, text = split_definitions(paragraph.text)
        if lines:
            yield f'<p class="faint">{"<br/>".join(map(self._text, lines))}</p>'
        container = path[-1] if path else None
        is_first = container is not None and container.key not in self._marked
        mark = ""
        if isinstance(container, Quote) and is_first and (match := LABEL.match(text)):
            text = text[match.end() :]
            yield f'<p class="label {match[1].lower()}">{match[1].capitalize()}</p>'
        elif isinstance(container, Item) and is_first:
            self._marked.add(container.key)
            if match := TASK_MARK.match(text):
                mark, text = "☐ " if match[1] == " " else "☑ ", text[match.end() :].lstrip()
        if text:
            yield f"<p>{mark}{self._inline(text)}</p>"

    def _table(self, table: Table, rows: list[list[str]]) -> Iterator[str]:
        yield "<table>"
        yield f"<thead>{self._row(table, table.head, 'th')}</thead>"
        if rows:
            yield "<tbody>"
            yield from (self._row(table, row, "td") for row in rows)
            yield "</tbody>"
        yield "</table>"

    def _row(self, table: Table, cells: list[str], element: str) -> str:
        count = len(table.alignments)
        if len(cells) > count:
            cells = [*cells[: count - 1], " | ".join(cells[count - 1 :])]
        cells = cells + [""] * (count - len(cells))
        written = (
            f'<{element} class="{alignment or "left"}">{self._inline(cell)}</{element}>'
            for cell, alignment in zip(cells, table.alignments, strict=True)
        )
        return f"<tr>{''.join(written)}</tr>"

    # ---- text

    def _text(self, text: str) -> str:
        return escape(self._edit(clean(text)))

    def _code(self, lines: list[str], language: str) -> str:
        highlighter = Highlighter(language)
        return "\n".join(
            "".join(_colored(token, text) for token, text in highlighter.lex(self._edit(clean(line)))) for line in lines
        )

    def _inline(self, text: str) -> str:
        return "".join(map(self._inline_piece, _pieces(text)))

    def _inline_piece(self, text: str) -> str:
        return self._tokens(with_tags(parse_inline(text, self._references)))

    def _tokens(self, tokens: list[Token]) -> str:
        output: list[str] = []
        closing: list[str] = []
        plain = ""  # entities and escapes are tokens of their own: edited as the text that they make together
        for index, token in enumerate(tokens):
            if token.type in ("text", "text_special"):
                plain += token.content
                continue
            output.append(self._text(plain))
            plain = ""
            if token.nesting > 0:
                before, after = self._open(token, tokens[index + 1])
                output.append(before)
                closing.append(after)
            elif token.nesting < 0:
                output.append(closing.pop())
            else:
                output.append(self._token(token))
        return "".join([*output, self._text(plain), *reversed(closing)])

    def _open(self, token: Token, following: Token) -> tuple[str, str]:
        """Return what begins an element and what ends it; `following` is the next token."""
        if token.type != "link_open":
            element = _TAGS.get(token.tag, "strong") if token.type == "tag_open" else _ELEMENTS.get(token.type, "span")
            return f"<{element}>", f"</{element}>"
        target = str(token.attrs.get("href", ""))
        shown = self._text(_with_title(target, token))
        if not _LINKS.fullmatch(target):
            return "", f" ({shown})" if shown else ""
        is_shown = target in [f"{scheme}{following.content}" for scheme in ("", "http://", "https://", "mailto:")]
        title = "" if is_shown and "title" not in token.attrs else f' title="{shown}"'
        label = shown if following.type == "link_close" else ""
        return f'<a href="{self._text(target)}"{title} rel="noreferrer">{label}', "</a>"

    def _token(self, token: Token) -> str:
        match token.type:
            case "softbreak":
                return "\n"
            case "hardbreak":
                return "<br/>"
            case "code_inline":
                return f"<code>{self._text(token.content)}</code>"
            case "math_inline":
                return f'<span class="math">{self._plain(token.content)}</span>'
            case "html_inline":
                is_break = _BREAK_TAG.fullmatch(token.content)
                return "<br/>" if is_break else f'<span class="faint">{self._text(token.content)}</span>'
            case "image":
                return self._image(token)
            case _:
                return self._text(token.content)

    def _image(self, token: Token) -> str:
        """Return a description and an address: to load the picture would tell its server who reads this."""
        target = str(token.attrs.get("src", ""))
        shown = self._text(_with_title(target, token))
        link = f'<a href="{self._text(target)}" rel="noreferrer">{shown}</a>' if _LINKS.fullmatch(target) else shown
        return f"[image: {self._text(token.content)}] ({link})"


def _with_title(target: str, token: Token) -> str:
    """Return a target with the title that the text gives it."""
    title = str(token.attrs.get("title", ""))
    return f'{target} "{title}"' if title else target


def _pieces(text: str) -> Iterator[str]:
    """Cut a text that is very long: the time that inline markup takes may grow with the square of its length."""
    while len(text) > _LONGEST_PIECE:
        end = text.rfind(" ", _LONGEST_PIECE // 2, _LONGEST_PIECE) + 1 or _LONGEST_PIECE
        yield text[:end]
        text = text[end:]
    yield text


def _change_containers(containers: list[Node], path: Path) -> Iterator[str]:
    """Close the containers that the next leaf is not in, and open those that it is in."""
    kept = 0
    while kept < min(len(containers), len(path)) and containers[kept].key == path[kept].key:
        kept += 1
    while len(containers) > kept:
        yield f"</{_element(containers.pop())}>"
    for node in path[kept:]:
        containers.append(node)
        yield f'<li value="{node.number}">' if isinstance(node, Item) and node.ordered else f"<{_element(node)}>"


def _element(node: Node) -> str:
    match node:
        case Quote():
            return "blockquote"
        case List(ordered=True):
            return "ol"
        case List():
            return "ul"
        case _:
            return "li"


def _colored(token: TokenType, text: str) -> str:
    """Return a piece of code in an element of the class that it belongs to."""
    while token and token not in _CODE_CLASSES:
        token = token.parent
    return f'<span class="{_CODE_CLASSES[token]}">{escape(text)}</span>' if token else escape(text)
