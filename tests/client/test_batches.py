"""The Batch API's client: what it sends, and what it makes of answers."""

from __future__ import annotations

import pytest
from batch_server import ROWS, TICKS, answered, completion
from server import body

from grokcli import XAI
from grokcli.client.wire.batches import Batch, Counts, read_batch, read_rows, read_time, state_of
from grokcli.errors import APIError, RateLimitError, UsageError
from grokcli.events import End, ReasoningDelta, Source, TextDelta, Usage

NOW = read_time("2026-11-21T12:00:00Z")
TODAY, TOMORROW, LONG_AGO = "2026-11-21", "2026-11-22", "2026-10-01"
REFUSAL = "JSONL file validation failed: Model grok-4.6 is not supported for batch processing."


def batch(*counts, cancelled=None, expires=TOMORROW, refusal=None):
    names = ("num_requests", "num_pending", "num_success", "num_error", "num_cancelled")
    state = dict(zip(names, counts, strict=True))
    times = {"create_time": LONG_AGO, "expire_time": expires, "cancel_time": cancelled}
    return read_batch({"batch_id": "b", "state": state, "cancel_by_xai_message": refusal, **times})


def test_the_state_follows_from_the_counters():
    table = [
        # What the server says, the state at once, and the state when nothing has changed for 20 seconds.
        (batch(0, 0, 0, 0, 0), "validating", "validating"),
        (batch(0, 0, 0, 0, 0, refusal=REFUSAL), "failed", "failed"),
        (batch(8, 8, 0, 0, 0), "running", "running"),
        (batch(8, 3, 5, 0, 0), "running", "running"),
        (batch(8, 3, 0, 0, 5, cancelled=TODAY), "running", "running"),
        (batch(8, 0, 7, 1, 0), "done", "done"),
        (batch(8, 0, 0, 8, 0), "done", "done"),
        (batch(8, 0, 8, 0, 0, cancelled=TODAY), "done", "done"),
        (batch(5, 0, 0, 0, 5, cancelled="2026-11-21T11:59:50Z"), "cancelling", "cancelled"),
        (batch(5, 0, 2, 0, 3, cancelled=TODAY), "cancelling", "cancelled"),
        (batch(0, 0, 0, 0, 0, cancelled=TODAY), "cancelling", "cancelled"),
        (batch(5, 0, 0, 0, 5, cancelled=LONG_AGO), "cancelled", "cancelled"),
        # On the last day there is still time; afterwards the server has cancelled what was pending.
        (batch(8, 3, 5, 0, 0, expires=TODAY), "running", "running"),
        (batch(8, 3, 5, 0, 0, expires=LONG_AGO), "expired", "expired"),
        (batch(8, 0, 5, 0, 3, expires=LONG_AGO), "cancelling", "expired"),
        (batch(8, 0, 8, 0, 0, expires=LONG_AGO), "done", "done"),
    ]
    for one, at_once, later in table:
        assert (state_of(one, NOW, steady=False), state_of(one, NOW, steady=True)) == (at_once, later), one


def test_dates_are_bare_or_whole():
    assert read_time("2026-11-21") == NOW - 12 * 3600
    assert read_time("2026-11-21", end=True) == NOW + 12 * 3600
    for text in ("2026-11-21T12:00:00.000000000Z", "2026-11-21T13:00:00+01:00", "2026-11-21T12:00:00"):
        assert read_time(text) == NOW
    assert [read_time(odd) for odd in (None, 5, "", "soon", "2026-99-99", "9999-12-31T")] == [None] * 6
    assert read_time("9999-12-31", end=True) is None


def test_a_batch_is_read_without_trust():
    assert read_batch({"batch_id": "b"}) == Batch("b", "", None, None, None, "", Counts(), "")
    odd = {"batch_id": "b", "name": 5, "state": {"num_requests": -1, "num_pending": "x"}, "create_time": []}
    assert read_batch(odd).counts == Counts()
    with pytest.raises(APIError, match="no batch id"):
        read_batch({"batch_id": None})


def rows(*results):
    return read_rows({"results": [{"batch_request_id": "1", "batch_result": one} for one in results]})


def test_a_row_is_an_answer():
    (row,) = rows(answered({**completion("Hi"), "citations": ["https://a.example"]}))
    assert (row.id, row.error) == ("1", None)
    assert row.events == [
        ReasoningDelta("hm"),
        TextDelta("Hi"),
        Source("https://a.example", number=1),
        Usage(10, 6, 5, 4, cost_in_usd_ticks=TICKS, service_tier="default"),
        End("stop", "grok-4.3", "answer-1"),
    ]


def test_the_answer_is_the_last_turn_with_text_of_a_run():
    def turn(role, content, reason="", **more):
        return {"index": 0, "message": {"role": role, "content": content, **more}, "finish_reason": reason}

    search = [{"id": "c", "type": "function", "function": {"name": "web_search", "arguments": "{}"}}]
    run = [turn("assistant", "", tool_calls=search), turn("tool", "found"), turn("assistant", "It is.", "stop")]
    for choices in (run, [*run, turn("assistant", "", "stop")], [*run, turn("tool", "more")]):
        (row,) = rows(answered(completion(choices=choices)))
        assert row.events[0] == TextDelta("It is.")
        assert not [event for event in row.events if type(event).__name__ == "ToolCall"]
    (row,) = rows(answered(completion(choices=run[:2])))  # a call that is left to the client
    assert [type(event).__name__ for event in row.events] == ["ToolCall", "Usage", "End"]


def test_a_row_is_an_error_in_any_shape():
    expected = {
        "error": "the server said: Maximum number of tokens max_tokens must be positive but max_tokens = -5",
        "status": "the server said: the prompt is empty",
        "message": "the server said: the image host is down",
        "inside": "the server said: no such tool",
        "cancelled": "the server said: Batch cancelled",
        "unknown": "the server sent a result without an answer",
        "picture": "the result is pictures, not text",
    }
    assert {name: rows(result)[0].error.message for name, result in ROWS.items()} == expected
    assert isinstance(rows({"error": "rate limit exceeded"})[0].error, RateLimitError)
    entries = [
        None,
        5,
        {"batch_request_id": 7},
        {"batch_request_id": "1"},
        {"batch_request_id": "2", "error_message": "x"},
    ]
    assert [row.error.message for row in read_rows({"results": entries})] == [expected["unknown"], "the server said: x"]


def test_an_id_is_one_segment_of_the_path(server):
    server.reply(body({"batch_id": "team/batch:1"}))
    batches = XAI("key", base_url=server.url).batches
    batches.get("team/batch:1")
    batches.cancel("team/batch:1")
    batches.results("team/batch:1", "a b&c")
    batches.list("next")
    assert [f"{one.method} {one.path.removeprefix('/v1')}" for one in server.requests] == [
        "GET /batches/team%2Fbatch%3A1",
        "POST /batches/team%2Fbatch%3A1:cancel",
        "GET /batches/team%2Fbatch%3A1/results?limit=100&pagination_token=a+b%26c",
        "GET /batches?limit=100&pagination_token=next",
    ]
    for odd in ("", ".", "..", "a\n", "x" * 201):
        with pytest.raises(UsageError, match="invalid batch id"):
            batches.get(odd)
    assert len(server.requests) == 4


def test_a_page_leads_to_the_next_while_it_has_rows(server):
    server.reply(*(body({"results": one, "pagination_token": token}) for one, token in
                   [([{"batch_request_id": "1"}], "t"), ([], "t"), ([{"batch_request_id": "1"}], None)]),
                 body({"results": [{"batch_request_id": "1"}]}))  # fmt: skip
    batches = XAI("key", base_url=server.url).batches
    assert [batches.results("b").token for _ in range(4)] == ["t", "", "", ""]


def test_a_batch_that_is_not_there(server):
    server.reply(body({"code": "not-found", "error": "Batch not found"}, 404))
    with pytest.raises(APIError) as caught:
        XAI("key", base_url=server.url).batches.get("batch_1")
    assert (caught.value.message, caught.value.hint) == (
        "the server said: Batch not found",
        "list the batches with: grok batch list",
    )
