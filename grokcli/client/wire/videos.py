"""The wire format of `POST /videos/generations` and `GET /videos/{id}`: a prompt in, later the URL of a video out.

Source: API additions, section 5.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from grokcli.client.wire.error_bodies import error_in_body
from grokcli.client.wire.json_body import JSONObject, as_count, as_object, as_text, parse_object
from grokcli.errors import APIError, RefusedError

GENERATIONS = "/videos/generations"
VIDEOS = "/videos"
# The id of a request, which is shown, stored and typed: nothing else that a server sends is one.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")

LONGEST_SECONDS = 86_400

State = Literal["pending", "done", "withheld", "failed", "expired"]
_HINTS = {
    "invalid_argument": "change the prompt or the options",
    "failed_precondition": "change the prompt or the options",
    "permission_denied": "rephrase the prompt",
}


class VideoStatus(NamedTuple):
    """How far a video is.

    `progress` is in percent, None if unknown; `seconds` is the length of the video, 0 if unknown; `url` is where it is
    while it is `done`; `model` is "" if unknown. `cost_in_usd_ticks` is what was billed, in units of 1e-10 US dollars,
    None if not reported. `error` says why it failed.
    """

    state: State
    progress: int | None = None
    url: str = ""
    seconds: float = 0
    model: str = ""
    cost_in_usd_ticks: int | None = None
    error: APIError | None = None


def build_request(model: str, prompt: str, options: JSONObject, image: str = "") -> JSONObject:
    """Return the body of a request; an option that is None is not sent. `image` is the URL of the first frame."""
    body: JSONObject = {"model": model, "prompt": prompt, **({"image": {"url": image}} if image else {}), **options}
    return {name: value for name, value in body.items() if value is not None}


def read_started(document: JSONObject) -> str:
    """Return the id of a video that is being made. Raises APIError when there is none."""
    request_id = as_text(document.get("request_id"))
    if not ID.fullmatch(request_id):
        raise APIError("the server sent no id for the video")
    return request_id


def read_status(content: bytes) -> VideoStatus:
    """Return what an answer says of a video; one without a body says that it is pending.

    Raises APIError for what is not JSON, and for an error that is not about the video.
    """
    document = parse_object(content, errors=True) if content.strip() else {}
    video = as_object(document.get("video"))
    model = as_text(document.get("model"))
    ticks = as_count(as_object(document.get("usage")).get("cost_in_usd_ticks")) or None
    status = VideoStatus(
        "pending",
        min(as_count(document.get("progress")), 100) if "progress" in document else None,
        as_text(video.get("url")),
        _seconds(video.get("duration")),
        model if ID.fullmatch(model) else "",
        ticks,
    )
    match document.get("status"):
        case "failed":
            return status._replace(state="failed", error=_failure(document))
        case "expired":
            return status._replace(state="expired")
        case _ if error := error_in_body(document):
            raise error
        case "done" if video.get("respect_moderation") is False or not status.url:
            return status._replace(state="withheld")
        case _ if status.url:
            return status._replace(state="done")
        case _:
            return status


def _seconds(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < LONGEST_SECONDS else 0.0  # type: ignore[operator,arg-type]  # a number


def _failure(document: JSONObject) -> APIError:
    found = error_in_body(document)
    code = as_text(as_object(document.get("error")).get("code"))
    kind = RefusedError if code == "permission_denied" or isinstance(found, RefusedError) else APIError
    message = found.message if found else "the server gave no reason"
    return kind(f"the video could not be made: {message}", hint=_HINTS.get(code, "ask again"), code=code or None)
