"""What streamed rendering costs, against rich rendering the same text once. Run by hand: python tests/bench/rendering.py

An answer arrives in deltas of 4 to 20 characters, 100 a second. Time is simulated: a delta arrives when the clock says
so, and what processing takes is added to the clock; a renderer that is too slow falls behind as it would in life, and
nothing sleeps. CPU is the process's own; medians of several runs. All of it are ratios or bounds, so that machines compare.
"""

from __future__ import annotations

import gc
import io
import random
import statistics
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.markdown import Markdown

from grokcli.render.markdown import Terminal
from grokcli.render.markdown.display import Display
from grokcli.render.markdown.theme import Theme

COLUMNS, ROWS = 80, 24
SECONDS_BETWEEN_DELTAS = 0.01
RUNS = 5

WORDS = (
    "the model answers with a list of steps and explains why each of them matters before it shows the code that does "
    "what was asked so that a reader can follow along without having to know how streams parsers terminals or schedulers "
    "work in detail because that would take far longer than anyone has time for on a busy afternoon"
).split()

CODE = {
    "python": 'def area(width: float, height: float = 1.0) -> float:\n    """Return the area.\n\n    In square metres.\n'
    '    """\n    if width < 0:\n        raise ValueError(f"negative: {width}")\n    return width * height  # no rounding\n',
    "javascript": "/* Fetch it,\n   then show it. */\nasync function load(url) {\n  const response = await fetch(`${url}?v=1`);\n"
    "  if (!response.ok) throw new Error('failed');\n  return response.json(); // parsed\n}\n",
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
    yield r"The cost is \(O(n \log n)\), since $T(n) = 2T(n/2) + n$; it was $5 before. 日本語の文章も正しく表示されます。"


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
        self._base = 0.0
        self._running_since: float | None = None

    def __call__(self) -> float:
        """Return the seconds since the start."""
        running = 0.0 if self._running_since is None else time.perf_counter() - self._running_since
        return self._base + running

    def run(self) -> None:
        """Let time pass as it does."""
        self._running_since = time.perf_counter()

    def stop(self) -> float:
        """Stop it; return for how long it ran."""
        ran = time.perf_counter() - (self._running_since or 0.0)
        self._base += ran
        self._running_since = None
        return ran

    def advance_to(self, moment: float) -> None:
        """Skip what nothing happens in."""
        self._base = max(self._base, moment)


@dataclass
class Streamed:
    """What streaming one document took."""

    cpu: float
    characters: int
    per_delta: list[float]  # seconds
    lag: float  # seconds, the longest that a delta had to wait for its turn


def stream(text: str) -> Streamed:
    """Stream `text` and measure."""
    written = 0

    def write(output: str) -> None:
        nonlocal written
        written += len(output.encode())

    clock = SimulatedClock()
    display = Display(write, Terminal(size=lambda: (COLUMNS, ROWS), colors="truecolor"), Theme(), clock)
    threads = threading.active_count()
    per_delta: list[float] = []
    lag = cpu = 0.0
    for number, piece in enumerate(deltas(text)):
        arrival = number * SECONDS_BETWEEN_DELTAS
        clock.advance_to(arrival)
        lag = max(lag, clock() - arrival)
        began = time.process_time()
        clock.run()
        display.feed(piece)
        if clock() >= display.next_frame:
            display.paint()
        per_delta.append(clock.stop())
        cpu += time.process_time() - began
        if threading.active_count() > threads:  # a lexer is being loaded: give it the time between two deltas
            time.sleep(SECONDS_BETWEEN_DELTAS)
    began = time.process_time()
    display.finish()
    cpu += time.process_time() - began
    return Streamed(cpu, written, per_delta, lag)


def rich_once(text: str) -> tuple[float, int]:
    """Render `text` once with rich; return CPU seconds and bytes written."""
    out = io.StringIO()
    console = Console(file=out, width=COLUMNS, height=ROWS, force_terminal=True, color_system="truecolor", _environ={})
    began = time.process_time()
    console.print(Markdown(text))
    return time.process_time() - began, len(out.getvalue().encode())


def memory_growth(text: str) -> float:
    """Return by how many MB the peak of Python's memory rises while `text` streams."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    pieces = deltas(text)
    display = Display(lambda output: None, Terminal(size=lambda: (COLUMNS, ROWS)), Theme(), lambda: 0.0)
    base, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for number, piece in enumerate(pieces):
        display.feed(piece)
        if number % 5 == 0:
            display.paint()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak - base) / 1e6


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of `values` do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(name: str, text: str, bounds: str) -> float:
    """Print one row; return the median CPU seconds of streaming."""
    runs = [stream(text) for _ in range(RUNS)]
    baseline = [rich_once(text) for _ in range(RUNS)]
    cpu = statistics.median(run.cpu for run in runs)
    rich_cpu = statistics.median(seconds for seconds, _ in baseline)
    last = runs[-1].per_delta[1:]
    longest = statistics.median(max(run.per_delta[1:]) for run in runs)
    p99 = statistics.median(percentile(run.per_delta[1:], 0.99) for run in runs)
    print(
        f"{name:18} cpu {cpu / rich_cpu:5.2f}x  bytes {runs[0].characters / baseline[0][1]:5.2f}x  "
        f"p50 {percentile(last, 0.5) * 1e3:5.2f} ms  p99 {p99 * 1e3:5.2f} ms  longest {longest * 1e3:6.2f} ms  "
        f"lag {max(run.lag for run in runs) * 1e3:5.1f} ms  memory {memory_growth(text):5.1f} MB   {bounds}",
        flush=True,
    )
    return cpu


SINGLE: list[tuple[str, Callable[[int], str]]] = [
    ("fence", one_fence),
    ("list", one_list),
    ("table", one_table),
    ("paragraph", one_paragraph),
]


def main() -> None:
    """Measure all, or what the arguments name: answers, fence, list, table, paragraph."""
    wanted = sys.argv[1:]
    if not wanted or "answers" in wanted:
        bounds = "(1.2x, 0.8x, p99 0.5, longest 10, 8 MB)"
        measure("answer 3 KB", answer(3_000), "(no bound: the first run loads the lexers)")
        small = measure("answer 30 KB", answer(30_000), bounds)
        large = measure("answer 300 KB", answer(300_000), bounds)
        print(f"{'':18} growth 30 -> 300 KB: {large / small:.1f}x (10x)")
    for name, document in SINGLE:
        if not wanted or name in wanted:
            small = measure(f"{name} 20 KB", document(20_000), "(p99 2 ms, longest 10 ms)")
            large = measure(f"{name} 200 KB", document(200_000), "(p99 2 ms, longest 10 ms)")
            print(f"{'':18} growth 20 -> 200 KB: {large / small:.1f}x (10x)")


if __name__ == "__main__":
    main()
