"""The store: what goes in comes back unchanged, and what is taken out is gone."""

from __future__ import annotations

import json
import os
import stat

import pytest
from talks import talk

from grokcli.chat import image, user
from grokcli.errors import StoreError
from grokcli.store import writing
from grokcli.store.store import title_of

MESSAGES = [
    {"role": "system", "content": "be\r\nbrief\n"},
    {"content": "keys keep their order", "role": "user", "name": "x"},
    user("héllo 日本 \x00 \x1b[31m \u2028 \ufeff 👩‍👩‍👧"),
    user("half a pair: \ud83d"),
    user(""),
    user("look: \ud800", image("https://x.ai/a.png")),
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "content": "2", "tool_call_id": "1"},
    {"type": "function_call_output", "output": 1.5, "big": 2**60},
]


def test_messages_come_back_as_they_went_in_to_the_byte(open_store):
    store = open_store()
    key = store.create(model="m", title="t")
    ids = [store.add(key, message) for message in MESSAGES]
    assert ids == sorted(ids)
    store.close()
    back = open_store().messages(key)
    assert [json.dumps(message) for message in back] == [json.dumps(message) for message in MESSAGES]


def test_reading_makes_no_file(store, path):
    assert store.conversations() == store.search("x") == store.messages("x") == []
    with pytest.raises(StoreError, match="no conversations yet"):
        store.latest()
    assert not path.parent.exists()
    assert store.messages(talk(store, "why?")) == [user("why?")]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_files_are_private(store, path):
    before = os.umask(0)
    try:
        talk(store, "why?")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys([path.name, f"{path.name}-wal", f"{path.name}-shm"], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_last_used_is_the_latest(open_store):
    clock = iter(range(100))
    store = open_store(now=lambda: float(next(clock)))
    first, second = talk(store, "one"), talk(store, "two")
    assert [one.id for one in store.conversations()] == [second, first]
    store.add(first, user("three"), model="grok-4.3")
    assert store.latest().id == first
    assert store.latest().model == "grok-4.3"
    assert [one.id for one in store.conversations(1)] == [first]
    assert [one.id for one in store.conversations(before=store.latest().updated)] == [second]


def test_what_was_used_last_does_not_depend_on_the_clock(open_store):
    """A clock that was a year ahead for a while, by daylight, by a flat battery."""
    time = [1e9]
    store = open_store(now=lambda: time[0])
    first = talk(store, "one", title="same")
    time[0] += 365 * 86400
    second = talk(store, "two", title="same")
    time[0] = 1e9 + 60
    assert [one.id for one in store.conversations()] == [second, first]
    store.add(first, user("three"))
    assert store.latest().id == first
    with pytest.raises(StoreError) as caught:
        store.find("same")
    assert caught.value.hint.startswith(f"choose from {first}")
    answer = store.begin_answer(second, model="m")
    answer.interrupt("Ctrl-C")
    assert [one.id for one in store.conversations()] == [second, first]
    # Its age is by the clock as it is now.
    assert store.latest().updated == 1e9 + 60
    assert [one.id for one in store.conversations(before=1e9 + 61)] == [second, first]


def test_what_is_taken_back_is_out_of_the_conversation_and_not_lost(store):
    key = talk(store, "one", "two", "three", "four")
    store.truncate(key, 2)
    store.add(key, user("another three"))
    assert [message["content"] for message in store.messages(key)] == ["one", "two", "another three"]
    assert store.find(key).messages == 3
    everything = store.stored_messages(key, superseded=True)
    assert [stored.superseded for stored in everything] == [False, False, True, True, False]
    assert [hit.superseded for hit in store.search("four")] == [True]
    store.truncate(key, 99)
    assert len(store.messages(key)) == 3


def test_what_is_deleted_is_gone_from_the_file(store, path):
    kept, gone = talk(store, "keep this"), talk(store, "xyzzysecret plugh", title="hush")
    answer = store.begin_answer(gone, model="m")
    answer.write("xyzzypiece")
    store.delete([gone])
    answer.write("more")
    answer.interrupt("Ctrl-C")
    assert [one.id for one in store.conversations()] == [kept]
    assert store.search("xyzzysecret") == store.search("xyzzypiece") == []
    with pytest.raises(StoreError):
        store.find(gone)
    content = path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()
    assert b"xyzzy" not in content
    assert b"plugh" not in content
    assert b"hush" not in content
    assert b"keep this" in content


def test_deleted_words_are_gone_from_a_large_index(store, path):
    """Where the index has merged parts of itself already, and all of itself with the first word."""
    with store:
        store.transaction(fill, [f"stays{number} {'x' * (number % 50)}" for number in range(3000)])
        for word in ("zxqvbn", "bnvqxz"):
            gone = [talk(store, f"{word}{number} here", f"{word} there") for number in range(20)]
            store.delete(gone)
            assert store.search(word) == []
            content = b"".join(file.read_bytes() for file in path.parent.iterdir())
            # The index writes a word without what it shares with the one before it.
            assert word[1:].encode() not in content
        assert store.search("stays2999")


def fill(connection, texts):
    for text in texts:
        key = writing.create(connection, "m", text[:60], 1.0)
        writing.add(connection, key, user(text), "m", 1.0)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("why is the sky blue?", "why is the sky blue?"),
        ("\n\n  first\tline  \nsecond", "first line"),
        ("<stdin>\ndiff\n+a\n</stdin>\n\nreview this", "review this"),
        ('<file path="a b">\nx\n</file>\n\n<stdin>\ny\n</stdin>\n\nsum up', "sum up"),
        ("<stdin>\nonly\n</stdin>\n", "<stdin>"),
        ("<stdin>\n\n</stdin>\n\nreview this", "review this"),
        ('<file path="a>b">\nx\n</file>\n\nsum up', "sum up"),
        ('<file-2 path="a">\n</file>\n\nnot this\n</file-2>\n\nsum up', "sum up"),
        ("<shell>\n$ ls\n</shell>\n\nwhat is this?", "what is this?"),
        ('<file path="a"/>\n' * 70_000, '<file path="a"/>'),
        ('<file path="a">\n' * 70_000, '<file path="a">'),
        ('<file path="a">\nx\n</file>\n\n' * 35_000 + "sum up", "sum up"),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("x" * 100, "x" * 59 + "…"),
        ("esc \x1b[31m red \u202e", "esc [31m red"),
        ("", "untitled"),
        (" \n ", "untitled"),
    ],
)
def test_titles(question, title):
    assert title_of(question) == title
    assert len(title) <= 60
