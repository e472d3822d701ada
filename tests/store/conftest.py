"""Stores that a test opens, and what they warn of."""

from __future__ import annotations

import pytest

from grokcli.store.store import Store


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
