"""The same on a real terminal: what tmux keeps in its scrollback, over resizes and Ctrl-C."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")

DRIVER = """
import os, sys, time
from grokcli.render.markdown import MarkdownStream, Terminal
text, pause = open(sys.argv[1]).read(), float(sys.argv[2])
stream = MarkdownStream(sys.stdout, Terminal.detect(sys.stdout, os.environ))
try:
    for start in range(0, len(text), 12):
        stream.write(text[start:start + 12])
        time.sleep(pause)
except KeyboardInterrupt:
    pass
stream.close()
print("DONE")
time.sleep(60)
"""


class Tmux:
    """A tmux server with one window, 80 by 24, that streams a text."""

    def __init__(self, file: Path, pause: float) -> None:
        self._socket = f"grok-test-{uuid.uuid4().hex}"
        program = [sys.executable, "-c", DRIVER, str(file), str(pause)]
        self.run("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", *program)

    def run(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def lines(self) -> list[str]:
        """Everything in the scrollback and on the screen; what the terminal wrapped is one line."""
        return [line.rstrip() for line in self.run("capture-pane", "-p", "-J", "-S", "-").split("\n")]

    def wait_for(self, text: str) -> list[str]:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            lines = self.lines()
            if any(text in line for line in lines):
                return lines
            time.sleep(0.02)
        raise AssertionError(f"{text!r} did not come: {lines}")

    def resize(self, columns: int, rows: int) -> None:
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def resize_often(self, sizes: Iterable[tuple[int, int]]) -> None:
        """Resize the window as a mouse does, each hundredth of a second: a tmux for each would be much slower."""
        command = ["tmux", "-L", self._socket, "-C", "attach"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as control:
            answers = iter(control.stdout.readline, "")
            for columns, rows in sizes:
                control.stdin.write(f"resize-window -x {columns} -y {rows}\n")
                control.stdin.flush()
                assert next(line for line in answers if line.startswith(("%end", "%error"))).startswith("%end")
                time.sleep(0.01)
            control.communicate("detach-client\n")


@pytest.fixture
def tmux(tmp_path):
    started: list[Tmux] = []

    def start(text: str, pause: float = 0.0) -> Tmux:
        file = tmp_path / "answer.md"
        file.write_text(text)
        started.append(Tmux(file, pause))
        return started[-1]

    yield start
    for server in started:
        server.run("kill-server")


def numbers(lines: list[str]) -> list[int]:
    return [int(number) for line in lines for number in re.findall(r"entry (\d+)", line)]


LONG = "\n".join(f"- entry {number} with *some* words" for number in range(500))


def test_each_line_is_once_in_the_scrollback(tmux):
    lines = tmux(LONG).wait_for("DONE")
    assert numbers(lines) == list(range(500))


@pytest.mark.parametrize("size", [(60, 24), (120, 40), (80, 12), (40, 10)], ids=str)
def test_also_when_the_window_is_resized_half_way(tmux, size):
    server = tmux(LONG, pause=0.0005)
    server.wait_for("entry 250")
    server.resize(*size)
    assert numbers(server.wait_for("DONE")) == list(range(500))


def test_a_storm_of_resizes_loses_no_line(tmux):
    """Rows of what is unfinished may be there twice: a size is out of date before what was made for it arrives."""
    chance = random.Random(1)
    text = "\n\n".join(f"entry {number} with words that wrap, {'more and more ' * 5}" for number in range(105))
    server = tmux(text, pause=0.003)
    server.wait_for("entry 2")
    server.resize_often((chance.choice([30, 40, 60, 80, 120]), chance.choice([6, 12, 24, 40])) for _ in range(150))
    server.resize(80, 24)
    assert set(numbers(server.wait_for("DONE"))) == set(range(105))


def test_also_when_a_table_that_is_still_live_scrolls_out_of_a_lower_window(tmux):
    rows = "\n".join(f"| entry {number} | **bold** |" for number in range(40))
    server = tmux(f"| a | b |\n|---|---|\n{rows}", pause=0.005)
    server.wait_for("entry 15 │")
    server.resize(80, 12)
    assert numbers(server.wait_for("DONE")) == list(range(40))


def test_ctrl_c_in_the_middle_of_a_table(tmux):
    rows = "\n".join(f"| entry {number} | **bold** |" for number in range(60))
    server = tmux(f"{LONG}\n\n| a | b |\n|---|---|\n{rows}", pause=0.002)
    server.wait_for("entry 30 │")
    server.run("send-keys", "C-c")
    lines = server.wait_for("DONE")
    shown = numbers(lines)
    assert shown[:500] == list(range(500))
    assert shown[500:] == list(range(len(shown) - 500))
    assert 30 < len(shown) - 500 < 60
    assert "DONE" in lines  # on a line of its own
