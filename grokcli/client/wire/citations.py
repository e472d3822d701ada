"""The sources of an answer, numbered as the markers in its text are.

Source: the API digest, section 6. A marker is `[[1]](https://…)`; its annotation has the number for a title, or not.
Sources without a marker were read and not cited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from grokcli.client.wire.json_body import as_object, as_text
from grokcli.events import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

# In a URL, parentheses come in pairs.
_MARKER = re.compile(r"\[\[([0-9]{1,6})\]\]\(((?:[^\s()]|\([^\s()]*\))*)\)")


class Citations:
    """Gives each source of an answer one number: that of its marker, or the next one that is free."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_number: dict[int, str] = {}

    def read(self, text: str, annotations: Iterable[Any]) -> list[Source]:
        """Return the sources in the annotations of `text` that are new, in the order of their numbers."""
        # Read once, not once for each annotation: there may be many of both.
        markers = {url: int(number) for number, url in reversed(_MARKER.findall(text))}
        taken = set(self._by_number.values())
        found: list[Source] = []
        unmarked: dict[str, str] = {}
        for annotation in map(as_object, annotations):
            url, title = as_text(annotation.get("url")), as_text(annotation.get("title"))
            if annotation.get("type") != "url_citation" or not url:
                continue
            number = int(title) if re.fullmatch(r"[0-9]{1,6}", title) else markers.get(url, 0)
            if number and self._by_number.get(number) is None:
                self._by_number[number] = url
                taken.add(url)
                found.append(Source(url, _readable(title, url), number))
            elif not number or self._by_number[number] != url:
                unmarked.setdefault(url, title)
        number = max(self._by_number, default=0)
        for url, title in unmarked.items():
            if url not in taken:
                number += 1
                self._by_number[number] = url
                found.append(Source(url, _readable(title, url), number))
        return sorted(found, key=lambda source: source.number)


def _readable(title: str, url: str) -> str:
    return "" if title == url or title.isdigit() else title
