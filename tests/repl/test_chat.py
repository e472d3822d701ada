"""`grok chat` without a terminal: a message a line. What the next request holds is what the server received."""

from __future__ import annotations

import base64
import json
from itertools import pairwise

import pytest
from language import Screen
from server import answer, body, delta, finish, stream, usage

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
def talk(grok):
    """Say lines to grok chat and leave."""

    def talk(*lines, words=(), **more):
        return grok("chat", *words, stdin="".join(f"{line}\n" for line in lines), **more)

    return talk


def sent(server, index=-1):
    return [(message["role"], message["content"]) for message in server.requests[index].json["messages"]]


def test_each_line_is_a_question_and_the_conversation_grows(talk, server):
    server.reply(answer("one"), answer("two"))
    assert talk("first", "second") == (0, "one\ntwo\n", "")
    assert sent(server, 0) == [("user", "first")]
    assert sent(server, 1) == [("user", "first"), ("assistant", "one"), ("user", "second")]


def test_the_second_turn_uses_the_same_connection(talk, server):
    server.reply(answer("ok"))
    talk("one", "two", "three")
    assert server.connections == 1


def test_a_first_question_may_stand_on_the_command_line(talk, server):
    server.reply(answer("ok"))
    assert talk("second", words=["the", "first"]).code == 0
    assert sent(server)[0] == ("user", "the first")


def test_blank_lines_are_nothing_and_quoted_blocks_one_message(talk, server):
    server.reply(answer("ok"))
    talk("", "  ", '"""one', "/two", '"three"', '"""', "four")
    assert sent(server) == [("user", 'one\n/two\n"three"'), ("assistant", "ok"), ("user", "four")]
    assert len(server.requests) == 2


@pytest.mark.parametrize("line", ["/exit", "/quit", "exit", "quit"])
def test_leaving(talk, server, line):
    assert talk(line, "never sent") == (0, "", "")
    assert server.requests == []


@pytest.mark.parametrize(("line", "closest"), [("/hepl", "/help"), ("/moedl x", "/model"), ("/zzz", "see /help")])
def test_an_unknown_command_is_never_sent(talk, server, line, closest):
    code, out, err = talk(line)
    assert (code, out, server.requests) == (0, "", [])
    assert err.startswith(f"error: unknown command {line.split()[0]}\nhint: ")
    assert closest in err


@pytest.mark.parametrize(
    ("reply", "tries", "said"),
    [
        (body({"error": "bad thing"}, 400), 1, "bad thing"),
        (body({"error": "Too many requests"}, 429), 4, "Too many requests"),
        (body({"error": "oops"}, 500), 4, "oops"),
    ],
)
def test_an_error_is_told_and_the_next_question_works(talk, server, reply, tries, said):
    server.reply(*[reply] * tries, answer("fine"))
    code, out, err = talk("one", "two")
    assert (code, out) == (0, "fine\n")
    assert err.count(f"{said}; retrying in") == tries - 1
    assert f"error: the server said: {said}\n" in err
    assert "use /retry to ask again" in err
    assert sent(server) == [("user", "two")]


def test_retry_after_an_error_asks_the_same_question(talk, server):
    server.reply(body({"error": "oops"}, 400), answer("fine"))
    assert talk("one", "/retry").out == "fine\n"
    assert sent(server) == [("user", "one")]


def test_a_cut_answer_is_kept_and_continued(talk, server):
    server.reply(stream([delta("Once upon")]), answer(" a time"), answer("ok"))
    code, out, err = talk("tell", "/continue", "more")
    assert (code, out) == (0, "Once upon\n a time\nok\n")
    assert "error: the connection closed before the answer was complete" in err
    assert "use /continue or /retry" in err
    assert sent(server, 1)[:2] == [("user", "tell"), ("assistant", "Once upon")]
    assert "Continue exactly where" in sent(server, 1)[2][1]


def test_an_answer_that_a_limit_cut_is_kept(talk, server):
    server.reply(answer("Hel", reason="length"), answer("ok"))
    _, _, err = talk("one", "two")
    assert "token limit" in err
    assert ("assistant", "Hel") in sent(server)


def test_retry_takes_the_answer_back_and_may_ask_otherwise_for_once(talk, server):
    server.reply(answer("first"), answer("again", model="grok-4.3"), answer("ok"))
    talk("hi", "/retry -m grok-4.3 --effort low", "next")
    assert server.requests[1].json["model"] == "grok-4.3"
    assert server.requests[1].json["reasoning_effort"] == "low"
    assert sent(server, 1) == [("user", "hi")]
    assert server.requests[2].json["model"] == "grok-4.7"
    assert "reasoning_effort" not in server.requests[2].json
    assert sent(server, 2) == [("user", "hi"), ("assistant", "again"), ("user", "next")]


@pytest.mark.parametrize(
    "reply",
    [
        body({"error": "The model grok-9 does not exist"}, 404),
        body({"error": "Model not found: grok-9"}, 400),
        stream([finish(), "[DONE]"]),  # an answer of nothing is none
    ],
)
def test_a_retry_that_brings_no_answer_leaves_the_old_one_as_it_was(talk, grok, server, reply):
    server.reply(answer("first"), reply, answer("ok"))
    _, _, err = talk("hi", "/system be brief", "/retry -m grok-9", "/system -", "next")
    assert "the previous answer is kept; use /retry to ask again" in err
    assert sent(server, 1) == [("system", "be brief"), ("user", "hi")]
    assert sent(server) == [("user", "hi"), ("assistant", "first"), ("user", "next")]
    kept = json.loads(grok("history", "show", "--all", "--json").out)["messages"]
    assert [(one["role"], one["content"], "superseded" in one) for one in kept] == [
        ("user", "hi", False),
        ("assistant", "first", False),
        ("user", "next", False),
        ("assistant", "ok", False),
    ]


def test_a_retry_that_is_cut_replaces_the_answer_by_what_came(talk, grok, server):
    server.reply(answer("first"), stream([delta("Once")]), answer("ok"))
    _, _, err = talk("hi", "/system be brief", "/retry")
    assert "the partial answer is kept" in err
    kept = json.loads(grok("history", "show", "--all", "--json").out)["messages"]
    assert [(one["role"], one["content"], "superseded" in one) for one in kept] == [
        ("user", "hi", False),
        ("assistant", "first", True),
        ("system", "be brief", False),
        ("assistant", "Once", False),
    ]


def test_undo_takes_one_exchange_back(talk, server):
    server.reply(answer("ok"))
    _, _, err = talk("one", "two", "/undo", "three")
    assert "removed: two" in err
    assert sent(server) == [("user", "one"), ("assistant", "ok"), ("user", "three")]


def test_edit_starts_no_editor_without_a_terminal(talk, server, environ, tmp_path):
    environ["EDITOR"] = f"touch {tmp_path}/started"
    server.reply(answer("ok"))
    _, _, err = talk("one", "/edit", "two")
    assert "error: /edit needs a terminal\nhint: " in err
    assert not (tmp_path / "started").exists()
    assert sent(server) == [("user", "one"), ("assistant", "ok"), ("user", "two")]


def test_model_system_set_and_effort_change_the_next_request(talk, server):
    server.reply(answer("ok", model="grok-4.3"))
    talk(
        "/model grok-4.3", "/system be brief", "/set temperature 0.5", "/set user me", "/effort high", "one",
        "/system -", "/set user -", "/effort -", "two",
    )  # fmt: skip
    first, second = (request.json for request in server.requests)
    assert (first["model"], first["temperature"], first["user"]) == ("grok-4.3", 0.5, "me")
    assert first["reasoning_effort"] == "high"
    assert first["messages"] == [{"role": "system", "content": "be brief"}, {"role": "user", "content": "one"}]
    assert second["messages"][0]["role"] == "user"
    assert {"user", "reasoning_effort"} & set(second) == set()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["/search"], "search: off"),
        (["/search x", "/search off"], "search: off"),
        (["/model grok-4.3"], "model: grok-4.3"),
        (["/effort high"], "effort: high"),
        (["/effort high", "/effort -"], "effort: "),
        (["/set seed 7"], "seed = 7"),
        (["/set seed 7", "/set seed -"], "seed: (none)"),
        (["/set"], "fields: (none)"),
        (["/system be brief"], "system: be brief"),
        (["/system be brief", "/system -"], "system: (none)"),
        (["/raw"], "answers are "),
        (["/tool -"], "tools: (none)"),
        (["/new"], "new conversation"),
        (["/undo"], "hi"),
        (["/rename The  blue\tsky"], "renamed to The blue sky"),
    ],
)
def test_a_command_that_changes_something_says_so_in_one_line(talk, server, environ, lines, said):
    server.reply(answer("ok"))
    environ["GROK_API"] = "chat" if lines[0] != "/search x" else "responses"
    if lines[0] == "/search x":
        server.script([body({"error": "enough"}, 400)])
    before = len(talk("hi", *lines[:-1]).err.splitlines())
    changed = talk("hi", *lines).err.splitlines()
    assert len(changed) == before + 1
    assert said in changed[-1]


def test_search_is_switched_on_and_off(talk, server, environ):
    environ["GROK_API"] = "responses"
    server.reply(body({"error": "enough"}, 400))
    code, _, err = talk("/search x --handle xai", "one", "/search web --domain x.ai", "two", "/search off", "three")
    assert code == 6  # of the last question
    assert 'search: {"type": "x_search", "allowed_x_handles": ["xai"]}' in err
    first, second, third = (request.json.get("tools") for request in server.requests)
    assert first == [{"type": "x_search", "allowed_x_handles": ["xai"]}]
    assert second == [{"type": "web_search", "filters": {"allowed_domains": ["x.ai"]}}]
    assert third is None
    environ["GROK_API"] = "chat"
    for line, said in [
        ("/search on", "search needs the Responses API"),
        ("/search y", "/search [on|web|x|off]"),
        ("/search x --bad", "options of /search"),
    ]:
        assert said in talk(line).err


def test_the_flags_of_ask_hold_for_a_chat(talk, server):
    server.reply(answer("ok"))
    talk("hi", words=["--effort", "low", "--api", "chat"])
    assert server.requests[0].json["reasoning_effort"] == "low"
    assert talk("hi", words=["--web"]).code == 2


def test_the_system_prompt_may_come_from_a_file_in_chat_too(talk, server, tmp_path):
    (tmp_path / "role.txt").write_text("be a pirate")
    server.reply(answer("ok"))
    talk(f"/system @{tmp_path}/role.txt", "hi")
    assert sent(server)[0] == ("system", "be a pirate")
    assert "cannot read /no/file" in talk("/system @/no/file").err


@pytest.mark.parametrize("line", ["/set temperature 9", "/set temperature NaN", "/set max_tokens 0"])
def test_a_value_that_no_server_takes_is_not_set(talk, server, line):
    server.reply(answer("ok"))
    assert "must be a" in talk(line, "hi").err
    assert {"temperature", "max_tokens"} & set(server.requests[0].json) == set()


def test_a_script_learns_how_its_last_question_ended(talk, server, environ):
    server.reply(body({"error": "Too many requests"}, 422), answer("ok"), body({"error": "oops"}, 422))
    assert talk("one").code == 6
    assert talk("two").code == 0
    assert talk("three").code == 6
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    assert talk("hi").code == 3


def test_help_fits_a_narrow_window(talk, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert max(len(line) for line in talk("/help").err.splitlines()) <= 60


def test_new_forgets_the_conversation_but_not_the_system_prompt(talk, server):
    server.reply(answer("ok"))
    talk("/system be brief", "one", "/new", "two")
    assert sent(server) == [("system", "be brief"), ("user", "two")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/retry", "no question to retry"),
        ("/retry --what", "usage: /retry"),
        ("/undo", "nothing to undo"),
        ("/edit", "no question yet"),
        ("/edit 3", "must be from 1 to 0"),
        ("/continue", "no answer to continue"),
        ("/copy", "no answer yet"),
        ("/save", "needs a name"),
        ("/file /no/such/file", "cannot read /no/such/file"),
        ("/file 'x", "missing closing quote"),
        ("/file !", "no shell command was run yet"),
        ("/image /dev/null", "not a PNG, JPEG or WebP"),
        ("/file /dev/zero", "is a device"),
        ("/effort hard", "invalid effort: 'hard'"),
        ("/set model x", "cannot be set this way"),
        ("/set seed", "seed is not set"),
        ("/multiline", "/multiline needs the line editor"),
    ],
)
def test_a_command_that_cannot_be_done_says_why_and_the_chat_goes_on(talk, server, line, said):
    server.reply(answer("ok"))
    code, out, err = talk(line, "hi")
    assert (code, out) == (0, "ok\n")
    assert said in err


def test_files_and_images_go_along_with_the_next_question_only(talk, server, tmp_path):
    (tmp_path / "notes.txt").write_text("remember\n")
    (tmp_path / "dot.png").write_bytes(PNG)
    server.reply(answer("ok"))
    talk(f"/file {tmp_path}/notes.txt", f"/image {tmp_path}/dot.png", "look", "again")
    text, image = sent(server, 0)[0][1]
    assert text["text"] == f'<file path="{tmp_path}/notes.txt">\nremember\n</file>\n\nlook'
    assert image["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert sent(server, 1)[-1] == ("user", "again")


def test_the_output_of_a_shell_command_can_be_handed_on(talk, server):
    server.reply(answer("ok"))
    _, _, err = talk("!echo to out; echo to err >&2; exit 3", "/file !", "what is this?")
    assert "to out\nto err" in err
    assert "exit code 3" in err
    assert sent(server)[0][1].startswith("<shell>\n$ echo to out")
    assert "to err" in sent(server)[0][1]


def test_answers_and_conversations_are_written_into_files(talk, server, tmp_path, home):
    server.reply(answer("```py\nx = 1\n```\nand\n~~~\ny\n~~~\n"), answer("second"))
    _, _, err = talk(
        "one", "two", f"/save {tmp_path}/last.md", f"/export {tmp_path}/all.md",
        f"/copy 1 {tmp_path}/first.md", f"/copy code {tmp_path}/code", "/copy",
    )  # fmt: skip
    assert (tmp_path / "last.md").read_text() == "second\n"
    assert (tmp_path / "all.md").read_text().startswith("## You\n\none\n\n## Grok\n\n```py\n")
    assert (tmp_path / "first.md").read_text().startswith("```py")
    assert (tmp_path / "code").read_text() == "y\n"
    assert (home / "cache" / "copied.md").read_text() == "second\n"
    assert f"no clipboard found; saved to {home}/cache/copied.md" in err


@pytest.mark.parametrize("line", ["/save", "/export", "/copy"])
def test_a_file_is_replaced_and_a_missing_folder_is_an_error(talk, server, tmp_path, line):
    server.reply(answer("new"))
    file = tmp_path / "answer.md"
    _, _, err = talk("hi", f"{line} {tmp_path}/missing/a.md", f"{line} {file}", f"{line} {file}")
    assert (
        f"error: cannot write {tmp_path}/missing/a.md: no such folder: {tmp_path}/missing\n"
        f"hint: mkdir -p {tmp_path}/missing\n"
    ) in err
    assert not (tmp_path / "missing").exists()
    assert "new" in file.read_text()
    if line != "/copy":
        assert err.splitlines()[-2:] == [f"saved to {file}", f"saved to {file} (replaced)"]


@pytest.mark.parametrize("words", ["x", "cod", "last", "1 a b", "a.md b.md", "code a.md b.md", "²"])
def test_copy_writes_no_file_for_what_is_no_argument_of_it(talk, server, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    server.reply(answer("```\nx\n```"))
    _, _, err = talk("hi", f"/copy {words}")
    assert "error: invalid argument for /copy: " in err
    assert "hint: usage: /copy [N|code] [FILE]; without N or code, FILE needs a slash or a dot\n" in err
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


@pytest.mark.parametrize(("words", "name"), [("1 x", "x"), ("code x", "x"), ("./x", "x"), ("x.md", "x.md")])
def test_copy_writes_a_file_that_looks_like_one_or_follows_a_choice(talk, server, tmp_path, monkeypatch, words, name):
    monkeypatch.chdir(tmp_path)
    server.reply(answer("```\ny\n```"))
    talk("hi", f"/copy {words}")
    assert "y" in (tmp_path / name).read_text()


def test_copy_uses_the_terminals_clipboard(grok, server, environ, monkeypatch):
    # On a terminal chat would start its line editor; what matters here is where the copy goes.
    monkeypatch.setattr("grokcli.commands.chat._has_editor", lambda env: False)
    server.reply(answer("Hello"))
    code, out, err = grok("chat", "--raw", stdin="hi\n/copy\n", tty=True)
    assert code == 0
    assert f"\x1b]52;c;{base64.b64encode(b'Hello').decode()}\x07" in out
    assert "copied to the clipboard (via OSC 52); also saved to " in err


def test_copy_uses_the_systems_tool(talk, server, environ, tmp_path):
    tool = tmp_path / "xclip"
    tool.write_text(f'#!/bin/sh\ncat > "{tmp_path}/clipboard"\n')
    tool.chmod(0o755)
    environ |= {"DISPLAY": ":0", "PATH": f"{tmp_path}:{environ['PATH']}"}
    server.reply(answer("Hello"))
    assert "copied to the clipboard (via xclip)" in talk("hi", "/copy").err
    assert (tmp_path / "clipboard").read_text() == "Hello"


def test_history_and_usage(talk, server):
    server.reply(answer("fine"))
    _, _, err = talk("/system s", "how are you?", "and " * 50, "/history", "/usage")
    lines = err.splitlines()
    assert "    : s" in lines
    assert "  1 > how are you?" in lines
    assert "  1 < fine" in lines
    assert any(line.startswith("  2 > and and") and line.endswith("…") for line in lines)
    assert lines[-1] == "40 tokens in · 20 out · $0.0001478 · 30 of 500,000 in use (0%)"


def test_a_line_after_each_answer_when_asked(talk, server):
    server.reply(answer("ok"))
    _, _, err = talk("hi", words=["-u", "first"])
    assert err.count("grok-4.7 · usage: 20 tokens in") == 2
    assert "0% of the context" in err


def test_a_context_that_gets_full_is_told_before_the_server_says_so(talk, server):
    figures = {"prompt_tokens": 410_000, "completion_tokens": 10, "total_tokens": 410_010}
    server.reply(stream([delta("ok"), finish(), usage(figures), "[DONE]"]))
    assert "410,010 of grok-4.7's 500,000 tokens are used" in talk("hi").err


def test_a_question_that_cannot_fit_is_kept_and_not_sent(talk, server, tmp_path):
    (tmp_path / "log").write_text("word " * 600_000)
    server.reply(answer("ok"))
    code, out, err = talk(f"/file {tmp_path}/log", "sum up", "hi")
    assert (code, out) == (0, "ok\n")
    assert "takes at most 500,000" in err
    assert sent(server) == [("user", "hi")]


def test_help_lists_every_command(talk):
    from grokcli.repl.slash.table import BY_NAME

    _, _, err = talk("/help")
    for name in BY_NAME:
        assert f"/{name}" in err


def test_two_hundred_turns_send_each_earlier_turn_as_it_was(talk, server):
    server.reply(answer("a"))
    assert talk(*(f"question {n}" for n in range(200))).code == 0
    bodies = [request.json["messages"] for request in server.requests]
    assert len(bodies) == 200
    for earlier, later in pairwise(bodies):
        assert later[: len(earlier)] == earlier
    assert server.connections == 1


def test_without_input_it_leaves_at_once(grok, server):
    assert grok("chat") == (0, "", "")


def test_stderr_of_a_script_holds_no_decoration(talk, server):
    server.reply(answer("**ok**"))
    assert talk("hi", stderr=Screen(tty=False)) == (0, "**ok**\n", "")


@pytest.fixture
def settings(home):
    """Write the settings file."""

    def write(text):
        (home / "config").mkdir(parents=True)
        (home / "config" / "config.toml").write_text(text)

    return write


def test_the_defaults_of_a_model_hold_when_it_is_chosen_in_the_chat(talk, server, settings):
    settings(
        "temperature = 1.5\n[aliases]\ncheap = 'grok-4.3'\n"
        "[models.'grok-4.3']\ntemperature = 0.2\neffort = 'low'\nmax_tokens = 9\n"
    )
    server.reply(answer("ok"))
    assert talk("one", "/model cheap", "two", "/model grok-4.7", "three").code == 0
    asked = [
        (one["model"], one["temperature"], one.get("reasoning_effort"), one.get("max_tokens"))
        for one in (request.json for request in server.requests)
    ]
    assert asked == [("grok-4.7", 1.5, None, None), ("grok-4.3", 0.2, "low", 9), ("grok-4.7", 1.5, None, None)]


def test_the_system_prompt_of_a_model_holds_when_it_is_chosen_before_the_first_question(talk, server, settings):
    settings("[models.'grok-4.3']\nsystem = 'you are cheap'\n")
    server.reply(answer("ok"))
    talk("/model grok-4.3", "hi")
    assert sent(server) == [("system", "you are cheap"), ("user", "hi")]


def test_what_was_set_in_the_chat_wins_over_the_defaults_of_a_model(talk, server, settings):
    settings("[models.'grok-4.3']\ntemperature = 0.2\n")
    server.reply(answer("ok"))
    talk("/set temperature 1", "/model grok-4.3", "one", "/set temperature -", "two", words=["-t", "0.7"])
    assert [request.json["temperature"] for request in server.requests] == [1, 0.2]


@pytest.mark.parametrize("lines", [["/effort xhigh"], ["/set reasoning_effort xhigh"], ["/retry --effort xhigh"]])
def test_an_effort_that_the_model_does_not_have_is_refused_as_ask_refuses_it(talk, grok, server, lines):
    server.reply(answer("ok"))
    refused = grok("ask", "-m", "grok-4.5", "--effort", "xhigh", "hi").err
    assert "grok-4.5 does not support the effort 'xhigh'" in refused
    _, _, err = talk("hi", *lines, "/model grok-4.3", "go on", words=["-m", "grok-4.5"])
    assert refused in err
    assert len(server.requests) == 2
    assert sent(server) == [("user", "hi"), ("assistant", "ok"), ("user", "go on")]


def test_a_model_that_does_not_have_the_effort_is_not_chosen(talk, server):
    server.reply(answer("ok"))
    _, _, err = talk("/model grok-4.5", "hi", words=["-m", "grok-4.7", "--effort", "xhigh"])
    assert "grok-4.5 does not support the effort 'xhigh'" in err
    assert server.requests[0].json["model"] == "grok-4.7"


def test_a_role_holds_for_the_whole_conversation(talk, server, settings):
    settings("[roles.tester]\nsystem = 'you test'\nmodel = 'grok-4.3'\ntemperature = 0.1\n")
    server.reply(answer("ok"))
    talk("one", "/model grok-4.7", "two", words=["--role", "tester"])
    assert [(one.json["model"], one.json["temperature"]) for one in server.requests] == [
        ("grok-4.3", 0.1),
        ("grok-4.7", 0.1),
    ]
    assert sent(server)[0] == ("system", "you test")


def test_usage_adds_up_the_calls_of_the_servers_tools_too(talk, server, environ):
    import responses as wire

    environ["GROK_API"] = "responses"
    spent = {"input_tokens": 1_000, "output_tokens": 10, "num_server_side_tools_used": 2, "cost_in_usd_ticks": 10**10}
    server.reply(wire.answer(wire.message("ok"), usage=spent))
    _, _, err = talk("one", "two", "/usage")
    assert "2,000 tokens in · 20 out · 4 server tool calls · $2.00" in err


def test_models_shows_what_grok_models_shows(talk, grok, environ):
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    listed = grok("models", "-q").out
    _, _, err = talk("/models")
    assert err == listed


def test_a_question_that_could_not_be_asked_is_kept_for_retry(talk, server, environ, home):
    key, url = environ.pop("XAI_API_KEY"), environ.pop("XAI_BASE_URL")
    assert talk("why?").code == 3
    environ |= {"XAI_API_KEY": key, "XAI_BASE_URL": url}
    server.reply(answer("because"))
    assert talk("/retry", words=["-c"]).out == "because\n"
    assert sent(server) == [("user", "why?")]


@pytest.mark.parametrize("how", ["-c", "-r", "/resume"])
def test_a_pipe_gets_the_new_answers_of_a_resumed_chat_only(talk, server, how):
    server.reply(answer("old"), answer("new"))
    talk("first question")
    words = {"-c": ["-c"], "-r": ["-r", "first question"], "/resume": []}[how]
    lines = ["/resume first question", "second"] if how == "/resume" else ["second"]
    code, out, err = talk(*lines, words=words)
    assert (code, out) == (0, "new\n")
    assert "> first question\n" in err
    assert "old" not in err


def test_a_terminal_shows_the_last_answer_of_a_resumed_chat(talk, server):
    server.reply(answer("old"), answer("new"))
    talk("first question")
    out = talk("second", words=["-c"], tty=True).out
    assert out.index("old") < out.index("new")


def test_tab_offers_the_models_of_the_server_and_their_efforts(talk, grok, server, environ):
    from grokcli.env import Env
    from grokcli.render.select import Output
    from grokcli.repl.line_editor import PlainLineReader
    from grokcli.repl.session import Session
    from grokcli.repl.slash.table import complete
    from grokcli.store.conversation import Conversation
    from grokcli.terminal.console import Console
    from grokcli.turn.request import RequestOptions

    env = Env(Console(None, Screen(tty=True), Screen(tty=True)), environ)
    session = Session(env, RequestOptions(), Conversation(None), Output(), PlainLineReader(None))

    def offered(typed):
        return [one.text for one in complete(session, typed)]

    assert offered("/model grok-4.2") == ["grok-4.20", "grok-4.20-multi-agent"]
    assert offered("/effort x") == ["xhigh"]
    capable = {"reasoning_effort": ["low", "max"]}
    server.reply(body({"data": [{"id": "grok-4.7", "aliases": ["newest"], "capabilities": capable}]}))
    grok("models")
    assert offered("/model ") == ["grok-4.7", "newest", "local"]
    assert offered("/effort ") == ["low", "max"]
    assert offered("/search o") == ["on", "off"]
