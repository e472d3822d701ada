"""What changes where a chat goes on: forks, compactions, roles, prompts, and what is attached."""

from __future__ import annotations

import json

import pytest
import responses as wire
from server import answer, body

CONFIG = """
[roles.reviewer]
system = "You review."
model = "grok-4.3"
temperature = 0.5
[roles.poet]
system = "You rhyme."
"""
COMPACTED = {
    "id": "cmp_1",
    "object": "response.compaction",
    "model": "grok-4.7",
    "output": [{"type": "compaction", "id": "cmp_1", "encrypted_content": "c2VjcmV0"}],
    "usage": {"input_tokens": 12000, "output_tokens": 800, "total_tokens": 12800, "dropped_message_count": 3},
}
API = ["--api", "responses"]


@pytest.fixture
def talk(grok):
    """Say lines to grok chat and leave."""

    def talk(*lines, words=(), **more):
        return grok("chat", *words, stdin="".join(f"{line}\n" for line in lines), **more)

    return talk


@pytest.fixture
def said(server):
    """Return the texts of a request."""
    return lambda index=-1: [one["content"] for one in server.requests[index].json["messages"]]


def stored(grok):
    return {one["title"]: one for one in json.loads(grok("history", "list", "--json").out)}


def test_a_fork_leaves_the_conversation_where_it_was(talk, grok, server, said):
    server.reply(*(answer(text) for text in "abcd"))
    _, _, err = talk("one", "two", "/fork 1", "three", "/fork", "four")
    assert said(2) == ["one", "a", "three"]
    assert said(3) == ["one", "a", "three", "c", "four"]
    found = stored(grok)
    parents = {title: one["parent"] for title, one in found.items()}
    assert parents == {"one": None, "three": found["one"]["id"], "four": found["three"]["id"]}
    one = found["one"]["id"]
    assert f"your next message begins a fork of {one} after answer 1; /resume {one} returns to it\n" in err
    assert [message["content"] for message in json.loads(grok("history", "show", one, "--json").out)["messages"]] == [
        "one", "a", "two", "b",
    ]  # fmt: skip


def test_a_retry_in_a_fork_replaces_nothing_in_the_other(talk, grok, server):
    server.reply(answer("first"), answer("second"))
    talk("one", "/fork", "/retry", "/exit")
    latest = json.loads(grok("history", "show", "--json").out)
    assert [one["content"] for one in latest["messages"]] == ["one", "second"]
    parent = json.loads(grok("history", "show", latest["parent"], "--json").out)
    assert [one["content"] for one in parent["messages"]] == ["one", "first"]


def test_what_cannot_be_forked_or_compacted_says_why(talk, server):
    server.reply(answer("ok"))
    table = [
        (["/fork"], [], "nothing to fork yet\nhint: /fork needs a saved conversation"),
        (["hi", "/fork"], ["-n"], "nothing to fork yet"),
        (["hi", "/fork 2"], [], "invalid number: '2' (must be from 1 to 1)"),
        (["/compact"], [], "nothing to compact yet\nhint: ask a question first"),
        (
            ["hi", "/compact"],
            [],
            f"{server.url}, used with chat completions, cannot compact conversations\nhint: use /new",
        ),
    ]
    for lines, words, error in table:
        assert f"error: {error}" in talk(*lines, words=words).err, lines


def test_a_compaction_is_sent_in_place_of_what_it_stands_for_which_stays_readable(talk, grok, server):
    item = COMPACTED["output"][0]
    server.reply(
        wire.answer(wire.message("a")), body(COMPACTED), wire.answer(wire.message("b")), wire.answer(wire.message("c"))
    )
    code, _, err = talk("one", "/compact", "two", "/history", words=[*API, "-s", "be brief"])
    assert code == 0
    sent = server.requests[1]
    assert (sent.method, sent.path) == ("POST", "/v1/responses/compact")
    assert set(sent.json) == {"model", "input"}
    assert [one["role"] for one in sent.json["input"]] == ["system", "user", "assistant"]
    assert server.requests[2].json["input"] == [item, {"role": "user", "content": "two"}]
    assert "12,000 tokens became 800; /history still lists every message, and /undo takes the compaction back\n" in err
    assert "  1 > one\n  1 < a\n    : The messages above are sent in a compact form from here on: 12,000 to…\n" in err
    assert "## You\n\none\n" in grok("history", "export").out
    assert "## Compaction\n\nThe messages above are sent" in grok("history", "export").out
    # Another program continues it; a new system prompt is sent, the one that is in the compaction is not.
    grok("ask", "-c", *API, "-s", "be long", "three")
    roles = [one.get("role") or one["type"] for one in server.requests[3].json["input"]]
    assert roles == ["system", "compaction", "user", "assistant", "user"]
    assert json.loads(grok("usage", "--by", "command", "--json").out)["rows"][0]["input_tokens"] > 12000


def test_who_cannot_use_a_compaction_is_sent_every_message(talk, grok, server, said):
    server.reply(
        wire.answer(wire.message("a")), body(COMPACTED), answer("b"), wire.answer(wire.message("c"), model="grok-4.3")
    )
    talk("one", "/compact", words=API)
    grok("ask", "-c", "two")  # chat completions
    assert said(2) == ["one", "a", "two"]
    grok("ask", "-c", *API, "-m", "grok-4.3", "three")
    assert [one.get("role") or one["type"] for one in server.requests[3].json["input"]] == [
        "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip
    code = grok("ask", "-c", *API, "-m", "grok-4.7", "--as", "openai", "four").out
    assert "compaction" not in code
    assert "{'role': 'user', 'content': 'one'}" in code


def test_a_compaction_is_a_request_like_others_to_budgets_and_secrets(talk, server, environ):
    server.reply(wire.answer(wire.message("a")))
    spent = talk("one", "/compact", words=[*API, "--max-cost", "0.0000001"])
    assert "error: " in spent.err
    assert len(server.requests) == 1
    talk(f"it is {environ['XAI_API_KEY']}", words=[*API, "--allow-secrets"])
    assert "contains your API key" in talk("/compact", words=[*API, "-c"]).err
    assert len(server.requests) == 2


def test_undo_takes_a_compaction_back_and_then_the_question_before_it(talk, server):
    replies = [wire.answer(wire.message("a")), body(COMPACTED), wire.answer(wire.message("b"))]
    for undone, sent in ((["/undo"], ["user", "assistant", "user"]), (["/undo", "/undo"], ["user"])):
        server.script([*replies])
        assert "removed the compaction\n" in talk("one", "/compact", *undone, "two", words=API).err
        assert [one["role"] for one in server.requests[-1].json["input"]] == sent


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (body({"error": "Not found"}, 404), "the server cannot compact conversations\nhint: use /new"),
        (body({"output": []}), "the server sent no compaction"),
        (body({"output": [{"type": "compaction"}], "usage": 3}), "the server sent no compaction"),
        (body(["?"]), "the server"),
    ],
)
def test_a_compaction_that_fails_changes_nothing(talk, grok, server, reply, error):
    server.reply(wire.answer(wire.message("a")), reply, wire.answer(wire.message("b")))
    assert f"error: {error}" in talk("one", "/compact", "two", words=API).err
    assert [one["role"] for one in server.requests[2].json["input"]] == ["user", "assistant", "user"]


def test_a_role_is_taken_and_given_back(talk, server, home):
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(CONFIG)
    server.reply(answer("ok"))
    lines = [
        "one",
        "/system be brief",
        "/role reviewer",
        "two",
        "/role poet",
        "three",
        "/role -",
        "four",
        "/role",
        "/role x",
    ]
    _, _, err = talk(*lines)
    sent = [request.json for request in server.requests]
    prompts = [one["messages"][0]["content"] for one in sent]
    assert prompts == ["one", "You review.", "You rhyme.", "one"]
    assert [(one["model"], one.get("temperature")) for one in sent] == [
        ("grok-4.7", None), ("grok-4.3", 0.5), ("grok-4.7", None), ("grok-4.7", None),
    ]  # fmt: skip
    assert "role: (none)\n  reviewer  grok-4.3: You review.\n  poet  You rhyme.\n" in err
    assert "error: there is no role 'x'" in err


def test_what_is_attached_is_listed_and_taken_back(talk, server, said, tmp_path):
    (tmp_path / "notes.txt").write_text("remember\n")
    (tmp_path / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)
    server.reply(answer("ok"))
    _, _, err = talk(
        f"/file {tmp_path}/notes.txt", f"/image {tmp_path}/dot.png", "/file", "/file -", "/file", "/image -", "hi"
    )
    assert f"attached: {tmp_path}/notes.txt (9 characters)\nattached: an image\ndetached 2 attachments\n" in err
    assert err.endswith("attached: (none)\nnothing is attached\n")
    assert said() == ["hi"]


def test_prompts_are_used_and_listed(talk, server, said):
    server.reply(answer("ok"))
    _, _, err = talk("/prompt", "/prompt translate language=Latin hello", "/prompt nothing")
    assert "  translate  Translate a text" in err
    assert "Latin" in said()[0]
    assert "hello" in said()[0]
    assert "error: there is no prompt 'nothing'" in err


def test_what_comes_from_a_pipe_attaches_nothing(talk, server, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("remember\n")
    server.reply(answer("ok"))
    talk("what is @notes.txt?")
    assert said() == ["what is @notes.txt?"]
