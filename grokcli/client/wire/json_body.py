"""JSON on the wire: written compactly, and read without trust in what the server put where."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from grokcli.client.sse import UnfinishedEvent
from grokcli.client.wire.error_bodies import error_in_body
from grokcli.errors import APIError, GrokError, StreamCutError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.client.sse import ServerSentEvent

JSONObject = dict[str, Any]

EARLY_END = "the connection closed before the answer was complete"


class NotJSONError(APIError):
    """What the server sent is not JSON."""


# What JavaScript, and so most of what speaks JSON, counts up to exactly.
MAX_COUNT = 2**53
# Answers nest some ten levels deep. What is much deeper than that could be read, and then neither stored nor sent.
MAX_DEPTH = 100
MAX_WORD = 20
# Python reads no longer ones.
MAX_DIGITS = 4300
_HALF_PAIR = re.compile(rb"\\u[dD]")
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[][{}]', re.DOTALL)

_decode = json.JSONDecoder().raw_decode


def as_object(value: object) -> JSONObject:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return `value` if it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_word(value: object) -> str:
    """Return `value` if it is one short lower-case word, else an empty string: a name that is shown without looking."""
    is_word = isinstance(value, str) and len(value) <= MAX_WORD and value.isascii() and value.islower()
    return str(value) if is_word and str(value).replace("_", "").isalpha() else ""


def as_count(value: object) -> int:
    """Return `value` if it is a whole number of something, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else 0


def plain(value: Any, depth: int = 0) -> Any:
    """Return a JSON value that can be stored, printed and sent: what in it cannot be is replaced or None."""
    if isinstance(value, str):
        return _unicode(value)
    if isinstance(value, int):
        return value if abs(value) <= MAX_COUNT else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth == MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [plain(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {_unicode(name): plain(inner, depth + 1) for name, inner in value.items()}
    return value


def parse_object(data: bytes, *, status: int = 200, errors: bool = False) -> JSONObject:
    """Return the JSON object in `data`.

    Raises APIError when it is not one, or, unless `errors` are wanted, when it is one of the server's error bodies:
    those also arrive under HTTP 200 and in the middle of a stream.
    """
    try:
        # This runs for every delta; json.loads() would ask much that we know.
        text = data.decode("utf-8", "replace").strip()
        try:
            document, end = _decode(text)
        except (ValueError, RecursionError):
            document, end = _decode_odd(text)
    except (ValueError, RecursionError):
        raise NotJSONError(
            "the server's response is not JSON", hint="check the base_url setting", status=status
        ) from None
    if not isinstance(document, dict) or end != len(text):
        raise APIError("the server's response is not a JSON object", hint="check the base_url setting", status=status)
    # Only an escape can make half a surrogate pair, which can be neither printed nor stored.
    found: JSONObject = plain(document) if b"\\u" in data and _HALF_PAIR.search(data) else document
    if not errors and ("error" in found or found.get("type") == "error"):
        error = error_in_body(found)
        if error is not None:
            raise error
    return found


def _unicode(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _decode_odd(text: str) -> tuple[Any, int]:
    """Decode JSON that Python will not, for its depth or for the digits of a number; such a value becomes None."""
    depth, pieces, end = 0, [], 0
    for bracket in _BRACKETS.finditer(text):
        if bracket[0] in ("[", "{"):
            depth += 1
            if depth == MAX_DEPTH:
                pieces.append(text[end : bracket.start()])
        elif bracket[0] in ("]", "}"):
            if depth == MAX_DEPTH:
                pieces.append("null")
                end = bracket.end()
            depth -= 1
    shallow = "".join([*pieces, text[end:]])
    decoder = json.JSONDecoder(parse_int=lambda digits: int(digits) if len(digits) < MAX_DIGITS else None)
    document, length = decoder.raw_decode(shallow)
    return document, len(text) - (len(shallow) - length)


def as_cut(error: GrokError, batch: Sequence[ServerSentEvent]) -> GrokError:
    """Return what `error` means that was met in `batch`: half an object at the end of a stream is a cut answer.

    Asked afterwards, so that the deltas of a long answer need not ask.
    """
    if isinstance(error, NotJSONError) and isinstance(batch[-1], UnfinishedEvent):
        return StreamCutError(EARLY_END, hint="ask again", retryable=True)
    return error


def encode(data: JSONObject) -> bytes:
    """Return `data` as the compact UTF-8 JSON that is sent."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
