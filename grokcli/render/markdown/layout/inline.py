"""Inline markdown (emphasis, code, links, images, mathematics, HTML) into spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token
from rich.style import Style

from grokcli.render.markdown.layout.addresses import is_same_url, readable, site
from grokcli.render.markdown.layout.html_tags import BREAK, split_tags, with_tags
from grokcli.render.markdown.layout.latex import plain_formula, shifted
from grokcli.render.markdown.layout.markup import MARKUP, References, parse_inline
from grokcli.render.markdown.layout.spans import LINE_BREAK, PLAIN, Span
from grokcli.render.markdown.layout.theme import Theme
from grokcli.terminal.sanitize import clean

_CITATION = re.compile(r"\[?\d{1,3}\]?")
_LONGEST_IN_CELLS = 20  # characters of a URL; longer ones become notes below the table
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


class InlineRenderer:
    """Makes spans of text with markup."""

    def __init__(self, theme: Theme, *, hyperlinks: bool) -> None:
        """Show by `theme`, on a terminal that has `hyperlinks` or not."""
        self._theme = theme
        self._hyperlinks = hyperlinks

    def render(
        self, text: str, references: References, base: Style = PLAIN, notes: list[str] | None = None
    ) -> list[Span]:
        """Return what `text` looks like, on top of the style `base`.

        A link is shown as its text and, unless it is the same, its target; an image as its description and address.
        Long targets are added to `notes`, if it is given, and only their numbers shown. Nothing of the text is dropped
        but the marks that made it markup, and control characters that entities made.
        """
        if not MARKUP.search(text):
            return [Span(text.translate(_BLANKS), base)]
        writer = _Writer(self._theme, base, notes, hyperlinks=self._hyperlinks)
        return [span for span in writer.spans(with_tags(parse_inline(text, references))) if span.text]

    def render_html(self, line: str) -> list[Span]:
        """Return what a line of HTML looks like: nothing if it holds only tags that are structure."""
        writer = _Writer(self._theme, PLAIN, None, hyperlinks=self._hyperlinks)
        spans = [span for span in writer.spans(with_tags(split_tags(line))) if span.text]
        while spans and not spans[-1].text.strip():
            spans.pop()
        return spans


@dataclass
class _Link:
    """A link while its text is being read."""

    target: str
    title: str
    label: str = ""

    @property
    def is_its_own_label(self) -> bool:
        return self.label in (self.target, self.target.removeprefix("mailto:")) or is_same_url(self.label, self.target)


class _Writer:
    """Writes one text."""

    def __init__(self, theme: Theme, base: Style, notes: list[str] | None, *, hyperlinks: bool) -> None:
        self._theme = theme
        self._styles = [base]
        self._notes = notes
        self._hyperlinks = hyperlinks
        self._link: _Link | None = None  # links do not nest

    def spans(self, tokens: list[Token]) -> Iterator[Span]:
        for token in _after_breaks(tokens):
            if token.nesting > 0:
                self._styles.append(self._styles[-1] + self._theme[_STYLE_OF.get(token.type, token.info)])
                if token.type == "link_open":
                    self._link = _Link(*_address(token, "href"))
            elif token.nesting < 0:
                self._styles.pop()
                if token.type == "link_close" and (link := self._link) is not None:
                    self._link = None
                    if not link.is_its_own_label:
                        is_citation = _CITATION.fullmatch(link.label) is not None
                        yield from self._destination(link.target, link.title, by_site=is_citation)
            else:
                yield from self._leaf(token)

    def _leaf(self, token: Token) -> Iterator[Span]:
        style = self._styles[-1]
        match token.type:
            case "softbreak":
                yield Span(" ", style)
            case "hardbreak":
                yield Span(LINE_BREAK)
            case "html_inline" if BREAK.fullmatch(token.content):
                yield Span(LINE_BREAK)
            case "image":
                yield Span(_printable(token.content) or "image", style + self._theme["image"])
                yield from self._destination(*_address(token, "src"), by_site=True)
            case "math_inline":
                formula = _printable(token.content)
                plain = plain_formula(formula)
                yield Span(formula if plain is None else plain, style + self._theme["math"])
            case kind:
                yield from self._text(_printable(token.content), style, kind)

    def _text(self, text: str, style: Style, kind: str) -> Iterator[Span]:
        url = None
        if self._link is not None:
            self._link.label += text
            if self._link.is_its_own_label:
                url = self._link.target
                text = readable(text)
                if self._notes is not None and len(text) > _LONGEST_IN_CELLS:
                    yield Span(site(url), style, url)
                    yield self._note(url, self._notes)
                    return
        yield Span(text, style + self._theme[_STYLE_OF[kind]] if kind in _STYLE_OF else style, url)

    def _destination(self, target: str, title: str, *, by_site: bool) -> Iterator[Span]:
        """Show where a link leads: only what is printed here can be clicked.

        The site alone, where all of the target is under it; else nothing is left out that cannot be found elsewhere.
        """
        if self._theme.links == "hidden" or not (target or title):
            return
        shown = readable(target)
        if self._theme.links == "host" or (by_site and self._hyperlinks):
            shown = site(target)
        faint = self._styles[0] + self._theme["faint"]
        if self._notes is not None and len(shown) > _LONGEST_IN_CELLS:
            yield self._note(target, self._notes)
            shown = ""
        if shown or title:
            yield Span(" (", faint)
            yield Span(shown, self._theme["target"], target)
            quoted = f'"{title}"' if title else ""
            yield Span(f" {quoted})" if shown and title else f"{quoted})", faint)

    def _note(self, target: str, notes: list[str]) -> Span:
        """Keep `target` for a note, and return its number."""
        if target not in notes:
            notes.append(target)
        return Span(shifted(str(notes.index(target) + 1), "^"), self._theme["note_number"])


def _after_breaks(tokens: list[Token]) -> Iterator[Token]:
    """Leave out the line end and the blanks behind a `<br>`: they are not shown behind a line break of markdown's."""
    after_break = False
    for token in tokens:
        if after_break and token.type == "softbreak":
            continue
        if after_break and token.type == "text":
            token.content = token.content.lstrip(" ")
        after_break = token.type == "html_inline" and BREAK.fullmatch(token.content) is not None
        yield token


def _address(token: Token, attribute: str) -> tuple[str, str]:
    return _printable(str(token.attrs.get(attribute, ""))), _printable(str(token.attrs.get("title", "")))


def _printable(text: str) -> str:
    return clean(text).translate(_BLANKS)
