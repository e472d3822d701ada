"""Printing a request instead of sending it: as it would be sent (`--dry-run`), or as code that sends it (`--as`).

`--dry-run` masks the key; the code reads it from the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.client.redact import mask
from grokcli.client.url import check_url
from grokcli.client.wire import resolve
from grokcli.config.cache import RejectedFields
from grokcli.errors import MissingKeyError, UsageError
from grokcli.models import LOCAL_MODEL
from grokcli.turn.call import Call
from grokcli.turn.documents import with_documents
from grokcli.turn.drawings import with_drawings
from grokcli.turn.languages import LANGUAGES
from grokcli.turn.retry import OPTIONAL
from grokcli.turn.uploads import without_uploads

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.turn.image_code import ImageCall
    from grokcli.turn.request import Request


def call_of(env: Env, request: Request, *, conversation: str, stream: bool, as_code: bool = False) -> Call:
    """Return the call that sends `request`; `conversation` is the id of the conversation for the server, or "".

    Nothing is uploaded for it. Raises UsageError if `as_code` it would need that.
    """
    request = without_uploads(with_documents(env, request), as_code=as_code)
    messages = with_drawings(env, request.messages)
    base_url = env.settings.value("base_url")
    check_url(base_url)
    # `ask` leaves out the fields that the model is known to reject (see `grokcli.turn.retry`).
    rejected = RejectedFields(env.settings.paths.cache, base_url, request.model).names
    left_out = [name for name in rejected if name in request.options or name in OPTIONAL]
    api = env.settings.value("api", request.api)
    if request.model == LOCAL_MODEL:
        base_url, api = "http://127.0.0.1/v1", "chat"
    return Call(
        base_url.rstrip("/"),
        resolve(api, base_url),
        request.model,
        messages,
        {**request.options, **dict.fromkeys(left_out)},
        conversation,
        stream,
    )


def as_request(env: Env, call: Call | ImageCall) -> str:
    """Return the request line, the headers with the key masked, and the exact body."""
    return (
        f"POST {call.url}\n"
        f"Authorization: Bearer {_masked_key(env, call)}\n"
        "Content-Type: application/json\n"
        "\n"
        f"{call.content.decode()}\n"
    )


def _masked_key(env: Env, call: Call | ImageCall) -> str:
    if call.model == LOCAL_MODEL:
        return "(generated for each run)"
    try:
        return mask(env.find_key().value)
    except MissingKeyError:
        return "(no key is set)"


def as_code(call: Call, language: str) -> str:
    """Return a program that sends `call` and prints the answer; `language` is one of LANGUAGES.

    Raises UsageError if the program cannot express the request.
    """
    if call.model == LOCAL_MODEL:
        raise UsageError(
            "the local model has no address until it runs",
            hint="use another model with -m, or print the request with --dry-run",
        )
    if language != "curl":  # an SDK has no compactions; the messages that they stand for are all there
        call = call._replace(messages=[one for one in call.messages if one.get("role") != "compaction"])
    return LANGUAGES[language](call)
