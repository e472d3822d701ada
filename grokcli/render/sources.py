"""The sources of an answer, as a numbered list behind it, for those who read it on a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from grokcli.events import Event, Source, TextDelta

if TYPE_CHECKING:
    from grokcli.errors import GrokError
    from grokcli.render import Renderer


class SourcesRenderer:
    """Hands every event on, and lists the sources when the answer is over; a grokcli.render.Renderer.

    The list is a document of its own: an answer that ends inside a fence does not swallow it.
    """

    def __init__(self, out: TextIO, make: Callable[[], Renderer], *, markdown: bool) -> None:
        """Show on `out` with renderers from `make`, one for the answer and one for the list."""
        self._out = out
        self._make = make
        self._markdown = markdown
        self._answer = make()
        self._sources: list[Source] = []

    def show(self, event: Event) -> None:
        """Show the event, or keep it for the end."""
        if isinstance(event, Source):
            self._sources.append(event)
        self._answer.show(event)

    def close(self, error: GrokError | None = None) -> None:
        """End the answer and list its sources, once."""
        self._answer.close(error)
        sources, self._sources = self._sources, []
        if not sources:
            return
        self._out.write("\n")
        listing = self._make()
        try:
            listing.show(TextDelta(as_markdown(sources) if self._markdown else as_text(sources)))
        finally:
            listing.close()


def as_text(sources: list[Source]) -> str:
    """Return one line a source: its number, its title if it has one, its URL."""
    lines = (f"[{source.number}] {source.title} {source.url}" for source in sources)
    return "Sources:\n" + "\n".join(" ".join(line.split()) for line in lines)


def as_markdown(sources: list[Source]) -> str:
    """Return one line a source, in markdown whose links work; what is in a title is text."""
    lines = (f"{_escaped(f'[{source.number}]')} {_link(source)}" for source in sources)
    return "**Sources**\n\n" + "\\\n".join(lines) + "\n"


def _link(source: Source) -> str:
    if re.search(r"[<>\s\\]", source.url) or not source.url.startswith(("http://", "https://")):
        return _escaped(f"{source.title} {source.url}")
    if not source.title:
        return f"<{source.url}>"
    return f"[{_escaped(source.title)}](<{source.url.replace('&', '&amp;')}>)"


def _escaped(text: str) -> str:
    """Return markdown that says `text` and nothing else: backslashes before brackets would make formulas of it."""
    return re.sub(r"[!-/:-@\[-`{-~]", lambda match: f"&#{ord(match.group())};", " ".join(text.split()))
