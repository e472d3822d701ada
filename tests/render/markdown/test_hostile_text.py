"""Nothing that a model or a server writes can steer the terminal."""

from __future__ import annotations

import re

import pytest
from emulated_terminal import hostile_characters, show, written

from grokcli.terminal.sanitize import StreamCleaner, clean

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if chr(code) not in "\n\t\r"]
BIDI = [chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
SEQUENCES = {
    "set the title": "\x1b]0;owned\x07",
    "write the clipboard": "\x1b]52;c;bHM=\x07",
    "read the clipboard": "\x1b]52;c;?\x1b\\",
    "hide a link": "\x1b]8;;http://evil.example\x1b\\text\x1b]8;;\x1b\\",
    "notify": "\x1b]777;notify;a;b\x07",
    "set a colour": "\x1b]4;1;rgb:00/00/00\x07",
    "iTerm file": "\x1b]1337;File=inline=1:AAAA\x07",
    "clear": "\x1b[2J\x1b[3J\x1b[H",
    "reset": "\x1bc",
    "alternate screen": "\x1b[?1049h",
    "mouse reports": "\x1b[?1003h",
    "cursor report": "\x1b[6n",
    "device attributes": "\x1b[c",
    "colours": "\x1b[31mred\x1b[0m",
    "conceal": "\x1b[8mhidden",
    "insert rows": "\x1b[5L",
    "move up": "\x1b[99A",
    "scroll region": "\x1b[1;2r",
    "key repeat program": "\x1b[>4;2m",
    "DCS": '\x1bP$q"p\x1b\\',
    "sixel": "\x1bPq#0;2;0;0;0~-\x1b\\",
    "tmux passthrough": "\x1bPtmux;\x1b\x1b]0;x\x07\x1b\\",
    "APC": "\x1b_Gf=100;AAAA\x1b\\",
    "PM": "\x1b^x\x1b\\",
    "SOS": "\x1bXx\x1b\\",
    "charset": "\x1b(0\x0e",
    "8-bit CSI": "\x9b2J",
    "8-bit OSC": "\x9d0;owned\x9c",
    "8-bit DCS": "\x90q\x9c",
    "backspaces": "rm -rf /\x08\x08\x08\x08\x08\x08\x08\x08ls      ",
    "carriage return": "rm -rf /\rls      ",
    "line tabulation": "a\x0bb\x0cc",
    "right to left": "\u202egpj.exe",
    "isolate": "\u2066\u2067\u2068\u2069",
    "tag characters": "\U000e0041\U000e0042",
    "surrogate": "\ud83d",
    "line separators": "a\u2028b\u2029c\x85d",
    "answerback": "\x05",
    "bell": "\x07",
}
CONSTRUCTS = {
    "text": "a {} b",
    "start": "{}",
    "heading": "# {}",
    "setext": "a {}\n===",
    "emphasis": "**{}** *{}* ~~{}~~",
    "code span": "`{}`",
    "fence": "```python\nx = '{}' # {}\n```",
    "unknown language": "```nothing\n{}\n```",
    "open fence": "```\n{}",
    "info string": "```py {}\nx\n```",
    "only info string": "~~~{}\nx\n~~~",
    "indented code": "    {}",
    "link text": "[{}](http://a.example)",
    "link target": "[a](http://a.example/{})",
    "bracketed target": "[a](<http://a.example/{}>)",
    "title": "[a](http://a.example '{}')",
    "autolink": "<http://a.example/{}>",
    "mail": "<mailto:{}@a.example>",
    "image": "![{}](http://a.example/{} '{}')",
    "definition": "[a]: http://a.example/{} '{}'\n\n[a]",
    "label": "[{}]: http://a.example\n\n[{}]",
    "table": "| {} | a |\n|---|---|\n| {} | b |\n| c {}",
    "list": "- {}\n  - {}\n1. {}",
    "task": "- [x] {}",
    "quote": "> {}",
    "html": "<div title='{}'>\n{}\n</div>",
    "inline html": "a <b title='{}'>{}</b>",
    "comment": "<!-- {} -->",
    "math": "\\({}\\) ${}$\n\n$$\n{}\n$$",
    "escape": "\\{}",
    "hard break": "a  \n{}\\\nb",
}


@pytest.mark.parametrize("construct", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_no_control_sequence_arrives(construct):
    attacks = [*SEQUENCES.values(), "".join(CONTROLS), "".join(BIDI)]
    for attack in attacks:
        assert hostile_characters(written([construct.replace("{}", attack)])) == []
    text = "\n\n".join(construct.replace("{}", attack) for attack in attacks)
    assert hostile_characters(written([text[at : at + 3] for at in range(0, len(text), 3)], 40, 10)) == []


@pytest.mark.parametrize("character", CONTROLS + BIDI, ids=lambda character: f"U+{ord(character):04X}")
def test_no_control_character_arrives(character):
    text = "\n\n".join(construct.replace("{}", f"a{character}b") for construct in CONSTRUCTS.values())
    assert hostile_characters(written([text])) == []


@pytest.mark.parametrize("construct", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_no_entity_gives_birth_to_one(construct):
    codes = [*range(1, 32), 127, *range(128, 160), 0x202E, 0x2066, 0x2028, 0xE0041, 0xD800]
    entities = "".join(f"&#{code};&#x{code:x};" for code in codes)
    assert hostile_characters(written([construct.replace("{}", entities)])) == []


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ssh://h", "HTTP://ok.example"]
)
def test_only_web_and_mail_targets_are_clickable(target):
    output = show(f"[text]({target}) <{target}> ![i]({target})\n\n[r]: {target}\n\n[r]").output
    assert ("\x1b]8;;H" in output) is target.startswith("HTTP")
    assert "\x1b]8;;" not in output.replace("\x1b]8;;\x1b", "").replace("\x1b]8;;HTTP://", "")


def test_a_link_never_hides_where_it_leads():
    shown = show("[https://bank.example](https://evil.example)")
    assert shown.lines() == ["https://bank.example (https://evil.example)"]
    assert "\x1b]8;;https://bank" not in shown.output


def test_what_is_replaced_is_visible():
    assert clean("\x1b[31m\u202e\x9b\x7f") == "␛[31m\ufffd\ufffd␡"
    assert clean("\u200fשלום\u200e, \ufeffa\u061c") == "שלום, a"  # nothing that could be seen stood there
    assert clean("a\tb\nc") == "a\tb\nc"
    assert clean("é 日本 👍") == "é 日本 👍"


@pytest.mark.parametrize("text", ["a\r\nb\rc\n\rd\r", "\r\r\n\n", "x\x1b[0m\r"])
def test_cleaning_does_not_depend_on_the_pieces(text):
    whole, pieces = StreamCleaner(), StreamCleaner()
    assert whole.feed(text) + whole.finish() == "".join(map(pieces.feed, text)) + pieces.finish()
    assert "\r" not in whole.feed(text)


REPEATED = re.findall(r"\S+", r"` * _a [ [a]( ![ < <a <b= - > # | |- $ \( & ~ x = 1. [a]: **a* &amp; ]( ::: <!-- {")


@pytest.mark.parametrize("before", ["", "# ", "| a |\n|---|\n| ", "<a", "[a]: ", "```\n"], ids=repr)
def test_no_repetition_takes_forever(before):
    """Not timed: what takes quadratic time on 2,500 characters would be noticed."""
    for pattern in [*REPEATED, *(f"{pattern} " for pattern in REPEATED)]:
        assert written([before + pattern * (2_500 // len(pattern)), "x\n", "\nend"])


@pytest.mark.parametrize("before", ["# ", "| a |\n|---|\n| "], ids=repr)
@pytest.mark.parametrize("opening", ["\\(", "\\["])
def test_much_mathematics_without_end_takes_no_longer_than_other_text(before, opening):
    """Not timed either: with a search to the end for each opening, it would be 4 seconds."""
    assert written([before + opening * 50_000, "\n\nend"])
