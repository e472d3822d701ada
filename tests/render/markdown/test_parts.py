"""The parts that have a truth of their own to be held against: widths, breaks, and highlighting."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name
from pygments.token import Literal
from rich.cells import cell_len

from grokcli.render.markdown.layout.cells import break_lines, cell_width, has_certain_width
from grokcli.render.markdown.layout.highlight import Highlighter, language_of

CODE = {
    "python": 'def f(x):\n    """doc\n\n    string # no"""\n    return f"{x!r}" + """a\nb"""\n\n@d\nclass A: pass\n',
    "javascript": "/* a\n * b */\nconst f = `x\n${1 + 2}\ny`; // c\nif (a) { return /re/g; }\n",
    "css": "/* a\nb */\np > a:hover { color: #fff; /* c */ }\n",
    "c": "/* a\n   b */ int main(void) {\n  return 'x'; // c\n}\n#define A \\\n  1\n",
    "sql": "SELECT 'a' -- c\nFROM t /* d\ne */ WHERE x = 1;\n",
    "json": '{\n "a": [1, true, null],\n "b": "c"\n}\n',
    "go": "/* a\nb */\nfunc main() { x := `raw` }\n",
    "yaml": "a:\n  - b: 1 # c\n    d: text\n",
    "html": "<!-- a\nb -->\n<p class='x'>t</p>\n",
    "toml": '[a]\nb = """x\ny"""\n',
    "rust": "/* a /* b\n*/ c */\nfn main() {}\n",
}


def characters_with_kinds(tokens) -> list[tuple[str, object]]:
    """Every character but blanks, with what kind of token it is in: keyword, comment, string, number ..."""
    return [
        (character, tuple(token)[:2] if token in Literal else tuple(token)[:1])
        for token, text in tokens
        for character in text
        if not character.isspace()
    ]


@pytest.mark.parametrize("language", CODE)
def test_line_by_line_colours_are_those_of_the_whole(language):
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    whole = characters_with_kinds(lexer.get_tokens(CODE[language]))
    highlighter = Highlighter(language)
    lines = [highlighter.lex(line) for line in CODE[language].split("\n")]
    assert characters_with_kinds(token for line in lines for token in line) == whole


def test_looking_ahead_changes_nothing():
    highlighter = Highlighter("python")
    highlighter.lex('x = """')
    highlighter.fork().lex('"""')
    assert str(highlighter.lex("still a string")[0][0]).startswith("Token.Literal.String")


@pytest.mark.parametrize("language", ["no-such-language", "", "x" * 1000])
def test_an_unknown_language_is_plain(language):
    assert [text for _, text in Highlighter(language).lex("a = 1")] == ["a = 1"]


def test_very_long_lines_are_plain():
    assert len(Highlighter("python").lex("x = 1; " * 1000)) == 1


@given(lines=st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"])), max_size=4))
def test_highlighting_never_changes_the_text(lines):
    for language in CODE:
        highlighter = Highlighter(language)
        for line in lines:
            assert "".join(text for _, text in highlighter.lex(line)) == line


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("Python title=x", "python"),
        ("{.rust}", "rust"),
        ("c++", "c++"),
        ("js{1,2}", "js"),
        ("", ""),
        ("a:b", "a"),
    ],
)
def test_the_language_of_an_info_string(info, language):
    assert language_of(info) == language


def test_certain_widths_are_those_of_rich():
    printable = (chr(code) for code in range(0x20, sys.maxunicode + 1) if chr(code).isprintable())
    certain = [character for character in printable if has_certain_width(character)]
    assert [character for character in certain if cell_width(character) != cell_len(character)] == []
    assert {cell_width(character) for character in certain} == {1, 2}


PIECES = ["word", "a", "日本", "。", "（", " ", "  ", "é", "👍🏽", "e\u0301", "x" * 30, "—"]
TEXTS = st.lists(st.sampled_from(PIECES)).map("".join)


@given(text=TEXTS, width=st.integers(4, 40))
def test_lines_fit_and_lose_nothing_but_blanks(text, width):
    text = text.strip()
    lines = [text[start:end] for start, end in break_lines(text, width)]
    assert max(map(cell_width, lines)) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line == line.strip() for line in lines)
