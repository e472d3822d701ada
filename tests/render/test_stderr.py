"""What stderr shows beside the answer: the reasoning, and the status line."""

from __future__ import annotations

import io
import time

from emulated_terminal import Emulator

from grokcli.events import ReasoningDelta, TextDelta
from grokcli.render.reasoning import ReasoningRenderer
from grokcli.terminal.status import Status


class Out(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator(40, 5)

    def write(self, text: str) -> int:
        self.emulator.write(text.replace("\n", "\r\n"))
        return super().write(text)


def test_reasoning_is_dim_and_clean():
    out = io.StringIO()
    renderer = ReasoningRenderer(out, dim=True)
    for piece in ("first I", " think\r", "\n\x1b", "[2Jthen"):
        renderer.show(ReasoningDelta(piece))
    renderer.show(TextDelta("answer"))
    renderer.show(TextDelta("more"))
    renderer.close()
    text = out.getvalue()
    assert text.replace("\x1b[2m", "").replace("\x1b[0m", "") == "first I think\n␛[2Jthen\n\n"
    assert text.count("\x1b[2m") == text.count("\x1b[0m")


def test_reasoning_without_a_terminal_is_plain():
    out = io.StringIO()
    renderer = ReasoningRenderer(out, dim=False)
    renderer.show(ReasoningDelta("a\n"))
    renderer.close()
    renderer.close()
    assert out.getvalue() == "a\n\n"


def test_no_reasoning_writes_nothing():
    out = io.StringIO()
    renderer = ReasoningRenderer(out, dim=True)
    renderer.show(TextDelta("a"))
    renderer.close()
    assert out.getvalue() == ""


def test_a_quick_answer_shows_no_status():
    out = Out()
    status = Status(out)
    status.start()
    status.stop()
    assert out.getvalue() == ""


def test_the_status_counts_and_vanishes():
    out = Out()
    began = time.monotonic()
    status = Status(out, lambda: (time.monotonic() - began) * 5)
    status.start()
    deadline = time.monotonic() + 5
    while "thinking 3 s" not in out.emulator.text() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert out.emulator.text() == "thinking 3 s"
    status.stop()
    status.stop()
    written = out.getvalue()
    time.sleep(0.05)
    assert out.getvalue() == written
    assert out.emulator.text() == ""
    assert out.emulator.screen.cursor.x == 0


def test_a_status_may_start_again():
    out = Out()
    status = Status(out)
    for _ in range(3):
        status.start()
        status.start()
        status.stop()
    assert out.getvalue() == ""


def test_a_status_on_a_closed_stream_is_silent():
    out = io.StringIO()
    status = Status(out)
    status.start()
    out.close()
    time.sleep(0.6)
    status.stop()
