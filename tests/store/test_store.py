"""The store: nothing is lost, nothing is changed, and nothing of it stands in the way of an answer."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from importlib import import_module
from pathlib import Path

import pytest

from grokcli.chat import assistant, image, user
from grokcli.errors import StoreError
from grokcli.events import Usage
from grokcli.store import schema, writing
from grokcli.store.store import AnswerWriter, Store, title_of
from grokcli.store.writing import DIED

NEVER = 1000.0  # seconds


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "conversations.db"


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def open_store(path, warnings):
    """Open a store as one process does; each call is another one."""
    opened = []

    def open_store(where=path, **more):
        opened.append(Store(where, warnings.append, **({"busy_seconds": 0.05} | more)))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store, warnings):
    yield open_store()
    assert warnings == []


def talk(store, *texts, title="a talk"):
    """Store a conversation of questions and answers in turn, and return its id."""
    key = store.create(model="grok-4.7", title=title)
    for number, text in enumerate(texts):
        store.add(key, assistant(text) if number % 2 else user(text))
    return key


def until(condition):
    """Wait for what a thread or another process will do."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


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


def test_an_answer_is_stored_with_what_it_cost(store):
    key = talk(store, "why?")
    answer = store.begin_answer(key, model="grok-4.7")
    answer.write("be")
    cost = Usage(10, 20, 5, 3, 9_007_199_254_740_993)
    message = {"role": "assistant", "content": "because", "reasoning_content": "hm"}
    answer.finish(message, finish_reason="stop", usage=cost, model="grok-4.7-0709")
    stored = store.stored_messages(key)[-1]
    assert (stored.message, stored.usage, stored.reason, stored.status) == (message, cost, "stop", "whole")
    assert stored.model == store.find(key).model == "grok-4.7-0709"


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


def test_what_cannot_be_stored_takes_nothing_away(store):
    answer = store.begin_answer(key := talk(store, "why?"), model="m")
    answer.write("x")
    with pytest.raises(TypeError):
        answer.finish({"role": "assistant", "content": "", "x": {1, 2}}, finish_reason="stop", usage=None, model="")
    assert store.messages(key)[-1]["content"] == "x"


def test_an_interrupt_after_the_end_changes_nothing_nor_does_late_text(store):
    answer = store.begin_answer(key := talk(store, "why?"), model="m")
    answer.finish(assistant("x"), finish_reason="stop", usage=None, model="")
    answer.interrupt("Ctrl-C")
    answer.write("late")
    assert store.messages(key)[-1] == assistant("x")


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


def test_a_folder_that_cannot_be_made_costs_one_warning(open_store, tmp_path, warnings):
    (tmp_path / "file").write_text("")
    store = open_store(tmp_path / "file" / "conversations.db")
    assert use(store) == ""
    assert warnings == [f"this conversation is not saved: cannot write {tmp_path}/file: File exists"]


@pytest.fixture
def others_folder():
    """A folder with a store that this process may read and not write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store(folder / "c.db", pytest.fail) as store:
            talk(store, "why?", "because")
        (folder / "c.db").chmod(0o444)
        folder.chmod(0o555)
        # Whom we become may not read where Python lives.
        for module in ("urllib.parse", "grokcli.store.errors", "grokcli.store.search"):
            import_module(module)
        user_before = os.geteuid()
        if user_before == 0:
            os.seteuid(65534)
        yield folder
        os.seteuid(user_before)
        folder.chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_read_only_store_costs_one_warning_and_can_be_read(open_store, others_folder, warnings):
    store = open_store(others_folder / "c.db")
    assert use(store) == ""
    assert len(warnings) == 1
    reader = open_store(others_folder / "c.db")
    assert reader.messages(reader.latest().id) == [user("why?"), assistant("because")]
    assert len(reader.search("beca")) == 1
    with pytest.raises(StoreError, match="cannot be written"):
        reader.rename(reader.latest().id, "x")
    with pytest.raises(StoreError, match="cannot be written"):
        reader.delete([reader.latest().id])


def test_a_full_disk_costs_one_warning_and_keeps_what_was_there(open_store, path, warnings, monkeypatch):
    before = talk(open_store(), "why?", "because")
    connect = sqlite3.connect

    def connect_to_full_disk(*words, **more):
        connection = connect(*words, **more)
        connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 4096 + 5}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_to_full_disk)
    store = open_store()
    key = use(store)
    assert warnings == [f"this conversation is not saved: there is no space left for {path}"]
    assert store.messages(before) == [user("why?"), assistant("because")]
    assert store.messages(key) == []


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX")
def test_a_file_that_may_not_grow_costs_one_warning(path):
    code = (
        "import resource, sys; from pathlib import Path; from test_store import use; from grokcli.store.store import Store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); use(Store(Path(sys.argv[1]), print))"
    )
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", code, path], env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_a_locked_store_costs_one_warning_and_can_be_read(open_store, path, warnings):
    key = talk(open_store(), "why?")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store()
    use(store)
    assert warnings == [f"this conversation is not saved: {path} is in use by another program"]
    assert open_store().messages(key) == [user("why?")]
    other.close()


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


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: b"not a database, " * 1000, "is not a database"),
        (lambda content: content[:4096] + b"\xff" * (len(content) - 4096), "is damaged"),
        (lambda content: content[:5000], "is damaged"),
    ],
    ids=["other", "overwritten", "cut"],
)
def test_a_damaged_store_costs_one_warning_and_is_left_alone(open_store, path, warnings, damage, said):
    with open_store() as before:
        talk(before, "why?", "because")
    path.write_bytes(damaged := damage(path.read_bytes()))
    with open_store() as store:
        assert use(store) == ""
        assert len(warnings) == 1
        assert said in warnings[0]
        for read in (store.latest, lambda: store.search("why"), lambda: store.messages("x")):
            with pytest.raises(StoreError, match=said) as caught:
                read()
            assert "move it away" in caught.value.hint
    assert path.read_bytes() == damaged


def test_a_store_of_a_newer_version_is_left_alone(open_store, path, warnings, monkeypatch):
    with open_store() as before:
        talk(before, "why?")
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    newer.close()
    content = path.read_bytes()
    with open_store() as store:
        assert use(store) == ""
        assert warnings == [f"this conversation is not saved: {path} was written by a newer grok"]
        with pytest.raises(StoreError, match="newer grok"):
            store.latest()
    assert path.read_bytes() == content


def test_a_store_of_an_older_version_is_brought_up_to_date(open_store, path, monkeypatch):
    with open_store() as store:
        key = talk(store, "why?", "because")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("ALTER TABLE message ADD COLUMN mood TEXT",)))
    with open_store() as store:
        assert store.messages(key) == [user("why?"), assistant("because")]
        assert store.add(key, user("and?"))
    check = sqlite3.connect(path)
    assert check.execute("SELECT mood FROM message").fetchall() == [(None,)] * 3
    assert check.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
    check.close()


def test_a_migration_that_fails_changes_nothing(open_store, path, warnings, monkeypatch):
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE x (y)", "nonsense")))
    assert use(open_store()) == ""
    monkeypatch.undo()
    assert len(warnings) == 1
    store = open_store()
    assert len(store.messages(talk(store, "why?"))) == 1


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


@pytest.mark.skipif(os.name != "posix", reason="the way to lock files without shared memory is POSIX")
def test_a_file_system_without_write_ahead_logging_will_do(open_store, path, monkeypatch, warnings):
    connect = sqlite3.connect
    # As on a network: no shared memory, and so no write-ahead log.
    monkeypatch.setattr(
        sqlite3, "connect", lambda name, **more: connect(f"file:{name}?vfs=unix-dotfile", **(more | {"uri": True}))
    )
    store = open_store()
    assert store.messages(talk(store, "why?")) == [user("why?")]
    # 2 is FULL
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert warnings == []


def test_reading_makes_no_file(store, path):
    assert store.conversations() == store.search("x") == store.messages("x") == []
    with pytest.raises(StoreError, match="no conversations yet"):
        store.latest()
    assert not path.parent.exists()
    assert store.messages(talk(store, "why?")) == [user("why?")]


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


def test_conversations_are_found_by_id_prefix_and_title(store):
    sky, sea = talk(store, title="Why is the sky blue?"), talk(store, title="100% of the sea")
    talk(store, title="the sky at night")
    assert store.find(sky).id == store.find(sky[:6].upper()).id == sky
    assert store.find("why IS the sky blue?").id == store.find("sky blue").id == sky
    assert store.find("100%").id == sea
    for unknown in ("moon", "", "  ", "_", "a%e", "\ud800\ud800", "zzzzzzzzzzzz"):
        with pytest.raises(StoreError, match="there is no conversation"):
            store.find(unknown)
    with pytest.raises(StoreError, match="more than one") as caught:
        store.find("the s")
    assert sky in caught.value.hint
    assert sea in caught.value.hint
    with pytest.raises(StoreError):
        store.find("sky blue", by_title=False)


def test_a_prefix_that_names_two_is_ambiguous_and_a_whole_id_never(store, monkeypatch):
    ids = iter(["abcdefgh", "abcdefgz", "abc"])
    monkeypatch.setattr("grokcli.store.writing.new_id", lambda: next(ids))
    first, second, third = talk(store), talk(store), talk(store, title="abcdefg")
    with pytest.raises(StoreError, match="more than one"):
        store.find("ab")
    assert store.find("abc").id == third
    assert store.find("abcdefgz").id == second
    assert store.find("abcdefgh").id == first


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
    assert b"xyzzysecret plugh" not in content
    assert b"xyzzypiece" not in content
    assert b"keep this" in content


def test_a_conversation_that_another_process_deleted_costs_one_warning(open_store, warnings, path):
    store = open_store()
    key = talk(store, "why?")
    open_store().delete([key])
    assert store.add(key, user("and?")) is None
    assert store.add(key, user("and?")) is None
    assert warnings == [f"this conversation is not saved: the conversation was deleted from {path} meanwhile"]


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("why is the sky blue?", "why is the sky blue?"),
        ("\n\n  first\tline  \nsecond", "first line"),
        ("<stdin>\ndiff\n+a\n</stdin>\n\nreview this", "review this"),
        ('<file path="a b">\nx\n</file>\n\n<stdin>\ny\n</stdin>\n\nsum up', "sum up"),
        ("<stdin>\nonly\n</stdin>\n", "<stdin>"),
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
