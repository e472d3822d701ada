"""Several processes and threads use a store at once, and one that is killed loses next to nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading

from talks import talk, use

from grokcli.chat import assistant, user
from grokcli.store import schema, writing
from grokcli.store.writing import DIED

WRITER = """
import sys, time
from pathlib import Path
from grokcli.chat import user
from grokcli.store.store import Store
store = Store(Path(sys.argv[1]), print)
key = store.create(model="m", title="killed")
store.add(key, user("why?"))
answer = store.begin_answer(key, model="m")
for number in range(1_000_000):
    answer.write(f"word{number} ")
    print(f"{key} {number} {time.monotonic()}", flush=True)
    time.sleep(0.01)
"""


def test_a_killed_process_loses_at_most_a_second(open_store, path):
    process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)
    begun = None
    for line in process.stdout:
        key, number, at = line.split()
        begun = begun or float(at)
        if float(at) > begun + 2:
            break
    process.send_signal(signal.SIGKILL)
    written = [line.split() for line in process.stdout]
    process.stdout.close()
    process.wait()
    safe = [int(n) for _, n, when in written if float(when) < float(at) - 1] or [int(number) - 101]
    store = open_store()
    question, answer = store.messages(key)
    assert question == user("why?")
    assert answer["interrupted"] == DIED
    words = answer["content"].split()
    assert words == [f"word{n}" for n in range(len(words))]
    assert len(words) > max(safe)
    # From now on it is like any interrupted answer, and can be found.
    assert [hit.conversation.id for hit in store.search("word1")] == [key]
    assert store.stored_messages(key)[-1].status == "interrupted"
    later = store.begin_answer(key, model="m")
    later.finish(assistant("again"), finish_reason="stop", usage=None, model="m")
    assert [message["content"] for message in open_store().messages(key)] == ["why?", answer["content"], "again"]


def test_two_processes_that_find_a_dead_answer_at_once_keep_it(open_store, path, monkeypatch):
    code = WRITER.partition("    print(")[0] + "    break\nprint(key, flush=True)\nimport os; os._exit(9)"
    key = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True).stdout.strip()
    dead_answers, others = writing.dead_answers, [open_store()]

    def dead_and_then_settled_by_another(connection, now):
        found = dead_answers(connection, now)
        if others:
            others.pop().messages(key)
        return found

    monkeypatch.setattr(writing, "dead_answers", dead_and_then_settled_by_another)
    assert [message["content"] for message in open_store().messages(key)] == ["why?", "word0 "]


def test_a_process_that_died_before_any_text_leaves_the_question(open_store, path):
    code = WRITER.partition("for number")[0] + "print(key, flush=True)\nimport os; os._exit(9)"
    key = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True).stdout.strip()
    store = open_store()
    assert store.messages(key) == [user("why?")]
    assert store.find(key).messages == 1


WRITERS = 8


CROWD = """
import sys, time
from pathlib import Path
from grokcli.chat import assistant, user
from grokcli.store.store import Store
warnings = []
store = Store(Path(sys.argv[1]), warnings.append)
sys.stdin.readline()
end = time.monotonic() + float(sys.argv[2])
stored = []
while time.monotonic() < end:
    key = store.create(model="m", title="crowd")
    for number in range(3):
        store.add(key, user(f"question {number} of {key}"))
        answer = store.begin_answer(key, model="m")
        answer.write("half")
        answer.finish(assistant(f"answer {number}"), finish_reason="stop", usage=None, model="m")
    stored.append(key)
store.close()
print(*warnings, file=sys.stderr)
print(*stored)
"""


def test_eight_processes_that_write_at_once_lose_nothing(open_store, path, seconds=1.0):
    command = [sys.executable, "-c", CROWD, path, str(seconds)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    crowd = [subprocess.Popen(command, **pipes) for _ in range(WRITERS)]
    for one in crowd:
        one.stdin.write("go\n")
        one.stdin.flush()
    ended = [one.communicate() for one in crowd]
    assert [err.strip() for _, err in ended] == [""] * WRITERS
    stored = [key for out, _ in ended for key in out.split()]
    store = open_store()
    assert len(stored) >= WRITERS
    assert sorted(one.id for one in store.conversations()) == sorted(stored)
    for key in stored:
        said = [message["content"] for message in store.messages(key)]
        assert said == [text for n in range(3) for text in (f"question {n} of {key}", f"answer {n}")]
    check = sqlite3.connect(path)
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.execute("INSERT INTO message_text (message_text, rank) VALUES ('integrity-check', 1)")
    check.close()


def test_threads_may_share_a_store(store):
    key = talk(store)
    threads = [threading.Thread(target=lambda: [store.add(key, user("x")) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.messages(key)) == 200


def test_threads_that_meet_the_same_trouble_warn_once(open_store, path, warnings):
    key = talk(open_store(), "why?")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store, start = open_store(busy_seconds=0.3), threading.Barrier(2)
    threads = [threading.Thread(target=lambda: (start.wait(), store.add(key, user("x")))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(warnings) == 1
    other.close()


def test_making_a_store_waits_for_those_who_look_at_it(open_store, path, warnings):
    path.parent.mkdir()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE x (y)")
    other.execute("BEGIN")
    other.execute("SELECT * FROM x").fetchall()
    threading.Timer(0.2, other.close).start()
    store = open_store(busy_seconds=30)
    assert store.messages(talk(store, "why?")) == [user("why?")]
    assert warnings == []


def test_write_ahead_logging_is_tried_again_when_sqlite_does_not_wait():
    tried = []

    class Connection:
        def execute(self, statement):
            tried.append(statement)
            if len(tried) < 3:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = sqlite3.SQLITE_BUSY
                raise error

    schema._switch_to_wal(Connection(), 30)
    assert tried == ["PRAGMA journal_mode = WAL"] * 3


def test_a_lock_that_is_let_go_in_time_costs_nothing(open_store, path, warnings):
    talk(open_store(), "why?")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, other.close).start()
    store = open_store(busy_seconds=30)
    assert store.messages(use(store))
    assert warnings == []


def test_a_locked_store_costs_one_warning_and_can_be_read(open_store, path, warnings):
    key = talk(open_store(), "why?")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store()
    use(store)
    assert warnings == [f"this conversation is not saved: {path} is in use by another program"]
    assert open_store().messages(key) == [user("why?")]
    other.close()


def test_a_conversation_that_another_process_deleted_costs_one_warning(open_store, warnings, path):
    store = open_store()
    key = talk(store, "why?")
    open_store().delete([key])
    assert store.add(key, user("and?")) is None
    assert store.add(key, user("and?")) is None
    assert warnings == [f"this conversation is not saved: the conversation was deleted from {path} by another program"]
