"""The code of an answer, without the words around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TextIO

from grokcli.events import Event, TextDelta
from grokcli.render.plain import PlainRenderer

if TYPE_CHECKING:
    from grokcli.errors import GrokError

Which = Literal["first", "last", "all"]


class ExtractRenderer:
    """Writes the fenced code of an answer when it is over, as the model wrote it; a grokcli.render.Renderer."""

    def __init__(self, out: TextIO, which: Which, rest: TextIO | None) -> None:
        """Write `which` of the blocks to `out`; an answer that has none goes to `rest`, so that it is not lost."""
        self._out = out
        self._which = which
        self._rest = rest
        self._text: list[str] = []

    def show(self, event: Event) -> None:
        """Keep the text for the end: a fence is known to be one when it is closed."""
        if isinstance(event, TextDelta):
            self._text.append(event.text)

    def close(self, error: GrokError | None = None) -> None:
        """Write the code, once."""
        text, self._text = "".join(self._text), []
        if blocks := extract(text, self._which):
            _write(self._out, "\n".join(block if block.endswith("\n") else f"{block}\n" for block in blocks))
        elif self._rest is not None:
            _write(self._rest, text)


def extract(text: str, which: Which) -> list[str]:
    """Return `which` of the fenced code blocks of a markdown text, in order; [] when it has none."""
    from grokcli.render.markdown import code_blocks

    blocks = code_blocks(text)
    if which == "all":
        return blocks
    return blocks[:1] if which == "first" else blocks[-1:]


def _write(out: TextIO, text: str) -> None:
    plain = PlainRenderer(out)
    if text:
        plain.show(TextDelta(text))
    plain.close()
