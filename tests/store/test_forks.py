"""Forks: conversations that share their beginning, of which each goes its own way and outlives the other."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from talks import talk

from grokcli.chat import assistant, user
from grokcli.store.records import ConversationSummary


def said(store, key):
    return [message["content"] for message in store.messages(key)]


def rows(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT count(*) FROM message").fetchone()[0]


@pytest.fixture
def parent(store):
    return talk(store, "one", "eins", "two", "zwei", title="the parent")


def fork_of(store, parent, messages, *more):
    key, shared = store.fork(parent, messages, model="m", title="a fork")
    assert shared == min(messages, len(store.messages(parent)))
    for number, text in enumerate(more):
        store.add(key, assistant(text) if number % 2 else user(text))
    return key


def test_a_fork_begins_like_its_parent_and_copies_nothing(store, path, parent):
    before = rows(path)
    fork = fork_of(store, parent, 2, "three", "drei")
    assert rows(path) == before + 2
    assert said(store, fork) == ["one", "eins", "three", "drei"]
    assert said(store, parent) == ["one", "eins", "two", "zwei"]
    found = {one.id: one for one in store.conversations()}
    assert (found[fork].parent, found[fork].messages, found[parent].messages) == (parent, 4, 4)
    assert [hit.conversation.id for hit in store.search("eins")] == [parent]  # one hit for one message


def test_what_is_replaced_in_one_stays_in_the_other(store, parent):
    fork = fork_of(store, parent, 4, "three")
    store.truncate(parent, 2)
    store.add(parent, user("instead"))
    assert said(store, fork) == ["one", "eins", "two", "zwei", "three"]
    store.truncate(fork, 1)
    store.add(fork, assistant("uno"))
    assert said(store, fork) == ["one", "uno"]
    assert said(store, parent) == ["one", "eins", "instead"]
    replaced = [one.message["content"] for one in store.stored_messages(fork, superseded=True) if one.superseded]
    assert replaced == ["eins", "two", "zwei", "three"]


@pytest.mark.parametrize("edited", [False, True])
def test_a_fork_outlives_its_parent_and_a_fork_of_the_fork_both(store, path, parent, edited):
    first, second = fork_of(store, parent, 2, "a"), fork_of(store, parent, 4, "b")
    grandchild = fork_of(store, first, 3, "c")
    if edited:
        store.truncate(parent, 0)
    assert store.delete([parent]) == 4
    assert said(store, first) == ["one", "eins", "a"]
    assert said(store, second) == ["one", "eins", "two", "zwei", "b"]
    assert said(store, grandchild) == ["one", "eins", "a", "c"]
    assert {one.id: one.parent for one in store.conversations()} == {first: "", second: "", grandchild: first}
    assert store.delete([first]) > 0
    assert said(store, grandchild) == ["one", "eins", "a", "c"]
    assert said(store, second) == ["one", "eins", "two", "zwei", "b"]
    assert store.search("eins")[0].conversation.id in (second, grandchild)
    assert store.delete([second, grandchild]) == 0  # the second gives what they share to the last one, which goes too
    assert rows(path) == 0
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM shared").fetchone() == (0,)
        connection.execute("INSERT INTO message_text (message_text) VALUES ('integrity-check')")
    assert b"zwei" not in path.read_bytes()


def test_an_answer_that_is_still_coming_ends_in_the_fork_when_its_parent_is_gone(store, parent):
    store.add(parent, user("three"))
    writer = store.begin_answer(parent, model="m")
    writer.write("dr")
    fork = fork_of(store, parent, 6)
    store.delete([parent])
    writer.write("ei")
    writer.finish(assistant("drei"), finish_reason="stop", usage=None, model="m")
    assert said(store, fork)[-2:] == ["three", "drei"]


def test_a_fork_of_what_is_gone_shares_what_is_left(store, parent):
    store.delete([parent])
    key, shared = store.fork(parent, 4, model="m", title="t")
    assert (said(store, key), shared) == ([], 0)


def test_a_database_without_forks_is_given_them(open_store, path):
    with open_store() as new:
        key = new.create(model="m", title="old")
        new.add(key, user("kept"))
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "DROP TABLE video; DROP TABLE shared; DROP INDEX conversation_parent; PRAGMA user_version = 3;"
            "ALTER TABLE conversation DROP COLUMN kind; ALTER TABLE conversation DROP COLUMN parent"
        )
    store = open_store()
    fork = fork_of(store, key, 1, "new")
    assert said(store, fork) == ["kept", "new"]
    assert [(one.title, one.parent, one.messages) for one in store.conversations()] == [
        ("a fork", key, 2),
        ("old", "", 1),
    ]


def test_trees_are_placed_whatever_the_file_says():
    from grokcli.commands.forks import branch, in_trees

    def one(key, parent="", created=0.0):
        return ConversationSummary(key, key, "m", created, 0.0, 1, parent)

    found = [one("c", "b"), one("x"), one("b2", "a", 2.0), one("a"), one("b", "a", 1.0), one("lost", "nowhere")]
    placed = [f"{branch(depth)}{each.id}" for each, depth in in_trees(found)]
    assert placed == ["a", "└ b", "  └ c", "└ b2", "x", "lost"]
    circle = [one("p", "q"), one("q", "p")]
    assert sorted(each.id for each, _ in in_trees(circle)) == ["p", "q"]
    deep = [one(str(n), str(n - 1) if n else "") for n in range(3000)]
    assert in_trees(deep)[-1][1] == 2999
