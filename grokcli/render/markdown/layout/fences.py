"""The code in a fence, line by line, in colours."""

from __future__ import annotations

from grokcli.render.markdown.forking import changed_copy
from grokcli.render.markdown.layout.highlight import Highlighter, language_of
from grokcli.render.markdown.layout.spans import Span
from grokcli.render.markdown.layout.theme import Theme

Line = list[Span]


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
        highlighter = self._highlighter and self._highlighter.fork()
        return changed_copy(self, _waiting=list(self._waiting), _highlighter=highlighter)

    def add(self, line: str) -> None:
        """Add a line."""
        self._waiting.append(line)

    @property
    def ready(self) -> bool:
        """Whether `take` would answer without waiting for the lexer."""
        return self._highlighter is None or self._highlighter.ready

    def take(self) -> list[Line]:
        """Return what waits, in colours; waits for the lexer if it must."""
        lines, self._waiting = self._waiting, []
        if self._highlighter is None:
            return [[Span(line)] for line in lines]
        lexed = [self._highlighter.lex(line) for line in lines]
        return [[Span(text, self._theme.code_style(token)) for token, text in tokens] for tokens in lexed]

    def peek(self, last: int) -> list[Line]:
        """Return the last lines of what waits: in colours if the lexer is there, else plain for now."""
        return self.take()[-last:] if self.ready else [[Span(line)] for line in self._waiting[-last:]]
