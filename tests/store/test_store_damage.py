"""A store that cannot be used costs one warning, never an answer; one of another version is kept."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from talks import talk, use

from grokcli.chat import assistant, user
from grokcli.errors import StoreError
from grokcli.store import schema
from grokcli.store.store import Store


def test_a_folder_that_cannot_be_made_costs_one_warning(open_store, tmp_path, warnings):
    (tmp_path / "file").write_text("")
    store = open_store(tmp_path / "file" / "conversations.db")
    assert use(store) == ""
    assert warnings == [f"this conversation is not saved: cannot write {tmp_path}/file: file exists"]


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
    with pytest.raises(StoreError, match="cannot write to"):
        reader.rename(reader.latest().id, "x")
    with pytest.raises(StoreError, match="cannot write to"):
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
    assert warnings == [f"this conversation is not saved: no space left to write {path}"]
    assert store.messages(before) == [user("why?"), assistant("because")]
    assert store.messages(key) == []


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX")
def test_a_file_that_may_not_grow_costs_one_warning(path):
    code = (
        "import resource, sys; from pathlib import Path; from talks import use; from grokcli.store.store import Store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); use(Store(Path(sys.argv[1]), print))"
    )
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", code, path], env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


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


def test_a_store_of_the_first_version_keeps_its_order(open_store, path, monkeypatch):
    with monkeypatch.context() as context:
        context.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        path.parent.mkdir()
        with closing(schema.open_for_writing(path, 1)) as first:
            for number, key in enumerate(["aaaa", "bbbb", "cccc", "empty"]):
                first.execute(
                    "INSERT INTO conversation VALUES (?, 'title', 'm', ?, ?)", (key, 9.0 - number, 9.0 - number)
                )
            for key in ("cccc", "bbbb", "aaaa", "bbbb"):
                first.execute(
                    "INSERT INTO message (conversation, status, model, created, body, text)"
                    " VALUES (?, 'whole', 'm', 1.0, '{\"role\": \"user\", \"content\": null}', 'why')",
                    (key,),
                )
    with open_store() as store:
        assert [one.id for one in store.conversations()] == ["bbbb", "aaaa", "cccc", "empty"]
        store.add("empty", user("here"))
        assert store.latest().id == "empty"
        assert store.messages("bbbb") == [user("why")] * 2


def test_a_migration_that_fails_changes_nothing(open_store, path, warnings, monkeypatch):
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ("CREATE TABLE x (y)", "nonsense")))
    assert use(open_store()) == ""
    monkeypatch.undo()
    assert len(warnings) == 1
    store = open_store()
    assert len(store.messages(talk(store, "why?"))) == 1


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
