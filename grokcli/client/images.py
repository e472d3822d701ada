"""Pictures, told by their content: names and servers are often wrong about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.errors import GrokError

# Where each kind has its mark, and what is called by its name only to say what it is: the API takes and makes the rest.
_MARKS = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"<svg", "image/svg"),
)
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class Picture(NamedTuple):
    """A picture in memory; `media_type` is its MIME type."""

    content: bytes
    media_type: str


class Pictures(NamedTuple):
    """What one request for pictures brought.

    `withheld` is how many the server made and would not hand out; `cost_in_usd_ticks` is what it billed, in units of
    1e-10 US dollars, None when it did not say. `failed` are the errors of those that could not be had.
    """

    made: list[Picture]
    withheld: int
    cost_in_usd_ticks: int | None
    failed: list[GrokError]


class Drawing(NamedTuple):
    """What one request for pictures brings: each is fetched when the iterator comes to it, or is an error."""

    pictures: Iterator[Picture | GrokError]
    withheld: int
    cost_in_usd_ticks: int | None


def picture_type(content: bytes) -> str | None:
    """Return the MIME type of a picture, or None for what is none that we know."""
    return next((kind for offset, mark, kind in _MARKS if content.startswith(mark, offset)), None)
