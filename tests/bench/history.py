"""How fast `grok history` answers on a large store, as ratios to a bare sqlite3 script with the same query.

    python tests/bench/history.py

10,000 conversations with 200,000 messages are made first, in a temporary folder.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grokcli.chat import assistant, user
from grokcli.store import writing
from grokcli.store.store import FILE_NAME, Store

CONVERSATIONS = 10_000
MESSAGES_EACH = 20
RUNS = 11
BOUND = 3.0
GROK = [str(Path(sys.executable).with_name("grok")), "history"]

LIST = """SELECT id, updated, model, title,
    (SELECT count(*) FROM message WHERE conversation = conversation.id AND superseded = 0)
    FROM conversation ORDER BY used DESC LIMIT 20"""
SEARCH = """SELECT conversation.id, updated, conversation.model, title, snippet(message_text, 0, '', '', '…', 16)
    FROM message_text JOIN message ON message.id = message_text.rowid
    JOIN conversation ON conversation.id = message.conversation
    WHERE message_text MATCH ? ORDER BY message_text.rowid DESC LIMIT 20"""
BARE = (
    "import sqlite3, sys\n"
    "for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2], sys.argv[3:]): print(*row, sep='  ')"
)
# How many of the 200,000 messages hold the word.
WORDS = {"rare": 20, "frequent": 20_000}


def main() -> None:
    """Print every figure beside its bound."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "data" / FILE_NAME
        begin = time.perf_counter()
        generate(path)
        size = path.stat().st_size / 1e6
        print(f"made {CONVERSATIONS * MESSAGES_EACH:,} messages, {size:.0f} MB, in {time.perf_counter() - begin:.0f} s")
        queries = [("list", ["list"], LIST, ())]
        queries += [(f"search {word}", ["search", word], SEARCH, (f'"{word}"*',)) for word in WORDS]
        for name, words, query, values in queries:
            compare(name, path, words, query, values)
        row_of("search of what is nowhere, in process", timed(lambda: ours(path, ["search", "xqzw"])) * 1000, "ms")
        runs = [ask(path) for _ in range(RUNS)]
        for name in runs[0]:
            row_of(name, statistics.median(times[name] for times in runs) * 1000, "ms")


def compare(name: str, path: Path, words: list[str], query: str, values: tuple[str, ...]) -> None:
    """Print both ratios of one query."""
    row(f"{name}, in process", *in_turn(lambda: ours(path, words), lambda: bare(path, query, values)))
    environ = os.environ | {"GROKCLI_HOME": str(path.parent.parent)}
    script = [sys.executable, "-c", BARE, str(path), query, *values]
    typer = [sys.executable, "-c", f"import typer\n{BARE}", str(path), query, *values]
    what = f"{name}, process, to a script that imports typer"
    row(what, *in_turn(lambda: run([*GROK, *words], environ), lambda: run(typer, environ)))
    # No bound: importing typer alone is more than three of these scripts.
    process, yardstick = in_turn(lambda: run([*GROK, *words], environ), lambda: run(script, environ))
    row_of(f"{name}, process, to the bare script", process / yardstick, "x")


def generate(path: Path) -> None:
    """Fill a store, in one transaction, with messages of 20 to 200 words."""
    chance = random.Random(7)  # the same store each time
    vocabulary = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(5000)]
    total = CONVERSATIONS * MESSAGES_EACH

    def fill(connection: sqlite3.Connection) -> None:
        for number in range(CONVERSATIONS):
            key = writing.create(connection, "grok-4.7", f"conversation {number}", 1e9 + number)
            for place in range(MESSAGES_EACH):
                at = number * MESSAGES_EACH + place
                words = chance.choices(vocabulary, k=chance.randint(20, 200))
                words += [word for word, count in WORDS.items() if at % (total // count) == 0]
                message = assistant(" ".join(words)) if place % 2 else user(" ".join(words))
                writing.add(connection, key, message, "grok-4.7", 1e9 + number)

    with Store(path, print) as store:
        store.transaction(fill)


def ours(path: Path, words: list[str]) -> None:
    """Do in this process what the command does."""
    with Store(path, print) as store:
        store.conversations(20) if words[0] == "list" else store.search(words[1], 20)


def bare(path: Path, query: str, values: tuple[str, ...]) -> None:
    """Do the same with nothing but sqlite3."""
    connection = sqlite3.connect(path)
    connection.execute(query, values).fetchall()
    connection.close()


def ask(path: Path) -> dict[str, float]:
    """Return the seconds that one question and its answer spend in the store."""
    begin = time.perf_counter()
    store = Store(path, print)
    key = store.create(model="grok-4.7", title="why?")
    store.add(key, user("why?"))
    answer = store.begin_answer(key, model="grok-4.7")
    before = time.perf_counter()
    answer.write("because")
    answer.finish(assistant("because"), finish_reason="stop", usage=None, model="grok-4.7")
    after = time.perf_counter()
    store.close()
    return {
        "ask: open the store, keep the question": before - begin,
        "ask: keep the answer": after - before,
        "ask: close the store": time.perf_counter() - after,
    }


def run(command: list[str], environ: dict[str, str]) -> None:
    """Run a command to its end."""
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Return the medians, in seconds, of two things that are done in turn, after one of each to warm up."""
    first(), second()
    pairs = [(timed(first), timed(second)) for _ in range(RUNS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def row(what: str, seconds: float, yardstick: float) -> None:
    """Print one ratio and its two times."""
    verdict = "ok" if seconds <= BOUND * yardstick else "OVER"
    times = f"{seconds * 1000:.1f} ms to {yardstick * 1000:.1f} ms"
    print(f"{what:55} {seconds / yardstick:6.2f} x  (bound {BOUND:g}) {verdict:4} {times}", flush=True)


def row_of(what: str, figure: float, unit: str) -> None:
    """Print one figure."""
    print(f"{what:55} {figure:6.2f} {unit}", flush=True)


if __name__ == "__main__":
    main()
