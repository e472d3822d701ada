"""Words as shells quote them: what is written is read as the same text, and what is half typed is understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcli.terminal.shell_words import quoted, split


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), st.sampled_from(["'", '"', ""]))
def test_what_is_quoted_is_one_word_with_that_text(text, quote):
    word = quoted(text, quote)
    line = split(f"grok {word} x", "bash")
    assert (line.words, line.current) == (["grok", text], "x")
    assert word.startswith(quote)


@pytest.mark.parametrize(
    ("shell", "typed", "words", "current", "quote"),
    [
        ("bash", "grok ask ", ["grok", "ask"], "", ""),
        ("bash", "grok  ask -r 'why is", ["grok", "ask", "-r"], "why is", "'"),
        ("bash", 'grok "a\\"b\\c" --role="my ro', ["grok", 'a"b\\c'], "--role=my ro", '"'),
        ("bash", "grok why\\ is\\", ["grok"], "why is", ""),
        ("bash", "grok '' 'it'\\''s", ["grok", ""], "it's", "'"),
        ("bash", "grok 'a\\' b", ["grok", "a\\"], "b", ""),
        ("fish", "grok 'it\\'s a\\b", ["grok"], "it's a\\b", "'"),
        ("powershell", "grok C:\\dir\\a` b", ["grok"], "C:\\dir\\a b", ""),
    ],
)
def test_what_is_half_typed_is_understood(shell, typed, words, current, quote):
    line = split(typed, shell)
    assert (line.words, line.current, line.quote) == (words, current, quote)
