"""What the tests of the store say to it."""

from __future__ import annotations

import time

from grokcli.chat import assistant, user


def talk(store, *texts, title="a talk"):
    """Store a conversation of questions and answers in turn, and return its id."""
    key = store.create(model="grok-4.7", title=title)
    for number, text in enumerate(texts):
        store.add(key, assistant(text) if number % 2 else user(text))
    return key


def use(store):
    """Do all that an answer needs of a store."""
    key = store.create(model="m", title="t")
    store.add(key, user("x" * 100_000))
    answer = store.begin_answer(key, model="m")
    answer.write("a")
    answer.write("b")
    answer.finish(assistant("ab"), finish_reason="stop", usage=None, model="m")
    store.begin_answer(key, model="m").interrupt("Ctrl-C")
    store.truncate(key, 1)
    return key


def until(condition):
    """Wait for what a thread or another process will do."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
