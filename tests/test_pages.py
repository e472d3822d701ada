"""The pages of `grokcli/help` and the README: what they show runs, and they leave nothing out."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import responses as wire
from batch_server import BatchServer, answered, completion
from language import KEY, Result, Screen, Typist
from papers import pdf
from server import Connection, Server, answer, body, calls, whole
from typer.main import get_command

from grokcli.cli import COMMANDS, app
from grokcli.config.settings import SETTINGS
from grokcli.events import Usage
from grokcli.render.json import TYPES
from grokcli.repl.slash.table import BY_NAME

ROOT = Path(__file__).parent.parent
PAGES = {path.stem: path for path in sorted((ROOT / "grokcli" / "help").glob("*.md"))}
FILES = {"README": ROOT / "README.md", **PAGES}
TEXTS = {name: path.read_text("utf-8") for name, path in FILES.items()}
EXIT_CODES = (0, 1, 2, 3, 4, 5, 6, 7, 130, 141, 143)

# What cannot be run here, and why.
NOT_RUN = {
    "grok cmd --why": "explains what failed before it in the same shell; test_shell_keys.py does that",
    "grok config set api_key": "asks at the terminal, which getpass opens itself; the pipe on the same page is run",
    "source <(grok completion zsh)": "is for zsh; tests/commands/test_tab.py runs it there",
    "grok completion fish | source": "is for fish",
    "grok completion powershell | Out-String | Invoke-Expression": "is for PowerShell",
}
# What stands on the pages for something that only exists where they are tried.
OTHER_SERVER, SOME_ID = "http://localhost:11434/v1", "3fkq7e2a"
FILE_ID = "file_a128090d"

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
ANSWER = "Grok is an answer machine [[1]](https://x.ai/a).\n\n```python\nprint(1)\n```\n"
VALUES = {"string": "green", "integer": 1, "number": 1.5, "boolean": True, "array": ["a"]}


class Block(NamedTuple):
    """A fenced block of one language on a page; `number` counts those of the page."""

    page: str
    number: int
    text: str


def help_examples() -> list[Any]:
    """Return the examples at the end of the help of each command, as blocks that a test can run."""
    group = get_command(app)
    found = {"grok": group, **{name: group.get_command(None, name) for name in COMMANDS}}
    found["batch submit"] = found["batch"].get_command(None, "submit")
    return [
        pytest.param(Block(f"{name} --help", 1, re.sub("(?m)^(?=.)", "$ ", command.epilog)), id=f"{name} --help")
        for name, command in found.items()
        if command.epilog
    ]


def blocks(language: str) -> list[Any]:
    """Return the blocks of a language on all pages, as parameters of a test."""
    return [
        pytest.param(Block(page, number, text), id=f"{page}-{number}")
        for page, content in TEXTS.items()
        for number, text in enumerate(re.findall(rf"^```{language}\n(.*?)^```$", content, re.MULTILINE | re.DOTALL), 1)
    ]


# ---- the server: a good answer to whatever the pages ask


def play(server: Server) -> Callable[[Connection], None]:
    batches = BatchServer(server)
    server.script([])  # replies as said below
    batches.usual = lambda asked: answered(completion(_matching(asked["body"]["text"]["format"]["schema"])))

    def reply(connection: Connection) -> None:
        request = next(one for one in reversed(server.requests) if one.connection == connection.number)
        if "/batches" in request.path or b"grok-batch-" in request.body:
            batches.finish()
            batches.handle(connection)(connection)
        elif "/video" in request.path:
            _video(server, request.path)(connection)
        elif "/files" in request.path:
            _files(request.method, request.path)(connection)
        elif request.method == "GET":
            body({"data": [{"id": "grok-4.7"}], "name": "a key"})(connection)
        elif "/images/" in request.path:
            pictures = [{"b64_json": base64.b64encode(PNG).decode()}] * request.json.get("n", 1)
            body({"data": pictures, "usage": {"cost_in_usd_ticks": 200_000_000}})(connection)
        elif request.path.endswith("/responses"):
            _responses(request.json)(connection)
        else:
            _chat(request.json)(connection)

    return reply


def _video(server: Server, path: str) -> Callable[[Connection], None]:
    if path.endswith("/generations"):
        return body({"request_id": "video-1"})
    if path.endswith(".mp4"):
        return body(b"\0\0\0\x18ftypmp42", content_type="video/mp4")
    return body({"status": "done", "video": {"url": f"http://127.0.0.1:{server.port}/video.mp4", "duration": 6}})


def _files(method: str, path: str) -> Callable[[Connection], None]:
    file = {
        "id": FILE_ID,
        "filename": "notes.txt",
        "bytes": 40,
        "created_at": 1790000000,
        "deleted": method == "DELETE",
    }
    if "/content" in path:
        return body("Profits doubled.", content_type="application/octet-stream")
    return body({"data": [file]} if "?" in path else file)


def _responses(asked: dict[str, Any]) -> Callable[[Connection], None]:
    tools = asked.get("tools", [])
    schema = asked.get("text", {}).get("format", {}).get("schema")
    called = any(item.get("type") == "function_call_output" for item in asked["input"])
    items = [wire.reasoning("Hm.")]
    if any(tool["type"].endswith("_search") for tool in tools):
        items.append(wire.web_search("grok"))
    if any(tool["type"] == "code_interpreter" for tool in tools):
        items.append(wire.code_run("print(1)", wire.logs("1\n")))
    if any(tool["type"] == "image_generation" for tool in tools):
        items.append(wire.drawing("A picture", PNG))
    if any(tool["type"] == "function" for tool in tools) and not called:
        items.append(wire.function_call("temperature", {"city": "Paris"}))
    else:
        text = _matching(schema) if schema else ANSWER
        items.append(wire.message(text, *([] if schema else [wire.citation("https://x.ai/a", "1")])))
    return (wire.answer if asked.get("stream") else wire.whole)(*items)


def _chat(asked: dict[str, Any]) -> Callable[[Connection], None]:
    if asked.get("tools") and asked["messages"][-1]["role"] != "tool":
        if asked.get("stream"):
            return calls(("temperature", {"city": "Paris"}))
        call = {"id": "1", "type": "function", "function": {"name": "temperature", "arguments": '{"city": "Paris"}'}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return body({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})
    return answer(ANSWER) if asked.get("stream") else whole(ANSWER)


def _matching(schema: dict[str, Any]) -> str:
    return json.dumps({name: VALUES[kind["type"]] for name, kind in schema["properties"].items()})


# ---- the user: a folder of files, some programs, two stored conversations

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
OWN_FILES = {
    "notes.txt": "- call the bank\n- water the plants\n",
    ".claude/commands/fix.md": "Fix $ARGUMENTS.\n",
    "questions.txt": "Why is the sky blue?\nWhy is the sea salty?\n",
    "tickets.csv": "id,text\n" + "".join(f'T-{number},"Charged {number} times, help"\n' for number in range(1, 11)),
    "sales.csv": "month,sales\n1,10\n2,12\n",
    "invoice.txt": "ACME Ltd, 12.50 EUR, paid\n",
    "app.log": "10:00 ERROR no route to host\n10:01 ERROR no route to host\n",
    "person.schema.json": json.dumps(PERSON),
    "servers.json": '{"mcpServers": {"notes": {"command": "notes-mcp"}, "github": {"url": "https://github.example"}}}',
    "src/main.py": "print('hello')\n",
    "src/text.py": "def shout(text):\n    return text.upper()\n",
    "weather.py": re.search(r"```python\n(# weather\.py\n.*?)```", TEXTS["tools"], re.DOTALL)[1],
}
PROGRAMS = {
    "pass": f"echo {KEY}",
    "mail": "cat",
    "llm": "echo an **answer**",
    "gh": "echo a-token-of-github",
    "notes-mcp": f'exec "{sys.executable}" "{ROOT}/tests/mcp_server.py" .',
}
GIT = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as users have it: in git, with a change that is staged and one that is not."""
    folder = tmp_path_factory.mktemp("pages") / "folder"
    for name, text in OWN_FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "report.pdf").write_bytes(pdf("Profits doubled."))
    (folder / "docs").mkdir(exist_ok=True)
    for name in ("README.md", "docs/a.md"):
        (folder / name).write_text("# Title\n")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(16))
    commands = "git init -q && git add . && git commit -qm first && echo 'x = 1' >> src/main.py && git add src"
    subprocess.run(["bash", "-ec", f"{commands} && echo 'y = 2' >> src/text.py"], cwd=folder, env=os.environ | GIT)
    return folder


@pytest.fixture
def folder(
    prepared: Path,
    tmp_path: Path,
    home: Path,
    environ: dict[str, str],
    server: Server,
    grok: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """The current folder of a user whose `grok` is on PATH and whose server is asked as xAI's is."""
    folder = shutil.copytree(prepared, tmp_path / "folder")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    if shutil.which("jq") is None:
        (programs / "jq").symlink_to("/bin/cat")
    environ |= {
        "GROK_API": "responses",
        "VISUAL": "true",
        "GIT_EDITOR": "touch",
        "NOTES_TOKEN": "a-token",
        "GROK_MCP_FILES": "servers.json",
        **GIT,
    }
    environ["PATH"] = os.pathsep.join([str(programs), str(Path(sys.executable).parent), environ["PATH"]])
    monkeypatch.chdir(folder)
    server.reply(play(server))
    stored = prepared.with_name("home")
    if stored.exists():
        shutil.copytree(stored, home)
    else:
        for question in ("why is the sky blue?", "sourdough hydration"):
            assert grok("ask", question).code == 0
        shutil.copytree(home, stored)
    return folder


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block, and what is typed while it runs: messages of a chat, or a yes."""
    found: list[tuple[str, str]] = []
    for line in block.replace("\\\n", "").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found and line.startswith("> "):
            found[-1] = found[-1][0], f"{found[-1][1]}{line[2:]}\n"
        elif found and line.endswith(("[y/N] y", "[y/N/always] y")):
            found[-1] = found[-1][0], "y\n"
    yield from found


def is_plain(command: str) -> bool:
    """Say whether a command is grok with words, and nothing that is for a shell."""
    bare = re.sub(r"'[^']*'|\"[^\"$`]*\"", "", command)
    return bare.startswith("grok ") and not re.search(r"[|<>;&$`(){}*?~#!]", bare)


@pytest.fixture
def type_in(grok: Callable[..., Result], environ: dict[str, str], folder: Path) -> Callable[[str, str], Result]:
    """Run a command: in this process if it can be, which is ten times as fast, else in bash."""

    def run(command: str, typed: str) -> Result:
        if is_plain(command):
            stderr = Screen(tty=typed == "y\n")
            source = Typist(b"y\n") if typed == "y\n" else typed or None
            return grok(*shlex.split(command)[1:], stdin=source, stderr=stderr)
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], env=environ, cwd=folder, input=typed, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.mark.skipif(os.name == "nt", reason="the examples are written for a POSIX shell")
@pytest.mark.parametrize("block", [*blocks("console"), *help_examples()])
def test_every_command_of_every_page_runs(block, type_in, server, home):
    for settings in (one.values[0] for one in blocks("toml") if one.values[0].page == block.page):
        (home / "config").mkdir(parents=True)
        (home / "config" / "config.toml").write_text(settings.text)
    with sqlite3.connect(home / "data" / "conversations.db") as store:
        (known,) = store.execute("SELECT id FROM conversation LIMIT 1").fetchone()
    for command, typed in commands(block.text):
        if command not in NOT_RUN:
            code, _, err = type_in(command.replace(OTHER_SERVER, server.url).replace(SOME_ID, known), typed)
            assert code == 0, f"{command}\n{err}"
            assert "error: " not in err, f"{command}\n{err}"


def test_the_readmes_table_has_the_answers_as_columns(type_in, folder):
    (command,) = re.findall(r"^\$ (grok batch .*)$", TEXTS["README"], re.MULTILINE)
    assert type_in(command, "")[:2] == (0, "")
    lines = (folder / "labels.csv").read_text().splitlines()
    assert lines[:2] == ["id,text,label,urgent,error", 'T-1,"Charged 1 times, help",green,true,']
    assert [line.partition(",")[0] for line in lines[1:]] == [f"T-{number}" for number in range(1, 11)]


def test_no_exception_is_left_for_an_example_that_is_gone():
    examples = [*blocks("console"), *help_examples()]
    shown = {command for block in examples for command, _ in commands(block.values[0].text)}
    assert set(NOT_RUN) <= shown


@pytest.mark.parametrize("block", blocks("python"))
def test_every_python_example_runs(block, server, environ, monkeypatch, capsys):
    server.reply(play(server))
    for name in ("XAI_API_KEY", "XAI_BASE_URL"):
        monkeypatch.setenv(name, environ[name])
    exec(compile(block.text, block.page, "exec"), {"__name__": "example"})
    assert "answer machine" in capsys.readouterr().out or not server.requests


@pytest.mark.parametrize("block", blocks("toml"))
def test_every_settings_file_is_accepted(block, grok, home, server):
    server.reply(play(server))
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(block.text)
    assert grok("config", "list")[::2] == (0, "")
    assert grok("config", "check")[::2] == (0, "")
    for role in re.findall(r"^\[roles\.(\w+)\]", block.text, re.MULTILINE):
        assert grok("ask", "--role", role, "hi")[::2] == (0, "")


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_to_a_file(name):
    for target in re.findall(r"\]\(([^)]+)\)", TEXTS[name]):
        assert target.startswith("https://") or (FILES[name].parent / target.partition("#")[0]).is_file(), target


# ---- nothing is left out


def options(command: Any) -> Iterator[str]:
    """Yield the long options of a command and of its subcommands."""
    for parameter in command.params:
        yield from (one for one in (*parameter.opts, *parameter.secondary_opts) if one.startswith("--"))
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        yield from options(command.get_command(None, name))


def test_every_command_and_option_is_on_some_page():
    everything = "\n".join(TEXTS.values())
    group = get_command(app)
    for name in COMMANDS:
        assert f"grok {name}" in everything
        for option in options(group.get_command(None, name)):
            assert re.search(rf"{option}(?![\w-])", everything), f"grok {name} {option}"
    for option in options(group):
        assert option in everything


def test_every_setting_is_on_its_page():
    for setting in SETTINGS.values():
        assert f"`{setting.name}` (`{setting.environment}`" in TEXTS["settings"]
        if setting.default not in (None, ""):
            default = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
            shown = f"{default:g}" if isinstance(default, float) else f"`{default}`"
            assert f"`{setting.environment}`, default {shown})" in TEXTS["settings"]


def test_every_slash_command_is_on_its_page():
    for name in BY_NAME:
        assert re.search(rf"`/{re.escape(name)}[ `]", TEXTS["chat"]), name


def test_every_exit_code_is_on_its_page():
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", TEXTS["exit-codes"], re.MULTILINE)] == list(EXIT_CODES)


def test_every_field_of_every_event_is_on_its_page():
    for kind, name in TYPES.items():
        (line,) = re.findall(rf"^- `{name}`: (.*(?:\n  .*)*)", TEXTS["scripting"], re.MULTILINE)
        assert all(f"`{field.name}`" in line for field in fields(kind)), name
    assert len(fields(Usage)) == 8


# ---- how they are written


@pytest.mark.parametrize("name", PAGES)
def test_a_page_begins_with_its_title_and_its_summary(name):
    title, empty, summary, after, *_ = TEXTS[name].splitlines()
    assert title.startswith("# ")
    assert (empty, after) == ("", "")
    assert len(summary) <= 60
    assert not summary.endswith(".")
    assert "`" not in summary  # the list of the pages is plain text


def test_the_readme_is_short_and_leads_to_every_page():
    assert len(TEXTS["README"].splitlines()) < 200
    for name in PAGES:
        assert f"(grokcli/help/{name}.md)" in TEXTS["README"]
