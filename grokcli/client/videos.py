"""Videos: they take minutes, so that each is started, asked about until it is done, and fetched."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from grokcli.client.wire import videos as wire
from grokcli.client.wire.videos import VideoStatus
from grokcli.errors import APIError, IncompleteError
from grokcli.models import VIDEO_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.client.xai import XAI

# As xAI's own SDK waits (API additions, section 5).
POLL_SECONDS = 5.0
WAIT_SECONDS = 600.0
MAX_VIDEO_BYTES = 500 << 20
DOWNLOAD_SECONDS = 600.0
# Where each kind has its mark.
_MARKS = ((4, b"ftyp", "video/mp4"), (0, b"\x1aE\xdf\xa3", "video/webm"))
_EXTENSIONS = {"video/mp4": "mp4", "video/webm": "webm"}


class Video(NamedTuple):
    """A video in memory; `media_type` is its MIME type."""

    content: bytes
    media_type: str

    @property
    def extension(self) -> str:
        """The usual extension of its file, without the dot."""
        return _EXTENSIONS[self.media_type]


class Videos:
    """What a client does with videos."""

    def __init__(self, client: XAI) -> None:
        """Take the client that the requests go through."""
        self._client = client

    def start(
        self, prompt: str, model: str = VIDEO_MODEL, *, image: str = "", options: dict[str, Any] | None = None
    ) -> str:
        """Have a video made, with `POST /videos/generations`, and return its id at once.

        `image` is the https or data: URL of its first frame; `options` are further fields of the request, such as
        `{"duration": 8, "aspect_ratio": "16:9", "resolution": "720p"}`. Raises as XAI.chat_completion does.
        """
        body = wire.build_request(model, prompt, options or {}, image)
        return wire.read_started(self._client.request("POST", wire.GENERATIONS, body))

    def poll(self, request_id: str) -> VideoStatus:
        """Return how far a video is, with `GET /videos/{id}`. Raises as XAI.chat_completion does."""
        try:
            return wire.read_status(self._client.exchange("GET", f"{wire.VIDEOS}/{quote(request_id, safe='')}"))
        except APIError as error:
            if error.status == 404:
                error.message = f"the server has no video {request_id!r}"
                error.hint = "check the id; the server keeps videos for a limited time"
            raise

    def wait(
        self, request_id: str, *, seconds: float | None = None, poll: Callable[[], VideoStatus] | None = None
    ) -> VideoStatus:
        """Return the status of a video once it is no longer pending; ask every five seconds.

        `poll` asks in place of this object's. Raises IncompleteError after `seconds` (default: ten minutes), and what
        `poll` raises; the video is made all the same.
        """
        ask = poll or (lambda: self.poll(request_id))
        limit = WAIT_SECONDS if seconds is None else seconds
        deadline = time.monotonic() + limit
        while (status := ask()).state == "pending":
            if time.monotonic() >= deadline:
                raise IncompleteError(f"the video is not ready after {limit / 60:g} min")
            time.sleep(POLL_SECONDS)
        return status

    def download(self, status: VideoStatus) -> Video:
        """Return the video of a status that is `done`, fetched without the key. Raises a GrokError."""
        content = self._client.download(status.url, MAX_VIDEO_BYTES, noun="video", seconds=DOWNLOAD_SECONDS)
        kind = next((kind for offset, mark, kind in _MARKS if content.startswith(mark, offset)), None)
        if kind is None:
            raise APIError("the server sent an invalid video")
        return Video(content, kind)
