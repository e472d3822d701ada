"""Events as live markdown."""

from __future__ import annotations

import io

import pytest

from grokcli.errors import ConfigError, StreamCutError
from grokcli.events import End, ReasoningDelta, TextDelta
from grokcli.render.markdown import Terminal
from grokcli.render.stream_markdown import MarkdownRenderer, render_markdown


def test_the_text_of_an_answer_is_rendered_and_nothing_else():
    out = io.StringIO()
    renderer = MarkdownRenderer(out, {}, "never", "default")
    for event in (ReasoningDelta("no"), TextDelta("- *a"), TextDelta("*\n"), End("stop")):
        renderer.show(event)
    renderer.close()
    assert out.getvalue() == "  • a\n"


def test_an_answer_that_was_cut_is_finished_as_it_is():
    out = io.StringIO()
    renderer = MarkdownRenderer(out, {}, "never", "default")
    renderer.show(TextDelta("```\na"))
    renderer.close(StreamCutError("cut"))
    renderer.close()
    assert out.getvalue() == "──\na\n──\n"


def test_an_answer_without_text_is_nothing():
    out = io.StringIO()
    MarkdownRenderer(out, {}, "never", "default").close()
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("theme", "hint"),
    [("monokay", "did you mean monokai?"), ("?", "use default, marks, mono, or a Pygments style such as monokai")],
)
def test_an_unknown_theme_is_told_before_the_answer_comes(theme, hint):
    out = io.StringIO()
    for show in (
        lambda: MarkdownRenderer(out, {}, "never", theme),
        lambda: render_markdown("a", out, Terminal.detect(out, {}), theme),
    ):
        with pytest.raises(ConfigError) as error:
            show()
        assert (error.value.message, error.value.hint) == (f"there is no theme called {theme!r}", hint)
