"""The Batch API's JSON: batches, the state that follows from their counters, and rows of results.

Source: API additions, sections 1.3 to 1.6. A batch has no status field, dates are bare over REST, a row's error has
several shapes, and every answer is shaped like a chat completion, whichever endpoint was asked.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from grokcli.client.redact import redact
from grokcli.client.wire import chat_completions as chat
from grokcli.client.wire.error_bodies import error_in_body
from grokcli.client.wire.json_body import JSONObject, as_count, as_list, as_object, as_text
from grokcli.errors import APIError
from grokcli.events import Event

State = Literal["validating", "running", "cancelling", "done", "cancelled", "expired", "failed"]
# States in which nothing more happens.
FINAL: frozenset[State] = frozenset(("done", "cancelled", "expired", "failed"))
# The counters of a cancelled batch were seen to turn back into successes 20 s after the cancel was answered.
STEADY_SECONDS = 20.0
DAY = 86400.0
_OTHER_KINDS = {"image_generation": "pictures", "image_edit": "pictures", "video_generation": "a video"}


class Counts(NamedTuple):
    """How many requests a batch has, and how many of them are waiting, answered, failed and cancelled."""

    requests: int = 0
    pending: int = 0
    success: int = 0
    error: int = 0
    cancelled: int = 0

    def __add__(self, other: object) -> Counts:
        """Return the sums of two batches' counters."""
        return Counts(*map(sum, zip(self, other, strict=True))) if isinstance(other, Counts) else NotImplemented


class Batch(NamedTuple):
    """A batch as the server describes it; times are in seconds since 1970, None where there is none.

    `expired_at` is the end of the day if the server gave only that. `refusal` is why xAI cancelled it, in its own
    words, "" if it did not.
    """

    id: str
    name: str
    created_at: float | None
    expired_at: float | None
    cancelled_at: float | None
    refusal: str
    counts: Counts
    input_file_id: str


class Row(NamedTuple):
    """The result of one request: `id` is its custom_id, `events` are those of its answer, or there is an `error`."""

    id: str
    events: list[Event]
    error: APIError | None


def read_batch(document: JSONObject) -> Batch:
    """Return the batch in an answer. Raises APIError when it has no id."""
    batch_id = as_text(document.get("batch_id"))
    if not batch_id:
        raise APIError("the server sent no batch id", hint="check the base_url setting: it should end in /v1")
    state = as_object(document.get("state"))
    return Batch(
        id=batch_id,
        name=as_text(document.get("name")),
        created_at=read_time(document.get("create_time")),
        expired_at=read_time(document.get("expire_time"), end=True),
        cancelled_at=read_time(document.get("cancel_time")),
        refusal=redact(as_text(document.get("cancel_by_xai_message")).strip()),
        counts=Counts(*(as_count(state.get(f"num_{name}")) for name in Counts._fields)),
        input_file_id=as_text(document.get("input_file_id")),
    )


def read_time(value: object, *, end: bool = False) -> float | None:
    """Return a date, bare or with a time as in RFC 3339, in seconds since 1970, None for anything else.

    A bare date is the beginning of that day in UTC, or its `end`.
    """
    text = as_text(value)
    try:
        if len(text) == len("2026-08-28"):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return (day + timedelta(days=1 if end else 0)).timestamp()
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def state_of(batch: Batch, now: float, *, steady: bool) -> State:
    """Return the state of a batch at the time `now` (API additions, section 1.5).

    `steady` says that the counters have not changed for STEADY_SECONDS: until then a cancelled request may still turn
    out to be answered. A final state says nothing about the results, which are worth reading in each of them.
    """
    counts = batch.counts
    settled = steady or (batch.cancelled_at is not None and now - batch.cancelled_at > DAY)
    if batch.refusal:
        return "failed"
    if counts.pending or not (counts.requests or batch.cancelled_at):
        unfinished: State = "running" if counts.pending else "validating"
        return "expired" if _is_past(batch, now) else unfinished
    if counts.cancelled or not (counts.success or counts.error or batch.cancelled_at is None):
        ended: State = "expired" if batch.cancelled_at is None and _is_past(batch, now) else "cancelled"
        return ended if settled else "cancelling"
    return "done"


def _is_past(batch: Batch, now: float) -> bool:
    return batch.expired_at is not None and now >= batch.expired_at


def read_rows(page: JSONObject) -> list[Row]:
    """Return the results on a page; what has no id cannot be assigned to a request and is left out."""
    entries = map(as_object, as_list(page.get("results")))
    return [_read_row(entry) for entry in entries if as_text(entry.get("batch_request_id"))]


def _read_row(entry: JSONObject) -> Row:
    row_id, result = as_text(entry["batch_request_id"]), as_object(entry.get("batch_result"))
    said = next(
        (one for one in (result.get("error"), result.get("error_message"), entry.get("error_message")) if one), None
    )
    if said is not None:
        return Row(row_id, [], error_in_body({"error": said}))
    response = as_object(result.get("response"))
    answer = as_object(response.get("chat_get_completion"))
    error = error_in_body(answer)
    if error is None and not as_list(answer.get("choices")):
        error = _no_answer(response)
    return Row(row_id, [], error) if error else Row(row_id, list(chat.read_document(_last_turn(answer))), None)


def _no_answer(response: JSONObject) -> APIError:
    kind = next((what for key, what in _OTHER_KINDS.items() if key in response), None)
    return APIError(f"the result is {kind}, not text" if kind else "the server sent a result without an answer")


def _last_turn(answer: JSONObject) -> JSONObject:
    """Return the answer with the choice that is one: with server tools, `choices` holds every turn of the run."""
    choices = [choice for choice in map(as_object, as_list(answer["choices"])) if _role(choice) == "assistant"]
    said = [choice for choice in choices if _message(choice).get("content")]
    return {**answer, "choices": (said or choices or as_list(answer["choices"]))[-1:]}


def _message(choice: JSONObject) -> dict[str, Any]:
    return as_object(choice.get("message"))


def _role(choice: JSONObject) -> str:
    return as_text(_message(choice).get("role")) or "assistant"
