"""HTML that models write into markdown: what has a look of its own is shown so, all else as it was written."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from markdown_it.token import Token

from grokcli.render.markdown.layout.latex import shifted

BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

STYLES = {
    "b": "strong",
    "strong": "strong",
    "i": "emphasis",
    "em": "emphasis",
    "cite": "emphasis",
    "var": "emphasis",
    "u": "underlined",
    "ins": "underlined",
    "s": "struck",
    "del": "struck",
    "strike": "struck",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
    "sub": "",
    "sup": "",
    "mark": "strong",
    "summary": "strong",
    "a": "link",
    **{f"h{level}": f"heading{level}" for level in range(1, 7)},
}
"""What the text between two tags looks like. Above and below the line there are letters of their own."""

_STRUCTURE = frozenset(
    ("details", "div", "p", "center", "span", "small", "big", "picture", "figure", "section", "article")
)
_SILENT = r"(?:\s+(?:align|valign|width|height|border|open)(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?)*\s*"
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>[a-z][a-z0-9]*){_SILENT}/?>", re.IGNORECASE)
_LINK = re.compile(r"<a\s+href\s*=\s*(?:\"(?P<double>[^\"<>]*)\"|'(?P<single>[^'<>]*)')\s*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img(?=\s)(?P<attributes>(?:\s+[a-z-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))+)\s*/?>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_SILENT_OF_IMAGES = frozenset(("src", "alt", "width", "height", "align", "border"))


class Tag(NamedTuple):
    """A tag that is known. `name` is in STYLES, or "img", or "" for what is only structure; `target` of a link."""

    name: str
    is_end: bool = False
    target: str = ""
    alt: str = ""


def read_tag(text: str) -> Tag | None:
    """Return what `text`, a tag, is; None if it is shown as it was written, because an attribute says something."""
    if match := _TAG.fullmatch(text):
        name = match["name"].lower()
        if name in _STRUCTURE:
            return Tag("")
        return Tag(name, bool(match["end"])) if name in STYLES and (name != "a" or match["end"]) else None
    if match := _LINK.fullmatch(text):
        return Tag("a", target=html.unescape(match["double"] or match["single"] or ""))
    if match := _IMAGE.fullmatch(text):
        attributes = {
            name.lower(): html.unescape(double or single)
            for name, double, single in _ATTRIBUTE.findall(match["attributes"])
        }
        if attributes.keys() <= _SILENT_OF_IMAGES and "src" in attributes:
            return Tag("img", target=attributes["src"], alt=attributes.get("alt", ""))
    return None


def split_tags(line: str) -> list[Token]:
    """Return tokens for a line of HTML: its tags and the text between them."""
    tokens: list[Token] = []
    for part in re.split(r"(<[^<>]*>)", line):
        if part:
            kind = "html_inline" if part[0] == "<" else "text"
            tokens.append(Token(kind, "", 0, content=part if kind == "html_inline" else html.unescape(part)))
    return tokens


def with_tags(tokens: list[Token]) -> list[Token]:
    """Return `tokens` with tags that are known made markup: those that have an end, and those that need none."""
    result: list[Token] = []
    opened: list[tuple[str, int]] = []  # names of tags, and where in `result` they stand
    for token in tokens:
        tag = read_tag(token.content) if token.type == "html_inline" else None
        if tag is None:
            result.append(token)
        elif tag.name == "img":
            result.append(Token("image", "img", 0, content=tag.alt, attrs={"src": tag.target}))
        elif tag.is_end:
            if not opened or opened[-1][0] != tag.name:
                result.append(token)
                continue
            _close(result, token, opened.pop())
        elif tag.name:
            opened.append((tag.name, len(result)))
            token.attrs = {"href": tag.target}
            result.append(token)
    return result


def _close(result: list[Token], end: Token, opened: tuple[str, int]) -> None:
    """Make markup of a tag and its end."""
    name, at = opened
    if name in ("sub", "sup"):
        inside = result[at + 1 :]
        if len(inside) == 1 and inside[0].type == "text":
            inside[0].content = shifted(inside[0].content, "_" if name == "sub" else "^")
            del result[at]
        else:
            result.append(end)
        return
    kind = "link" if name == "a" else "tag"
    opening = Token(f"{kind}_open", name, 1, attrs=result[at].attrs, info=STYLES[name])
    result[at] = opening
    result.append(Token(f"{kind}_close", name, -1))
