"""How an answer is shown. A renderer is given events, one at a time, and never sees the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from grokcli.errors import GrokError
    from grokcli.events import Event


class Renderer(Protocol):
    """Shows one answer."""

    def show(self, event: Event) -> None:
        """Show one event, at once or as soon as the screen is ready for it."""

    def close(self, error: GrokError | None = None) -> None:
        """End the answer, whole or not: finish what is open and leave the terminal as it was.

        `error` is why the answer ended early, for formats that carry errors. May be called twice.
        """
