"""Inline markdown (emphasis, code, links, mathematics) into spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token
from rich.style import Style

from grokcli.render.markdown.layout.markup import MARKUP, References, normal_url, parse_inline
from grokcli.render.markdown.layout.spans import LINE_BREAK, PLAIN, Span
from grokcli.render.markdown.layout.theme import Theme
from grokcli.terminal.sanitize import clean

_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ADDRESS = re.compile(r"(?P<scheme>https?://)?(?P<host>[^\s/?#@]+\.[^\s/?#@]+)(?:[/?#]\S*)?$", re.IGNORECASE)
# The host as browsers find it: behind what looks like a user's name, before a backslash too. Only letters that cannot
# deceive: others are punycode by now.
_HOST = re.compile(r"https?://(?:[^/?#\\]*@)?([a-z0-9.-]+(?::\d+)?)(?=[/?#\\]|$)", re.IGNORECASE)
_BLANKS = str.maketrans("\n\t", "  ")
_STYLE_OF = {
    "strong_open": "strong",
    "em_open": "emphasis",
    "s_open": "struck",
    "link_open": "link",
    "code_inline": "code",
    "math_inline": "math",
    "html_inline": "html",
}


def render_inline(text: str, references: References, theme: Theme, base: Style = PLAIN) -> list[Span]:
    """Return what `text` looks like, on top of the style `base`.

    A link is shown as its text and, unless it is the same, its target; an image as its description and address.
    Nothing of the text is dropped but the marks that made it markup, and control characters that entities made.
    """
    if not MARKUP.search(text):
        return [Span(text.translate(_BLANKS), base)]
    return [span for span in _spans(parse_inline(text, references), theme, base) if span.text]


@dataclass
class _Link:
    """A link while its text is being read."""

    target: str
    title: str
    label: str = ""

    @property
    def is_its_own_label(self) -> bool:
        return self.label in (self.target, self.target.removeprefix("mailto:")) or _is_same_url(self.label, self.target)


def _is_same_url(label: str, target: str) -> bool:
    """Say whether `label` is the address `target` itself, written as people do: without what goes without saying.

    Not with a host of letters that could pass for others: the target has these in a form that cannot deceive.
    """
    match = _ADDRESS.match(label)
    if match is None or not match["host"].isascii():
        return False
    written = label if match["scheme"] else f"{target.partition('://')[0]}://{label}"
    return bool(normal_url(written).rstrip("/") == target.rstrip("/"))


def _spans(tokens: list[Token], theme: Theme, base: Style) -> Iterator[Span]:
    styles = [base]
    link: _Link | None = None  # links do not nest
    for token in _after_breaks(tokens):
        if token.nesting > 0:
            styles.append(styles[-1] + theme[_STYLE_OF[token.type]])
            if token.type == "link_open":
                link = _Link(*_address(token, "href"))
        elif token.nesting < 0:
            styles.pop()
            if token.type == "link_close" and link is not None:
                if not link.is_its_own_label:
                    yield from _destination(link.target, link.title, styles[-1], theme)
                link = None
        else:
            yield from _leaf(token, styles[-1], theme, link)


def _after_breaks(tokens: list[Token]) -> Iterator[Token]:
    """Leave out the line end and the blanks behind a `<br>`: they are not shown behind a line break of markdown's."""
    after_break = False
    for token in tokens:
        if after_break and token.type == "softbreak":
            continue
        if after_break and token.type == "text":
            token.content = token.content.lstrip(" ")
        after_break = token.type == "html_inline" and _BREAK_TAG.fullmatch(token.content) is not None
        yield token


def _leaf(token: Token, style: Style, theme: Theme, link: _Link | None) -> Iterator[Span]:
    match token.type:
        case "softbreak":
            yield Span(" ", style)
        case "hardbreak":
            yield Span(LINE_BREAK)
        case "html_inline" if _BREAK_TAG.fullmatch(token.content):
            yield Span(LINE_BREAK)
        case "image":
            yield Span(f"[image: {_printable(token.content)}]", style + theme["image"])
            yield from _destination(*_address(token, "src"), style, theme)
        case kind:
            text = _printable(token.content)
            url = None
            if link is not None:
                link.label += text
                url = link.target if link.is_its_own_label else None
            yield Span(text, style + theme[_STYLE_OF[kind]] if kind in _STYLE_OF else style, url)


def _destination(target: str, title: str, style: Style, theme: Theme) -> Iterator[Span]:
    """Show where a link leads, unless it is to be left out: only what is printed here can be clicked."""
    if theme.links == "hidden" or (not target and not title):
        return
    yield Span(" (", style + theme["faint"])
    yield Span(_host(target) if theme.links == "host" else target, theme["target"], target)
    yield Span(f' "{title}")' if title else ")", style + theme["faint"])


def _host(target: str) -> str:
    """Return the host that a target leads to, or the target itself if it is no plain one."""
    match = _HOST.match(target)
    return match[1].lower() if match else target


def _address(token: Token, attribute: str) -> tuple[str, str]:
    return _printable(str(token.attrs.get(attribute, ""))), _printable(str(token.attrs.get("title", "")))


def _printable(text: str) -> str:
    return clean(text).translate(_BLANKS)
