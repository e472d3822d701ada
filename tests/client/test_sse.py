"""Server-sent events, however the network cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcli.client import sse
from grokcli.client.sse import read_events
from grokcli.errors import NetworkError

STREAM = (
    b"\xef\xbb\xbf: a comment\r\n\r\n"
    b"event: hello\r\nid: 7\r\nretry: 10\r\ndata: one\r\n\r\n"
    b"data:two\n\n"
    b"data: three\ndata:  four\n\n"
    b"event: empty\n\n"
    b"data: line \xe2\x80\xa8 separator\n\n"
    b"data: last"
)
EVENTS = [
    ("hello", b"one"),
    ("", b"two"),
    ("", b"three\n four"),
    ("", b"line \xe2\x80\xa8 separator"),
    ("", b"last"),
]


def events(chunks):
    return [tuple(event) for batch in read_events(chunks) for event in batch]


def test_every_form_of_line():
    assert events([STREAM]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM))))
def test_any_cutting_gives_the_same_events(cuts):
    marks = [0, *sorted(cuts), len(STREAM)]
    assert events([STREAM[a:b] for a, b in pairwise(marks)]) == EVENTS


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([], [("", b"2")]),
        ([b"data: 1\n\n"], [("", b"1"), ("", b"2")]),
        ([b"event: 1\n"], [("1", b"2")]),
        ([b"data: 1\n"], [("", b"1\n2")]),
        ([b": 1\n\n", b"dat"], []),
        ([b"data: 1\r\n\r"], [("", b"1"), ("", b"2")]),
        ([b"\xef\xbb\xbf"], [("", b"2")]),
    ],
)
def test_a_chunk_that_is_an_event_means_what_it_means_behind_what_came_before(before, expected):
    assert events([*before, b"data: 2\n\n"]) == expected


@pytest.mark.parametrize("chunk", [b"data: 2\n\r\n", b"data: 2\r\n\r\n", b"data: 2\r\r", b"data: 2\nid: 3\n\n"])
def test_line_ends_in_a_chunk_that_is_an_event(chunk):
    assert events([b"data: 1\n\n", chunk]) == [("", b"1"), ("", b"2")]


def test_one_byte_at_a_time():
    assert events(STREAM[i : i + 1] for i in range(len(STREAM))) == EVENTS


def test_events_of_one_chunk_come_together():
    assert [len(batch) for batch in read_events([b"data: 1\n\ndata: 2\n\nda", b"ta: 3\n", b"\n"])] == [2, 1]


@given(st.lists(st.binary()))
def test_arbitrary_bytes_do_not_crash(chunks):
    for name, data in events(chunks):
        assert isinstance(name, str)
        assert isinstance(data, bytes)


CR = STREAM.replace(b"\r\n", b"\n").replace(b"\n", b"\r")


@given(st.lists(st.integers(0, len(CR))))
def test_carriage_returns_end_lines(cuts):
    marks = [0, *sorted(cuts), len(CR)]
    assert events([CR[a:b] for a, b in pairwise(marks)]) == EVENTS


@pytest.mark.parametrize("piece", [b"x" * 1000, b"data: " + b"x" * 1000 + b"\n"])
def test_an_event_without_an_end_is_bounded(monkeypatch, piece):
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100_000)
    with pytest.raises(NetworkError, match="the server sent an event larger than"):
        events(piece for _ in range(1000))


def test_comments_without_end_are_no_event(monkeypatch):
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100_000)
    assert events(b": keep-alive\n\n" for _ in range(100_000)) == []
