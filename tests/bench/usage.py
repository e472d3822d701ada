"""How fast `grok usage` answers, as ratios to a bare sqlite3 script with the same sums.

    python tests/bench/usage.py

A store with 10,000 requests is made first, in a temporary folder.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import tempfile
from pathlib import Path

from history import BARE, bare, in_turn, row, run

from grokcli.events import Usage
from grokcli.store import writing
from grokcli.store.store import FILE_NAME, Store
from grokcli.store.usage import By

REQUESTS = 10_000
GROK = str(Path(sys.executable).with_name("grok"))
KEYS: dict[By, str] = {"day": "date(created, 'unixepoch', 'localtime')", "model": "model"}
SUMS = """SELECT {0}, sum(question), sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens),
    sum(server_tool_calls), sum(cost_in_usd_ticks) FROM request GROUP BY {0}"""


def main() -> None:
    """Print every figure beside its bound."""
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "data" / FILE_NAME
        generate(path)
        for by, key in KEYS.items():
            compare(path, by, SUMS.format(key))


def compare(path: Path, by: By, query: str) -> None:
    """Print both ratios of one table."""
    row(f"by {by}, in process", *in_turn(lambda: ours(path, by), lambda: bare(path, query, ())))
    environ = os.environ | {"GROKCLI_HOME": str(path.parent.parent)}
    script = [sys.executable, "-c", f"import typer\n{BARE}", str(path), query]
    words = [GROK, "usage", "--by", by]
    what = f"by {by}, process, to a script that imports typer"
    row(what, *in_turn(lambda: run(words, environ), lambda: run(script, environ)))


def generate(path: Path) -> None:
    """Fill a store with requests of a year."""
    chance = random.Random(7)  # the same store each time

    def fill(connection: sqlite3.Connection) -> None:
        for number in range(REQUESTS):
            usage = Usage(chance.randrange(10**5), chance.randrange(10**4), 10, 10, chance.randrange(10**9))
            at = 1.7e9 + number * 365 * 86400 / REQUESTS
            writing.count(connection, "ask", chance.choice(["grok-4.7", "grok-4.3"]), "", True, usage, at)

    with Store(path, print) as store:
        store.transaction(fill)


def ours(path: Path, by: By) -> None:
    """Do in this process what the command does."""
    with Store(path, print) as store:
        store.usage(by)


if __name__ == "__main__":
    main()
