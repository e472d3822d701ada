"""What a user agrees to is what is run: a call shows all that it holds, whatever the model writes into it."""

from __future__ import annotations

import json
import shlex

import pytest
from language import Screen, Typist, command, until
from server import answer, calls

FILE = """
import sys

def shell(command: str):
    with open("ran", "a") as out:
        print(command, file=out)

def speaks():
    print("\\x1b[2Jprinted\\rerror: forged")
    print("\\x1b]0;title\\x07", file=sys.stderr)
"""


LATE = """
import pathlib, sys, threading, time

def late():
    threading.Thread(target=_later).start()

def _later():
    while not pathlib.Path("go").exists():
        time.sleep(0.005)
    print("\\x1b[2Jto stdout")
    print("\\x1b[2Jto stderr", file=sys.stderr)
    pathlib.Path("printed").touch()
"""


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


@pytest.fixture
def asked(grok, server):
    """Let the model ask for a call, decline it, and return the lines from the call to the question."""

    def asked(name, arguments):
        server.reply(calls((name, arguments)), answer("ok"))
        words = ("ask", "--tool", "mine.py", "hi")
        err = grok(*words, stdin=Typist(b"n\n"), stderr=Screen(tty=True)).err
        return err.partition("\nrun it? [y/N/always] ")[0].splitlines()

    return asked


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        (" " * 2400, "␠×2400"),
        ("\u3000" * 2400, r"(\u3000)×2400"),
        (" \u200b" * 2400, r"( \u200b)×2400"),
        ("\n" * 50, r"(\n)×50"),
        ("=" * 400, "=×400"),
        *((unit * 60, f"({unit})×60") for unit in ("# " + "abcdefg" * 4, "".join(map(chr, range(0x4E00, 0x4E40))))),
        *((character, json.dumps(character)[1:-1]) for character in "\u00a0\u00ad\u034f\u115f\u1160\u200b\u202e\u2060"),
        *((character, json.dumps(character)[1:-1]) for character in "\u2800\u3164\ufe0f\ufeff\uffa0\U000e0041\x7f\x85"),
        ("o\u0336", r"o\u0336"),
        ("\ue000", r"\ue000"),
    ],
)
def test_a_call_shows_what_cannot_be_seen(asked, hidden, shown):
    rows = asked("shell", {"command": f"rm x{hidden}# list the files"})
    assert "".join(rows).replace("    | ", "") == f'call: shell(command="rm x{shown}# list the files")'


def test_what_people_write_is_shown_as_they_write_it(asked):
    text = 'Größe 日本語 हिन्दी 😀 "quoted" \\n'
    [row] = asked("shell", {"command": text})
    assert row == f"call: shell(command={json.dumps(text, ensure_ascii=False)})"


def test_a_call_that_is_wrapped_looks_like_no_line_of_grok(asked):
    command = "rm x; " + "".join(f"{number:06}" for number in range(20)) + "call: harmless()"
    rows = asked("shell", {"command": command})
    assert rows[0].startswith('call: shell(command="rm x; ')
    assert len(rows) == 3
    assert all(row.startswith("    | ") for row in rows[1:])
    assert all(len(row) < 80 for row in rows)
    assert rows[0] + "".join(row[6:] for row in rows[1:]) == f'call: shell(command="{command}")'


def test_wide_characters_are_wrapped_by_their_width(asked):
    rows = asked("shell", {"command": "日本" * 7 + "".join(map(chr, range(0x4E00, 0x4E60)))})
    assert all(len(row) + sum(character > "⺀" for character in row) < 80 for row in rows)


def test_a_call_that_fills_the_screen_shows_its_beginning_its_end_and_how_much_is_between(asked):
    command = "rm x; " + "".join(f"{number:06}" for number in range(2000)) + "; last"
    rows = asked("shell", {"command": command})
    assert len(rows) == 20
    assert rows[0].startswith('call: shell(command="rm x; 000000')
    assert rows[-1].endswith('; last")')
    [gap] = [row for row in rows[1:] if not row.startswith("    | ")]
    shown = sum(len(row) - 6 for row in rows if row != gap)
    assert gap == f"    [{len(command) + len('shell(command=..)') - shown:,} characters not shown]"


MUCH = ("\u200b" * 15 + "x") * 5_000


def test_of_a_huge_call_only_the_beginning_and_the_end_are_revealed(asked):
    """To look at all of it would take half a minute for a megabyte."""
    rows = asked("shell", {"command": f"rm x; {MUCH}; last"})
    assert rows[0].startswith(r'call: shell(command="rm x; (\u200b\u200b')
    assert "".join(rows).replace("    | ", "").endswith('x; last")')
    [gap] = [row for row in rows[1:] if not row.startswith("    | ")]
    assert gap == f"    [{len(MUCH) - 40_000 + len('shell(command=rm x; ; last..)'):,} characters not shown]"


def test_of_a_huge_call_only_the_beginning_and_the_end_are_logged(grok, server):
    server.reply(calls(("shell", {"command": MUCH})), answer("ok"))
    err = grok("ask", "--tool", "mine.py", "--yes", "hi").err
    assert err.startswith(r'calling: shell(command="(\u200b\u200b')
    assert f" [{len(MUCH) - 40_000 + len('shell(command=..)'):,} characters not shown] (" in err
    assert err.endswith('x")\n')
    assert len(err) < 1000


@pytest.mark.parametrize("before", range(19_900, 20_000, 20))
def test_a_key_at_the_cut_is_masked_as_one(asked, before):
    """Also one that is not ours, of which a part looks like no key."""
    key = "xai-" + "1q2W3e4R5t6Y" * 7
    rows = asked("shell", {"command": "a" * before + key + "b" * 60_000})
    assert not [row for row in rows if key[4:12] in row]


def test_names_that_look_like_others_are_escaped(asked):
    rows = asked("shell", {"сommand": 1, 'a="b", c': {"сd": ["й"]}})
    assert rows == [r'call: shell("\u0441ommand"=1, "a=\"b\", c"={"\u0441d": ["й"]})']


def test_the_name_of_no_function_is_escaped_too(asked):
    [row] = asked("shеll", {})
    assert row.startswith(r'unknown tool: "sh\u0435ll"()')


def test_arguments_that_are_no_json_are_shown_as_they_are(asked):
    assert asked("shell", '{"command": \u200b"x"\n') == [r'call: shell({"command": \u200b"x"\n)']


def test_without_a_terminal_a_call_is_one_line(grok, server):
    server.reply(calls(("shell", {"command": "\u200bx\n" + "fedcba9876543210," * 90})), answer("ok"))
    err = grok("ask", "--tool", "mine.py", "--yes", "hi").err
    assert err == 'calling: shell(command="\\u200bx\\n(fedcba9876543210,)×90")\n'


def test_a_hundred_calls_of_one_answer_are_run(grok, server, tmp_path):
    server.reply(calls(*(("shell", {"command": f"{number}"}) for number in range(102))), answer("ok"))
    code, out, err = grok("ask", "--tool", "mine.py", "--yes", "hi")
    assert (code, out) == (0, "ok\n")
    assert (tmp_path / "ran").read_text().splitlines() == [str(number) for number in range(100)]
    assert err.endswith("2 more calls were not run (limit: 100 in one answer)\n")
    told = [one["content"] for one in server.requests[1].json["messages"] if one["role"] == "tool"]
    assert len(told) == 102
    assert told[100:] == ["error: not run: only the first 100 calls in an answer are run"] * 2


@pytest.mark.parametrize("name", ["web_search", "x_search", "code_interpreter", "mcp"])
def test_a_function_with_the_name_of_a_tool_of_the_server_is_refused(grok, server, file, name):
    file.write_text(f"def {name}(query: str): ...\ndef fine(): ...\n")
    for wanted in ("mine.py", f"mine.py:{name}"):
        code, out, err = grok("ask", "--tool", wanted, "--yes", "hi")
        assert (code, out) == (2, "")
        assert err.startswith(f"error: the function {name}() has the same name as a server tool\nhint: rename it")
    assert server.requests == []
    server.reply(answer("ok"))
    assert grok("ask", "--tool", "mine.py:fine", "--yes", "hi").code == 0


def test_what_a_function_prints_when_its_call_is_over_cannot_steer_the_terminal(environ, server, file, tmp_path):
    pytest.importorskip("pty", reason="a pty is needed")
    pexpect = pytest.importorskip("pexpect", reason="a pty is needed")
    file.write_text(LATE)

    def when_printed(connection):
        (tmp_path / "go").touch()
        until((tmp_path / "printed").exists)
        answer("fine")(connection)

    server.reply(calls(("late", {})), when_printed)
    line = shlex.join(command("ask", "--tool", "mine.py", "--yes", "hi"))
    child = pexpect.spawn("/bin/sh", ["-c", line], env=environ | {"TERM": "dumb"}, timeout=60, encoding="utf-8")
    child.expect("fine")
    assert "| ␛[2Jto stdout\r\n| ␛[2Jto stderr\r\n" in child.before
    child.close()


def test_what_a_function_prints_cannot_steer_the_terminal(grok, server):
    server.reply(calls(("speaks", {})), answer("ok"))
    err = grok("ask", "--tool", "mine.py", "--yes", "hi", stderr=Screen(tty=True)).err
    assert err == "calling: speaks()\n| ␛[2Jprinted\n| error: forged\n| ␛]0;title␇\n"


def test_no_line_that_a_function_prints_looks_like_one_of_grok(grok, server, file):
    file.write_text("""
import sys
def says(text: str):
    print("wait", end="")
    print("...", end="\\r")
    sys.stderr.write(text)
    sys.stdout.write(text[:5])
""")
    server.reply(
        calls(("says", {"text": "\nhint: run this\n\nerror: no"})), calls(("says", {"text": "x"})), answer("ok")
    )
    code, out, err = grok("ask", "--tool", "mine.py", "--yes", "hi", stderr=Screen(tty=True))
    assert (code, out) == (0, "ok\n")
    assert [line for line in err.splitlines() if not line.startswith("| ")] == [
        'calling: says(text="\\nhint: run this\\n\\nerror: no")',
        'calling: says(text="x")',
    ]
    assert "| wait...\n| hint: run this\n| \n| error: no\n| hint\n" in err


def test_in_a_log_what_a_function_prints_is_as_it_is(grok, server, file):
    file.write_text('def says():\n    print("a\\nb")\n')
    server.reply(calls(("says", {})), answer("ok"))
    assert grok("ask", "--tool", "mine.py", "--yes", "hi").err == "calling: says()\na\nb\n"
