"""The library as a program uses it: text, a thread that paints, and every way in which a text may end."""

from __future__ import annotations

import io
import random
import re
import threading
import time

import pytest
from emulated_terminal import Clock, Emulator, show, terminal
from language import until

from grokcli.render.markdown import MarkdownStream, Terminal, render
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.screen.display import Display


class Out(io.StringIO):
    """A stream that an emulator shows."""

    def __init__(self, emulator: Emulator | None = None) -> None:
        super().__init__()
        self.emulator = emulator or Emulator()
        self.written = threading.Event()

    def write(self, text: str) -> int:
        self.emulator.write(text)
        self.written.set()
        return len(text)


TEXT = "# Title\n\n- one **two**\n- three\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| c | d |\n\nthe end"


def test_shows_a_text():
    out = Out()
    with MarkdownStream(out, terminal()) as stream:
        for character in TEXT:
            stream.write(character)
    assert out.emulator.cells() == show(TEXT).cells()


def test_replay_is_the_same_as_streaming():
    out = Out()
    render(TEXT, out, terminal())
    assert out.emulator.cells() == show(TEXT).cells()


def test_text_is_visible_at_once_and_the_rest_within_a_frame():
    out = Out()
    with MarkdownStream(out, terminal()) as stream:
        stream.write("first")
        assert out.written.wait(1)
        stream.write(" second")
        deadline = time.monotonic() + 2
        while "second" not in out.emulator.text() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert out.emulator.lines() == ["first second"]


def test_close_finishes_what_is_open():
    for cut in range(len(TEXT)):
        out = Out()
        stream = MarkdownStream(out, terminal())
        stream.write(TEXT[:cut])
        stream.close()
        stream.close()
        assert out.emulator.cells() == show(TEXT[:cut]).cells()
        assert out.emulator.screen.cursor.x == 0


def test_an_exception_finishes_what_is_open_too():
    out = Out()
    with pytest.raises(KeyboardInterrupt), MarkdownStream(out, terminal()) as stream:
        stream.write("**text")
        raise KeyboardInterrupt
    assert out.emulator.lines() == ["**text"]


def test_close_without_text_writes_nothing():
    out = Out()
    MarkdownStream(out, terminal()).close()
    assert out.emulator.output == ""


def test_close_works_after_an_interrupted_close(monkeypatch):
    out = Out()
    stream = MarkdownStream(out, terminal())
    stream.write("text")

    def interrupted(_told):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stream, "_wait_for", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stream.close()
    stream.close()
    assert out.emulator.lines() == ["text"]


class BrokenOut(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_broken_pipe_surfaces_in_the_caller():
    stream = MarkdownStream(BrokenOut(), terminal())
    with pytest.raises(BrokenPipeError):
        for _ in range(700):
            stream.write("text ")
            time.sleep(0.001)
    stream.close()


def test_a_broken_pipe_surfaces_at_the_end():
    stream = MarkdownStream(BrokenOut(), terminal())
    stream.write("text")
    with pytest.raises(BrokenPipeError):
        stream.close()
    stream.close()


def test_a_stream_that_cannot_encode():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    render("- é 日本", out, terminal(styled=False, addressable=False))
    assert raw.getvalue() == b"  ? ? ??\n"


def test_an_unknown_theme_names_the_closest():
    with pytest.raises(ValueError, match=r"there is no theme called 'monokay': did you mean monokai\?"):
        render("text", io.StringIO(), terminal(), "monokay")
    with pytest.raises(ValueError, match="use default, marks, mono, or a Pygments style such as monokai"):
        MarkdownStream(io.StringIO(), terminal(), "?")


def test_themes_change_the_colours_of_code():
    text = "```python\nclass A: pass\n```"
    default, monokai, mono = (
        show(text, theme=name, colors="truecolor").cells() for name in ("default", "monokai", "mono")
    )
    assert default[1][0][1] == "magenta"
    assert monokai[1][0][1] not in ("magenta", "default")
    assert {cell[1] for cell in mono[1]} == {"default"}


@pytest.mark.parametrize("colors", ["standard", "256", "truecolor"])
def test_themes_are_downgraded_to_what_the_terminal_has(colors):
    output = show("```python\nclass A: pass\n```", theme="monokai", colors=colors).output
    assert ("38;2;" in output) is (colors == "truecolor")
    assert ("38;5;" in output) is (colors == "256")


def frames(size_of, clock=None, columns=80, rows=24) -> tuple[Display, Emulator]:
    emulator = Emulator(columns, rows)
    display = Display(emulator.write, Terminal(size=lambda: size_of(emulator)), Theme(), clock or Clock())
    return display, emulator


def test_the_live_part_is_never_taller_than_the_screen():
    display, emulator = frames(lambda emulator: emulator.size, columns=40, rows=10)
    for number in range(700):
        display.feed(f"word{number} ")
        display.paint()
        if number == 120:  # less than is made final for its length: all of it is still live
            assert len(emulator.screen.history.top) == 0
        if number % 50 == 49:
            assert f"word{number}" in emulator.lines()[-1]
    display.finish()
    assert [emulator.text().count(f"word{number}") for number in range(100, 700)] == [1] * 600


def test_a_taller_or_shorter_window_repeats_nothing():
    clock = Clock()
    display, emulator = frames(lambda emulator: emulator.size, clock)
    for number in range(200):
        display.feed(f"line {number}\n\n")
        display.paint()
        clock.now += 1
        if number % 20 == 10:
            emulator.screen.resize(lines=30 if number % 40 == 10 else 24)
    display.finish()
    shown = [line for line in emulator.lines() if line]
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("seconds", [0, 0.02, 0.05, 1], ids="{} s between frames".format)
def test_a_size_that_is_gone_before_it_is_painted_for_costs_no_line(seconds):
    """While a window is dragged, a program hears of sizes that the terminal no longer has."""
    clock = Clock()
    chance = random.Random(1)
    heard = (80, 24)
    display, emulator = frames(lambda emulator: heard, clock)
    for number in range(100):
        display.feed(f"\n\nline {number} of what is long\n\n{'word ' * 15}")
        display.paint()
        clock.now += seconds
        heard = (80, 24) if number % 3 else (chance.choice([20, 40, 60, 120]), 24)
    display.finish()
    shown = emulator.text()
    assert [number for number in range(100) if f"line {number} of" not in shown] == []


def test_a_resize_is_painted_when_it_is_over_also_if_no_text_follows():
    out = Out()
    size = (80, 24)
    with MarkdownStream(out, Terminal(size=lambda: size)) as stream:
        stream.write("one two three")
        assert out.written.wait(1)
        size = (10, 24)
        stream.write(" four")
        until(lambda: "two\r\n" in out.emulator.output)


def test_between_frames_the_terminal_is_sane():
    display, emulator = frames(lambda emulator: emulator.size)
    for character in TEXT + "\n\n日本 👍🏽 **bold":
        display.feed(character)
        display.paint()
        sent = emulator.output
        assert sent.count("\x1b[?7l") == sent.count("\x1b[?7h")
        assert sent.count("\x1b[?2026h") == sent.count("\x1b[?2026l")
        assert "\x1b[?25l" not in sent
        assert emulator.screen.cursor.attrs.fg == "default"
        assert not emulator.screen.cursor.attrs.bold


def test_what_is_live_shows_no_half_markup():
    display, emulator = frames(lambda emulator: emulator.size)
    for typed, expected in [
        ("some **bo", "some bo"),
        ("ld** `co", "some bold co"),
        ("de` [te", "some bold code [te"),
        ("xt](http://x.exam", "some bold code text"),
        ("ple) *", "some bold code text (http://x.example)"),
        ("it", "some bold code text (http://x.example) it"),
    ]:
        display.feed(typed)
        display.paint()
        assert emulator.lines() == [expected]


@pytest.mark.parametrize("after", ["", " and more", "[[2]](https://z.example)"])
def test_a_citation_never_shows_its_markup(after):
    display, emulator = frames(lambda emulator: emulator.size)
    for character in "so [[1]](https://x.example/p_1)" + after:
        display.feed(character)
        display.paint()
        assert not re.search(r"\[\[|\]\]|\]\(", emulator.text())


def test_a_url_is_shown_as_it_will_be_while_it_arrives():
    display, emulator = frames(lambda emulator: emulator.size)
    url = "https://x.example/a/__init__.py"
    for length, character in enumerate(url, 1):
        display.feed(character)
        display.paint()
        assert url[:length].rstrip("_") == emulator.text().rstrip("_")


@pytest.mark.parametrize("marks", ["-", "=", "#", "```", "|", "1.", "> -", "- [", "* *", "$$"])
def test_a_line_of_marks_is_not_shown_before_it_is_decided(marks):
    display, emulator = frames(lambda emulator: emulator.size)
    display.feed("text\n" + marks)
    display.paint()
    assert emulator.lines() == ["text"]


@pytest.mark.parametrize(
    ("environ", "is_terminal", "color", "expected"),
    [
        ({"TERM": "xterm-256color"}, True, "auto", ("256", True, True)),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, True, "auto", ("truecolor", True, True)),
        ({"TERM": "xterm"}, True, "auto", ("standard", True, True)),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, "auto", ("none", True, True)),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, "always", ("256", True, True)),
        ({"TERM": "xterm-256color"}, True, "never", (None, False, True)),
        ({"TERM": "dumb"}, True, "auto", (None, False, False)),
        ({"TERM": "xterm-256color"}, False, "auto", (None, False, False)),
        ({"TERM": "xterm-256color"}, False, "always", ("256", True, False)),
        ({"TERM": "xterm-256color", "FORCE_COLOR": "1"}, False, "auto", ("256", True, False)),
    ],
)
def test_what_a_terminal_can_do(environ, is_terminal, color, expected):
    stream = io.StringIO()
    stream.isatty = lambda: is_terminal
    found = Terminal.detect(stream, environ, color)
    colors, styled, addressable = expected
    assert (found.styled, found.addressable) == (styled, addressable)
    assert colors in (None, found.colors)
    assert found.size() == (80, 24)


def test_the_size_of_what_is_no_terminal_comes_from_the_environment():
    assert Terminal.detect(io.StringIO(), {"COLUMNS": "100", "LINES": "x"}).size() == (100, 24)


def test_flush_returns_when_all_is_on_the_screen():
    out = Out()
    with MarkdownStream(out, terminal()) as stream:
        for number in range(20):
            stream.write(f"line {number}\n\n")
        stream.flush()
        shown = out.emulator.output
        assert "line 19" in shown
        stream.flush()
        assert out.emulator.output == shown
    stream.close()
