"""What other programs can ask of the library: width, links, themes of their own, no live region, rows, rich."""

from __future__ import annotations

import io

import pytest
from emulated_terminal import Emulator, hostile_characters, terminal
from rich.console import Console
from rich.panel import Panel

from grokcli.render.markdown import Markdown, MarkdownStream, Terminal, ThemeError, render, rows

LINK = "See [the site](https://Example.com/a/b) and <https://x.ai/c>, ![a cat](http://pics.example:8080/cat.png)."


class Out(io.StringIO):
    """A terminal that an emulator shows."""

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator()

    def write(self, text: str) -> int:
        self.emulator.write(text)
        return len(text)


def plain(text: str, **options) -> str:
    """Return what is shown where there are neither colours nor links, on one line."""
    out = io.StringIO()
    render(text, out, Terminal(size=lambda: (200, 24), styled=False, addressable=False, hyperlinks=False), **options)
    return " ".join(out.getvalue().split())


def test_a_stream_needs_nothing_but_where_to_write():
    out = io.StringIO()
    with MarkdownStream(out) as stream:
        stream.write("# Title\n\n- **one**")
    assert out.getvalue() == "Title\n\n  • one\n"


def test_a_width_is_how_long_a_row_may_be():
    out, text = io.StringIO(), "0123456789 " * 20
    render(text, out, width=21)
    assert {len(line) for line in out.getvalue().splitlines()} == {21}
    out = Out()
    render(text, out, terminal(), width=500)
    assert max(map(len, out.emulator.lines())) == 76  # no wider than the terminal


def test_what_is_shown_of_a_link_is_chosen():
    shown = "See the site (https://Example.com/a/b) and https://x.ai/c, a cat (http://pics.example:8080/cat.png)."
    assert plain(LINK) == shown
    shown = "See the site (example.com) and https://x.ai/c, a cat (pics.example:8080)."
    assert plain(LINK, links="host") == shown
    assert plain(LINK, links="hidden") == "See the site and https://x.ai/c, a cat."


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://bank.example@evil.example/x", "evil.example"),
        ("https://bank.example:pw@evil.example", "evil.example"),
        ("https://evil.example?@bank.example", "evil.example"),
        ("https://evil.example#@bank.example", "evil.example"),
        ("https://bаnk.example/", "xn--bnk-6cd.example"),  # its a is Cyrillic
        ("https://bank.example%2eevil.example/", "https://bank.example%2eevil.example/"),
        ("mailto:a@example.com", "mailto:a@example.com"),
    ],
)
def test_a_host_is_the_one_that_a_browser_opens(target, shown):
    assert plain(f"[x](<{target}>)", links="host") == f"x ({shown})"


def test_a_hidden_target_cannot_be_clicked():
    assert "\x1b]8;" not in "".join(rows("[https://bank.example](https://evil.example)", links="hidden"))


def test_without_a_live_region_the_cursor_never_moves():
    out = Out()
    with MarkdownStream(out, terminal(), live=False) as stream:
        for character in "# a\n\n- b\n\n| c | d |\n|---|---|\n| e | f |\n\n**g** h\n\n```\ni\n```\n":
            stream.write(character)
            stream.flush()
    assert "\r" not in out.emulator.output
    assert set(out.emulator.output.split("\x1b")[1:]) == {
        part for part in out.emulator.output.split("\x1b")[1:] if part.startswith("[") and "m" in part
    }
    assert hostile_characters(out.emulator.output) == []


def test_whoever_writes_faster_than_the_screen_waits():
    line, handed, most = "a paragraph of some words\n\n", 0, 0

    class Paper(io.StringIO):
        def write(self, text: str) -> int:
            nonlocal most
            most = max(most, handed - self.tell() // len(line))
            return super().write(text)

    with MarkdownStream(Paper(), terminal(), live=False) as stream:
        for _ in range(100):
            handed += 1000
            stream.write(line * 1000)
    assert most * len(line) < 150_000  # of 2,700,000 characters


def test_rows_are_what_would_be_printed():
    out = io.StringIO()
    text = "# A\n\n- **b** `c`\n\n```python\nx = 1\n```\n"
    render(text, out, Terminal(size=lambda: (80, 24), colors="truecolor", addressable=False), width=30)
    assert rows(text, 30) == out.getvalue().splitlines()
    assert rows("a\n\nb", 30) == ["a", "", "b"]
    assert rows("") == []


def test_rich_prints_it_anywhere():
    console = Console(file=io.StringIO(), force_terminal=True, width=24, color_system="standard", _environ={})
    console.print(Panel(Markdown("**a** [b](https://c.d)", links="host")))
    shown = console.file.getvalue()
    assert "│ \x1b[1ma\x1b[0m " in shown
    assert ";https://c.d\x1b\\" in shown
    assert all(line[0] in "╭│╰" and line[-1] in "╮│╯" for line in shown.splitlines())


def test_rich_is_sent_nothing_that_is_in_the_text():
    console = Console(file=io.StringIO(), width=40, _environ={})
    console.print(Markdown("a \x1b]0;title\x07 b [red]c[/red] &#27;[2J"))
    assert console.file.getvalue() == "a ␛]0;title␇ b [red]c[/red] �[2J\n"


# ---- themes of the user's own


@pytest.fixture
def theme(tmp_path):
    def write(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return str(path)

    return write


def test_a_theme_can_be_a_file(theme):
    name = theme('base = "monokai"\nstrong = "underline"\nlink = "bold"\n')
    assert rows("**a** *b*", theme=name) == ["\x1b[4ma\x1b[0m \x1b[3mb\x1b[0m"]
    code = "```python\nclass A: pass\n```"
    assert rows(code, theme=name) == rows(code, theme="monokai")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('strnog = "bold"', "mine.toml has no style called 'strnog' to change", "did you mean strong?"),
        ('strong = "bald"', "strong in mine.toml is not a style: 'bald'", 'such as: link = "underline cyan"'),
        ("strong = 1", "strong in mine.toml must be text", 'such as: link = "underline cyan"'),
        ('base = "monokay"', "there is no theme called 'monokay'", "did you mean monokai?"),
        ("strong", "mine.toml is not TOML: ", 'write a line for each style, such as: link = "underline cyan"'),
    ],
)
def test_a_theme_file_that_cannot_be_used_says_why(theme, text, message, hint):
    name = theme(text)
    with pytest.raises(ThemeError) as raised:
        rows("x", theme=name)
    assert raised.value.message.replace(name, "mine.toml").startswith(message)
    assert raised.value.hint == hint


def test_a_theme_file_that_is_not_there(tmp_path):
    with pytest.raises(ThemeError, match=r"cannot read .*no\.toml: no such file or directory"):
        rows("x", theme=str(tmp_path / "no.toml"))
