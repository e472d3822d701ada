"""The wire format of `POST /images/generations` and `POST /images/edits`: a prompt in, pictures out.

Source: the API digest, section 11, and API additions, section 4. Pictures come as base64 where that is asked for and
known, else as URLs that live for a while; one that is withheld comes as neither.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple

from grokcli.client.wire.json_body import JSONObject, as_count, as_list, as_object, as_text
from grokcli.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Sequence

GENERATIONS = "/images/generations"
EDITS = "/images/edits"
# How many pictures one request can edit (API additions, section 4).
MAX_IMAGES = 5


class ImagesResponse(NamedTuple):
    """What came: pictures, URLs of pictures, errors in place of those that are broken, and None for each withheld one.

    Ticks are 1e-10 US dollars.
    """

    pictures: list[bytes | str | APIError | None]
    cost_in_usd_ticks: int | None


def endpoint(images: Sequence[str]) -> str:
    """Return where pictures are made; with `images`, where these are edited."""
    return EDITS if images else GENERATIONS


def build_request(model: str, prompt: str, options: JSONObject, images: Sequence[str] = ()) -> JSONObject:
    """Return the body of a request; an option that is None is not sent.

    `images` are http(s) or data: URLs of the pictures to edit.
    """
    body: JSONObject = {"model": model, "prompt": prompt}
    sources = [{"url": url} for url in images]
    if sources:
        body |= {"image": sources[0]} if len(sources) == 1 else {"images": sources}
    body |= {"response_format": "b64_json", **options}
    return {name: value for name, value in body.items() if value is not None}


def read_response(document: JSONObject) -> ImagesResponse:
    """Return what an answer holds. Raises APIError when that is nothing."""
    pictures = [_read(as_object(item)) for item in as_list(document.get("data"))]
    if not pictures:
        raise APIError("the server sent no picture", hint="ask again")
    return ImagesResponse(pictures, as_count(as_object(document.get("usage")).get("cost_in_usd_ticks")) or None)


def _read(item: JSONObject) -> bytes | str | APIError | None:
    encoded = as_text(item.get("b64_json"))
    return decode(encoded) if encoded else as_text(item.get("url")) or None


def decode(encoded: str) -> bytes | APIError:
    """Return a picture that came as base64; some servers make a data: URL of it."""
    try:
        return b64decode(encoded.rpartition(",")[2], validate=True)
    except ValueError:
        return APIError("the server sent an invalid picture (not base64)", hint="ask again")
