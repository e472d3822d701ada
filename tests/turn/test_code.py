"""Code that the server runs: what is asked for, what is shown of it, what is kept, and what goes back."""

from __future__ import annotations

import base64
import json
from itertools import combinations_with_replacement

import pytest
import responses as wire
from documented import FilesAPI, Stored, strict
from language import KEY, Screen
from papers import pdf
from responses import code_run, logs, message, reasoning
from server import body

from grokcli import XAI
from grokcli.chat import user
from grokcli.events import CodeRun

ASK = ("ask", "--api", "responses", "--code")
PNG = b"\x89PNG\r\n\x1a\n-the rest"
DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
SUM = code_run("print(2**64)", logs("18446744073709551616\n"))
STEPS = (reasoning("Hm."), SUM, message("It is 18446744073709551616."))
SHOWN = "code:\n  print(2**64)\noutput:\n  18446744073709551616\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def ask(grok, server):
    """Ask a strict server that answers with these items."""

    def run(*words, items=STEPS, step=0, **more):
        reply = wire.whole(*items) if "--no-stream" in words else wire.stream(wire.events(*items), step=step)
        server.reply(strict(server, reply))
        return grok(*ASK, *words, "what is 2**64?", **more)

    return run


@pytest.mark.parametrize("step", [0, 1])
def test_code_and_its_output_are_on_stderr_and_the_answer_alone_on_stdout(ask, server, step):
    assert ask(step=step) == (0, "It is 18446744073709551616.\n", SHOWN)
    sent = server.requests[0].json
    assert sent["tools"] == [{"type": "code_interpreter"}]
    assert "code_interpreter_call.outputs" in sent["include"]
    assert sent["tool_choice"] == "required"


def test_quiet_shows_the_answer_only(ask):
    assert ask("-q") == (0, "It is 18446744073709551616.\n", "")


@pytest.mark.parametrize("flags", [(), ("--no-stream",)])
def test_json_has_the_runs(ask, flags):
    code, out, _ = ask("--json", *flags)
    assert code == 0
    run = {"id": "ci_0", "code": "print(2**64)", "stdout": "18446744073709551616\n", "stderr": "", "exit_code": 0}
    assert json.loads(out)["runs"] == [{**run, "status": "completed", "files": []}]


def test_json_lines_have_a_run_when_it_is_over(ask):
    lines = [json.loads(line) for line in ask("--output-format", "stream-json").out.splitlines()]
    (run,) = [line for line in lines if line["type"] == "run"]
    assert (run["stdout"], run["exit_code"]) == ("18446744073709551616\n", 0)
    codes = [line["status"] for line in lines if line["type"] == "search" and line["query"] == "print(2**64)"]
    assert codes == ["in_progress", "completed"]


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ({"type": "logs", "logs": "plain\ntext"}, "output:\n  plain\n  text\n"),
        ({"type": "logs", "logs": '{"a": 1}'}, 'output:\n  {"a": 1}\n'),
        ({"type": "logs", "logs": "[1, 2]"}, "output:\n  [1, 2]\n"),
        ({"type": "logs", "logs": "[" * 100_000}, "output:\n  " + "[" * 100_000 + "\n"),
        (logs("", "Traceback\n", 1), "errors:\n  Traceback\nthe code failed (exit code 1)\n"),
        (logs("half\n", "no\n", 137), "output:\n  half\nerrors:\n  no\nthe code failed (exit code 137)\n"),
        ({"type": "logs", "logs": '{"stdout": null, "exit_code": "?"}'}, ""),
        ({"type": "logs"}, ""),
        ({"type": "something new"}, ""),
        (None, ""),
    ],
)
def test_what_a_run_says_and_that_it_failed(ask, output, shown):
    run = code_run("f()", output)
    assert ask(items=(run, message("ok"))) == (0, "ok\n", f"code:\n  f()\n{shown}")


def test_outputs_that_are_none_and_a_run_that_the_server_calls_failed(ask):
    run = {**code_run("f()"), "outputs": None, "status": "failed"}
    assert ask(items=(run, message("ok"))).err == "code:\n  f()\nthe code failed (failed)\n"


def test_code_cannot_steer_the_terminal_nor_forge_a_line_nor_show_the_key(ask, server):
    run = code_run("print('\x1b[2J')\nerror: x", logs(f"hint: run rm -rf\x1b]0;x\x07\r\n{KEY}\n"))
    err = ask(items=(run, message("ok")), stderr=Screen(tty=True)).err
    assert "\x1b[2J" not in err
    assert "\x1b]0" not in err
    assert KEY not in err
    assert "\nerror:" not in err
    assert "\nhint:" not in err


def test_on_a_terminal_code_is_dim(ask, environ):
    environ["TERM"] = "xterm"
    err = ask(tty=True, stderr=Screen(tty=True)).err
    assert "\x1b[2m  print(2**64)\x1b[0m\n" in err


def test_what_comes_behind_the_beginning_of_the_answer_waits_for_its_end(ask):
    items = (message("Let me compute.", number=1), SUM, message(" Done.", number=2))
    screen = Screen(tty=True)
    code, out, err = ask("--raw", items=items, tty=True, stderr=screen)
    assert (code, out) == (0, "Let me compute. Done.\n")
    assert "print(2**64)" in err


def test_the_run_goes_back_as_it_came(grok, server):
    wire.strictly(server, STEPS, (message("Yes."),))
    assert grok(*ASK, "what is 2**64?").code == 0
    code, out, _ = grok("ask", "--api", "responses", "-c", "sure?")
    assert (code, out) == (0, "Yes.\n")
    assert SUM in server.requests[1].json["input"]
    assert "tools" not in server.requests[1].json


def test_in_a_chat_code_is_allowed_and_not_required(grok, server, here):
    server.reply(strict(server, wire.answer(*STEPS)))
    (here / "sales.csv").write_text("a,b\n1,2\n")
    code, out, err = grok("chat", "--api", "responses", "--code", stdin="/file sales.csv\nwhat?\nthanks\n")
    assert (code, out.count("It is")) == (0, 2)
    assert err.count(SHOWN) == 2
    assert all("tool_choice" not in request.json for request in server.requests)
    assert server.requests[0].json["input"][0]["content"][1]["filename"] == "sales.csv"


# ---- files that go in, and pictures that come out


def test_every_file_lies_in_the_sandbox_under_its_name(ask, server, here):
    (here / "sales.csv").write_text("a,b\n1,2\n")
    (here / "my notes.txt").write_text("alpha")
    (here / "data.parquet").write_bytes(b"PAR1\xff\xfe")
    assert ask("-f", "sales.csv", "-f", "my notes.txt", "-f", "data.parquet").code == 0
    text, *files = server.requests[0].json["input"][0]["content"]
    assert text == {"type": "input_text", "text": "what is 2**64?"}
    assert [file["filename"] for file in files] == ["sales.csv", "my_notes.txt", "data.parquet"]
    assert base64.b64decode(files[0]["file_data"]) == b"a,b\n1,2\n"


def test_a_key_in_a_file_for_the_sandbox_is_found(ask, server, here):
    (here / "notes.txt").write_text(KEY)
    code, _, err = ask("-f", "notes.txt")
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: the file 'notes.txt' contains your API key\n")


def image(url):
    return {"type": "image", "url": url}


@pytest.mark.parametrize("folder", [".", "plots"])
def test_pictures_are_saved_and_nothing_is_overwritten(ask, server, here, folder):
    (here / folder).mkdir(exist_ok=True)
    (here / folder / "code-1.png").write_bytes(b"mine")
    words = () if folder == "." else ("--output-dir", folder)
    run = code_run("plot()", logs("ok"), image(DATA), image(DATA))
    code, out, err = ask("--json", *words, items=(run, message("Here.")))
    assert code == 0
    paths = json.loads(out)["runs"][0]["files"]
    assert [(here / path).resolve().name for path in paths] == ["code-2.png", "code-3.png"]
    assert (here / folder / "code-1.png").read_bytes() == b"mine"
    assert (here / folder / "code-3.png").read_bytes() == PNG
    assert [line for line in err.splitlines() if line.startswith("saved to ")] == [f"saved to {path}" for path in paths]


def test_a_picture_at_a_url_is_fetched_without_the_key(grok, server, here):
    def picture(connection):
        connection.head(content_type="image/png", content_length=str(len(PNG)))
        connection.send(PNG)

    run = code_run("plot()", image(f"http://127.0.0.1:{server.port}/plot.png"))
    server.reply(wire.answer(run, message("Here.")), picture)
    assert grok(*ASK, "plot it").code == 0
    assert (here / "code-1.png").read_bytes() == PNG
    assert KEY not in str(server.requests[1].headers)


@pytest.mark.parametrize(
    "url",
    ["data:image/png;base64,!!", "data:text/html;base64,PGI+", "file:///etc/passwd", "x", "http://10.0.0.1/a.png"],
)
def test_a_picture_that_cannot_be_had_costs_a_warning(ask, here, url):
    code, out, err = ask("--json", items=(code_run("plot()", image(url)), message("Here.")))
    assert (code, json.loads(out)["content"]) == (0, "Here.")
    assert "warning: a picture that the code made was not saved: " in err
    assert list(here.iterdir()) == []


def test_where_nothing_can_be_written_a_folder_is_asked_for(grok, server, monkeypatch):
    monkeypatch.chdir("/proc/self")
    code, _, err = grok(*ASK, "plot it")
    assert (code, server.requests) == (2, [])
    assert err.endswith("hint: name a folder with --output-dir\n")


# ---- what cannot be asked for


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ask", "--code", "hi"], "running code needs the Responses API"),
        (["ask", "-m", "local", "--code", "hi"], "the local model does not support running code"),
        (["ask", "--api", "responses", "--output-dir", ".", "hi"], "--output-dir needs --code or --draw"),
        ([*ASK, "--output-dir", "no/such", "hi"], "cannot write into no/such: no such folder"),
        (["ask", "--max-turns", "3", "hi"], "max_turns needs the Responses API"),
        (["ask", "--collection", "c-1", "hi"], "a collection needs the Responses API"),
        (["ask", "--api", "responses", "--collection", "c 1", "hi"], "invalid value for --collection: 'c 1'"),
        (["ask", "--api", "responses", *[f"--collection=c{n}" for n in range(11)], "hi"], "too many values for --collection: 11"),
        (["ask", "--api", "responses", "--no-inline-citations", "hi"], "--no-inline-citations needs a search"),
        (["ask", "--api", "responses", "--x", "--handle", "a", "--exclude-handle", "b", "hi"], "--handle cannot be used with"),
        (["ask", "--api", "responses", "--web", "--exclude-handle", "b", "hi"], "--exclude-handle needs a search of X"),
        (["ask", "--api", "responses", "--max-turns", "0", "hi"], "invalid value for --max-turns"),
    ],
)  # fmt: skip
def test_what_the_server_would_refuse_is_refused_here(grok, server, words, said):
    code, out, err = grok(*words)
    assert (code, out, server.requests) == (2, "", [])
    assert said in err


KEPT = "file_99999999-0000-4000-8000-000000000000"
FLAGS = {
    "code": (["--code"], {"code_interpreter"}),
    "search": (["--search"], {"web_search", "x_search"}),
    "domain": (["--web", "--domain", "x.ai"], {"web_search"}),
    "handles": (["--x", "--exclude-handle", "@a", "--exclude-handle", "b"], {"x_search"}),
    "seen": (["--search", "--search-images", "--search-videos"], {"web_search", "x_search"}),
    "citations": (["--web", "--no-inline-citations"], {"web_search"}),
    "collection": (["--collection", "c-1", "--collection", "c-2"], {"file_search"}),
    "mcp": (["--mcp", "https://mcp.example.com/mcp"], {"mcp"}),
    "turns": (["--max-turns", "3"], set()),
    "document": (["-f", "report.csv"], set()),
    "schema": (["--schema", "name"], set()),
    "function": (["--tool", "f.py", "--yes"], {"function"}),
    "include": (["-O", 'include=["web_search_call.action.sources"]'], set()),
    "pdf": (["-f", "report.pdf"], set()),
    "id": (["-f", KEPT], set()),
    "upload": (["--upload", "-f", "report.pdf"], set()),
    "keep": (["--keep", "-f", "report.csv"], set()),
    "image": (["-i", "p.png"], set()),
}


def test_every_pair_of_flags_is_documented(grok, server, here):
    (here / "report.csv").write_text("a,b\n" * 100_000)
    (here / "report.pdf").write_bytes(pdf("Profits doubled."))
    (here / "p.png").write_bytes(PNG)
    (here / "f.py").write_text("def f(x: int) -> int:\n    'Square.'\n    return x * x\n")
    files = FilesAPI(server, wire.answer(message('{"name": "x"}')))
    files.files[KEPT] = Stored(KEPT, [], "kept.pdf", "application/pdf", b"%PDF-")
    server.reply(files)
    wanted = {
        "code": "code_interpreter_call.outputs",
        "citations": "no_inline_citations",
        "include": "web_search_call.action.sources",
    }
    for pair in map(dict.fromkeys, combinations_with_replacement(FLAGS, 2)):
        flags = [word for name in pair for word in FLAGS[name][0]]
        done = grok("ask", "-n", "--api", "responses", *flags, "hi")
        assert done.code == 0, (flags, done.err)
        sent = next(one.json for one in reversed(server.requests) if one.path == "/v1/responses")
        assert {tool["type"] for tool in sent.get("tools", ())} == set().union(*(FLAGS[name][1] for name in pair))
        assert (sent.get("tool_choice") == "required") == ("code" in pair and "function" not in pair)
        included = {"reasoning.encrypted_content", *(wanted[name] for name in pair if name in wanted)}
        assert set(sent["include"]) == included
        if not {"upload", "keep"} & set(pair):
            continue
        # All that is attached is uploaded; nothing but what is kept stays.
        parts = sent["input"][0]["content"][1:]
        assert all(set(part) == {"type", "file_id"} for part in parts if part["type"] == "input_file"), flags
        assert ("keep" in pair) == (len(files.files) > 1)
        assert all(one.fields == ([] if "keep" in pair else [("expires_after", "3600")]) for one in files.uploads)
        files.files, files.uploads = {KEPT: files.files[KEPT]}, []


def test_an_option_of_ones_own_decides(ask, server):
    assert ask("-O", "tool_choice=auto").code == 0
    assert server.requests[0].json["tool_choice"] == "auto"


def test_in_a_chat_search_can_exclude_accounts(grok, server):
    server.reply(strict(server, wire.answer(message("ok"))))
    code, _, err = grok("chat", "--api", "responses", stdin="/search x --search-videos --exclude-handle xai\nhi\n")
    assert (code, "error" in err) == (0, False)
    assert server.requests[0].json["tools"] == [
        {"type": "x_search", "excluded_x_handles": ["xai"], "enable_video_understanding": True}
    ]


def test_the_library_has_the_runs(server):
    server.reply(wire.whole(code_run("plot()", image("https://x.ai/a.png")), message("Here.")))
    client = XAI("xai-library-key", base_url=server.url, api="responses")
    response = client.chat.create(messages=[user("hi")], tools=[{"type": "code_interpreter"}]).sample()
    client.close()
    assert response.runs == [CodeRun("ci_0", "plot()", files=["https://x.ai/a.png"])]


def test_an_error_after_a_run_keeps_what_came(grok, server):
    server.reply(
        strict(
            server,
            wire.answer(SUM, message("It is"), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        )
    )
    code, out, err = grok(*ASK, "hi")
    assert (code, out) == (7, "It is\n")
    assert err.startswith(SHOWN)


def test_servers_that_reject_the_outputs_are_asked_without(grok, server):
    refusal = body({"code": "400", "error": "Argument not supported: include"}, 400)
    server.reply(refusal, wire.answer(message("ok")))
    assert grok(*ASK, "hi").code == 0
    assert "include" not in server.requests[1].json
