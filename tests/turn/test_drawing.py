"""Pictures that the server draws within an answer: saved, named, shown, kept out of the database, and sent back."""

from __future__ import annotations

import base64
import json
import sqlite3

import pytest
import responses as wire
from documented import strict
from language import Screen
from responses import drawing, message, reasoning
from server import body

from grokcli import XAI
from grokcli.chat import user
from grokcli.events import DrawnImage

ASK = ("ask", "--api", "responses", "--draw")
# Longer than what a read of the socket brings.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
CAT = drawing("A siamese cat, oil", PNG)
STEPS = (reasoning("Hm."), CAT, message("Here is a cat."))


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
        server.script([strict(server, reply)])
        return grok(*ASK, *words, "draw a cat", **more)

    return run


def test_a_picture_is_saved_and_named_and_the_answer_alone_is_on_stdout(ask, server, here):
    (here / "a-siamese-cat-oil-1.png").write_bytes(b"mine")
    for number, (flags, step) in enumerate([((), 0), ((), 7919), (("--no-stream",), 0)], 2):
        name = f"a-siamese-cat-oil-{number}.png"
        assert ask(*flags, step=step) == (0, "Here is a cat.\n", f"saved to {name}\n")
        assert (here / name).read_bytes() == PNG
    assert (here / "a-siamese-cat-oil-1.png").read_bytes() == b"mine"
    assert server.requests[0].json["tools"] == [{"type": "image_generation", "action": "auto"}]
    assert ask("-q").err == ""


def test_a_stream_is_the_same_byte_by_byte(ask, server, here):
    small = drawing("dot", PNG[:40])
    assert ask("--json", items=(small, message("ok")), step=1).code == 0
    assert (here / "dot-1.png").read_bytes() == PNG[:40]


def test_json_has_the_path_and_not_the_picture(ask, here):
    (here / "plots").mkdir()
    code, out, _ = ask("--json", "--output-dir", "plots")
    saved = {"id": "ig_0", "prompt": "A siamese cat, oil", "status": "completed"}
    saved["path"] = "plots/a-siamese-cat-oil-1.png"
    assert (code, json.loads(out)["images"]) == (0, [saved])
    lines = [json.loads(line) for line in ask("--output-format", "stream-json").out.splitlines()]
    (line,) = [line for line in lines if line["type"] == "image"]
    assert (line["path"], "data" in line) == ("a-siamese-cat-oil-1.png", False)


def test_what_was_drawn_goes_back_as_it_came_and_is_not_in_the_database(grok, server, home):
    wire.strictly(server, STEPS, (message("Yes."),), (message("No."),))
    assert grok(*ASK, "draw a cat").code == 0
    code, out, err = grok("ask", "--api", "responses", "-c", "is it black?")
    assert (code, out, err) == (0, "Yes.\n", "")
    assert CAT in server.requests[1].json["input"]
    with sqlite3.connect(home / "data" / "conversations.db") as store:
        assert store.execute("SELECT max(length(body)) FROM message").fetchone()[0] < 2000
    assert CAT["result"] in grok("ask", "--api", "responses", "-c", "--dry-run", "x").out
    assert CAT in server.requests[1].json["input"]


def test_a_chat_sends_it_back_too_saved_or_not(grok, server):
    for flags in ((), ("--no-save",)):
        server.requests.clear()
        server.script([])
        wire.strictly(server, STEPS, (message("Yes."),))
        code, out, _ = grok("chat", "--api", "responses", "--draw", *flags, stdin="draw a cat\nis it black?\n")
        assert (code, out) == (0, "Here is a cat.\nYes.\n")
        assert CAT in server.requests[1].json["input"]


def test_a_picture_that_has_changed_is_not_sent_and_that_is_said(grok, server, here):
    for change, said in (
        (lambda path: path.write_bytes(PNG + b"x"), "has changed since it was drawn"),
        (lambda path: path.unlink(), "cannot be read any more"),
    ):
        server.script([wire.answer(*STEPS), wire.answer(message("Yes."))])
        assert grok(*ASK, "draw a cat").code == 0
        path = here / "a-siamese-cat-oil-1.png"
        change(path)
        code, out, err = grok("ask", "--api", "responses", "-c", "is it black?")
        assert (code, out, err) == (0, "Yes.\n", f"warning: {path} {said}; continuing without it\n")
        items = server.requests[-1].json["input"]
        assert not [item for item in items if item.get("type") == "image_generation_call"]
        assert "no longer available: A siamese cat, oil]" in items[2]["content"][0]["text"]
        path.unlink(missing_ok=True)


def test_an_answer_that_is_only_a_picture_is_whole_and_in_the_history(grok, ask, server, here):
    assert ask(items=(CAT,)) == (0, "", "saved to a-siamese-cat-oil-1.png\n")
    assert f"picture: `{here / 'a-siamese-cat-oil-1.png'}`" in grok("history", "show").out
    assert json.loads(grok("usage", "--json").out)["total"]["cost_usd"] == "0.00057435"
    server.script([wire.answer(CAT)])
    assert grok("chat", "--api", "responses", "--draw", "-c", stdin="/retry\n").code == 0
    assert "a-siamese-cat-oil-2.png" in grok("history", "show").out


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({**CAT, "result": "%%%"}, "a picture was not saved: the server sent an invalid picture (not base64)"),
        (
            {**CAT, "result": base64.b64encode(b"<html>").decode()},
            "a picture was not saved: the server sent an invalid",
        ),
        ({**CAT, "result": "file:///etc/passwd"}, "a picture was not saved: "),
        ({**CAT, "result": None, "status": "failed"}, "the server drew no picture (failed)"),
        ({"type": "image_generation_call", "id": 3, "prompt": [], "result": {}}, "the server drew no picture"),
    ],
)
def test_a_picture_that_cannot_be_had_costs_a_warning(ask, here, item, said):
    code, out, err = ask(items=(item, message("Here.")))
    assert (code, out) == (0, "Here.\n")
    assert err.startswith(f"warning: {said}")
    assert list(here.iterdir()) == []


def test_a_terminal_that_can_shows_it_and_no_line_is_split(ask, environ):
    environ |= {"TERM_PROGRAM": "iTerm.app", "TERM": "xterm-256color"}
    late = (message("Wait a moment.", number=1), CAT, message(" Done.", number=2))
    for items in (STEPS, late):
        code, out, err = ask("--raw", items=items, tty=True, stderr=Screen(tty=True))
        assert (code, out.count("\x1b]1337;File=inline=1;")) == (0, 1)
        assert "saved to a-siamese-cat-oil-" in err
    assert out.index("Done.\n") < out.index("\x1b]1337")
    assert "\x1b]1337" not in ask("--json", tty=True).out


def test_a_prompt_of_the_model_cannot_choose_the_folder_nor_steer_the_terminal(ask, here):
    evil = drawing("../../etc/\x1b[2J\u202epasswd", PNG)
    code, _, err = ask(items=(evil, message("ok")))
    assert (code, err) == (0, "saved to etc-2j-passwd-1.png\n")
    assert [path.name for path in here.iterdir()] == ["etc-2j-passwd-1.png"]


def test_what_the_server_would_refuse_is_refused_here(grok, server):
    for words, said in (
        (["ask", "--draw", "hi"], "drawing needs the Responses API"),
        (["ask", "-m", "local", "--draw", "hi"], "the local model does not support drawing"),
        ([*ASK, "--output-dir", "no/such", "hi"], "cannot write into no/such: no such folder"),
        ([*ASK, "--as", "anthropic", "hi"], "--as anthropic cannot send"),
    ):
        code, out, err = grok(*words)
        assert (code, out, server.requests) == (2, "", []), words
        assert said in err


def test_pictures_of_code_and_drawings_have_names_of_their_own(ask, here):
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    run = wire.code_run("plot()", wire.logs("ok"), {"type": "image", "url": url})
    assert ask("--code", "-q", items=(CAT, run, message("ok"))).code == 0
    assert sorted(path.name for path in here.iterdir()) == ["a-siamese-cat-oil-1.png", "code-1.png"]


def test_drawing_goes_with_the_other_tools(ask, here):
    (here / "photo.webp").write_bytes(b"RIFF\x10\0\0\0WEBPVP8 ")
    for flags in (["--code"], ["--search"], ["--max-turns", "3"], ["-i", "photo.webp"], ["--schema", "name"]):
        text = '{"name": "x"}' if "--schema" in flags else "ok"
        assert ask(*flags, items=(CAT, message(text))).code == 0, flags


def test_the_library_has_the_picture(server):
    server.reply(wire.answer(*STEPS))
    client = XAI(server.url, base_url=server.url, api="responses")
    chat = client.chat.create(tools=[{"type": "image_generation"}])
    *_, (response, _) = chat.append(user("draw")).stream()
    (image,) = response.images
    assert isinstance(image, DrawnImage)
    assert base64.b64decode(image.data) == PNG
    chat.append(response)
    assert CAT in chat.messages[-1]["output"]


def test_a_url_in_place_of_a_picture_is_fetched_without_the_key(ask, grok, server, here):
    def picture(connection):
        connection.head(content_type="image/png", content_length=str(len(PNG)))
        connection.send(PNG)

    server.script([wire.answer({**CAT, "result": f"http://127.0.0.1:{server.port}/x.png"}), picture, body("", 404)])
    assert grok(*ASK, "draw").code == 0
    assert (here / "a-siamese-cat-oil-1.png").read_bytes() == PNG
    assert "authorization" not in server.requests[1].headers
