"""`--dry-run`: the request as it would be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.client.redact import mask
from grokcli.client.wire import format_for
from grokcli.client.wire.json_body import encode
from grokcli.config.credentials import find_key
from grokcli.errors import MissingKeyError
from grokcli.models import LOCAL_MODEL

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.turn.request import Request


def describe(env: Env, request: Request, *, stream: bool) -> str:
    """Return the request line, the headers with the key masked, and the body, each byte as it would be sent."""
    base_url = "http://127.0.0.1/v1" if request.model == LOCAL_MODEL else env.settings.value("base_url")
    api = "chat" if request.model == LOCAL_MODEL else env.settings.value("api", request.api)
    wire = format_for(api, base_url)
    body = wire.build_request(request.model, request.messages, request.options, stream=stream)
    return (
        f"POST {base_url.rstrip('/')}{wire.ENDPOINT}\n"
        f"Authorization: Bearer {_masked_key(env, request)}\n"
        "Content-Type: application/json\n"
        "\n"
        f"{encode(body).decode()}\n"
    )


def _masked_key(env: Env, request: Request) -> str:
    if request.model == LOCAL_MODEL:
        return "(made up for each run)"
    try:
        return mask(find_key(env.settings, env.environ).value)
    except MissingKeyError:
        return "(no key is set)"
