"""What hostile models, servers, files and names try, by class: each attempt goes through the real program.

    python tests/attacks.py [CLASS...]

Each class is a table of attempts and a judge of what came of them. A line is printed for each class, and one for each
attempt that got through; the exit code is 1 if any did. No attempt reaches another machine: every name and address
but those of the scripted servers is refused, and dialling one is held against the program.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import pyte  # like the next ones found through the path above, or a package of the tests
import responses as wire
from language import Result, Screen, piped, written
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
PREFIXES = ("call:", "run it? [y/N]", "error:", "hint:", "warning:")


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
    "\x1b\\[[0-9;]*m|\x1b\\[\\?(?:2026|7|25)[hl]|\x1b\\[[0-9]*[AC]|\x1b\\[[0-9]*[JK]|"
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
    return [row for row in rows_of(raw) if FORGERY.match(row)]


def fragments(secret: str, text: str) -> list[str]:
    """Return the fragments of 8 characters of `secret` that are in `text`."""
    return [part for start in range(len(secret) - 7) if (part := secret[start : start + 8]) in text]


def crashed(seen: Seen) -> list[str]:
    """Return what of a bug of ours was shown."""
    return [line for line in seen.text.splitlines() if "Traceback" in line or "bug in grok" in line]


# ---- consent: what hides from the question whether it may run

MUCH = 4000
TOOLS = '''
from pathlib import Path
from typing import Any
def wipe_disk(command: str, note: str = "", more: Any = None) -> str:
    "Run a command."
    with Path(__file__).with_name("ran").open("a") as file: file.write(command)
    return "done"
def look(path: str) -> str:
    "Look."
    return "seen"
'''
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
    r"\d[\d,.]*\s*(?:more|other|further|hidden|invisible|characters?|bytes?|lines?|spaces|arguments|keys|calls)\b", re.I
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
    yield "a harmless call first", Ask((("look", '{"path": "a"}'), ("wipe_disk", json.dumps({"command": DANGER}))), ("look",))
    yield "ten thousand calls", Ask((("wipe_disk", json.dumps({"command": DANGER})),) * 10_000)
    yield "yes typed before", replace(one(DANGER), typed="y\n")
    yield "yes typed ten times before", replace(one(DANGER), typed="y\n" * 10)
    yield "an answer that scrolls", replace(one(DANGER), text="\n\n".join(f"{number}" for number in range(300)))
    yield "an answer that asks", replace(one(DANGER), text="wipe_disk(ls)\n\nrun it? [y/N] ")
    yield "an answer that erases", replace(one(DANGER), text="\x1b[2J\x1b[H\x1b[8m")
    yield "an open fence", replace(one(DANGER), text="```\n")


class Typist:
    """Somebody at a terminal of 80x24: looks at each question and says no, and after some of them presses Ctrl-C.

    `screens` is what they saw when they were asked.
    """

    PATIENCE = 3
    QUESTION = re.compile(rb"\[y/N[^\]\n]{0,40}\]\s*(?:\x1b\[[0-9;?]*[a-zA-Z])*\s*$")

    def __init__(self, typed: str) -> None:
        import pty
        import termios

        self.screens: list[list[str]] = []
        self.shown = b""
        self._master, self.slave = pty.openpty()
        termios.tcsetwinsize(self.slave, (24, 80))
        self._ended = threading.Event()
        if typed:
            os.write(self._master, typed.encode())
        self._thread = threading.Thread(target=self._sit, daemon=True)
        self._thread.start()

    def console(self, stack: ExitStack) -> Console:
        """Return the console of the program on this terminal."""
        stdin: IO[bytes] = stack.enter_context(os.fdopen(os.dup(self.slave), "rb"))
        streams = (os.fdopen(os.dup(self.slave), "w", 1, "utf-8", "replace", "\n") for _ in range(2))
        return Console(stdin, *map(stack.enter_context, streams))

    def _sit(self) -> None:
        asked_at = -1
        while not self._ended.is_set():
            if select.select([self._master], [], [], 0.03)[0]:
                try:
                    self.shown += os.read(self._master, 1 << 16)
                except OSError:
                    return
            elif self.QUESTION.search(self.shown[-200:]) and asked_at != len(self.shown):
                asked_at = len(self.shown)
                self.screens.append(self._look())
                if len(self.screens) < self.PATIENCE:
                    os.write(self._master, b"n\n")
                else:
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _look(self) -> list[str]:
        screen = pyte.Screen(80, 24)
        pyte.Stream(screen).feed(self.shown[-200_000:].decode("utf-8", "replace"))
        return list(screen.display)

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        os.close(self._master)
        os.close(self.slave)


def try_consent(ask: Ask) -> list[str]:
    """Let the model ask for the calls, say no, and return what was hidden, forged or done all the same."""
    server = Server()
    wanted = [(name, arguments) for name, arguments in ask.calls]
    server.script([_called(wanted, ask.text), answer("Well.")])
    with folder({"work/tools.py": TOOLS}) as root, ExitStack() as stack:
        stack.callback(server.close)
        typist = Typist(ask.typed)
        stack.callback(typist.close)
        env = Env(typist.console(stack), world(root, server.url))
        code = grok(("ask", "--no-save", "--tool", "tools.py", "do it"), env)
        ran = Path("tools.py").with_name("ran").exists()
    shown = typist.shown.decode("utf-8", "replace")
    wrong = ["it ran, and the answer was no"] if ran else []
    wrong += [f"exit code {code}"] if code not in (0, 1, 2, 5, 6, 7, 130) else []
    wrong += [f"forged: {row}" for row in ([] if ask.text else forged(shown[-300_000:]))]
    wrong += [f"steers the terminal: {', '.join(found)}"] if (found := steering(shown)) else []
    wrong += ["a bug in grok"] if "bug in grok" in shown else []
    if not ask.text and (unseen := sorted(set(INVISIBLE.findall(shown)))):
        wrong.append(f"nobody sees {unseen}")
    if re.search(r"[\u0300-\u036f\u20d0-\u20ff]{9}", shown):
        wrong.append("combining marks are stacked")
    for screen in typist.screens[:1]:
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
        wrong += [f"{part} is not on the screen, and nothing says what is hidden" for part in parts if part not in packed]
    return wrong


CLASSES: dict[str, tuple[Callable[[], Iterable[tuple[str, Any]]], Callable[[Any], list[str]]]] = {
    "consent": (_consent, try_consent),
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
    through = [f"{name}: {title}: {'; '.join(wrong)[:400]}" for title, what in chosen if (wrong := attempt(judge, what))]
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
