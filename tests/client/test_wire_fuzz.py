"""Both wire formats against anything: only errors of ours come out, and memory has a bound."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from itertools import pairwise

import pytest
import responses as recorded
from hypothesis import given
from hypothesis import strategies as st
from server import USAGE, data, delta, finish

from grokcli.chat import Response
from grokcli.client import sse
from grokcli.client.sse import read_events
from grokcli.client.wire import chat_completions as chat
from grokcli.client.wire import responses, videos
from grokcli.client.wire.error_bodies import error_from
from grokcli.errors import GrokError

FORMATS = pytest.mark.parametrize("wire", [chat, responses], ids=["chat", "responses"])
NAMES = [
    "choices",
    "delta",
    "message",
    "content",
    "reasoning_content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "index",
    "id",
    "finish_reason",
    "model",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "completion_tokens_details",
    "citations",
    "error",
    "code",
    "type",
    "response",
    "output",
    "item",
    "output_index",
    "item_id",
    "annotation",
    "annotations",
    "text",
    "summary",
    "outputs",
    "logs",
    "status",
    "incomplete_details",
    "reason",
    "url",
    "video",
    "duration",
    "progress",
    "prompt",
    "result",
    "title",
    "action",
    "query",
]
KINDS = [
    "response.created",
    "response.output_text.delta",
    "response.output_item.added",
    "response.output_item.done",
    "error",
    "message",
    "response.output_text.annotation.added",
    "response.function_call_arguments.delta",
    "response.completed",
    "response.failed",
    "response.incomplete",
    "function_call",
    "reasoning",
    "web_search_call",
    "response.code_interpreter_call_code.done",
    "logs",
    "image",
    "code_interpreter_call",
    "image_generation_call",
    "x_search_call",
    "url_citation",
    "response.done",
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(KINDS)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)
LIKELY = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)},
    optional=dict.fromkeys(("delta", "item", "response", "output_index"), DOCUMENTS),
) | st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries({}, optional={"delta": DOCUMENTS, "finish_reason": DOCUMENTS}), max_size=2
        )
    }
)
CHAT_STREAM = b"".join(
    map(data, [delta("Hé"), delta(" wörld"), finish(), {**delta(), "choices": [], "usage": USAGE}, "[DONE]"])
)
RESPONSES_STREAM = recorded.frame(recorded.events(recorded.reasoning("Hm."), recorded.message("Hé wörld")))


def read(wire, chunks):
    """Return what was said, and whether the end came; errors of ours are one of the ways to end."""
    response = Response()
    try:
        for event in wire.read_stream(read_events(chunks)):
            response.add(event)
    except GrokError as error:
        assert error.message
        return response, False
    response.message()
    return response, True


@FORMATS
@given(st.lists(st.binary()))
def test_bytes(wire, chunks):
    read(wire, chunks)


@FORMATS
@given(st.lists(LIKELY | DOCUMENTS, max_size=6))
def test_any_json(wire, documents):
    read(wire, [data(json.dumps(document)) for document in documents])


@FORMATS
@given(LIKELY | DOCUMENTS)
def test_any_json_in_one_piece(wire, document):
    try:
        for event in wire.read_response(json.dumps(document).encode()):
            assert event is not None
    except GrokError as error:
        assert error.message


@pytest.mark.parametrize(
    ("wire", "stream"), [(chat, CHAT_STREAM), (responses, RESPONSES_STREAM)], ids=["chat", "responses"]
)
@given(cuts=st.lists(st.integers(0, 3000)), size=st.integers(0, 3000))
def test_any_cutting_says_the_same_and_any_end_a_beginning(wire, stream, cuts, size):
    marks = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    response, is_whole = read(wire, [stream[a:b] for a, b in pairwise(marks)])
    assert (response.content, is_whole) == ("Hé wörld", True)
    response, is_whole = read(wire, [stream[:size]])
    assert "Hé wörld".startswith(response.content)
    assert not is_whole or response.content == "Hé wörld"


@FORMATS
@given(st.binary(), st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), max_size=4))
def test_a_stream_with_wounds(wire, tail, wounds):
    stream = bytearray((CHAT_STREAM if wire is chat else RESPONSES_STREAM) + tail)
    for place, content in wounds:
        stream[place : place + len(content)] = content
    read(wire, [bytes(stream)])


@given(st.integers(400, 599), st.binary() | DOCUMENTS.map(lambda document: json.dumps(document).encode()))
def test_any_error_body(status, content):
    error = error_from(status, {"retry-after": content.decode("latin-1")}, content)
    assert error.message
    assert len(error.message) <= 280
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")


@given(st.binary() | DOCUMENTS.map(lambda document: json.dumps(document).encode()))
def test_any_status_of_a_video(content):
    with suppress(GrokError):
        status = videos.read_status(content)
        assert (status.state == "done") <= bool(status.url)
        assert isinstance(status.seconds, float | int)


@FORMATS
def test_memory_has_a_bound(wire, monkeypatch):
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 200_000)
    tracemalloc.start()
    for piece in (b"x" * 1000, b": comment\n\n", b"data: " + b"[" * 1000 + b"\n\n", b"data:x\n" * 100, b"\n" * 1000):
        response, is_whole = read(wire, (piece for _ in range(500)))
        assert (response.content, is_whole) == ("", False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
