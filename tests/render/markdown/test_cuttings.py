"""The promise of the renderer: however an answer was cut into pieces, the terminal shows what one piece would show."""

from __future__ import annotations

import random

from emulated_terminal import hostile_characters, show, stream
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_corpus import CORPUS
from markdown_documents import cuttings, documents

SIZES = st.one_of(
    st.sampled_from([(80, 24), (120, 40), (40, 10), (20, 6), (20, 4), (300, 50)]),
    st.tuples(st.integers(20, 300), st.integers(4, 50)),
)
# One example takes a fifth of a second: try fewer than elsewhere, in either profile of tests/conftest.py.
HARD = settings(max_examples=settings.default.max_examples * 2 // 5)


@HARD
@given(data=st.data(), text=documents(), size=SIZES, share=st.sampled_from([0.1, 0.5, 1.0]), seed=st.integers(0, 999))
def test_any_cutting_shows_the_same(data, text, size, share, seed):
    chance = random.Random(seed)
    pieces = data.draw(cuttings(text))
    streamed = stream(pieces, *size, paint=lambda index: chance.random() < share)
    assert streamed.cells() == show(text, *size).cells()
    assert hostile_characters(streamed.output) == []


def test_every_construct_character_by_character():
    for text in CORPUS:
        assert stream(text, 40, 10).cells() == show(text, 40, 10).cells(), text


def test_all_constructs_in_one_long_answer():
    text = "\n\n".join(CORPUS)
    chance = random.Random(3)
    pieces = []
    position = 0
    while position < len(text):
        end = position + chance.randint(1, 30)
        pieces.append(text[position:end])
        position = end
    streamed = stream(pieces, 80, 24, paint=lambda index: chance.random() < 0.3)
    assert streamed.cells() == show(text, 80, 24).cells()
