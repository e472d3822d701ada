"""Conversations are found by id and title, and by what was said in them."""

from __future__ import annotations

import pytest
from talks import talk

from grokcli.chat import assistant, image, user
from grokcli.errors import StoreError


def test_conversations_are_found_by_id_prefix_and_title(store):
    sky, sea = talk(store, title="Why is the sky blue?"), talk(store, title="100% of the sea")
    talk(store, title="the sky at night")
    assert store.find(sky).id == store.find(sky[:6].upper()).id == sky
    assert store.find("why IS the sky blue?").id == store.find("sky blue").id == sky
    assert store.find("100%").id == sea
    for unknown in ("moon", "", "  ", "_", "a%e", "\ud800\ud800", "zzzzzzzzzzzz"):
        with pytest.raises(StoreError, match="no conversation"):
            store.find(unknown)
    with pytest.raises(StoreError, match="several conversations") as caught:
        store.find("the s")
    assert sky in caught.value.hint
    assert sea in caught.value.hint
    with pytest.raises(StoreError):
        store.find("sky blue", by_title=False)


def test_a_prefix_that_names_two_is_ambiguous_and_a_whole_id_never(store, monkeypatch):
    ids = iter(["abcdefgh", "abcdefgz", "abc"])
    monkeypatch.setattr("grokcli.store.writing.new_id", lambda: next(ids))
    first, second, third = talk(store), talk(store), talk(store, title="abcdefg")
    with pytest.raises(StoreError, match="several conversations"):
        store.find("ab")
    assert store.find("abc").id == third
    assert store.find("abcdefgz").id == second
    assert store.find("abcdefgh").id == first


HOSTILE = [
    '"',
    "'",
    "*",
    "AND",
    "NOT x",
    "a OR",
    "(",
    "col:",
    "^a",
    "-x",
    "{a b}",
    "a\x00b",
    "NEAR(",
    "\ud800",
    "x " * 5000,
]


@pytest.mark.parametrize("query", HOSTILE)
def test_anything_can_be_searched_for(store, query):
    talk(store, "a question", "an answer")
    store.search(query)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("quest", True),
        ("ANSWER", True),
        ("cafe", True),
        ("c++", True),
        ("->", True),
        ("本語", True),
        ("50%", True),
        ("NOT", True),
        ("question café", False),
        ("swerve", False),
        ("%", True),
        ("__", False),
    ],
)
def test_words_are_found(store, query, found):
    key = talk(store, "a question: c++ x->y", "the AnswerWriter, a café. 日本語のテキスト. 50% do not")
    talk(store, "another cat talk")
    assert [hit.conversation.id for hit in store.search(query)] == [key] * found


def test_parts_of_a_message_are_searched_and_replaced_pieces_are_not(store):
    key = talk(store)
    store.add(key, user("first part", "second portion", image("data:image/png;base64,iVBORbase")))
    answer = store.begin_answer(key, model="m")
    answer.write("preliminary")
    answer.finish(assistant("final"), finish_reason="stop", usage=None, model="m")
    assert len(store.search("first portion")) == len(store.search("final")) == 1
    assert store.search("ivbor") == store.search("preliminary") == []


def test_a_search_shows_each_conversation_once_with_the_words_around_the_newest_match(store):
    old = talk(store, *[f"the needle is {n} days old" for n in range(5, 0, -1)])
    new = talk(store, "haystack " * 100 + "one a NEEDLE\nin it" + " hay" * 100)
    hits = store.search("needle")
    assert [hit.conversation.id for hit in hits] == [new, old]
    assert hits[0].snippet.startswith("…haystack ")
    assert "a NEEDLE in it hay" in hits[0].snippet
    assert len(hits[0].snippet) < 130
    assert hits[1].snippet == "the needle is 1 days old"
    assert len(store.search("needle", 1)) == 1
