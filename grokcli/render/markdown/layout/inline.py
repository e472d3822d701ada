"""Inline markdown (emphasis, code, links, mathematics) into spans."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from rich.style import Style

from grokcli.render.markdown.layout.spans import LINE_BREAK, PLAIN, Span
from grokcli.render.markdown.layout.theme import Theme
from grokcli.terminal.sanitize import clean

References = dict[str, Any]  # as markdown-it keeps them: normalised label -> {"href": ..., "title": ...}

# Text without any of these is plain; saying so costs 1/20 of parsing it.
_MARKUP = re.compile(r"[\\`*_\[\]<>&!$~\n]")
_CJK = re.compile("[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003fffd]")
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LOOKS_LIKE_MATH = re.compile(r"[\\^_=+*/<>{}]")
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


def _end_of_math(source: str, start: int, last: dict[tuple[str, str], int]) -> int:
    """Return where the LaTeX that begins at `start` ends, or -1 when none does.

    A single dollar is money unless it and the next one hug what they enclose, and that is not just a number. `last`
    remembers where a closing stands last in a text: else each of many openings would search the text to its end.
    """
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]"), ("$$", "$$")):
        if source.startswith(opening, start):
            if (source, closing) not in last:
                last[source, closing] = source.rfind(closing)
            return source.find(closing, start + 2) + 2 if last[source, closing] >= start + 2 else -1
    if source[start] != "$" or source[start + 1 : start + 2] in ("", " ", "\t", "\n"):
        return -1
    end = source.find("$", start + 1)
    if end < 0 or source[end - 1] in " \t\n\\" or source[end + 1 : end + 2].isdigit():
        return -1
    inside = source[start + 1 : end]
    return -1 if inside[0].isdigit() and not _LOOKS_LIKE_MATH.search(inside) else end + 1


def _math_rule(state: StateInline, silent: bool) -> bool:
    r"""Keep LaTeX as it was written: before CommonMark takes the backslash of `\(` for an escape."""
    if state.src[state.pos] not in "\\$":
        return False
    end = _end_of_math(state.src, state.pos, state.env.setdefault("last closings", {}))
    if end < 0 or end > state.posMax:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


class _InlineState(StateInline):
    """Lets emphasis end and begin beside Chinese, Japanese and Korean, which put no blank between words.

    By CommonMark's rule the asterisks stay in `**注意：**正文`: after punctuation, emphasis ends only before a blank.
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803  markdown-it's name
        """Return what a run of marks can do."""
        scanned = super().scanDelims(start, canSplitWord)
        before = self.src[start - 1 : start] if start else ""
        after = self.src[start + scanned.length : start + scanned.length + 1]
        if not canSplitWord or not before or not after:
            return scanned
        opens = scanned.can_open or (bool(_CJK.match(before)) and _is_punctuation(after))
        closes = scanned.can_close or (bool(_CJK.match(after)) and _is_punctuation(before))
        return Scanned(opens, closes, scanned.length)


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _inline_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("strikethrough")
    parser.inline.ruler.before("escape", "math", _math_rule)
    return parser


_PARSER = _inline_parser()


def render_inline(text: str, references: References, theme: Theme, base: Style = PLAIN) -> list[Span]:
    """Return what `text` looks like, on top of the style `base`.

    A link is shown as its text and, unless it is the same, its target; an image as its description and address.
    Nothing of the text is dropped but the marks that made it markup, and control characters that entities made.
    """
    if not _MARKUP.search(text):
        return [Span(text.translate(_BLANKS), base)]
    tokens: list[Token] = []
    state = _InlineState(text, _PARSER, {"references": references}, tokens)
    _PARSER.inline.tokenize(state)
    for rule in _PARSER.inline.ruler2.getRules(""):
        rule(state)
    return [span for span in _spans(tokens, theme, base) if span.text]


@dataclass
class _Link:
    """A link while its text is being read."""

    target: str
    title: str
    label: str = ""

    @property
    def is_its_own_label(self) -> bool:
        return self.label in (self.target, self.target.removeprefix("mailto:"))


def _spans(tokens: list[Token], theme: Theme, base: Style) -> Iterator[Span]:
    styles = [base]
    link: _Link | None = None  # links do not nest
    for token in tokens:
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
    """Show where a link leads: never hidden behind its text, and only what is printed here can be clicked."""
    yield Span(" (", style + theme["faint"])
    yield Span(target, theme["target"], target)
    yield Span(f' "{title}")' if title else ")", style + theme["faint"])


def _address(token: Token, attribute: str) -> tuple[str, str]:
    return _printable(str(token.attrs.get(attribute, ""))), _printable(str(token.attrs.get("title", "")))


def _printable(text: str) -> str:
    return clean(text).translate(_BLANKS)
