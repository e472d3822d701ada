"""What hostile models, servers, files and names try, by class: each attempt goes through the real program.

    python tests/attacks.py [CLASS...]

Each class is a table of attempts and a judge of what came of them. A line is printed for each class, and one for each
attempt that got through; the exit code is 1 if any did. No attempt reaches another machine: every name and address
but those of the scripted servers is refused, and dialling one is held against the program.
"""

from __future__ import annotations

import atexit
import base64
import gzip
import io
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import pyte  # like the next ones found through the path above, or a package of the tests
import responses as wire
from language import Result, Screen, piped, until, written
from server import Connection, Reply, Request, Server, answer, body, calls, data, delta, finish, stream

from grokcli.cli import main as grok
from grokcli.env import Env
from grokcli.terminal.console import Console

# No two of its fragments are alike, and none is a word.
KEY = "xai-q7ZpT3vKx9LmB2wRf8NcYd5HsJ1gUaE6oVtQ4iXkPz0DbWyGhMnSrCjFlAu7e2R9TqLvB5KxZ3mHnW8pYd4c"
SECONDS = 10  # longer than any attempt takes that does not hang; the longest is a second
# In memory where that is possible: the disk is not what is attacked, and it is slow.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
FORGED = "FORGED"
# The harmless beginning of what a model wants to have done, and its harmful end.
HEAD, TAIL = "HEAD7pq", "rmTAIL9xz"
# How our own lines begin, those that a user trusts.
PREFIXES = ("call:", "run it? [y/N/always]", "error:", "hint:", "warning:")


# ---- one attempt


class Link(str):
    """The target of a symbolic link, in the tree of an attempt."""


class Special(str):
    """A file that is no file: "fifo" or "socket"."""


@dataclass(frozen=True)
class Shot:
    """What a user does: one command, with the server, the files and the environment that it meets.

    The commands in `then` follow in the same home. `terminals` says which of stdout and stderr are terminals.
    """

    words: tuple[str, ...] = ("ask", "hi")
    replies: tuple[Reply, ...] = (answer("fine"),)
    stdin: str | None = None
    tree: Mapping[str, str | bytes] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    then: tuple[tuple[str, ...], ...] = ()
    terminals: str = ""


@dataclass(frozen=True)
class Seen:
    """What came of a shot: the results of its commands, what the server was sent, and the folder of it all."""

    results: list[Result]
    requests: list[Request]
    root: Path

    @property
    def text(self) -> str:
        return "".join(result.out + result.err for result in self.results)


class HangsError(BaseException):
    """An attempt did not end. No Exception, so that the program does not take it for one of its own."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise HangsError in here when the time is up."""

    def ring(*_: object) -> None:
        raise HangsError

    before = signal.signal(signal.SIGALRM, ring)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)  # a script in the background ignores it
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.signal(signal.SIGINT, interrupt)


@contextmanager
def folder(tree: Mapping[str, str | bytes]) -> Iterator[Path]:
    """Make the files of `tree` in a new working folder, `work` inside it, and go there."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        root = Path(name).resolve()
        for path, content in {"work/.keep": "", "outside/.keep": "", "home/.keep": "", **tree}.items():
            _make(root / path, content)
        os.chdir(root / "work")
        try:
            yield root
        finally:
            os.chdir(before)


def _make(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Link):
        path.symlink_to(content)
    elif content == Special("fifo") and isinstance(content, Special):
        os.mkfifo(path)
    elif isinstance(content, Special):
        with socket.socket(socket.AF_UNIX) as bound, suppress(OSError):  # the name may be too long for a socket
            bound.bind(str(path))
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))


def world(root: Path, url: str, key: str = KEY) -> dict[str, str]:
    """Return the environment of a user with a key, whose server is at `url`."""
    home = str(root / "home")
    return {
        "PATH": os.environ["PATH"], "HOME": home, "GROKCLI_HOME": home, "XAI_API_KEY": key, "XAI_BASE_URL": url,
        "GROK_RETRY_DELAY": "0", "GROK_STDIN_TIMEOUT": "0.2", "TERM": "xterm-256color",
    }  # fmt: skip


def fire(shot: Shot, key: str = KEY) -> tuple[Seen, dict[str, bytes]]:
    """Do what the user does; return what came of it, and the files that were not there before."""
    server = Server()
    server.script(shot.replies)
    try:
        with folder(shot.tree) as root:
            environ = {**world(root, server.url, key), **shot.environ}
            results = [_run(words, shot, environ) for words in (shot.words, *shot.then)]
            before = {root / path for path in shot.tree} | {root / "home" / "config" / "credentials.toml"}
            new = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*")
                   if path.is_file() and not path.is_symlink() and path not in before}  # fmt: skip
            return Seen(results, server.requests, root), new
    finally:
        server.close()


def _run(words: tuple[str, ...], shot: Shot, environ: dict[str, str]) -> Result:
    out, err = Screen("out" in shot.terminals), Screen("err" in shot.terminals)
    with piped(shot.stdin) as stdin:
        code = grok(words, Env(Console(stdin, out, err), environ))
    return Result(code, written(out), written(err))


# ---- what may not be in what is shown


OURS = re.compile(
    "\r\x1b\\[K|\x1b\\[[0-9;]*m|\x1b\\[\\?(?:2026|7|25)[hl]|\x1b\\[[0-9]*[AC]|\x1b\\[[0-9]*[JK]|"
    "\x1b\\]8;;(?:(?:https?://|mailto:)[\x21-\x7e]+)?\x1b\\\\",
    re.IGNORECASE,
)
OBEYED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# Our own display returns to the beginning of a line too, but not to write there what an attempt wants to have there.
CARRIAGE = re.compile(rf"\r(?={FORGED}|{TAIL}|{'|'.join(re.escape(one) for one in PREFIXES)})")
FORGERY = re.compile(rf"^(?:{'|'.join(re.escape(one) for one in PREFIXES)})\s*(?:y\s*)?{FORGED}")


def steering(raw: str) -> list[str]:
    """Return what a terminal would obey in `raw` beside the sequences that we send on purpose."""
    rest = OURS.sub("", raw)
    return sorted({repr(one) for one in OBEYED.findall(rest) + CARRIAGE.findall(rest)})


def rows_of(raw: str, columns: int = 80) -> list[str]:
    """Return every row that a terminal of that width shows of `raw`."""
    screen = pyte.HistoryScreen(columns, 24, history=20_000, ratio=0.5)
    pyte.Stream(screen).feed(raw.replace("\r\n", "\n").replace("\n", "\r\n"))
    lines = [*screen.history.top, *(screen.buffer[number] for number in range(24))]
    return ["".join(line[column].data for column in range(columns)).rstrip() for line in lines]


def forged(raw: str) -> list[str]:
    """Return the rows of a terminal that look as if we had written them."""
    return [row for row in rows_of(raw) if FORGERY.match(row)] if FORGED in raw else []


def fragments(secret: str, text: str) -> list[str]:
    """Return the fragments of 8 characters of `secret` that are in `text`."""
    return [part for start in range(len(secret) - 7) if (part := secret[start : start + 8]) in text]


def crashed(seen: Seen) -> list[str]:
    """Return what of a bug of ours was shown."""
    return [line for line in seen.text.splitlines() if "Traceback" in line or "bug in grok" in line]


# ---- consent: what hides from the question whether it may run

MUCH = 4000
TOOLS = """
from functools import lru_cache
from pathlib import Path
from typing import Any
def wipe_disk(command: str, note: str = "", more: Any = None) -> str:
    "Run a command."
    with Path(__file__).with_name("ran").open("a") as file: file.write(command)
    return "done"
def look(path: str) -> str:
    "Look."
    return "seen"
"""
# Each is repeated between the harmless head and the harmful tail of an argument, to push one of them off the screen.
FILLS = {
    "spaces": " ", "newlines": "\n", "tabs": "\t", "vertical tabs": "\v", "form feeds": "\f", "CR": "\r", "CR LF": "\r\n",
    "backspaces": "\b", "NUL": "\0", "bells": "\a", "DEL": "\x7f", "NEL": "\x85", "no-break spaces": "\xa0",
    "soft hyphens": "\xad", "grapheme joiners": "\u034f", "Hangul choseong fillers": "\u115f",
    "Hangul jungseong fillers": "\u1160", "Ogham spaces": "\u1680", "Khmer inherent vowels": "\u17b4\u17b5",
    "Mongolian vowel separators": "\u180e", "Mongolian variation selectors": "\u180b", "en quads": "\u2000",
    "em quads": "\u2001", "en spaces": "\u2002", "em spaces": "\u2003", "thirds": "\u2004", "quarters": "\u2005",
    "sixths": "\u2006", "figure spaces": "\u2007", "punctuation spaces": "\u2008", "thin spaces": "\u2009",
    "hair spaces": "\u200a", "zero width spaces": "\u200b", "ZWNJ": "\u200c", "ZWJ": "\u200d", "LRM": "\u200e",
    "RLM": "\u200f", "line separators": "\u2028", "paragraph separators": "\u2029", "LRE": "\u202a", "RLO": "\u202e",
    "narrow no-break spaces": "\u202f", "mathematical spaces": "\u205f", "word joiners": "\u2060",
    "invisible times": "\u2062", "LRI": "\u2066", "PDI": "\u2069", "swapping": "\u206a", "ideographic spaces": "\u3000",
    "Hangul fillers": "\u3164", "braille blanks": "\u2800", "variation selectors": "\ufe0f", "BOM": "\ufeff",
    "halfwidth fillers": "\uffa0", "annotations": "\ufff9", "object replacements": "\ufffc", "noncharacters": "\ufdd0",
    "private use": "\ue000", "musical fillers": "\U0001d173", "tag characters": "\U000e0041", "VS17": "\U000e0100",
    "combining acutes": "\u0301", "enclosing circles": "\u20dd", "Arabic letter marks": "\u061c", "ZWJ emoji": "👩\u200d",
    "ESC": "\x1b", "SGR conceal": "\x1b[8m", "cursor up": "\x1b[A", "erase screen": "\x1b[2J", "erase line": "\x1b[K",
    "cursor home": "\x1b[H", "alternate screen": "\x1b[?1049h", "OSC 0": "\x1b]0;t\x07", "C1 CSI": "\x9b2J",
    "OSC 8": "\x1b]8;;https://x.test\x1b\\", "DCS": "\x1bPq\x1b\\", "APC": "\x1b_x\x1b\\", "wide": "漢", "letters": "a",
    "dots": ".", "ellipses": "…", "quotes": '"', "backslashes": "\\", "emoji": "🙂", "surrogates": "\ud800",
}  # fmt: skip
# What occupies no cell: of a few of these nothing would be seen.
INVISIBLE = re.compile(
    "[\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
SAYS_HOW_MUCH = re.compile(
    r"\d[\d,.]*\s*(?:more|other|further|hidden|invisible|characters?|bytes?|lines?|spaces|arguments|keys|calls)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ask:
    """A call whose question is judged: what the model sends, and what must be on the screen when it is asked about.

    `typed` is what the user typed before.
    """

    calls: tuple[tuple[str, str], ...]
    needs: tuple[str, ...] = ("wipe_disk", HEAD, TAIL)
    text: str = ""
    typed: str = ""


def one(command: str, **more: Any) -> Ask:
    return Ask((("wipe_disk", json.dumps({"command": command, **more})),))


def bare(arguments: str, *needs: str) -> Ask:
    return Ask((("wipe_disk", arguments),), ("wipe_disk", *needs))


def _object(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"


DANGER = f"{HEAD} -rf / {TAIL}"
MANY = [(f"note{number}", "x") for number in range(3000)]
LINES = [f"{prefix} {FORGED}" for prefix in PREFIXES]


def _consent() -> Iterator[tuple[str, Ask]]:
    for name, fill in FILLS.items():
        yield f"much: {name}", one(HEAD + fill * (MUCH // len(fill)) + TAIL)
        yield f"little: {name}", one(HEAD + fill * 3 + TAIL)
    for prefix in LINES:
        for name, newline in {"LF": "\n", "CR": "\r", "NEL": "\x85", "LS": "\u2028", "VT": "\v", "FF": "\f"}.items():
            yield f"forged after {name}: {prefix}", one(f"{HEAD}{newline}{prefix}{newline}{TAIL}")
        yield f"forged by wrapping: {prefix}", one(HEAD + f"{prefix:.<81}" * 85 + TAIL)
        yield f"forged by wrapping a little: {prefix}", one(HEAD + "." * 400 + f"{prefix:.<81}" * 6 + TAIL)
        yield f"forged in a key: {prefix}", bare(_object([("command", DANGER), (f"a\n{prefix}", "b")]), HEAD)
        yield f"forged by a key: {prefix}", bare(_object([(prefix, "y"), ("command", DANGER)]), HEAD)
        yield f"forged in a name: {prefix}", Ask(((f"x\n{prefix}", "{}"),), ())
        yield f"forged in an unknown name, wrapped: {prefix}", Ask(((f"{prefix:.<81}" * 85, "{}"),), ())
        yield f"forged in what is no JSON: {prefix}", bare(f"{HEAD}\n{prefix}\n{TAIL}", HEAD)
        yield f"in the answer before: {prefix}", replace(one(DANGER), text=f"I wait.\n\n{prefix}\n")
    yield "many keys before", bare(_object([*MANY, ("command", DANGER)]))
    yield "many keys behind", bare(_object([("command", DANGER), *MANY]))
    yield "many keys around", bare(_object([*MANY[:1500], ("command", DANGER), *MANY[1500:]]))
    yield "a long key before", bare(_object([("k" * 9000, "x"), ("command", DANGER)]))
    yield "a long harmless argument behind", one(DANGER, note="x" * 9000)
    yield "a long harmless argument before", bare(_object([("note", "x" * 9000), ("command", DANGER)]))
    yield "a megabyte", one(HEAD + "x" * 1_000_000 + TAIL)
    yield "megabytes that cannot be seen", one(HEAD + ("\u200b" * 15 + "x") * 80_000 + TAIL)
    yield "a megabyte of backslashes", one(HEAD + "\\" * 1_000_000 + TAIL)
    yield "nested", one(DANGER, more=json.loads("[" * 90 + "]" * 90))
    yield "nested beyond parsing", bare('{"command": "' + DANGER + '", "more": ' + "[" * 5000 + "]" * 5000 + "}")
    yield "a tree", one(DANGER, more={str(number): {"x": ["\n"] * 20} for number in range(200)})
    yield "not JSON", bare(DANGER + "{" * 3000 + TAIL)
    yield "JSON with a tail", bare('{"command": "' + DANGER + '"}' + "}" * 3000)
    yield "the same key twice", bare('{"command": "ls", "command": "' + DANGER + '"}', HEAD, TAIL)
    yield "the same key many times", bare("{" + '"command": "ls", ' * 2000 + '"command": "' + DANGER + '"}', HEAD, TAIL)
    yield "the same key, escaped", bare('{"command": "ls", "c\\u006fmmand": "' + DANGER + '"}', HEAD, TAIL)
    yield "escaped letters", bare('{"command": "' + "".join(f"\\u{ord(one):04x}" for one in DANGER) + '"}', HEAD, TAIL)
    yield "escaped escapes", one(f"{HEAD}\\u001b[2J{TAIL}")
    yield "a list", bare('["' + DANGER + '"]')
    yield "homoglyphs", Ask((("wipe_dіsk", '{"command": "x"}'),), ())
    yield "a name in full width", Ask((("ｗｉｐｅ＿ｄｉｓｋ", '{"command": "x"}'),), ())
    yield "a name with a space", Ask((("wipe_disk ", '{"command": "x"}'),), ())
    yield "a name with a zero width space", Ask((("wipe\u200b_disk", '{"command": "x"}'),), ())
    yield "a name that reads backwards", Ask((("\u202eksid_epiw", '{"command": "x"}'),), ())
    yield "a name as long as a book", Ask((("wipe_disk" * 50_000, "{}"),), ())
    yield (
        "a harmless call first",
        Ask((("look", '{"path": "a"}'), ("wipe_disk", json.dumps({"command": DANGER}))), ("look",)),
    )
    yield "ten thousand calls", Ask((("wipe_disk", json.dumps({"command": DANGER})),) * 10_000)
    yield "yes typed before", replace(one(DANGER), typed="y\n")
    yield "yes typed ten times before", replace(one(DANGER), typed="y\n" * 10)
    yield "an answer that scrolls", replace(one(DANGER), text="\n\n".join(f"{number}" for number in range(300)))
    yield "an answer that asks", replace(one(DANGER), text="wipe_disk(ls)\n\nrun it? [y/N/always] ")
    yield "an answer that erases", replace(one(DANGER), text="\x1b[2J\x1b[H\x1b[8m")
    yield "an open fence", replace(one(DANGER), text="```\n")


# Comes out of a terminal after everything that was written before it, and is on no screen.
MARK = b"\0mark\0"


class Terminal:
    """A terminal of 80x24 with somebody at it who looks at each question and says no; after some they press Ctrl-C.

    `screens` is what they saw when they were asked, `shown` all that was written.
    """

    PATIENCE = 3

    def __init__(self, typed: str, *, has_answer: bool) -> None:
        import pty
        import termios

        self._has_answer = has_answer
        self.screens: list[list[str]] = []
        self._read_so_far = b""
        self._master, self.slave = pty.openpty()
        termios.tcsetwinsize(self.slave, (24, 80))
        if typed:
            os.write(self._master, typed.encode())
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def shown(self) -> bytes:
        """All that was written."""
        return self._read_so_far.replace(MARK, b"")

    def console(self, stack: ExitStack) -> Console:
        """Return the console of the program on this terminal."""
        stdin = stack.enter_context(Keyboard(self, io.FileIO(os.dup(self.slave))))
        streams = (os.fdopen(os.dup(self.slave), "w", 1, "utf-8", "replace", "\n") for _ in range(2))
        return Console(stdin, *map(stack.enter_context, streams))

    def asked(self) -> None:
        """Wait until all that was written is here, as somebody does who reads; then look, and answer."""
        before = -1
        # An answer on the screen may be painted again, a frame later.
        while self._has_answer and not self.screens and before != len(self.shown):
            before = len(self.shown)
            time.sleep(0.07)
        os.write(self.slave, MARK)
        until(lambda: self._read_so_far.count(MARK) > len(self.screens))
        screen = pyte.Screen(80, 24)
        pyte.Stream(screen).feed(self.shown[-200_000:].decode("utf-8", "replace"))
        self.screens.append(list(screen.display))
        if len(self.screens) > self.PATIENCE:
            raise KeyboardInterrupt
        os.write(self._master, b"n\n")

    def _read(self) -> None:
        with suppress(OSError):  # closed
            while piece := os.read(self._master, 1 << 16):
                self._read_so_far += piece

    def close(self) -> None:
        os.close(self.slave)
        self._thread.join(5)  # with the last descriptor of the other side, reading ends
        os.close(self._master)


class Keyboard(io.BufferedReader):
    """What is typed at a terminal. Who reads a line from it has asked something."""

    def __init__(self, terminal: Terminal, raw: io.FileIO) -> None:
        super().__init__(raw)
        self._terminal = terminal

    def readline(self, size: int | None = -1) -> bytes:
        self._terminal.asked()
        return super().readline(size)


def try_consent(ask: Ask) -> list[str]:
    """Let the model ask for the calls, say no, and return what was hidden, forged or done all the same."""
    server = Server()
    wanted = [(name, arguments) for name, arguments in ask.calls]
    server.script([_called(wanted, ask.text), answer("Well.")])
    with folder({"work/tools.py": TOOLS}) as root, closing(server):
        terminal = Terminal(ask.typed, has_answer=bool(ask.text))
        with closing(terminal), ExitStack() as stack:
            env = Env(terminal.console(stack), world(root, server.url))
            code = grok(("ask", "--no-save", "--tool", "tools.py", "do it"), env)
        ran = Path("ran").exists()
    shown = terminal.shown.decode("utf-8", "replace")
    wrong = ["it ran, and the answer was no"] if ran else []
    wrong += [f"exit code {code}"] if code not in (0, 1, 2, 5, 6, 7, 130) else []
    wrong += [f"forged: {row}" for row in ([] if ask.text else forged(shown[-300_000:]))]
    wrong += [f"steers the terminal: {', '.join(found)}"] if (found := steering(shown)) else []
    wrong += ["a bug in grok"] if "bug in grok" in shown else []
    if not ask.text and (unseen := sorted(set(INVISIBLE.findall(shown)))):
        wrong.append(f"nobody sees {unseen}")
    if re.search(r"[\u0300-\u036f\u20d0-\u20ff]{9}", shown):
        wrong.append("combining marks are stacked")
    for screen in terminal.screens[:1]:
        wrong += _missing(ask.needs, screen)
    return wrong


def _called(wanted: list[tuple[str, str]], text: str) -> Reply:
    if any("\ud800" in arguments for _, arguments in wanted):
        wanted = [(name, json.dumps(json.loads(arguments))) for name, arguments in wanted]
    return calls(*wanted, text=text)


def _missing(needs: tuple[str, ...], screen: list[str]) -> list[str]:
    """Return what of `needs` is not on the screen of the question; a number of what is hidden stands for arguments."""
    packed = re.sub(r"[\s│┃|]", "", "".join(screen))
    name, *parts = needs or ("",)
    wrong = [f"{name} is not on the screen"] if name not in packed else []
    if not SAYS_HOW_MUCH.search(" ".join(row.strip() for row in screen)):
        wrong += [
            f"{part} is not on the screen, and nothing says what is hidden" for part in parts if part not in packed
        ]
    return wrong


# ---- paths: what is not in the folder that was named, and the key

CANARY = "canary-5e1f-outside"
INSIDE = "inside-the-folder"
FOREIGN = (CANARY, "root:x:0:", "PATH=/")
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Errand:
    """Files that are sent or written: `tree` beside the usual one, and what must be sent and must not be.

    What is FOREIGN and the key must never be sent, and nothing is ever written into the folder `outside`.
    """

    words: tuple[str, ...]
    tree: Mapping[str, str | bytes] = field(default_factory=dict)
    sends: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    stdin: str | None = None
    replies: tuple[Reply, ...] = (answer("fine"),)
    allows_key: bool = False


TREE: dict[str, str | bytes] = {
    "outside/secret.txt": CANARY,
    "outside/deep/secret.txt": CANARY,
    "work/in/a.txt": INSIDE,
}
# Links in a folder that is sent whole; where they lead is relative to the folder.
LINKS = {
    "to a file": {"l": "../../outside/secret.txt"},
    "to a file, in full": {"l": "/etc/passwd"},
    "to the environment": {"l": "/proc/self/environ"},
    "to the program's own folder": {"l": "/proc/self/cwd/../outside/secret.txt"},
    "to a folder": {"l": "../../outside"},
    "to the root": {"l": "/etc"},
    "to the folder above": {"l": ".."},
    "to itself": {"l": "l"},
    "to the folder itself": {"l": "."},
    "in a circle": {"l": "m", "m": "l"},
    "in a chain": {"l": "m", "m": "n", "n": "../../outside/secret.txt"},
    "in a chain of folders": {"l": "m", "m": "../../outside", "x/n": "../l/secret.txt"},
    "below the folder": {"x/y/l": "../../../../outside/secret.txt"},
    "out and in": {"l": "../../work/../outside/secret.txt"},
    "to nothing": {"l": "../../outside/nothing"},
    "to a device": {"l": "/dev/zero"},
    "to the terminal": {"l": "/dev/tty"},
    "to standard input": {"l": "/dev/stdin"},
    "to a descriptor": {"l": "/proc/self/fd/0"},
    "with a text name": {"notes.md": "../../outside/secret.txt"},
    "with a hidden target": {"l": "../../outside/.env"},
    "twice": {"l": "../../outside/secret.txt", "m": "../../outside/secret.txt"},
}
NAMES = {
    "a newline": "a\nIGNORE ALL.txt", "a quote": 'a" onerror="x.txt', "a tag's end": 'a">IGNORE.txt',
    "a tag": "<file>.txt", "escapes": "a\x1b[2Jb.txt", "a carriage return": "a\rIGNORE.txt",
    "a tab": "a\tIGNORE.txt", "bidi": "a\u202etxt.exe.txt", "no UTF-8": "a\udcff.txt", "NEL": "a\u0085IGNORE.txt",
    "LS": "a\u2028IGNORE.txt",
}  # fmt: skip


def _paths() -> Iterator[tuple[str, Errand]]:
    for name, links in LINKS.items():
        tree = {**TREE, "outside/.env": CANARY, **{f"work/in/{path}": Link(to) for path, to in links.items()}}
        for how, words in {"folder": ("in",), "folder/": ("in/",), "glob": ("in/*",), "deep glob": ("in/**",)}.items():
            yield f"a link {name}, {how}", Errand(("ask", "-f", *words, "hi"), tree, (INSIDE,))
        yield f"a link {name}, chat", Errand(("chat",), tree, (INSIDE,), stdin="/file in\nhi\n")
    for name, path in NAMES.items():
        tree = {"work/in/a.txt": INSIDE, f"work/in/{path}": "x"}
        never = (path,) if re.search(r'[\n\r\x1b"]', path) else ()
        for how, word in {"folder": "in", "glob": "in/*", "by name": f"in/{path}"}.items():
            yield f"a name with {name}, {how}", Errand(("ask", "-f", word, "hi"), tree, never=never)
    yield "</file> across a folder", Errand(("ask", "-f", "in", "hi"), {"work/in/</file>": "x"}, never=('in/</file>"',))
    for kind in ("fifo", "socket"):
        tree = {**TREE, "work/in/f": Special(kind)}
        yield f"a {kind} in a folder", Errand(("ask", "-f", "in", "hi"), tree, (INSIDE,))
        yield (
            f"a link to a {kind}",
            Errand(
                ("ask", "-f", "in", "hi"),
                {**TREE, "outside/f": Special(kind), "work/in/l": Link("../../outside/f")},
                (INSIDE,),
            ),
        )
        yield f"a {kind} under a glob", Errand(("ask", "-f", "in/*", "hi"), tree, (INSIDE,))
    hidden = {**TREE, "work/in/.env": CANARY, "work/in/.git/config": CANARY, "work/in/x/.netrc": CANARY}
    yield "hidden files", Errand(("ask", "-f", "in", "hi"), hidden, (INSIDE,))
    yield "hidden files, glob", Errand(("ask", "-f", "in/**", "hi"), hidden, (INSIDE,))
    yield from _key_ways()
    yield from _written()


def _key_ways() -> Iterator[tuple[str, Errand]]:
    """Yield the ways in which the key could be sent with a question."""
    texts = {"alone": KEY, "in a line": f"XAI_API_KEY={KEY}\n", "in a word": f"x{KEY}y", "late": "x\n" * 9000 + KEY}
    for name, text in texts.items():
        tree = {"work/in/k.txt": text, "work/in/a.txt": INSIDE}
        short = text[-200:]
        ways = {
            "prompt": Errand(("ask", short)),
            "prompt of a chat": Errand(("chat", short), stdin=""),
            "line of a chat": Errand(("chat",), stdin=f"{short}\n"),
            "block of a chat": Errand(("chat",), stdin=f'"""a\n{short}\n"""\n'),
            "stdin": Errand(("ask",), stdin=text),
            "stdin beside a prompt": Errand(("ask", "hi"), stdin=text),
            "document": Errand(("ask", "-f", "in/k.txt", "hi"), tree),
            "folder": Errand(("ask", "-f", "in", "hi"), tree),
            "glob": Errand(("ask", "-f", "in/*", "hi"), tree),
            "document of a chat": Errand(("chat", "-f", "in/k.txt"), tree, stdin="hi\n"),
            "/file": Errand(("chat",), tree, stdin="/file in/k.txt\nhi\n"),
            "/file of a folder": Errand(("chat",), tree, stdin="/file in\nhi\n"),
            "! and /file !": Errand(("chat",), tree, stdin="!cat in/k.txt\n/file !\nhi\n"),
            "system prompt": Errand(("ask", "-s", short, "hi")),
            "system prompt @FILE": Errand(("ask", "-s", "@in/k.txt", "hi"), tree),
            "/system": Errand(("chat",), stdin=f"/system {' '.join(short.split())}\nhi\n"),
            "/system @FILE": Errand(("chat",), tree, stdin="/system @in/k.txt\nhi\n"),
            "an option": Errand(("ask", "-O", f"user={short}", "hi")),
            "/set": Errand(("chat",), stdin=f"/set user {' '.join(short.split())}\nhi\n"),
            "a schema": Errand(("ask", "--schema", json.dumps({"type": "object", "description": short}), "hi")),
            "image URL": Errand(("ask", "-i", f"https://pages.test/?k={' '.join(short.split())}", "hi")),
            "image prompt": Errand(("image", short)),
            "image file": Errand(("ask", "-i", "k.png", "hi"), {"work/k.png": PNG + text.encode()}),
            "/image": Errand(("chat",), {"work/k.png": PNG + text.encode()}, stdin="/image k.png\nhi\n"),
            "model": Errand(("ask", "-m", KEY, "hi")),
            "tool result": Errand(
                ("ask", "--tool", "t.py", "--yes", "hi"),
                {"work/t.py": f"def look() -> str:\n    'Look.'\n    return {text!r}\n"},
                replies=(calls(("look", {})), answer("fine")),
            ),
            "tool error": Errand(
                ("ask", "--tool", "t.py", "--yes", "hi"),
                {"work/t.py": f"def look() -> str:\n    'Look.'\n    raise ValueError({text!r})\n"},
                replies=(calls(("look", {})), answer("fine")),
            ),
            "description of a tool": Errand(
                ("ask", "--tool", "t.py", "--yes", "hi"),
                {"work/t.py": f"def look() -> str:\n    {text!r}\n    return ''\n"},
            ),
        }
        for way, errand in ways.items():
            yield f"the key {name}: {way}", errand
    saved = {"home/config/credentials.toml": f'api_key = "{KEY}"\n', "work/.env": f"XAI_API_KEY={KEY}\n"}
    for word in ("../home/config/credentials.toml", "../home/config", "../home", "../home/**", ".env", ".", ".*"):
        yield f"the key in -f {word}", Errand(("ask", "-f", word, "hi"), saved)
    yield (
        "--allow-secrets",
        Errand(("ask", "--allow-secrets", "-f", "k.txt", "hi"), {"work/k.txt": KEY}, (KEY,), allows_key=True),
    )
    yield (
        "--allow-secrets in a chat",
        Errand(("chat", "--allow-secrets", "-f", "k.txt"), {"work/k.txt": KEY}, (KEY,), stdin="hi\n", allows_key=True),
    )


def _written() -> Iterator[tuple[str, Errand]]:
    """Yield the ways in which something could be written where nobody wants it."""
    for name, target in {
        "dangling": "../outside/new",
        "dangling, in a chain": "m",
        "into a folder that is not": "../outside/x/y",
    }.items():
        links = {"work/l": Link(target), "work/m": Link("../outside/new"), "work/l.png": Link(target)}
        yield f"-o, {name}", Errand(("ask", "-o", "l", "hi"), links)
        yield f"/save, {name}", Errand(("chat",), links, stdin="hi\n/save l\n")
        yield f"/copy, {name}", Errand(("chat",), links, stdin="hi\n/copy 1 l\n")
        yield f"/export, {name}", Errand(("chat",), links, stdin="hi\n/export l\n")
        yield f"image -o, {name}", Errand(
            ("image", "-o", "l.png", "cat"), links,
            replies=(body({"data": [{"b64_json": base64.b64encode(PNG).decode()}]}),),
        )  # fmt: skip


def try_paths(errand: Errand) -> list[str]:
    """Run the errand; return what was sent or written that must not be, and what was not that must be."""
    shot = Shot(errand.words, errand.replies, errand.stdin, errand.tree)
    seen, new = fire(shot)
    sent = "\n".join(_sent(request) for request in seen.requests)
    wrong = [f"sent {text!r}" for text in (*FOREIGN, *errand.never) if text in sent]
    wrong += [f"skipped {text[:20]!r}" for text in errand.sends if text not in sent]
    wrong += ["the key was sent"] if not errand.allows_key and fragments(KEY, sent) else []
    wrong += [f"wrote {path}" for path in new if path.startswith("outside/") and not path.endswith(".keep")]
    return wrong + crashed(seen)


def _sent(request: Request) -> str:
    """Return all that a request says, but for the header that holds the key."""
    headers = [f"{name}: {value}" for name, value in request.headers.items() if name != "authorization"]
    said = request.body.decode("utf-8", "replace")
    with suppress(ValueError):
        said = "\n".join(_texts(request.json))
    pictures = re.findall(r"data:[\w/]+;base64,([\w+/=]+)", said)
    return "\n".join([request.path, *headers, said, *(base64.b64decode(one).decode("latin-1") for one in pictures)])


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)
    else:
        yield str(document)


# ---- masking: what servers, settings and files say of the key, and texts that only look like one

PASSWORD = "hunter2-s3cr3t"
KEYS = {
    "xai": KEY,
    "sk": "sk_live.51H-other/server+key==AbZq83Lm",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g",
    "hex": "9f86d081884c7d659a2feaa0c55ad015",
    "special": "a(b)[c]{d}.*+?^$|#1%2&3=4",
    "short": "Tr0ub4dor&3",
}
# What may be made of a key before it is said.
FORMS: dict[str, Callable[[str], str]] = {
    "alone": lambda key: key,
    "bearer": lambda key: f"Bearer {key}",
    "bearer, lower case": lambda key: f"bearer {key}",
    "quoted": lambda key: f"the key '{key}' is wrong",
    "in JSON": lambda key: json.dumps({"authorization": f"Bearer {key}"}),
    "in a URL": lambda key: f"https://x.test/?api_key={key}&a=b",
    "a user of a URL": lambda key: f"https://{key}:x@x.test/",
    "without its end": lambda key: f"{key[:-6]}…",
    "without its beginning": lambda key: key[4:],
    "its middle": lambda key: key[12:40],
    "in two lines": lambda key: f"{key[:30]}\n{key[30:]}",
    "in two halves": lambda key: f"{key[:40]} and {key[40:]}",
    "percent-encoded": lambda key: f"%78{key[1:]}",
    "escaped for JSON": lambda key: f"\\u0078{key[1:]}",
    "with a soft break": lambda key: f"{key[:20]}\u200b{key[20:]}",
    "in a word": lambda key: f"key{key}yek",
    "after an underscore": lambda key: f"_{key}",
    "twice": lambda key: f"{key}{key}",
    "with its case changed before it": lambda key: f"XAI-{key[4:]}",
    "in a cookie": lambda key: f"sid={key}; path=/",
}


def _raw(content: bytes) -> Reply:
    """Return a reply that sends these bytes and hangs up."""

    def play(connection: Connection) -> None:
        connection.send(content)
        connection.cut()

    return play


def _header(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", " ", text)


def _places() -> dict[str, Callable[[str], Shot]]:
    """Return the places where a server, a setting or a file may say something."""
    item = {"type": "function_call", "id": "f", "call_id": "c", "name": "n", "arguments": "{}", "status": "completed"}
    spoken: dict[str, Callable[[str], Reply]] = {
        "error body": lambda text: body({"error": text}, 400),
        "nested error body": lambda text: body({"error": {"message": text, "code": "x"}}, 422),
        "detail": lambda text: body({"detail": text}, 404),
        "JSON in JSON": lambda text: body({"error": json.dumps({"message": text})}, 400),
        "plain body": lambda text: body(text, 500, content_type="text/plain"),
        "HTML body": lambda text: body(f"<html>{text}</html>", 502, content_type="text/html"),
        "HTML called plain": lambda text: body(f"<html>{text}</html>", 502, content_type="text/plain"),
        "code": lambda text: body({"error": {"message": "no", "code": text}}, 401),
        "request id": lambda text: body({"error": "no"}, 422, x_request_id=_header(text)),
        "retry-after": lambda text: body({"error": "no"}, 429, retry_after=_header(text)),
        "other headers": lambda text: body({"error": "no"}, 403, x_echo=_header(text), set_cookie=_header(text)),
        "redirect": lambda text: body("", 302, location=_header(text)),
        "redirect to a query": lambda text: body("", 307, location=f"https://x.test/?k={_header(text)}"),
        "reason": lambda text: _raw(f"HTTP/1.1 500 {_header(text)}\r\ncontent-length: 0\r\n\r\n".encode()),
        "no HTTP": lambda text: _raw(f"{_header(text)}\r\n\r\n".encode()),
        "error under 200": lambda text: body({"error": {"message": text}}),
        "stream error": lambda text: stream([delta("ok"), {"error": text}]),
        "stream error first": lambda text: stream([{"error": {"message": text, "type": text}}]),
        "no JSON in a stream": lambda text: stream([text]),
        "model": lambda text: answer("ok", model=text),
        "finish reason": lambda text: answer("ok", reason=text),
        "incomplete": lambda text: answer("ok", reason=f"incomplete: {text}"),
        "reasoning": lambda text: stream([delta(reasoning_content=text), delta("ok"), finish(), "[DONE]"]),
        "call": lambda text: calls((text, {})),
        "arguments": lambda text: calls(("look", {"path": text})),
        "content type": lambda text: body("x", content_type=_header(text)),
        "content encoding": lambda text: body("x", content_encoding=_header(text)),
    }
    places: dict[str, Callable[[str], Shot]] = {}
    for name, reply in spoken.items():
        places[name] = lambda text, reply=reply: Shot(("ask", "--show-reasoning", "hi"), (reply(text),))  # type: ignore[misc]
        if name not in ("call", "reasoning"):
            places[f"{name}, --debug"] = lambda text, reply=reply: Shot(("ask", "--debug", "hi"), (reply(text),))  # type: ignore[misc]
            places[f"{name}, --json"] = lambda text, reply=reply: Shot(("ask", "--json", "hi"), (reply(text),))  # type: ignore[misc]
    streamed = ("error body", "plain body", "redirect", "stream error", "model", "code", "finish reason")
    for name in streamed:
        words = ("ask", "--output-format", "stream-json", "hi")
        places[f"{name}, stream-json"] = lambda text, reply=spoken[name], words=words: Shot(words, (reply(text),))  # type: ignore[misc]
        places[f"{name}, chat"] = lambda text, reply=spoken[name]: Shot(
            ("chat", "hi"), (reply(text),), stdin="/history\n"
        )  # type: ignore[misc]
        places[f"{name}, image"] = lambda text, reply=spoken[name]: Shot(("image", "hi"), (reply(text),))  # type: ignore[misc]
        places[f"{name}, models"] = lambda text, reply=spoken[name]: Shot(("models",), (reply(text),))  # type: ignore[misc]
        places[f"{name}, doctor"] = lambda text, reply=spoken[name]: Shot(("doctor",), (reply(text),))  # type: ignore[misc]
        places[f"{name}, check"] = lambda text, reply=spoken[name]: Shot(("config", "check"), (reply(text),))  # type: ignore[misc]
    return places | {
        "response model": lambda text: Shot(
            ("ask", "--api", "responses", "hi"), (wire.answer(wire.message("ok"), model=text),)
        ),
        "response error": lambda text: Shot(
            ("ask", "--api", "responses", "hi"),
            (wire.answer(status="failed", error={"code": "x", "message": text}),),
        ),
        "search": lambda text: Shot(
            ("ask", "--api", "responses", "--web", "hi"), (wire.answer(wire.web_search(text), wire.message("ok")),),
            terminals="err",
        ),
        "source title": lambda text: Shot(
            ("ask", "--api", "responses", "--json", "hi"),
            (wire.answer(wire.message("ok", wire.citation("https://x.test/", text))),),
        ),
        "unknown item": lambda text: Shot(
            ("ask", "--api", "responses", "hi"), (wire.answer({**item, "name": text}, wire.message("ok")),)
        ),
        "list of models": lambda text: Shot(("models",), (body({"data": [{"id": text}], "models": [{"id": text}]}),)),
        "name of the key": lambda text: Shot(("config", "check"), (body({"name": text}),)),
        "picture URL": lambda text: Shot(("image", "hi"), (body({"data": [{"url": text}]}),)),
        "file that is not": lambda text: Shot(("ask", "-f", text, "hi")),
        "image that is not": lambda text: Shot(("ask", "-i", text, "hi")),
        "system file that is not": lambda text: Shot(("ask", "-s", f"@{text}", "hi")),
        "tool that is not": lambda text: Shot(("ask", "--tool", f"{text}.py", "hi")),
        "tool that fails": lambda text: Shot(
            ("ask", "--tool", "t.py", "--yes", "hi"), tree={"work/t.py": f"raise ValueError({text!r})\n"}
        ),
        "unknown flag": lambda text: Shot(("ask", f"--{text}", "hi")),
        "unknown command": lambda text: Shot((f"x{text}",)),
        "flag's value": lambda text: Shot(("ask", "-t", text, "hi")),
        "option": lambda text: Shot(("ask", "-O", f"{text}=1", "hi")),
        "dry run of an option": lambda text: Shot(("ask", "--dry-run", "-O", f"user={text}", "hi")),
        "dry run": lambda text: Shot(("ask", "--dry-run", text)),
        "as curl": lambda text: Shot(("ask", "--as", "curl", text)),
        "as python": lambda text: Shot(("ask", "--as", "python", text)),
        "slash command": lambda text: Shot(("chat",), stdin=f"/{' '.join(text.split())}\n"),
        "slash file": lambda text: Shot(("chat",), stdin=f"/file {' '.join(text.split())}\n"),
        "resume": lambda text: Shot(("ask", "-r", text, "hi")),
        "history show": lambda text: Shot(("history", "show", text)),
        "output": lambda text: Shot(("ask", "-o", f"no/{text}", "hi")),
        "settings": lambda text: Shot(
            ("config", "list"), tree={"home/config/config.toml": f"{json.dumps(text)} = 1\n"}, then=(("doctor", "--offline"),)
        ),
        "setting's value": lambda text: Shot(
            ("config", "list"), tree={"home/config/config.toml": f"temperature = {json.dumps(text)}\n"},
            then=(("config", "get", "temperature"), ("ask", "hi"), ("doctor", "--offline")),
        ),
        "broken settings": lambda text: Shot(
            ("config", "list"), tree={"home/config/config.toml": f"{text} = = 1\n"}, then=(("ask", "hi"),)
        ),
        "system setting": lambda text: Shot(
            ("config", "list"), tree={"home/config/config.toml": f"system = {json.dumps(text)}\n"},
            then=(("config", "list", "--json"), ("config", "get", "system")),
        ),
        "proxy setting": lambda text: Shot(("config", "list"), environ={"GROK_PROXY": f"http://u:{text}@proxy.test:1"}),
        "base URL": lambda text: Shot(
            ("config", "list"), environ={"XAI_BASE_URL": f"https://{text}@x.test/v1"}, then=(("ask", "hi"), ("doctor", "--offline"))
        ),
        "key command": lambda text: Shot(
            ("ask", "hi"), environ={"XAI_API_KEY": "", "GROK_API_KEY_COMMAND": f"/no/such {text}"},
            then=(("config", "list"), ("doctor", "--offline")),
        ),
        "key command that fails": lambda text: Shot(
            ("ask", "hi"), environ={"XAI_API_KEY": "", "GROK_API_KEY_COMMAND": f"sh -c 'exit 3' {text}"}
        ),
        "credentials that are broken": lambda text: Shot(
            ("ask", "hi"), environ={"XAI_API_KEY": ""}, tree={"home/config/credentials.toml": f"api_key = {text}\n"},
            then=(("config", "list"), ("doctor", "--offline")),
        ),
    }  # fmt: skip


HARMLESS = (
    "xai-sdk-python is too old", "use xai-grok-image", "see xai-org on GitHub", "Bearer authentication is required",
    "Bearer tokens expire", "the bearer of this letter", "commit 3f2c9d1e8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e", "sk-8",
    "id 123e4567-e89b-12d3-a456-426614174000", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "see https://medium.com/@user/post", "mail me@example.com", "https://example.com and me@example.com",
    "git@github.com:a/b.git", "https://x.test/?q=a@b", "ssh://host/path@2x", "npm i @xai/sdk", "call +1-555-0100-200",
    "AKIA is a prefix", "x-api-key is missing", "Authorization: header missing", "authorization failed", "key not found",
    "the key is xai-", "xai-…", "an api_key field", "api_key=", "password: required", "token limit of 131072",
    "max_tokens=4096", "grok-4.7-fast-reasoning-latest", "grok-2-vision-1212", "rate limit: 60 requests per minute",
    "GET /v1/chat/completions", "C:\\Users\\xai\\key.txt", "~/.config/grokcli/credentials.toml", "base64 of AAAAAAAAAAAAAAAA",
    "0123456789abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "日本語のエラー", "naïve café", "a/b/c/d/e/f/g@h",
    "2026-11-21T17:00:00Z", "127.0.0.1:8080", "f(x) = x^2 + 1", "'quoted' \"twice\"", "100% of $5.00", "<none>", "Bearer",
)  # fmt: skip


# Parts of the answer, which is printed as the model wrote it.
PRINTED_AS_SAID = ("reasoning", "arguments, --json", "source title")
SAID_BY_THE_MODEL = ("call", "arguments", "reasoning", "search", "source title", "unknown item")


@dataclass(frozen=True)
class Secret:
    """A shot in which `secret` is said; it must not be shown, or, where there is none, `shows` must be.

    What the user and the model say `is_kept` as they said it, in the store, which only its owner can read.
    """

    shot: Shot
    secret: str = ""
    shows: str = ""
    key: str = KEY
    is_kept: bool = False


def _masking() -> Iterator[tuple[str, Secret]]:
    places = {name: place for name, place in _places().items() if name not in PRINTED_AS_SAID}
    for name, place in places.items():
        yield f"the key, {name}", Secret(place(KEY), KEY, is_kept=name.startswith(SAID_BY_THE_MODEL))
    for proxy in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "GROK_PROXY"):
        environ = {proxy: f"http://user:{PASSWORD}@proxy.test:1"}
        shot = Shot(("doctor", "--offline"), environ=environ, then=(("config", "list"), ("ask", "--debug", "hi")))
        yield f"a password, {proxy}", Secret(shot, PASSWORD)
    for name in ("error body", "plain body", "code", "redirect", "stream error", "request id", "search"):
        for form, made in FORMS.items():
            yield f"{form}, {name}", Secret(places[name](made(KEY)), KEY, is_kept=name in SAID_BY_THE_MODEL)
    for name in (
        "error body",
        "error body, --debug",
        "plain body",
        "redirect",
        "model",
        "stream error",
        "dry run",
        "code",
    ):
        for kind, key in KEYS.items():
            yield f"{kind} key, {name}", Secret(places[name](f"<{key}>"), key, key=key)
    yield from _cut(places)
    for text in HARMLESS:
        yield f"harmless: {text}", Secret(places["error body"](text), shows=text)


def _cut(places: Mapping[str, Callable[[str], Shot]]) -> Iterator[tuple[str, Secret]]:
    """Yield attempts with a key where a long text is cut, and with one that is kept in a conversation."""
    for offset in (*range(180, 300, 6), *range(60, 75, 3), *range(65_440, 65_540, 12)):
        yield f"cut at {offset}", Secret(places["plain body"]("x" * offset + KEY), KEY)
        yield f"cut at {offset}, JSON", Secret(places["error body"]("x " * (offset // 2) + KEY), KEY)
    yield "behind backslashes", Secret(places["plain body"]("\\" * 65_000 + KEY), KEY)
    for offset in range(150, 210, 12):
        yield f"a URL cut at {offset}", Secret(places["picture URL"](f"http://x.test/{'x' * offset}{KEY}"), KEY)
    for offset in range(20, 110, 10):
        text = "x" * offset + KEY
        yield f"a search cut at {offset}", Secret(places["search"](text), KEY, is_kept=True)
        listed = (
            ("history", "rename", "hi", text),
            ("history", "list"),
            ("history", "list", "--json"),
            ("history", "show"),
        )
        yield f"a title cut at {offset}", Secret(Shot(then=listed), KEY, is_kept=True)
        asked = Shot(("ask", "--allow-secrets", text), then=(("history", "list"), ("history", "search", "x" * offset)))
        yield f"a question cut at {offset}", Secret(asked, KEY, is_kept=True)
    for words in ("show", "show --json", "export", "export --format json", "list", "list --json", "search hello",
                  "search hello --json", "export -o out.md"):  # fmt: skip
        # What was typed is kept as it was typed, so only what is shown of it is judged.
        asked = Shot(("ask", "--allow-secrets", "-f", "k.txt", "hello"), tree={"work/k.txt": f"hello {KEY}"})
        yield f"kept, history {words}", Secret(replace(asked, then=(("history", *words.split()),)), KEY, is_kept=True)


def try_masking(said: Secret) -> list[str]:
    """Return what of the secret was shown or written, or how a harmless text was changed."""
    seen, new = fire(said.shot, said.key)
    shown = said.shows in seen.text
    wrong = [] if shown else [f"changed: {seen.text.splitlines()[:1]}"]
    if said.secret:
        if found := fragments(said.secret, seen.text):
            line = next((line for line in seen.text.splitlines() if found[0] in line), "")
            wrong.append(f"{len(found)} fragments shown: {line[:120]}")
        # A tool that holds the key in its own source is compiled with it.
        own = ("conversations.db", "__pycache__") if said.is_kept else ("__pycache__",)
        kept = {path: content for path, content in new.items() if not any(name in path for name in own)}
        wrong += [
            f"written to {path}" for path, content in kept.items() if fragments(said.secret, content.decode("latin-1"))
        ]
    return wrong + crashed(seen)


# ---- escapes: what could steer a terminal, or be taken for a line of ours

PAYLOADS = {
    "OSC 0": "\x1b]0;title\x07", "OSC 2": "\x1b]2;title\x1b\\", "OSC 8": "\x1b]8;;file:///etc/passwd\x1b\\x\x1b]8;;\x1b\\",
    "OSC 52": "\x1b]52;c;cm0=\x07", "DCS": "\x1bP$q\"p\x1b\\", "APC": "\x1b_Gx\x1b\\", "PM": "\x1b^x\x1b\\", "SOS": "\x1bXx\x1b\\",
    "erase": "\x1b[2J\x1b[H", "up": "\x1b[5A\x1b[2K", "report": "\x1b[6n", "mouse": "\x1b[?1003h", "reset": "\x1bc",
    "conceal": "\x1b[8mx\x1b[0m", "C1 CSI": "\x9b2J", "C1 OSC": "\x9d0;x\x9c", "C1 ST": "\x9c", "bells": "\a\a", "backspaces": "a\b\b\b",
    "shift out": "\x0e", "NUL": "\0", "DEL": "\x7f", "RLO": "\u202etxt.exe", "isolate": "\u2067x", "RLM": "\u200fx", "ALM": "\u061cx",
    "tags": "\U000e0041\U000e0042", "annotation": "\ufff9x\ufffay\ufffb", "surrogate": "\ud83d", "half an emoji": "\ude00x",
    **{f"a line after {name}": f"x{newline}error: {FORGED}" for name, newline in {
        "LF": "\n", "CR": "\r", "NEL": "\x85", "LS": "\u2028", "PS": "\u2029", "VT": "\v", "FF": "\f", "CR LF": "\r\n",
        "LF LF": "\n\n", "FS": "\x1c"}.items()},
    "a hint": f"x\nhint: {FORGED}", "a call": f"x\ncall: {FORGED}", "a question": f"x\nrun it? [y/N/always] {FORGED}",
}  # fmt: skip
# Prose may have lines of its own, and they may begin as ours do: an answer is not in our voice.
PROSE = (
    "answer", "answer, --no-live", "reasoning", "kept answer", "exported page", "rendered text", "rendered table, --no-live",
)  # fmt: skip


def _escapes() -> Iterator[tuple[str, tuple[str, Shot]]]:
    for place, make in _screens().items():
        for name, payload in PAYLOADS.items():
            yield f"{place}: {name}", (place, make(payload))


def _screens() -> dict[str, Callable[[str], Shot]]:
    """Return the places where something that others say comes to a terminal."""

    def asking(*words: str) -> Callable[[Reply], Shot]:
        return lambda reply: Shot(("ask", *words, "hi"), (reply,), terminals="out err")

    def responses(*items: wire.Item) -> Shot:
        return Shot(
            ("ask", "--api", "responses", "--web", "hi"),
            (_escaped(wire.frame, wire.events(*items)),),
            terminals="out err",
        )

    def streamed(*documents: object) -> Reply:
        return _escaped(lambda said: b"".join(map(data, said)), [*documents, "[DONE]"])

    tool = {"work/t.py": "def look(path: str) -> str:\n    'Look.'\n    return path\n"}

    said = {
        "work/t.py": "def look(path: str) -> str:\n    'Look.'\n    print(path)\n    print(end=path)\n    return path\n"
    }

    def called(name: str, arguments: dict[str, str], tree: Mapping[str, str] = tool) -> Shot:
        piece = {
            "id": "c",
            "index": 0,
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        reply = streamed(delta(tool_calls=[piece]), finish("tool_calls"))
        return Shot(("ask", "--tool", "t.py", "--yes", "hi"), (reply, answer("ok")), tree=tree, terminals="out err")

    def kept(*then: tuple[str, ...]) -> Callable[[str], Shot]:
        return lambda text: Shot(
            ("ask", "hi"), (streamed(delta(text), finish(), delta()),), then=then, terminals="out err"
        )

    return {
        "answer": lambda text: asking()(streamed(delta(text), finish())),
        "answer, --no-live": lambda text: asking("--no-live")(streamed(delta(text), finish())),
        "raw answer": lambda text: asking("--raw")(streamed(delta(f"x {text.replace(FORGED, '')}"), finish())),
        "reasoning": lambda text: asking("--show-reasoning")(streamed(delta(reasoning_content=text), delta("ok"), finish())),
        "tool name": lambda text: called(text, {}),
        "tool argument": lambda text: called("look", {"path": text}),
        "what a tool prints": lambda text: called("look", {"path": text}, said),
        "tool argument's name": lambda text: called("look", {text: "x"}),
        "call that nobody runs": lambda text: asking()(
            streamed(delta(tool_calls=[{"id": "c", "index": 0, "type": "function", "function": {"name": text, "arguments": "{}"}}]),
                     finish("tool_calls"))
        ),
        "model": lambda text: asking()(streamed(delta("ok", model=text), finish(model=text))),
        "finish reason": lambda text: asking()(streamed(delta("ok"), finish(f"incomplete: {text}"))),
        "error body": lambda text: asking()(body({"error": text}, 400)),
        "plain error body": lambda text: asking()(body(text.encode("utf-8", "replace"), 500, content_type="text/plain")),
        "code": lambda text: asking("--json")(body({"error": {"message": "no", "code": text}}, 400)),
        "stream error": lambda text: asking()(streamed({"error": {"message": text}})),
        "request id": lambda text: asking()(body({"error": "no"}, 422, x_request_id=_latin(text))),
        "header, --debug": lambda text: asking("--debug")(body({"error": "no"}, 422, x_other=_latin(text), x_request_id=_latin(text))),
        "redirect": lambda text: asking()(body("", 302, location=_latin(f"https://x.test/{text}"))),
        "search": lambda text: responses(wire.web_search(text), wire.message("ok")),
        "X search": lambda text: responses(wire.x_search(text), wire.message("ok")),
        "source title": lambda text: responses(wire.message("ok", wire.citation("https://x.test/", text))),
        "source URL": lambda text: responses(wire.message("ok", wire.citation(f"https://x.test/{text}", "t"))),
        "source that is no URL": lambda text: responses(wire.message("ok", wire.citation(text))),
        "file name": lambda text: Shot(("ask", "-f", _typed(text), "hi"), terminals="out err"),
        "image name": lambda text: Shot(("ask", "-i", _typed(text), "hi"), terminals="out err"),
        "tool file": lambda text: Shot(("ask", "--tool", f"{_typed(text)}.py", "--yes", "hi"), terminals="out err"),
        "file that is not text": lambda text: Shot(
            ("ask", "-f", "in/*", "hi"), tree={f"work/in/{_typed(text)}": b"\xff"}, terminals="out err"
        ),
        "output": lambda text: Shot(("ask", "-o", f"no/{_typed(text)}", "hi"), terminals="out err"),
        "slash command": lambda text: Shot(("chat",), stdin=f"/x{_typed(text)}\n".replace("\nerror", " error"), terminals="err"),
        "chat: /history and /resume": lambda text: Shot(
            ("chat",), (streamed(delta(text), finish()),), stdin="hi\n/history\n/rename a b\n/resume\n", terminals="err"
        ),
        "title": lambda text: Shot(
            ("ask", _typed(text)), then=(("history", "list"), ("history", "search", "x")), terminals="out err"
        ),
        "renamed": lambda text: Shot(
            then=(("history", "rename", "hi", _typed(text)), ("history", "list"), ("history", "show"), ("history", "delete", "no")),
            terminals="out err",
        ),
        "kept answer": kept(("history", "show"), ("history", "search", "x")),
        "exported page": kept(("history", "export", "--format", "html")),
        "rendered text": lambda text: Shot(("render",), stdin=text.encode("utf-8", "replace").decode(), terminals="out err"),
        "rendered table, --no-live": lambda text: Shot(
            ("render", "--no-live", "--links", "host"), terminals="out err",
            stdin=f"| {_typed(text)} | b |\n|-|-|\n| [a](https://{_typed(text)}) | {_typed(text)} |",
        ),
        "name of a file to render": lambda text: Shot(("render", _typed(text)), terminals="out err"),
        "theme file": lambda text: Shot(
            ("render", "--theme", "../t.toml"), stdin="x", tree={"t.toml": f"{json.dumps(_typed(text))} = 1\n"}, terminals="out err"
        ),
        "list of models": lambda text: Shot(
            ("models",), (body({"data": [{"id": text}], "models": [{"id": text, "aliases": [text]}]}),), terminals="out err"
        ),
        "name of the key": lambda text: Shot(("config", "check"), (body({"name": text}),), terminals="out err"),
        "picture URL": lambda text: Shot(("image", "hi"), (body({"data": [{"url": text}]}),), terminals="out err"),
        "setting": lambda text: Shot(
            ("config", "list"), tree={"home/config/config.toml": f"{json.dumps(_typed(text))} = 1\n"}, terminals="out err",
            then=(("doctor", "--offline"), ("ask", "hi")),
        ),
        "base URL": lambda text: Shot(
            ("ask", "hi"), environ={"XAI_BASE_URL": f"https://{_typed(text)}"}, then=(("config", "list"), ("doctor", "--offline")),
            terminals="out err",
        ),
    }  # fmt: skip


def _escaped(frame: Callable[[Any], bytes], documents: list[Any]) -> Reply:
    """Return a stream whose text is escaped as JSON escapes it, so that half a surrogate pair can be in it."""
    text = json.dumps(documents, ensure_ascii=False)
    halves = set(re.findall("[\ud800-\udfff]", text))
    for half in halves:
        text = text.replace(half, f"@{ord(half):04x}@")
    content = frame(json.loads(text))
    for half in halves:
        content = content.replace(f"@{ord(half):04x}@".encode(), f"\\u{ord(half):04x}".encode())
    return body(content, content_type="text/event-stream")


def _latin(text: str) -> str:
    return text.encode("utf-8", "replace").decode("latin-1").replace("\r", " ").replace("\n", " ")


def _typed(text: str) -> str:
    """Return `text` as it can be typed, or name a file."""
    return text.replace("\0", "").replace("/", "_").encode("utf-8", "replace").decode()[:60]


def try_escapes(what: tuple[str, Shot]) -> list[str]:
    """Return what of the payload would reach a terminal, and the lines that it forged."""
    place, shot = what
    seen, _ = fire(shot)
    wrong = []
    for result in seen.results:
        for name, raw in {"stdout": result.out, "stderr": result.err}.items():
            if name[3:] not in shot.terminals:
                continue
            wrong += [f"{name} has {one}" for one in steering(raw)]
            if place not in PROSE:
                wrong += [f"{name} has a forged line: {row[:60]}" for row in forged(raw)]
    return wrong + crashed(seen)


# ---- downloads: where a URL may lead, and what it costs

# Addresses of the internet that stand for scripted servers here; dialling any other one is refused and written down.
THERE = "https://pages.test/x"
STANDINS = {"api.test": "1.2.3.4", "pages.test": "1.2.3.5"}
RESOLVED = {
    **STANDINS, "localhost": "127.0.0.1", "localhost.": "127.0.0.1", "x.localhost": "127.0.0.1", "loop.test": "127.0.0.1",
    "private.test": "10.0.0.1", "metadata.test": "169.254.169.254", "metadata.google.internal": "169.254.169.254",
    "six.test": "::1", "mapped.test": "::ffff:127.0.0.1", "nat.test": "100.64.0.1", "zero.test": "0.0.0.0",
}  # fmt: skip
# What leads to this machine or into its network, however it is spelled.
INWARD = (
    "127.0.0.1", "127.1", "127.0.0.2", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001",
    "0x7F.0x0.0x0.0x1", "0", "0.0.0.0", "localhost", "localhost.", "LOCALHOST", "x.localhost", "loop.test", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "six.test", "mapped.test", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.257", "private.test",
    "169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]", "metadata.test", "metadata.google.internal", "100.64.0.1", "nat.test", "100.100.100.200",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "[ff02::1]", "zero.test",
    "user@127.0.0.1", "pages.test@127.0.0.1", "pages.test:443@127.0.0.1", "pages.test%00@127.0.0.1", "127.0.0.1#@pages.test",
    "127.0.0.1?@pages.test", "127.0.0.1\\@pages.test", "pages.test\\@127.0.0.1", "127.0.0.1%23.pages.test", "１２７.0.0.1",
    "①②⑦.0.0.1", "127。0。0。1", "127.0.0.1%2f", "pages.test#@127.0.0.1:22/",
)  # fmt: skip
OTHER = (
    "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "ftp://pages.test/x", "gopher://127.0.0.1:6379/_x", "data:image/png;base64,iVBO",
    "javascript:1", "//127.0.0.1/x", "/etc/passwd", "http://pages.test/x", "HTTP://pages.test/x", "https:127.0.0.1", "https:///x",
    "https://", "https://[", "https://:443/", "https://pages.test:0/x", "https://pages.test:99999/x", "https://pages.test:x/",
    "https://pages.test:22/x", "https://pages.test:6379/x", "\nhttps://127.0.0.1/", " https://127.0.0.1/", "https://127.0.0.1\t/x",
    "ht\ntps://127.0.0.1/x", "unix:///var/run/docker.sock", "http+unix://%2fvar/x", "blob:https://x", "https://" + "a" * 300 + ".test/",
    "https://" + "x." * 5000 + "test/", "https://xn--/", "https://\ud800.test/",
)  # fmt: skip
REDIRECTS = {
    **{f"to {host}": f"https://{host}/x" for host in ("127.0.0.1", "localhost", "private.test", "metadata.test", "[::1]", "0x7f.1", "169.254.169.254")},
    **{f"to http {host}": f"http://{host}/x" for host in ("127.0.0.1", "pages.test", "169.254.169.254")},
    "to a file": "file:///etc/passwd", "to data": "data:,x", "to itself": "https://pages.test/x", "to nothing": "",
    "to another scheme": "//127.0.0.1/x", "to a user": "https://user@127.0.0.1/x", "to ftp": "ftp://127.0.0.1/x",
    "to what is no URL": "https://[", "to a port": "https://pages.test:22/x",
}  # fmt: skip


@dataclass(frozen=True)
class Fetch:
    """A picture's URL that the server names, or a page's that the user does, and what is there.

    `succeeds` is for the one that must work.
    """

    url: str
    replies: tuple[Reply, ...] = (body(PNG + b"-the rest", content_type="image/png"),)
    is_page: bool = False
    succeeds: bool = False


def _downloads() -> Iterator[tuple[str, Fetch]]:
    yield "a picture", Fetch(THERE, succeeds=True)
    yield "a page", Fetch(THERE, (body("text", content_type="text/plain"),), is_page=True, succeeds=True)
    for host in INWARD:
        yield f"a picture at https://{host!a}", Fetch(f"https://{host}/x.png")
        yield f"a picture at http://{host!a}", Fetch(f"http://{host}/x.png")
    for url in OTHER:
        yield f"a picture at {ascii(url)[:60]}", Fetch(url)
    for name, target in REDIRECTS.items():
        for status in (302, 307):
            there = (body("", status, location=target),)
            yield f"a picture, {status} {name}", Fetch(THERE, there)
            yield f"a page, {status} {name}", Fetch(THERE, there, is_page=True)
    hops = (body("", 302, location="/y"), body("", 301, location="/z"), body("", 302, location="https://127.0.0.1/x"))
    yield "a page, in three hops", Fetch(THERE, hops, is_page=True)
    cookie = (body("", 302, location="/y", set_cookie="k=v; path=/"), body("text", content_type="text/plain"))
    yield "a page with a cookie", Fetch(THERE, cookie, is_page=True)
    bodies = {
        "endless": _endless, "endless in chunks": _endless_chunks, "dripping": _dripping, "dripping headers": _dripping_head,
        "endless headers": _endless_head, "dripping trailers": _dripping_trailers, "a dripping chunk size": _dripping_size,
        "a bomb": _bomb(1), "a bomb in a bomb": _bomb(2), "three bombs": _bomb(3),
        "a wrong length": _raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nx"),
        "a negative length": _raw(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nx"),
        "many codings": _raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: " + b", ".join([b"gzip"] * 500) + b"\r\n\r\nx"),
        "no HTTP": _raw(b"SSH-2.0-x\r\n"),
    }  # fmt: skip
    for name, reply in bodies.items():
        yield f"a picture, {name}", Fetch(THERE, (reply,))
        yield f"a page, {name}", Fetch(THERE, (reply,), is_page=True)


def _endless(connection: Connection) -> None:
    connection.head(content_type="image/png")
    connection.send(PNG)
    while True:
        connection.send(b"x" * 65536)


def _endless_chunks(connection: Connection) -> None:
    connection.stream_head()
    connection.chunk(PNG)
    while True:
        connection.chunk(b"x" * 65536)


def _endless_head(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.send(b"x: " + b"y" * 5000 + b"\r\n")


def _dripping(connection: Connection) -> None:
    connection.head(content_type="image/png")
    _drip(connection, PNG + b"x" * 10_000)


def _dripping_head(connection: Connection) -> None:
    _drip(connection, b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000)


def _dripping_trailers(connection: Connection) -> None:
    connection.stream_head()
    connection.chunk(PNG)
    connection.send(b"0\r\n")
    _drip(connection, b"x: y\r\n" * 2000)


def _dripping_size(connection: Connection) -> None:
    connection.stream_head()
    _drip(connection, b"8;" + b"x" * 10_000)


def _drip(connection: Connection, content: bytes) -> None:
    for start in range(len(content)):
        connection.send(content[start : start + 1])
        time.sleep(0.005)


def _bomb(depth: int) -> Reply:
    def play(connection: Connection) -> None:
        content = PNG + bytes(200 << 20)
        for _ in range(depth):
            content = gzip.compress(content, 1)
        body(content, content_type="image/png", content_encoding=", ".join(["gzip"] * depth))(connection)

    return play


class Wires:
    """The network as it is during an attempt: names, and which addresses were dialled that lead to no stand-in."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self.dialled: list[str] = []
        self._ports = ports
        self._connect = socket.socket.connect

    def getaddrinfo(self, host: str | bytes | None, port: str | int | None, *_: Any, **__: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host or ""
        address = RESOLVED.get(name.lower(), name)
        if ":" not in address:
            try:
                address = socket.inet_ntoa(socket.inet_aton(address))  # as a system does: 127.1, 0x7f.1, 2130706433
            except (OSError, UnicodeError):
                raise socket.gaierror(socket.EAI_NONAME, "there is no such name") from None
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, int(port or 0)))]
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address.partition("%")[0], int(port or 0), 0, 0))]

    def connect(self, sock: socket.socket, address: Any) -> None:
        ours = self._ports.get(address[0]) if isinstance(address, tuple) and address[1] == 443 else None
        if ours is None:
            self.dialled.append(str(address))
            raise ConnectionRefusedError("not from here")
        self._connect(sock, ("127.0.0.1", ours))

    @contextmanager
    def plugged(self) -> Iterator[None]:
        """Let the whole process have this network."""

        def connect(sock: socket.socket, to: Any) -> None:
            self.connect(sock, to)

        def peer(sock: socket.socket) -> Any:
            number = real(sock)[1]
            return next(((name, 443) for name, port in self._ports.items() if port == number), ("127.0.0.1", number))

        real = socket.socket.getpeername
        with ExitStack() as stack:
            stack.enter_context(mock.patch("socket.getaddrinfo", self.getaddrinfo))
            stack.enter_context(mock.patch.object(socket.socket, "connect", connect))
            stack.enter_context(mock.patch.object(socket.socket, "getpeername", peer))
            yield


@lru_cache(maxsize=1)
def certificate() -> str:
    """Return the path of a certificate for the stand-ins, with its key, that signed itself."""
    path = Path(tempfile.mkdtemp()) / "both.pem"
    atexit.register(shutil.rmtree, path.parent)
    names = ",".join(f"DNS:{name}" for name in RESOLVED if not name.endswith(".")) + ",IP:127.0.0.1"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(path.with_name("key.pem")), "-out", str(path), "-subj", "/CN=api.test", "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_name("key.pem").read_text())
    return str(path)


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate())
    return context


def try_downloads(fetch: Fetch) -> list[str]:
    """Fetch it; return where the program went that it must not, and what it told there."""
    with closing(Server(_tls())) as api, closing(Server(_tls())) as pages:
        api.script([answer("fine") if fetch.is_page else _picture(fetch.url)])
        pages.script(fetch.replies)
        wires = Wires({STANDINS["api.test"]: api.port, STANDINS["pages.test"]: pages.port})
        netrc = "".join(f"machine {name} login netrc-user password netrc-word\n" for name in RESOLVED)
        with folder({"home/.netrc": netrc}) as root, ExitStack() as stack:
            (root / "home/.netrc").chmod(0o600)
            for name in ("REQUESTS_CA_BUNDLE", "NETRC", "HOME"):
                value = (
                    certificate()
                    if name == "REQUESTS_CA_BUNDLE"
                    else str(root / "home") + "/.netrc" * (name == "NETRC")
                )
                stack.enter_context(mock.patch.dict(os.environ, {name: value}))
            # The limit on all of a download, which is a minute.
            stack.enter_context(mock.patch("grokcli.client.download.MAX_SECONDS", 2.0))
            stack.enter_context(wires.plugged())
            environ = world(root, "https://api.test/v1") | {"GROK_CA_BUNDLE": certificate()}
            words = ("ask", "-f", fetch.url, "hi") if fetch.is_page else ("image", "a cat")
            result = _run(words, Shot(), environ)
            kept = [path for path in Path().iterdir() if path.name != ".keep"]
    wrong = [f"dialled {address}" for address in wires.dialled]
    wrong += [f"told a page {name}" for request in pages.requests for name in ("authorization", "cookie", "proxy-authorization")
              if name in request.headers]  # fmt: skip
    wrong += ["told a page the key"] if any(KEY in str(request) for request in pages.requests) else []
    wrong += [f"exit code {result.code}: {result.err[:80]}"] if fetch.succeeds and result.code else []
    wrong += [f"kept {kept}"] if kept and fetch.url == THERE and not fetch.succeeds else []
    wrong += [f"{len(pages.requests)} requests"] if len(pages.requests) > 25 else []
    return wrong + crashed(Seen([result], [], root))


def _picture(url: str) -> Reply:
    return body({"data": [{"url": url}]})


CLASSES: dict[str, tuple[Callable[[], Iterable[tuple[str, Any]]], Callable[[Any], list[str]]]] = {
    "consent": (_consent, try_consent),
    "paths": (_paths, try_paths),
    "downloads": (_downloads, try_downloads),
    "masking": (_masking, try_masking),
    "escapes": (_escapes, try_escapes),
}


def attempt(judge: Callable[[Any], list[str]], what: Any) -> list[str]:
    """Return what is wrong with an attempt that is judged by `judge`."""
    try:
        with time_limit():
            return judge(what)
    except HangsError:
        return [f"hangs: no end after {SECONDS} s"]
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever it is, it got through
        return [f"raised {type(error).__name__}: {error}"]


def assault(name: str, most: int | None = None) -> tuple[int, list[str]]:
    """Try the attempts of the class `name`, at `most` so many, spread over it; return their number and what got through."""
    table, judge = CLASSES[name]
    attempts = list(table())
    step = max(1, -(-len(attempts) // most)) if most else 1
    chosen = attempts[::step]
    through = [
        f"{name}: {title}: {'; '.join(wrong)[:400]}" for title, what in chosen if (wrong := attempt(judge, what))
    ]
    return len(chosen), through


if __name__ == "__main__":
    bad = 0
    for chosen in sys.argv[1:] or CLASSES:
        began = time.monotonic()
        count, through = assault(chosen)
        print(*(ascii(line)[1:-1] for line in through), sep="\n", end="\n" if through else "")
        print(f"{chosen}: {count} attempts, {len(through)} got through, {time.monotonic() - began:.1f} s", flush=True)
        bad += len(through)
    sys.exit(bool(bad))
