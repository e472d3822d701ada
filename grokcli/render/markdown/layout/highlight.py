"""Colours for code that arrives line by line: Pygments lexers whose state survives from one line to the next.

Pygments offers no way to pause a lexer, and lexing a block again for each new line takes time that grows with its
square. So the loop of its RegexLexer runs here, over its compiled rules and with a stack that is kept. A lexer of
another kind sees one line at a time. Only colours can suffer from this; that the text stays whole is checked for every
line.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from copy import copy, deepcopy
from typing import Any, Protocol

from pygments.lexer import ExtendedRegexLexer, Lexer, RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, Text, Whitespace
from pygments.util import ClassNotFound

from grokcli.render.markdown.layout.spans import Span
from grokcli.render.markdown.layout.theme import Theme, TokenType

LexedLine = list[tuple[TokenType, str]]
Rules = dict[str, list[tuple[Any, Any, Any]]]  # state -> (match function, action, change of state), as Pygments has it

_LONGEST_LEXED_LINE = 1500  # characters; longer lines are data or minified, and some rules take quadratic time
_LANGUAGE = re.compile(r"[{.\s]*([^\s{},:]+)")
_TOKEN_TYPE = type(Text)

# Lexers that hold other lexers (HTML: CSS and JavaScript) load these when they meet them: have them meet all at once.
_WARM_UP = "<style>a{}</style><script>a</script><a style='a:b' onclick='c'>\n"


class LineLexer(Protocol):
    """Lexes one line after the other."""

    def lex(self, line: str) -> Iterable[tuple[TokenType, str]]:
        """Return the tokens of `line`, which ends with a newline, and remember the state."""

    def fork(self) -> LineLexer:
        """Return a lexer in the same state, for looking ahead."""


class _RegexLines:
    def __init__(self, lexer: RegexLexer) -> None:
        self._lexer = lexer
        self._rules = _resumable_rules(lexer)
        self._stack = ["root"]

    def lex(self, line: str) -> LexedLine:
        tokens: LexedLine = []
        position = 0
        for _ in range(20 * len(line)):  # a bound on steps: an empty match that leads back to itself must not hang
            if position >= len(line):
                break
            position = self._step(line, position, tokens)
        return tokens

    def _step(self, line: str, position: int, tokens: LexedLine) -> int:
        """Apply the first rule that matches; return where the next begins."""
        for match_at, action, change in self._rules[self._stack[-1]]:
            match = match_at(line, position)
            if match is None:
                continue
            if type(action) is _TOKEN_TYPE:
                tokens.append((action, match.group()))
            elif action is not None:
                tokens.extend((token, value) for _, token, value in action(self._lexer, match))
            if change is not None:
                _change_state(self._stack, change)
            end: int = match.end()
            return end
        if line[position] == "\n":  # as in Pygments: what no rule knows ends with the line
            self._stack[:] = ["root"]
            tokens.append((Whitespace, "\n"))
        else:
            tokens.append((Error, line[position]))
        return position + 1

    def fork(self) -> _RegexLines:
        other: _RegexLines = copy(self)
        other._stack = list(self._stack)
        return other


class _ContextLines:
    """For the lexers that Pygments lets resume (YAML, Ruby and others): they keep their state in a context."""

    def __init__(self, lexer: ExtendedRegexLexer) -> None:
        # Its context has what every lexer of this kind asks for. 2 ms, so only when one of them is used.
        from pygments.lexers.data import YamlLexerContext

        self._lexer = lexer
        self._context = YamlLexerContext("", 0)

    def lex(self, line: str) -> LexedLine:
        self._context.text, self._context.pos, self._context.end = line, 0, len(line)
        return [(token, value) for _, token, value in self._lexer.get_tokens_unprocessed(context=self._context)]

    def fork(self) -> _ContextLines:
        other: _ContextLines = copy(self)
        other._context = deepcopy(self._context)
        return other


class _SingleLines:
    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer

    def lex(self, line: str) -> LexedLine:
        return [(token, value) for _, token, value in self._lexer.get_tokens_unprocessed(line)]

    def fork(self) -> _SingleLines:
        return self


def _change_state(stack: list[str], change: Any) -> None:
    """Change `stack` as a Pygments rule says: a tuple of states to enter, a negative number to leave, or "#push"."""
    if isinstance(change, int):
        del stack[max(len(stack) + change, 1) :]
    elif change == "#push":
        stack.append(stack[-1])
    else:
        for state in change:
            if state != "#pop":
                stack.append(stack[-1] if state == "#push" else state)
            elif len(stack) > 1:
                stack.pop()


# Comments that Pygments matches as a whole, and so would miss when they arrive in lines: their marks and the state in
# which the lines between are read.
_COMMENTS = [("/*", "*/"), ("<!--", "-->")]


def _resumable_rules(lexer: RegexLexer) -> Rules:
    """Return the rules of a lexer with block comments entered and left like any other state."""
    rules: Rules = {state: list(entries) for state, entries in lexer._tokens.items()}  # noqa: SLF001  no public way
    for opening, closing in _COMMENTS:
        inside = f"#{opening}"
        begin, end = re.compile(re.escape(opening)), re.compile(re.escape(closing))
        for entries in rules.values():
            for index, (match_at, action, change) in enumerate(entries):
                if change is None and action in Comment and _matches_only(match_at, opening, closing):
                    entries[index] = (begin.match, action, (inside,))
        between = re.compile(rf"(?:(?!{re.escape(closing)}).)+", re.DOTALL)
        rules[inside] = [(end.match, Comment.Multiline, -1), (between.match, Comment.Multiline, None)]
    return rules


def _matches_only(match_at: Any, opening: str, closing: str) -> bool:
    """Say whether a rule is the one for comments between these marks: tried out, as patterns are written many ways."""
    comment = f"{opening} x\ny {closing}"
    match = match_at(comment, 0)
    return match is not None and match.end() == len(comment) and match_at(f"{opening[:-1]} x", 0) is None


def language_of(info: str) -> str:
    """Return the language that a fence's info string names, in lower case; "" when it names none."""
    match = _LANGUAGE.match(info)
    return match[1].lower() if match else ""


_LOADED: dict[str, LineLexer | None] = {}  # by language, in their first state; None for unknown languages


class Highlighter:
    """Lexes the lines of one block of code in `language`.

    Loading a lexer takes up to 25 ms (CSS; Python 17, SQL 13, JavaScript 8, most others under 5), so a thread does it:
    until `ready`, show the code plain. Once per language and process.
    """

    def __init__(self, language: str) -> None:
        """Begin to load the lexer for `language`; a language that is unknown is shown plain."""
        self._language = language
        self._lexer: LineLexer | None = None
        self._loading: threading.Thread | None = None
        if language in _LOADED:
            self._use_loaded()
        else:
            self._loading = threading.Thread(target=self._load, name=f"lexer {language}", daemon=True)
            self._loading.start()

    @property
    def ready(self) -> bool:
        """Whether `lex` would answer without waiting."""
        return self._loading is None or not self._loading.is_alive()

    def _load(self) -> None:
        try:
            _LOADED[self._language] = _line_lexer(self._language)
        except Exception:  # noqa: BLE001  a lexer that cannot be loaded costs colour, never the answer
            _LOADED[self._language] = None

    def _use_loaded(self) -> None:
        loaded = _LOADED.get(self._language)
        self._lexer = loaded and loaded.fork()

    def lex(self, line: str) -> LexedLine:
        """Return the tokens of `line`, without its newline; waits until the lexer is loaded."""
        if self._loading is not None:
            self._loading.join()
            self._loading = None
            self._use_loaded()
        if self._lexer is None or len(line) > _LONGEST_LEXED_LINE:
            return [(Text, line)]
        return _lex_safely(self._lexer, line)

    def fork(self) -> Highlighter:
        """Return a highlighter in the same state, for looking ahead."""
        other: Highlighter = copy(self)
        other._lexer = self._lexer and self._lexer.fork()
        return other


def _line_lexer(language: str) -> LineLexer | None:
    """Load and prepare the lexer for `language`."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
    line_lexer: LineLexer
    if isinstance(lexer, ExtendedRegexLexer):
        line_lexer = _ContextLines(lexer)
    elif isinstance(lexer, RegexLexer):
        line_lexer = _RegexLines(lexer)
    else:
        line_lexer = _SingleLines(lexer)
    _lex_safely(line_lexer.fork(), _WARM_UP)
    return line_lexer


def _lex_safely(lexer: LineLexer, line: str) -> LexedLine:
    """Return the tokens of `line`; as one plain token if the lexer fails or changes the text."""
    try:
        tokens = [(token, value.replace("\n", "")) for token, value in lexer.lex(line + "\n")]
    except Exception:  # noqa: BLE001  600 lexers by as many authors: a fault in one costs colour, never the answer
        return [(Text, line)]
    return tokens if "".join(value for _, value in tokens) == line else [(Text, line)]


class FencedCode:
    """Lines of code on their way to the screen; they wait here while their lexer is being loaded."""

    def __init__(self, info: str, theme: Theme) -> None:
        """Begin code in the language that the info string `info` names, if any."""
        self._theme = theme
        self._waiting: list[str] = []
        language = language_of(info)
        self._highlighter = Highlighter(language) if language else None

    def fork(self) -> FencedCode:
        """Return code that goes its own way, for looking ahead."""
        other: FencedCode = copy(self)
        other._waiting = list(self._waiting)
        other._highlighter = self._highlighter and self._highlighter.fork()
        return other

    def add(self, line: str) -> None:
        """Add a line."""
        self._waiting.append(line)

    @property
    def ready(self) -> bool:
        """Whether `take` would answer without waiting for the lexer."""
        return self._highlighter is None or self._highlighter.ready

    def take(self) -> list[list[Span]]:
        """Return what waits, in colours; waits for the lexer if it must."""
        lines, self._waiting = self._waiting, []
        if self._highlighter is None:
            return [[Span(line)] for line in lines]
        lexed = [self._highlighter.lex(line) for line in lines]
        return [[Span(text, self._theme.code_style(token)) for token, text in tokens] for tokens in lexed]

    def peek(self, last: int) -> list[list[Span]]:
        """Return the last lines of what waits: in colours if the lexer is there, else plain for now."""
        return self.take()[-last:] if self.ready else [[Span(line)] for line in self._waiting[-last:]]
