"""A bit that flipped in the database: whatever it hit, there is one line about it, and never a lost answer."""

from __future__ import annotations

import random
import shutil

import pytest
from server import answer, calls

from grokcli.store.store import FILE_NAME

READ = (["history", "list"], ["history", "show"], ["history", "search", "question"], ["history", "list", "--json"])


@pytest.fixture
def path(grok, server, home):
    """A database with a few conversations, one of them with a call and an interrupted answer in it."""
    server.reply(*[answer(f"answer {number} with words") for number in range(4)])
    for number in range(4):
        assert grok("ask", f"question {number}").code == 0
    server.reply(calls(("f", {"x": 1})))
    grok("ask", "-c", "call something")
    [path] = home.rglob(FILE_NAME)
    return path


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_byte_costs_a_line_and_never_an_answer(grok, server, path, tmp_path, seed):
    chance = random.Random(seed)
    shutil.copy(path, good := tmp_path / "good.db")
    used = [at for at, byte in enumerate(good.read_bytes()) if byte]
    for _ in range(15):
        at, mask = chance.choice(used), chance.randrange(1, 256)
        for words in (*READ, ["ask", "-c", "more"], ["ask", "new"]):
            for old in path.parent.glob(f"{FILE_NAME}*"):
                old.unlink()
            content = bytearray(good.read_bytes())
            content[at] ^= mask
            path.write_bytes(content)
            server.script([answer("Hello")])
            result = grok(*words)
            told = (at, mask, words, result)
            assert "bug in grok" not in result.err, told
            assert "Traceback" not in result.err, told
            assert result.code in (0, 1), told
            assert len(result.err.splitlines()) <= 2, told
            if words == ["ask", "new"]:
                assert (result.code, result.out) == (0, "Hello\n"), told
