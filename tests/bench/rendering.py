"""What streamed rendering costs, against rich rendering the same text once. Run by hand.

An answer arrives in deltas of 4 to 20 characters, 100 a second. Time is simulated: a delta arrives when the clock says
so, and what painting takes is added to the clock; a renderer that is too slow falls behind as it would in life. It
sleeps only while a lexer is being loaded, as it would between two deltas. Every measurement is a fresh process, as
every answer is: loading lexers counts, for us and for rich; importing packages does not. CPU is the process's own, and
all figures are medians.
"""

from __future__ import annotations

import gc
import io
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from grokcli.render.markdown import Terminal
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.screen.display import Display

COLUMNS, ROWS = 80, 24
SECONDS_BETWEEN_DELTAS = 0.01
RUNS = 5

WORDS = re.findall(
    r"\w+",
    "the model answers with a list of steps and explains why each of them matters before it shows the code that does "
    "what was asked so that a reader can follow along without having to know how streams parsers terminals or "
    "schedulers work in detail because that would take far longer than anyone has time for on a busy afternoon",
)

CODE = {
    "python": 'def area(width: float, height: float = 1.0) -> float:\n    """Return the area.\n\n    In square metres.'
    '\n    """\n    if width < 0:\n        raise ValueError("negative")\n    return width * height  # exact\n',
    "javascript": "/* Fetch it,\n   then show it. */\nasync function load(url) {\n"
    "  const response = await fetch(`${url}?v=1`);\n  if (!response.ok) throw new Error('x');\n"
    "  return response.json(); // parsed\n}\n",
    "bash": 'set -euo pipefail\nfor file in *.log; do\n  grep -c "ERROR" "$file" || true\ndone | sort -n | tail -5\n',
    "json": '{\n  "name": "grok",\n  "count": 42,\n  "nested": {"ok": true, "list": [1, 2.5, null]}\n}\n',
    "sql": "SELECT name, count(*) AS total\nFROM answers\nWHERE created > '2026-01-01' -- this year\nGROUP BY name;\n",
    "yaml": "services:\n  web:\n    image: nginx:1.27\n    ports:\n      - '80:80'\n",
    "rust": 'fn main() {\n    let total: u64 = (1..=10).sum();\n    println!("{total}"); // 55\n}\n',
}


def prose(chance: random.Random, words: int) -> str:
    """Return a sentence or more, with the inline markup that models use."""
    text = [chance.choice(WORDS) for _ in range(words)]
    for index in range(4, words, 11):
        mark = chance.choice(["**{}**", "*{}*", "`{}`", "[{}](https://example.com/page)", "“{}”", "{} —"])
        text[index] = mark.format(text[index])
    return " ".join(text).capitalize() + "."


def section(chance: random.Random) -> Iterator[str]:
    """Yield the blocks of one section of an answer."""
    yield f"## {prose(chance, 4)}"
    yield prose(chance, chance.randint(30, 90))
    yield "\n".join(f"- {prose(chance, chance.randint(5, 25))}" for _ in range(5))
    language = chance.choice(sorted(CODE))
    yield f"```{language}\n{CODE[language] * 2}```"
    yield prose(chance, chance.randint(15, 60))
    yield "\n".join(
        f"{n}. **{chance.choice(WORDS)}**: {prose(chance, 14)}\n   - {prose(chance, 9)}" for n in range(1, 5)
    )
    yield "| name | value | note |\n|:--|--:|---|\n" + "\n".join(
        f"| {chance.choice(WORDS)} | {chance.randint(1, 9999)} | {prose(chance, 5)} |" for _ in range(6)
    )
    yield f"> {prose(chance, 25)}"
    yield r"The cost is \(O(n \log n)\), since $T(n) = 2T(n/2) + n$; it was $5 before. 日本語の文章も表示されます。"


def answer(size: int) -> str:
    """Return a realistic answer of `size` characters."""
    chance = random.Random(size)
    blocks: list[str] = []
    length = 0
    while length < size:
        for block in section(chance):
            blocks.append(block)
            length += len(block) + 2
    return "\n\n".join(blocks)[:size]


def one_fence(size: int) -> str:
    """Return a single block of code."""
    return "```python\n" + (CODE["python"] * (size // len(CODE["python"]) + 1))[:size] + "\n```\n"


def one_list(size: int) -> str:
    """Return a single list, its items with paragraphs and code."""
    chance = random.Random(size)
    item = lambda: f"- {prose(chance, 20)}\n\n  {prose(chance, 20)}\n\n  ```python\n  x = 1\n  ```\n"  # noqa: E731  one use
    text = ""
    while len(text) < size:
        text += item()
    return text[:size]


def one_table(size: int) -> str:
    """Return a single table."""
    chance = random.Random(size)
    rows = ["| name | value | note |", "|---|--:|---|"]
    length = 0
    while length < size:
        rows.append(f"| {chance.choice(WORDS)} | {chance.randint(1, 99999)} | {prose(chance, 8)} |")
        length += len(rows[-1]) + 1
    return "\n".join(rows)[:size]


def one_paragraph(size: int) -> str:
    """Return a single paragraph, on one line."""
    return prose(random.Random(size), size // 5)[:size]


def one_formula(size: int) -> str:
    """Return displayed LaTeX that nothing ends."""
    return "$$\n" + ("x_1 + y^2 = \\frac{a}{b} \\\\\n" * (size // 24 + 1))[:size]


def repeated(marks: str) -> Callable[[int], str]:
    """Return what makes documents of nothing but marks: cmark's pathological inputs."""
    return lambda size: (marks * (size // len(marks) + 1))[:size]


HOSTILE = ["![", "[", "[a](", "*a **b ", "_a__ ", "[[](", "<a ", "&", "`", "\\(a ", "> ", "a|b\n", "[a]: x\n", "www.a "]


def deltas(text: str) -> list[str]:
    """Cut `text` as it would arrive."""
    chance = random.Random(1)
    pieces = []
    position = 0
    while position < len(text):
        end = position + chance.randint(4, 20)
        pieces.append(text[position:end])
        position = end
    return pieces


class SimulatedClock:
    """Time that passes when it is told to, and while something is processed."""

    def __init__(self) -> None:
        """Start at 0 seconds, stopped."""
        self.now = 0.0  # while it is stopped
        self._running_since: float | None = None

    def __call__(self) -> float:
        """Return the seconds since the start."""
        running = 0.0 if self._running_since is None else time.perf_counter() - self._running_since
        return self.now + running

    def run(self) -> None:
        """Let time pass as it does."""
        self._running_since = time.perf_counter()

    def stop(self) -> float:
        """Stop it; return for how long it ran."""
        ran = time.perf_counter() - (self._running_since or 0.0)
        self.now += ran
        self._running_since = None
        return ran

    def advance_to(self, moment: float) -> None:
        """Skip what nothing happens in."""
        self.now = max(self.now, moment)


def stream(text: str) -> dict[str, float]:
    """Stream `text`; return what it took: CPU seconds, bytes, and per delta (after the first) and lag in seconds."""
    written = 0

    def write(output: str) -> None:
        nonlocal written
        written += len(output.encode())

    pieces = deltas(text)
    gc.set_threshold(100_000)  # as grok itself has it
    began = time.process_time()
    clock = SimulatedClock()
    display = Display(write, Terminal(size=lambda: (COLUMNS, ROWS), colors="truecolor"), Theme(), clock)
    threads = threading.active_count()
    per_delta: list[float] = []
    lag = 0.0
    for number, piece in enumerate(pieces):
        arrival = number * SECONDS_BETWEEN_DELTAS
        lag = max(lag, clock.now - arrival)
        clock.advance_to(arrival)
        display.feed(piece)  # keeps it and nothing else
        if clock.now < display.next_frame:
            per_delta.append(0.0)
            continue
        clock.run()
        display.paint()
        per_delta.append(clock.stop())
        if threading.active_count() > threads:
            time.sleep(SECONDS_BETWEEN_DELTAS)
    display.finish()
    cpu = time.process_time() - began
    del per_delta[0]
    painted = [seconds for seconds in per_delta if seconds > 20e-6]
    return {
        "cpu": cpu,
        "bytes": written,
        "frame": statistics.median(painted),
        "p99": percentile(per_delta, 0.99),
        "longest": max(per_delta),
        "lag": lag,
    }


def rich_once(text: str) -> dict[str, float]:
    """Render `text` once with rich; return CPU seconds and bytes."""
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, height=ROWS, force_terminal=True, color_system="truecolor", _environ={})
    began = time.process_time()
    console.print(Markdown(text))
    return {"cpu": time.process_time() - began, "bytes": len(out.getvalue().encode())}


def memory(text: str) -> dict[str, float]:
    """Return by how many MB the peak of Python's memory rises while `text` streams."""
    gc.collect()
    tracemalloc.start()
    pieces = deltas(text)
    threads = threading.active_count()
    display = Display(lambda output: None, Terminal(size=lambda: (COLUMNS, ROWS)), Theme(), lambda: 0.0)
    base, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for number, piece in enumerate(pieces):
        display.feed(piece)
        if number % 5 == 0:
            display.paint()
        while threading.active_count() > threads:
            time.sleep(SECONDS_BETWEEN_DELTAS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"growth": (peak - base) / 1e6}


def render_pipe(size: int) -> dict[str, float]:
    """Pipe `size` characters into `grok render` on a terminal; return its peak memory in MB and its CPU seconds."""
    import pty

    text = answer(300_000)
    screen, terminal = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "grokcli", "render"],
            stdin=subprocess.PIPE,
            stdout=terminal,
            env=environ | {"GROKCLI_HOME": home},
        )
        os.close(terminal)
        reader = threading.Thread(target=drain, args=(screen,))
        reader.start()
        with process.stdin or io.BytesIO() as pipe:
            for start in range(0, size, len(text)):
                pipe.write(text[: size - start].encode() + b"\n\n")
        _, _, usage = os.wait4(process.pid, 0)
        reader.join()
    return {"peak": usage.ru_maxrss / 1024, "cpu": usage.ru_utime + usage.ru_stime}


def drain(screen: int) -> None:
    """Read what a terminal is sent, until nobody has it open."""
    try:
        while os.read(screen, 1 << 16):
            pass
    except OSError:  # the program is over
        os.close(screen)


def report_pipe(sizes: tuple[int, int], bounds: str) -> None:
    """Print by how much the memory of `grok render` grows from a small pipe to a large one."""
    small, large = (render_pipe(size) for size in sizes)
    print(
        f"{'render':9} {sizes[1] // 1_000_000:3} MB  cpu {large['cpu']:5.1f} s  peak {large['peak']:5.1f} MB  "
        f"memory {large['peak'] - small['peak']:4.1f} MB  {bounds}",
        flush=True,
    )


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of `values` do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def in_fresh_process(measurement: str, document: str, size: int) -> dict[str, float]:
    """Return what a measurement of a document gives, the median of several processes."""
    command = [sys.executable, __file__, measurement, document, str(size)]
    runs: list[dict[str, Any]] = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(RUNS)
    ]
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def report(document: str, size: int, bounds: str) -> float:
    """Print one row; return the CPU seconds of streaming."""
    ours = in_fresh_process("stream", document, size)
    baseline = in_fresh_process("rich_once", document, size)
    growth = in_fresh_process("memory", document, size)["growth"]
    print(
        f"{document:11} {size // 1000:3} KB  cpu {ours['cpu'] / baseline['cpu']:5.2f}x  "
        f"bytes {ours['bytes'] / baseline['bytes']:5.2f}x  frame {ours['frame'] * 1e3:5.2f} ms  "
        f"p99 {ours['p99'] * 1e3:5.2f} ms  longest {ours['longest'] * 1e3:5.2f} ms  lag {ours['lag'] * 1e3:4.1f} ms  "
        f"memory {growth:4.1f} MB  {bounds}",
        flush=True,
    )
    return ours["cpu"]


DOCUMENTS: dict[str, Callable[[int], str]] = {
    "answer": answer,
    "fence": one_fence,
    "list": one_list,
    "table": one_table,
    "paragraph": one_paragraph,
    "formula": one_formula,
    **{f"{marks!r}": repeated(marks) for marks in HOSTILE},
}
MEASUREMENTS: dict[str, Callable[[str], dict[str, float]]] = {
    "stream": stream,
    "rich_once": rich_once,
    "memory": memory,
}


def main() -> None:
    """Report on all documents, or on those that the arguments name."""
    if sys.argv[1:2] and sys.argv[1] in MEASUREMENTS:
        measurement, document, size = sys.argv[1:]
        print(json.dumps(MEASUREMENTS[measurement](DOCUMENTS[document](int(size)))))
        return
    for document in sys.argv[1:] or (*DOCUMENTS, "render"):
        if document == "render":
            report_pipe((4_000, 40_000_000), "(peak 50 MB, memory 16 MB)")
            continue
        if document == "answer":
            sizes, bounds = (30_000, 300_000), "(0.8x, 0.35x, p99 0.5, longest 10, 8 MB)"
            report(document, 3_000, "")
        else:
            sizes, bounds = (20_000, 200_000), "(p99 2, longest 10, 8 MB)"
        small, large = (report(document, size, bounds) for size in sizes)
        print(f"{document:11} growth {large / small:.1f}x  (10x)", flush=True)


if __name__ == "__main__":
    main()
