"""Pictures of the program: a real run in an emulated terminal, drawn as SVG.

python tests/picture.py                          writes grokcli/help/session.svg, the picture in the README
python tests/picture.py --light -o light.svg     the same session in another palette, somewhere else

The answer comes from the scripted server, its deltas at the pace of a real one; what the terminal then shows is drawn cell
by cell. The same program makes the same picture but for the seconds that it took, so a picture that differs in nothing
else is left as it is.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import tempfile
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import pyte
from language import KEY, command
from responses import Item, citation, events, frame, message, web_search
from server import Connection, Reply, Server

SESSION = Path(__file__).parents[1] / "grokcli" / "help" / "session.svg"
COLUMNS, ROWS = 84, 40
# A wide choice: whatever a reader's system has, each run of text is fitted to its cells.
FONTS = "ui-monospace,SFMono-Regular,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
FONT_SIZE, CELL_WIDTH, CELL_HEIGHT, BASELINE = 14, 8.4, 20, 15
MARGIN, TITLE_BAR, RADIUS = 20, 40, 10
BUTTONS = ("#ec6a5e", "#f4bf4f", "#61c554")
# Which ways lines go from the centre: left, right, up, down.
BOXES = {"─": "lr", "│": "ud", "┼": "lrud", "├": "rud", "┤": "lud", "┬": "lrd", "┴": "lru",
         "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu"}  # fmt: skip

QUESTION = "httpx, aiohttp or requests for 500 API calls at once?"
TIMEOUTS = "https://www.python-httpx.org/advanced/timeouts/"
READ = (
    "https://www.python-httpx.org/advanced/resource-limits/",
    "https://docs.aiohttp.org/en/stable/client_advanced.html",
    "https://requests.readthedocs.io/en/latest/user/advanced/",
)
ANSWER = f"""\
## httpx or aiohttp

**requests** blocks its thread: 500 calls at once would take 500 threads. The other two
send them all from one.

| client | asyncio | HTTP/2 | connections at once |
|---|---|---|---|
| requests | no | no | one per thread |
| httpx | yes | optional | 100 by default |
| aiohttp | yes | no | 100 by default |

The other 400 calls wait for a connection. After *five seconds* of that, httpx raises
`PoolTimeout` [[1]]({TIMEOUTS}). Let them wait:

```python
timeout = httpx.Timeout(10, pool=None)  # wait for a connection as long as it takes
async with httpx.AsyncClient(timeout=timeout) as client:
    answers = await asyncio.gather(*(client.get(url) for url in urls))
```

- **httpx** if you also want HTTP/2, or the same API without asyncio
- **aiohttp** if you also want WebSockets, or a server
"""
ITEMS = (
    web_search("httpx aiohttp connection pool limit default", number=1),
    web_search("httpx PoolTimeout many concurrent requests", number=2),
    message(ANSWER, citation(TIMEOUTS, "1"), *map(citation, READ)),
)
USAGE = {
    "input_tokens": 9412,
    "output_tokens": 603,
    "total_tokens": 10015,
    "num_server_side_tools_used": 2,
    "cost_in_usd_ticks": 324_420_000,
}


class Palette(NamedTuple):
    """The colours of a terminal: its own two, those of the window, and the sixteen that programs name."""

    background: str
    foreground: str
    border: str
    colors: dict[str, str]


_NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
_ALL_NAMES = (*_NAMES, *(f"bright{name}" for name in _NAMES))


def _named(colors: str) -> dict[str, str]:
    return dict(zip(_ALL_NAMES, colors.split(), strict=True))


DARK = Palette(
    "#16191f", "#d7dae0", "#454b57",
    _named("#3b4048 #e8737d #93c978 #e3bf78 #6cb2f5 #cf86e6 #58bfcb #d7dae0 "
           "#6b7280 #f08a93 #a8d98f #efd08f #8ac4ff #dc9ff0 #75d3de #ffffff"),
)  # fmt: skip
LIGHT = Palette(
    "#fbfbfa", "#24292f", "#c5cad1",
    _named("#24292f #c32f3c #2f7d32 #8a6100 #1261c4 #8d3aa8 #0a7785 #6b7280 "
           "#57606a #d4434f #3b8f3e #9a7010 #2a75d6 #a14fbc #16899a #8b93a1"),
)  # fmt: skip


class Look(NamedTuple):
    """How a run of cells looks."""

    is_box: bool
    color: str
    background: str
    dim: bool
    bold: bool
    italics: bool
    underscore: bool
    strikethrough: bool


class Screen(pyte.Screen):
    """A terminal that knows dim text, as pyte does not. A cell keeps it as blinking, which nothing of ours does."""

    def select_graphic_rendition(self, *attributes: int, **more: object) -> None:
        rest = list(attributes)
        mapped: list[int] = []
        while rest:
            first = rest.pop(0)
            mapped += {2: [5], 22: [22, 25]}.get(first, [first])
            if first in (38, 48) and rest:  # the numbers of a colour follow
                count = 2 if rest[0] == 5 else 4
                mapped += rest[:count]
                del rest[:count]
        super().select_graphic_rendition(*mapped, **more)


class Picture:
    """What a screen shows, as SVG in a window of some palette."""

    def __init__(self, screen: pyte.Screen, title: str, palette: Palette = DARK) -> None:
        self.palette = palette
        self._screen = screen
        self._title = title
        self._rows = max((row for row, text in enumerate(screen.display) if text.strip()), default=0) + 1

    def svg(self) -> str:
        """Return the whole document; it loads nothing and runs nothing."""
        width = round(self._screen.columns * CELL_WIDTH + 2 * MARGIN)
        height = self._rows * CELL_HEIGHT + TITLE_BAR + MARGIN
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-labelledby="title" font-family="{FONTS}" font-size="{FONT_SIZE}">'
        )
        title = f'<title id="title">{escape(self._title)}</title>'
        rows = [line for row in range(self._rows) for line in self._row(row)]
        return "\n".join([head, title, *self._window(width, height), *rows, "</svg>", ""])

    def _window(self, width: int, height: int) -> Iterator[str]:
        palette = self.palette
        yield (
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="{RADIUS}" '
            f'fill="{palette.background}" stroke="{palette.border}"/>'
        )
        for number, color in enumerate(BUTTONS):
            yield f'<circle cx="{MARGIN + 2 + 20 * number}" cy="{TITLE_BAR // 2}" r="6" fill="{color}"/>'

    def _row(self, row: int) -> Iterator[str]:
        cells = [self._screen.buffer[row][column] for column in range(self._screen.columns)]
        column = 0
        for look, run in groupby(cells, self._look):
            text = [cell.data for cell in run]  # the second half of a wide character is ""
            yield from self._run(look, "".join(text), column, len(text), row)
            column += len(text)

    def _look(self, cell: pyte.screens.Char) -> Look:
        palette = self.palette
        color = palette.foreground if cell.fg == "default" else palette.colors.get(cell.fg, f"#{cell.fg}")
        background = palette.background if cell.bg == "default" else palette.colors.get(cell.bg, f"#{cell.bg}")
        if cell.reverse:
            color, background = background, color
        is_box = cell.data in BOXES
        return Look(is_box, color, background, cell.blink, cell.bold, cell.italics, cell.underscore, cell.strikethrough)

    def _run(self, look: Look, text: str, column: int, cells: int, row: int) -> Iterator[str]:
        x, y = MARGIN + column * CELL_WIDTH, TITLE_BAR + row * CELL_HEIGHT
        if look.background != self.palette.background:
            yield (
                f'<rect x="{x:g}" y="{y:g}" width="{cells * CELL_WIDTH:g}" height="{CELL_HEIGHT}" '
                f'fill="{look.background}"/>'
            )
        if look.is_box:
            yield _lines(look, text, column, y)
            return
        if not look.underscore and not look.strikethrough:
            x += (len(text) - len(text.lstrip())) * CELL_WIDTH
            cells -= len(text) - len(text.strip())
            text = text.strip()
        if text:
            yield (
                f'<text x="{x:g}" y="{y + BASELINE:g}" textLength="{cells * CELL_WIDTH:g}" '
                f'lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{look.color}"'
                f"{''.join(_attributes(look))}>{escape(text)}</text>"
            )


def _lines(look: Look, text: str, column: int, y: float) -> str:
    """Draw box characters, as terminals do: those of a font leave gaps between the rows."""
    path = ""
    middle = y + CELL_HEIGHT // 2 + 0.5
    for at, character in enumerate(text, column):
        left = MARGIN + at * CELL_WIDTH
        centre = int(left + CELL_WIDTH / 2) + 0.5
        ends = {"l": f"H{left:g}", "r": f"H{left + CELL_WIDTH:g}", "u": f"V{y:g}", "d": f"V{y + CELL_HEIGHT:g}"}
        path += "".join(f"M{centre:g} {middle:g}{ends[way]}" for way in BOXES[character])
    opacity = ' stroke-opacity="0.6"' if look.dim else ""
    return f'<path d="{path}" stroke="{look.color}"{opacity}/>'


def _attributes(look: Look) -> Iterator[str]:
    if look.dim:
        yield ' fill-opacity="0.6"'
    if look.bold:
        yield ' font-weight="bold"'
    if look.italics:
        yield ' font-style="italic"'
    if look.underscore or look.strikethrough:
        lines = ["underline"] * look.underscore + ["line-through"] * look.strikethrough
        yield f' text-decoration="{" ".join(lines)}"'


def masked(svg: str) -> str:
    """Return a picture without the seconds that `--usage` ends with: they differ from run to run."""
    return re.sub(r'textLength="[\d.]+"([^<]* · )[\d.]+ s<', r"\1<", svg)


def streamed(items: tuple[Item, ...], usage: Item, pace: float) -> Reply:
    """Return a reply that streams each event by itself, a delta every `pace` seconds and searches more slowly."""

    def play(connection: Connection) -> None:
        connection.stream_head()
        for document in events(*items, usage=usage):
            is_delta = document["type"].endswith(".delta")
            if pace:
                time.sleep(pace if is_delta else 10 * pace)
            connection.chunk(frame([document]))
        connection.end()

    return play


def run_in_terminal(words: list[str], reply: Reply, *, columns: int = COLUMNS, rows: int = ROWS) -> Screen:
    """Type `grok` and `words`, have `reply` answer, and return what the terminal shows at the end."""
    import pexpect

    screen = Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    stream.feed(f"\x1b[1;32m$\x1b[0m {_typed(words)}\r\n".encode())
    server = Server()
    server.reply(reply)
    with tempfile.TemporaryDirectory() as home:
        environ = {
            "PATH": os.environ["PATH"], "HOME": home, "GROKCLI_HOME": home, "LANG": "C.UTF-8",
            "TERM": "xterm-256color", "COLORTERM": "truecolor",
            "XAI_API_KEY": KEY, "XAI_BASE_URL": server.url, "GROK_API": "responses",
        }  # fmt: skip
        program, *arguments = command(*words)
        child = pexpect.spawn(program, arguments, env=environ, dimensions=(rows, columns), timeout=60)
        stream.feed(child.read())
        child.close()
    server.close()
    assert child.exitstatus == 0, screen.display
    return screen


def _typed(words: list[str]) -> str:
    """Return the words as somebody would type them."""
    return " ".join(["grok", *(word if shlex.quote(word) == word else f'"{word}"' for word in words)])


def session(palette: Palette = DARK, pace: float = 0.0) -> Picture:
    """Return the picture of the README."""
    words = ["ask", "--search", "-u", QUESTION]
    return Picture(run_in_terminal(words, streamed(ITEMS, USAGE, pace)), _typed(words), palette)


def main() -> None:
    """Write the picture, unless the one that is there differs from it in nothing but seconds."""
    parser = argparse.ArgumentParser(description="Draw the picture of the README.")
    parser.add_argument("-o", "--output", type=Path, default=SESSION, metavar="FILE", help="where to write it")
    parser.add_argument("--light", action="store_true", help="use the light palette")
    options = parser.parse_args()
    svg = session(LIGHT if options.light else DARK, pace=0.02).svg()
    if options.output.exists() and masked(options.output.read_text("utf-8")) == masked(svg):
        print(f"{options.output} is up to date")
        return
    options.output.write_text(svg, "utf-8")
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
