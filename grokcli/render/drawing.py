"""The pictures that the server drew: where they are, on stderr, and themselves in terminals that show pictures."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from grokcli.events import DrawnImage, Event, TextDelta
from grokcli.render.inline_image import inline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grokcli.errors import GrokError
    from grokcli.terminal.console import Console


class DrawingRenderer:
    """Names each saved picture, and shows it; a grokcli.render.Renderer.

    Once the answer has begun on a terminal, that waits for its end, so as not to split a line of it: this renderer is
    the last one.
    """

    def __init__(self, console: Console, environ: Mapping[str, str], *, shows: bool) -> None:
        """Write to the streams of `console`; `shows` pictures on stdout where that is a terminal."""
        self._console = console
        self._environ = environ
        self._shows = shows and console.stdout.isatty() and not (console.quiet or console.accessible)
        self._held: list[DrawnImage] = []
        self._has_begun = False

    def show(self, event: Event) -> None:
        """Tell where a picture is, once it is saved."""
        if isinstance(event, TextDelta):
            self._has_begun = True
        elif isinstance(event, DrawnImage) and event.path:
            if self._has_begun and self._console.stdout.isatty():
                self._held.append(event)
            else:
                self._tell(event)

    def close(self, error: GrokError | None = None) -> None:
        """Tell what was held."""
        held, self._held = self._held, []
        for event in held:
            self._tell(event)

    def _tell(self, event: DrawnImage) -> None:
        self._console.note(f"saved to {event.path}")
        if self._shows:
            from grokcli.client.images import Picture, picture_type

            content = b64decode(event.data)
            with self._console.aside():
                self._console.stdout.write(inline(Picture(content, picture_type(content) or ""), self._environ))
                self._console.stdout.flush()
