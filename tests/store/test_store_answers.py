"""An answer is stored while it comes, with how it ended and what it cost."""

from __future__ import annotations

import itertools
import sys

from talks import talk, until

from grokcli.chat import assistant, user
from grokcli.events import Usage
from grokcli.store import writing
from grokcli.store.store import AnswerWriter

NEVER = 1000.0  # seconds


def test_an_answer_is_stored_with_what_it_cost(store):
    key = talk(store, "why?")
    answer = store.begin_answer(key, model="grok-4.7")
    answer.write("be")
    cost = Usage(10, 20, 5, 3, 9_007_199_254_740_993)
    message = {"role": "assistant", "content": "because", "reasoning_content": "hm"}
    answer.finish(message, finish_reason="stop", usage=cost, model="grok-4.7-0709")
    stored = store.stored_messages(key)[-1]
    assert (stored.message, stored.usage, stored.reason, stored.status) == (message, cost, "stop", "whole")
    assert stored.model == "grok-4.7-0709"
    assert store.find(key).model == "grok-4.7"


def test_usage_that_was_not_reported_stays_unknown(store):
    key = talk(store, "why?")
    store.begin_answer(key, model="m").finish(assistant("x"), finish_reason="stop", usage=None, model="")
    store.begin_answer(key, model="m").finish(assistant("y"), finish_reason="stop", usage=Usage(), model="")
    assert [stored.usage for stored in store.stored_messages(key)[1:]] == [None, Usage()]


def test_the_first_text_is_stored_at_once_and_the_rest_together(open_store):
    writer, reader = open_store(interval=NEVER), open_store()
    key = talk(writer, "why?")
    answer = writer.begin_answer(key, model="m")
    assert reader.messages(key) == [user("why?")]
    for piece in ("The ", "sky ", "is "):
        answer.write(piece)
    last = reader.messages(key)[-1]
    assert last == {"role": "assistant", "content": "The ", "interrupted": "still being answered"}
    answer.interrupt("Ctrl-C")
    assert reader.messages(key)[-1] == {"role": "assistant", "content": "The sky is ", "interrupted": "Ctrl-C"}


def test_text_is_stored_though_no_more_comes(open_store):
    writer, reader = open_store(interval=0.01), open_store()
    answer = writer.begin_answer(key := talk(writer, "why?"), model="m")
    for piece in ("The ", "sky ", "\ud83d", "\ude00"):
        answer.write(piece)
    until(lambda: reader.messages(key)[-1]["content"] == "The sky \ud83d\ude00")
    answer.write("!")
    until(lambda: reader.messages(key)[-1]["content"].endswith("!"))
    answer.interrupt("done")


def test_an_answer_of_which_nothing_came_leaves_no_trace(store):
    key = talk(store, "why?")
    store.begin_answer(key, model="m").interrupt("500")
    assert store.messages(key) == [user("why?")]
    assert store.latest().messages == 1


def test_text_that_comes_while_the_store_is_busy_is_stored_later():
    kept = []

    def keep(text):
        kept.append(text)
        if text == "b":
            answer.write("c")

    answer = AnswerWriter(keep, lambda ending: None, 0.01)
    answer.write("a")
    answer.write("b")
    until(lambda: kept == ["a", "b", "c"])


def test_a_whole_answer_leaves_no_pieces_and_takes_none(store):
    answer = store.begin_answer(key := talk(store, "why?"), model="m")
    answer.write("x")
    answer.finish(assistant("x"), finish_reason="stop", usage=None, model="")
    answer_id = store.stored_messages(key)[-1].id
    # A timer that went off too late does this.
    store.transaction(writing.keep, answer_id, "late")
    assert store._read(lambda connection: connection.execute("SELECT * FROM piece").fetchall()) == []


def test_what_cannot_be_stored_costs_one_warning_and_takes_nothing_away(open_store, warnings):
    store = open_store()
    answer = store.begin_answer(key := talk(store, "why?"), model="m")
    answer.write("x")
    answer.finish({"role": "assistant", "content": "", "x": {1, 2}}, finish_reason="stop", usage=None, model="")
    assert len(warnings) == 1
    assert "TypeError: Object of type set" in warnings[0]
    assert store.messages(key)[-1]["content"] == "x"


def test_an_interrupt_after_the_end_changes_nothing_nor_does_late_text(store):
    answer = store.begin_answer(key := talk(store, "why?"), model="m")
    answer.finish(assistant("x"), finish_reason="stop", usage=None, model="")
    answer.interrupt("Ctrl-C")
    answer.write("late")
    assert store.messages(key)[-1] == assistant("x")


def interrupt_at(step):
    """Raise KeyboardInterrupt at the `step`th place from now on where Python looks for signals: around each call."""
    steps = itertools.count()

    def interrupt(frame, event, argument):
        if event in ("call", "c_return") and next(steps) == step:
            raise KeyboardInterrupt

    sys.setprofile(interrupt)


def test_ctrl_c_at_any_moment_leaves_a_store_that_keeps_what_came(store):
    key = talk(store, "why?")
    for step in itertools.count():
        try:
            interrupt_at(step)
            store.add(key, user("and?"))
            sys.setprofile(None)
            break
        except KeyboardInterrupt:
            # While the interrupt is being handled, as a `finally` does it.
            assert store.add(key, user("kept")) is not None
    assert step > 20
    assert [message["content"] for message in store.messages(key)].count("kept") == step
