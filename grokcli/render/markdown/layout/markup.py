"""The inline parser: CommonMark's rules, and with them strikethrough, bare URLs and LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline, autolink, backtick, entity, escape, html_inline, image, link, newline
from markdown_it.rules_inline.emphasis import tokenize as emphasis
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.rules_inline.strikethrough import tokenize as strikethrough
from markdown_it.token import Token

from grokcli.render.markdown.parse.syntax import ESCAPED_NOTE

_Rule = Callable[[StateInline, bool], bool]
References = dict[str, Any]  # as markdown-it keeps them: normalised label -> {"href": ..., "title": ...}

# A URL without marks around it, as GitHub finds them: behind no letter, up to a blank or what no URL holds. East Asian
# punctuation ends it too, and a bracket that was not opened in it: `[see https://example.com](...)`.
_STOPS = (
    '\\s<>"`\\\\\u3000-\u3003\u3008-\u3011\u3014-\u301b\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u2018-\u201f\u2026'
)
_URL_START = r"(?:(?<![a-z0-9])https?://(?=[\w\[])|(?<![a-z0-9_/.@:-])www\.(?=\w))"
_URL = re.compile(rf"{_URL_START}(?:[^{_STOPS}\[\]]|\[[^{_STOPS}\[\]]*\])+", re.IGNORECASE)
_TRAILING_ENTITY = re.compile(r"&[a-z0-9]{1,32};$", re.IGNORECASE)

# Where a rule may apply; all before it is text. And text without any of it is plain.
_RULE_STARTS = re.compile(rf"[\n!$&*<\[\\\]_`~]|{_URL_START}", re.IGNORECASE)
MARKUP = re.compile(rf"[\n!$&*<>\[\\\]_`~]|{_URL_START}", re.IGNORECASE)

_CJK = re.compile("[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003fffd]")
_LOOKS_LIKE_MATH = re.compile(r"[\\^_=+*/<>{}]")


def parse_inline(text: str, references: References) -> list[Token]:
    """Return the tokens of `text`, as markdown-it has them; LaTeX is a token "math_inline"."""
    tokens: list[Token] = []
    state = _InlineState(text, _PARSER, {"references": references}, tokens)
    _PARSER.inline.tokenize(state)
    for rule in _PARSER.inline.ruler2.getRules(""):
        rule(state)
    return tokens


def normal_url(url: str) -> str:
    """Return `url` as a link to it has it: letters that only some programs understand are encoded."""
    return str(_PARSER.normalizeLink(url))


def _url_end(match: re.Match[str]) -> int:
    """Return where a bare URL ends: punctuation behind it, and brackets that were opened before it, are no part."""
    url = match[0]
    surplus = url.count(")") - url.count("(")
    while url:
        if url[-1] in "?!.,:*_~'\"" or (url[-1] == ")" and surplus > 0):
            surplus -= url[-1] == ")"
            url = url[:-1]
        elif url[-1] == ";":
            entity_at_end = _TRAILING_ENTITY.search(url)
            url = url[: entity_at_end.start() if entity_at_end else -1]
        else:
            break
    return match.start() + len(url)


def _bare_url(state: StateInline, silent: bool) -> bool:
    match = _URL.match(state.src, state.pos, state.posMax)
    if match is None or state.linkLevel > 0:
        return False
    end = _url_end(match)
    url = state.src[state.pos : end]
    if not silent:
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": normal_url(url if "://" in url else f"http://{url}")}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos = end
    return True


def _end_of_math(source: str, start: int, last: dict[tuple[str, str], int]) -> int:
    """Return where the LaTeX that begins at `start` ends, or -1 when none does.

    A single dollar is money unless it and the next one hug what they enclose, and that is not just a number. `last`
    remembers where a closing stands last in a text: else each of many openings would search the text to its end.
    """
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]"), ("$$", "$$")):
        if source.startswith(opening, start):
            if (source, closing) not in last:
                last[source, closing] = source.rfind(closing)
            if last[source, closing] < start + 2 or ESCAPED_NOTE.match(source, start):
                return -1
            return source.find(closing, start + 2) + 2
    if source[start] != "$" or source[start + 1 : start + 2] in ("", " ", "\t", "\n"):
        return -1
    end = source.find("$", start + 1)
    if end < 0 or source[end - 1] in " \t\n\\" or source[end + 1 : end + 2].isdigit():
        return -1
    inside = source[start + 1 : end]
    return -1 if inside[0].isdigit() and not _LOOKS_LIKE_MATH.search(inside) else end + 1


def _math(state: StateInline, silent: bool) -> bool:
    r"""Keep LaTeX as it was written: before CommonMark takes the backslash of `\(` for an escape."""
    end = _end_of_math(state.src, state.pos, state.env.setdefault("last closings", {}))
    if end < 0 or end > state.posMax:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def _bracketed(rule: _Rule) -> _Rule:
    """Return `rule`, asked only where what it looks for may close: finding out that it does not takes time."""

    def asked(state: StateInline, silent: bool) -> bool:
        start, end = state.pos, state.posMax
        if state.src.rfind("]", start, end) < 0:
            return False
        may_have_target = state.src.rfind(")", start, end) > 0 or bool(state.env["references"])
        return may_have_target and rule(state, silent)

    return asked


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


_RULES: dict[str, tuple[_Rule, ...]] = {
    "\n": (newline,),
    "\\": (_math, escape),
    "$": (_math,),
    "`": (backtick,),
    "~": (strikethrough,),
    "*": (emphasis,),
    "_": (emphasis,),
    "[": (_bracketed(link),),
    "!": (_bracketed(image),),
    "<": (autolink, html_inline),
    "&": (entity,),
    **dict.fromkeys("hHwW", (_bare_url,)),
}


# What a rule is asked to do: make tokens, or only move.
_MAKE, _SKIP = False, True


def _apply(rules: tuple[_Rule, ...], state: StateInline) -> bool:
    """Make tokens by the first rule that matches; `any` would take as long as some of the rules."""
    for rule in rules:  # noqa: SIM110  for the reason above
        if rule(state, _MAKE):
            return True
    return False


class _InlineParser(ParserInline):
    """Asks only the rules that the next character can begin; markdown-it asks all of them."""

    def tokenize(self, state: StateInline) -> None:
        """Make tokens of what lies between the positions of `state`."""
        source, end = state.src, state.posMax
        can_nest = state.level < state.md.options["maxNesting"]
        while state.pos < end:
            at = state.pos
            if can_nest and _apply(_RULES.get(source[at], ()), state):
                continue
            match = _RULE_STARTS.search(source, at + 1, end)
            state.pos = match.start() if match else end
            state.pending += source[at : state.pos]
        if state.pending:
            state.pushPending()

    def skipToken(self, state: StateInline) -> None:  # noqa: N802  markdown-it's name
        """Move past the next token without making it."""
        at = state.pos
        if at not in state.cache:
            state.cache[at] = self._end_of_token(state, at)
        state.pos = state.cache[at]

    def _end_of_token(self, state: StateInline, at: int) -> int:
        if state.level >= state.md.options["maxNesting"]:
            return state.posMax
        rules = _RULES.get(state.src[at])
        if rules is None:
            match = _RULE_STARTS.search(state.src, at + 1, state.posMax)
            return match.start() if match else state.posMax
        state.level += 1  # a link in a link in a link: no deeper than that
        found = any(rule(state, _SKIP) for rule in rules)
        state.level -= 1
        return state.pos if found else at + 1


# What a link to it has as it is. To take a URL apart and put it together again takes longer than all else about a link.
_NORMAL_URL = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:/[\w./~-]*)?(?:\?[\w.=&~-]*)?(?:#[\w.-]*)?", re.ASCII)


class _Parser(MarkdownIt):
    """Leaves URLs alone that are normal already."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  markdown-it's name
        """Return `url` with what only some programs understand encoded."""
        return url if _NORMAL_URL.fullmatch(url) else super().normalizeLink(url)


def _parser() -> MarkdownIt:
    parser = _Parser("commonmark")
    parser.inline = _InlineParser()
    return parser


_PARSER = _parser()
