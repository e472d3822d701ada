"""The wire format of `POST /images/generations`: a prompt in, pictures out.

Source: the API digest, section 11. Pictures come as base64 where that is asked for and known, else as URLs that live
for a while; one that is withheld comes as neither.
"""

from __future__ import annotations

from base64 import b64decode
from typing import NamedTuple

from grokcli.client.wire.json_body import JSONObject, as_count, as_list, as_object, as_text
from grokcli.errors import APIError

ENDPOINT = "/images/generations"


class ImagesResponse(NamedTuple):
    """What came: pictures, URLs of pictures, errors in place of those that are broken, and None for each withheld one.

    Ticks are 1e-10 US dollars.
    """

    pictures: list[bytes | str | APIError | None]
    cost_in_usd_ticks: int | None


def build_request(model: str, prompt: str, options: JSONObject) -> JSONObject:
    """Return the body of a request; an option that is None is not sent."""
    body = {"model": model, "prompt": prompt, "response_format": "b64_json", **options}
    return {name: value for name, value in body.items() if value is not None}


def read_response(document: JSONObject) -> ImagesResponse:
    """Return what an answer holds. Raises APIError when that is nothing."""
    pictures = [_read(as_object(item)) for item in as_list(document.get("data"))]
    if not pictures:
        raise APIError("the server sent no picture", hint="ask again")
    return ImagesResponse(pictures, as_count(as_object(document.get("usage")).get("cost_in_usd_ticks")) or None)


def _read(item: JSONObject) -> bytes | str | APIError | None:
    # Some servers send a data: URL.
    encoded = as_text(item.get("b64_json")).rpartition(",")[2]
    if not encoded:
        return as_text(item.get("url")) or None
    try:
        return b64decode(encoded, validate=True)
    except ValueError:
        return APIError("the server sent an invalid picture (not base64)", hint="ask again")
