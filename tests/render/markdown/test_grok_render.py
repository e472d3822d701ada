"""`grok render` on a real pty keeps the promise of the renderer: however the bytes arrive, the screen is the same."""

from __future__ import annotations

import random

import pytest
from markdown_corpus import CORPUS


@pytest.mark.parametrize("seed", range(3))
def test_bytes_in_any_portions_show_the_same(on_terminal, seed):
    """From one to seven bytes at a time: characters, escapes and markup are cut anywhere."""
    chance = random.Random(seed)
    content = "\n\n".join(chance.sample(CORPUS, min(len(CORPUS), 40))).encode()
    at_once, streamed = on_terminal("render"), on_terminal("render")
    at_once.write(content)
    assert at_once.wait() == 0
    at = 0
    while at < len(content):
        size = chance.randint(1, 7)
        streamed.write(content[at : at + size])
        at += size
    assert streamed.wait() == 0
    assert streamed.cells() == at_once.cells()
