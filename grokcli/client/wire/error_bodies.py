"""The server's error answers: nine shapes of body, and what each status means.

Source: the API digest, section 8. A wrong key arrives as 400; 403 may be credits, content or the key; errors come
under HTTP 200 too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from grokcli.client.redact import redact
from grokcli.errors import APIError, AuthError, RateLimitError, RefusedError
from grokcli.models import DEFAULT_MODEL, successor

MAX_SHOWN_CHARACTERS = 280

CONSOLE = "https://console.x.ai"
KEY_HINT = f"get a key at {CONSOLE}, then run: grok config set api_key"
PERMISSION_HINT = f"check the permissions of the key at {CONSOLE}"
CREDIT_HINT = f"buy credits or raise the spending limit at {CONSOLE}"
WAIT_HINT = "wait a moment and ask again"
MODEL_HINT = f"try -m {DEFAULT_MODEL}"
CONTEXT_HINT = "shorten the input, or use a model with a larger context"
FILE_HINT = "it may have expired or been deleted; list the files: grok files list"
STATUS_HINT = "the service may be down: https://status.x.ai"
# What is said of servers that are not xAI's.
NEUTRAL_HINTS = {
    KEY_HINT: "use a key for this server: grok config set api_key",
    PERMISSION_HINT: "use a key with the required permissions",
    CREDIT_HINT: "buy credits or raise the spending limit",
    MODEL_HINT: "list models with grok models, choose one with -m",
    STATUS_HINT: "the service may be down",
}


class _Meaning(NamedTuple):
    """What a server's error means for us: the first row whose status and words (a pattern) match wins."""

    statuses: range
    words: str
    error: type[APIError]
    hint: str | None
    retryable: bool


def _row(
    statuses: range | int, words: str, error: type[APIError], hint: str | None, *, retryable: bool = False
) -> _Meaning:
    only = range(statuses, statuses + 1) if isinstance(statuses, int) else statuses
    return _Meaning(only, words, error, hint, retryable)


_CLIENT = range(400, 500)
_ANY = range(1000)
_NO_CREDIT = r"\bcredits?\b|spending[ -]limit|licenses yet|balance exhausted"
_DOWN = r"overloaded|(currently|temporarily) unavailable|\bserver_error\b"
_NO_FILE = r"\bfile\b.{0,80}(not found|does not exist|expired)"
_NO_MODEL = r"model not found|unknown model|model .{0,80}(not found|does not exist)"

_MEANINGS = (
    _row(_ANY, r"incorrect api key|invalid api key|api key (is )?invalid", AuthError, KEY_HINT),
    _row(401, "", AuthError, KEY_HINT),
    _row(402, "", RateLimitError, CREDIT_HINT),
    _row(403, r"usage guidelines|content violates", RefusedError, "rephrase the question"),
    _row(_ANY, _NO_CREDIT, RateLimitError, CREDIT_HINT),
    _row(403, "", AuthError, PERMISSION_HINT),
    _row(429, "", RateLimitError, WAIT_HINT, retryable=True),
    # Under HTTP 200 only the words tell that a server is busy.
    _row(200, r"rate.?limit|too many requests|\bcapacity\b", RateLimitError, WAIT_HINT, retryable=True),
    _row(200, _DOWN, APIError, STATUS_HINT, retryable=True),
    _row(range(200, 500), _NO_MODEL, APIError, MODEL_HINT),
    _row(range(400, 405), _NO_FILE, APIError, FILE_HINT),
    _row(404, r"model", APIError, MODEL_HINT),
    _row(404, "", APIError, "check the base_url setting: it should end in /v1"),
    _row(_CLIENT, r"maximum (prompt|context) length|too long|context_length", APIError, CONTEXT_HINT),
    _row(413, "", APIError, "shorten the input"),
    _row(range(525, 527), "", APIError, STATUS_HINT),  # TLS behind the server's own front door
    _row(range(500, 600), "", APIError, STATUS_HINT, retryable=True),
    _row(_ANY, "", APIError, None),
)


def error_from(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """Return the error that an answer outside 2xx stands for."""
    words, code = _parse_body(body, headers.get("content-type", ""))
    error = _error(words, f"the server answered HTTP {status} without an explanation", code, status)
    error.request_id = headers.get("x-request-id")
    error.retry_after = _seconds(headers.get("retry-after"))
    if headers.get("x-should-retry") == "false":
        error.retryable = False
    return error


def error_in_body(document: Mapping[str, Any]) -> APIError | None:
    """Return the error that a JSON document under HTTP 200 stands for, or None when it is an answer.

    Some of these carry the status they would have had as their code.
    """
    if document.get("type") != "error" and not document.get("error"):
        return None
    words, code = _parse_document(document)
    status = int(code) if re.fullmatch(r"[1-9][0-9]{2}", code) else 200
    return _error(words, "the server reported an error without an explanation", code, status)


def _error(words: str, without: str, code: str, status: int) -> APIError:
    """Return the error of a server that said `words`; `without` is what to say when there are none."""
    said = f"{code} {words}"
    meaning = next(row for row in _MEANINGS if status in row.statuses and re.search(row.words, said, re.IGNORECASE))
    hint = _successor_hint(words) if meaning.hint == MODEL_HINT else meaning.hint
    message = f"the server said: {words}" if words else without
    error = meaning.error(message, hint=hint, status=status, code=code or None)
    error.retryable = meaning.retryable
    return error


def _successor_hint(words: str) -> str:
    """Return the hint for a model that does not exist: the successor of one that is retired, else the usual one."""
    named = re.search(r"model(?: not found)?:? [`'\"]?([\w./-]*\w)", words, re.IGNORECASE)
    new = successor(named.group(1)) if named else None
    return f"{named.group(1)} was retired; try -m {new}" if named and new else MODEL_HINT


def _parse_body(body: bytes, content_type: str) -> tuple[str, str]:
    """Return what an error body says and its code; nothing of an HTML page."""
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<") or ("html" in content_type and not text.startswith("{")):
        return "", ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _shorten(text), ""
    return _parse_document(document)


def _parse_document(document: object) -> tuple[str, str]:
    """Return the message and the code in any of the JSON shapes, nested or encoded twice."""
    if isinstance(document, str):
        return _parse_text(document)
    if isinstance(document, list):
        return _shorten("; ".join(filter(None, map(_parse_complaint, document)))), ""
    if not isinstance(document, dict):
        return "", ""
    code = document.get("code")
    code = _shorten(str(code)) if isinstance(code, (str, int)) else ""
    # Some have the kind of error in one field, and what happened in the next.
    found = [_parse_document(document[name]) for name in ("error", "message", "detail") if document.get(name)]
    words = _shorten(": ".join(dict.fromkeys(words for words, _ in found if words)))
    return words, next((inner for _, inner in found if inner), code)


def _parse_complaint(document: object) -> str:
    """Return one of FastAPI's complaints about a request: where, and what."""
    if not isinstance(document, dict):
        return _parse_document(document)[0]
    place = document.get("loc")
    where = ".".join(map(str, place)) if isinstance(place, list) else ""
    what = document.get("msg")
    return ": ".join(filter(None, (where, what if isinstance(what, str) else _parse_document(document)[0])))


def _parse_text(text: str) -> tuple[str, str]:
    if text.startswith("{"):
        try:
            return _parse_document(json.loads(text))
        except (ValueError, RecursionError):
            pass
    slug = re.search(r"\[WKE=([\w:-]+)\]", text)
    return _shorten(re.sub(r"\s*\[WKE=[^\]]*\]", "", text)), slug.group(1) if slug else ""


def _shorten(text: str) -> str:
    # An escape in JSON can make half a surrogate pair, which cannot be printed. Masked before it is cut: a key that is
    # cut in the middle looks like none.
    line = redact(" ".join(text.encode("utf-8", "replace").decode("utf-8").split()))
    return line if len(line) <= MAX_SHOWN_CHARACTERS else line[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _seconds(retry_after: str | None) -> float | None:
    """Return a `Retry-After` header, seconds or a date, in seconds."""
    try:
        seconds = float(retry_after or "")
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            seconds = parsedate_to_datetime(retry_after or "").timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if seconds < float("inf") else None
