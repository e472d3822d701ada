"""Pictures, told by their content: names and servers are often wrong about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.client.wire import images as wire
from grokcli.errors import APIError, GrokError
from grokcli.models import IMAGE_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grokcli.client.xai import XAI

MAX_PICTURE_BYTES = 100 << 20

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

    @property
    def extension(self) -> str:
        """The usual extension of its file, without the dot."""
        return EXTENSIONS[self.media_type]


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


class Images:
    """What a client does with pictures."""

    def __init__(self, client: XAI) -> None:
        """Take the client that the requests go through."""
        self._client = client

    def generate(
        self,
        prompt: str,
        model: str = IMAGE_MODEL,
        *,
        n: int = 1,
        images: Sequence[str] = (),
        options: dict[str, Any] | None = None,
    ) -> Pictures:
        """Have `n` pictures made and return them all, as XAI.generate_images does.

        With `images`, up to five http(s) or data: URLs, these are edited (`POST /images/edits`); the prompt calls them
        `<IMAGE_0>`, `<IMAGE_1>` and so on.
        """
        drawing = self.request(prompt, model, n=n, images=images, options=options)
        came = list(drawing.pictures)
        made = [one for one in came if isinstance(one, Picture)]
        failed = [one for one in came if not isinstance(one, Picture)]
        if failed and not made:
            raise failed[0]
        return Pictures(made, drawing.withheld, drawing.cost_in_usd_ticks, failed)

    def request(
        self,
        prompt: str,
        model: str = IMAGE_MODEL,
        *,
        n: int = 1,
        images: Sequence[str] = (),
        options: dict[str, Any] | None = None,
    ) -> Drawing:
        """Have pictures made as generate does, and return them one by one: each can be kept when it is here."""
        body = wire.build_request(model, prompt, {"n": n if n > 1 else None, **(options or {})}, images)
        answer = wire.read_response(self._client.request("POST", wire.endpoint(images), body))
        sources = [source for source in answer.pictures if source is not None]
        withheld = len(answer.pictures) - len(sources)
        return Drawing(map(self.fetch, sources), withheld, answer.cost_in_usd_ticks)

    def fetch(self, source: bytes | str | APIError) -> Picture | GrokError:
        """Return a picture that came, fetched from the URL that it is said to be at, or what is wrong with it."""
        if isinstance(source, APIError):
            return source
        try:
            content = self._client.download(source, MAX_PICTURE_BYTES) if isinstance(source, str) else source
        except GrokError as error:
            return error
        kind = picture_type(content)
        if kind not in EXTENSIONS:
            return APIError("the server sent an invalid picture", hint="ask again")
        return Picture(content, kind)


def picture_type(content: bytes) -> str | None:
    """Return the MIME type of a picture, or None for what is none that we know."""
    return next((kind for offset, mark, kind in _MARKS if content.startswith(mark, offset)), None)
