"""An answer that goes into a file, whole or not at all."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TextIO

from grokcli.files import check_target, save

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grokcli.errors import GrokError
    from grokcli.events import Event
    from grokcli.render import Renderer


class FileRenderer:
    """Lets another renderer write, and puts what it wrote into a file when the answer is whole.

    What came of an answer that is not whole goes to `FILE.partial`, and the file stays as it was.
    """

    def __init__(self, path: Path, make: Callable[[TextIO], Renderer], note: Callable[[str], None]) -> None:
        """Write to `path` what the renderer that `make` makes writes; `note` is given what to say about it.

        Raises UsageError when that cannot work.
        """
        check_target(path)
        self._path = path
        self._note = note
        self._text = io.StringIO()
        self._inner = make(self._text)
        self._closed = False

    def show(self, event: Event) -> None:
        """Keep the event for the end."""
        self._inner.show(event)

    def close(self, error: GrokError | None = None) -> None:
        """Write the file. Raises GrokError when it cannot be written."""
        if self._closed:
            return
        self._closed = True
        self._inner.close(error)
        content = self._text.getvalue().encode("utf-8", "replace")
        replaceable = self._path.is_file() or not self._path.exists()
        path = self._path.with_name(f"{self._path.name}.partial") if error and replaceable else self._path
        if error is not None and not content.strip():
            return
        save(path, content)
        if path != self._path:
            self._note(f"kept what arrived in {path}")
