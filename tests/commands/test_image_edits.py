"""`grok image` from pictures, printed instead of sent, tried again, and in the history."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import socket
import subprocess

import pytest
from documented import strict
from language import KEY
from server import answer, body

from grokcli import XAI

PNG = b"\x89PNG\r\n\x1a\n-the rest"
JPEG = b"\xff\xd8\xff\xe0-the rest"
WEBP = b"RIFF\x10\0\0\0WEBPVP8 "
MADE = body({"data": [{"b64_json": base64.b64encode(PNG).decode()}], "usage": {"cost_in_usd_ticks": 200_000_000}})


def data_url(content, kind):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with a picture of each kind."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    for name, content in (("a.png", PNG), ("b.jpg", JPEG), ("c.webp", WEBP)):
        (path / name).write_bytes(content)
    return path


@pytest.fixture
def sent(grok, server):
    """Make pictures at a strict server, and return the request's path and body."""

    def run(*words, **more):
        server.script([strict(server, MADE)])
        code, out, err = grok("image", *words, **more)
        assert (code, err) == (0, ""), err
        assert out.endswith(".png\n")
        return server.requests[-1].path, server.requests[-1].json

    return run


def test_pictures_are_edited_as_data_urls(sent):
    path, request = sent("-i", "a.png", "make it night")
    assert path == "/v1/images/edits"
    assert request == {
        "model": "grok-imagine-image",
        "prompt": "make it night",
        "image": {"url": data_url(PNG, "png")},
        "response_format": "b64_json",
    }
    _, request = sent("-i", "b.jpg", "-i", "-", "-i", "https://example.com/x.png", "join", stdin=WEBP)
    assert [one["url"] for one in request["images"]] == [
        data_url(JPEG, "jpeg"), data_url(WEBP, "webp"), "https://example.com/x.png",
    ]  # fmt: skip
    assert request["prompt"] == "join"


OPTIONS = (
    ["--quality", "low", "-m", "grok-imagine-image-2.0"],
    ["--resolution", "1.5k"],
    ["-n", "3"],
    ["-i", "a.png", "-i", "c.webp"],
    ["--aspect", "19.5:9"],
    ["-O", "user=me"],
)


def test_every_pair_of_options_is_what_is_documented(sent):
    for pair in itertools.combinations(OPTIONS, 2):
        path, request = sent(*pair[0], *pair[1], "x")
        assert path == ("/v1/images/edits" if "images" in request else "/v1/images/generations")


def test_what_cannot_be_edited_is_said_before_anything_is_sent(grok, server, folder):
    (folder / "notes.txt").write_text("x")
    for words, said in (
        (["-i", "a.png", "--aspect", "16:9"], "--aspect cannot be used with a single -i"),
        (["-i", "a.png"] * 6, "too many values for -i: 6\nhint: edit up to 5"),
        (["-i", "notes.txt"], "notes.txt is not a PNG, JPEG or WebP image"),
        (["-i", "no.png"], "cannot read no.png: no such file or directory"),
        (["-i", "-"], "no image on stdin\nhint: pipe one in: grok image -i -"),
        (["--quality", "best"], "--quality"),
    ):
        code, out, err = grok("image", *words, "x")
        assert (code, out, server.requests) == (2, "", []), words
        assert said in err


def test_a_key_in_a_picture_is_not_sent(grok, server, folder):
    (folder / "a.png").write_bytes(PNG + KEY.encode())
    code, _, err = grok("image", "-i", "a.png", "x")
    assert (code, server.requests) == (2, [])
    assert "contains your API key" in err


# ---- again only what was not billed


def refused(connection):
    body({"error": "busy"}, 503)(connection)


def test_only_what_cannot_have_been_billed_is_tried_again(grok, server, environ):
    for reply, tries in (
        (refused, 4),
        (body({"error": "slow down"}, 429), 4),
        (body({"error": "no"}, 500), 1),
        (body("", 502), 1),
        (lambda connection: connection.reset(), 1),
        (body({"error": "you used all available credits"}, 429), 1),
    ):
        server.requests.clear()
        server.script([reply])
        assert grok("image", "x").code in (4, 5, 6)
        assert len(server.requests) == tries
    server.script([refused, MADE])
    code, out, err = grok("image", "x")
    assert (code, out) == (0, "x-1.png\n")
    assert err.endswith("; retrying in 0.0 s (attempt 2 of 4)\n")
    with socket.create_server(("127.0.0.1", 0)) as gone:
        environ["XAI_BASE_URL"] = f"http://127.0.0.1:{gone.getsockname()[1]}/v1"
    code, _, err = grok("image", "x")
    assert (code, err.count("retrying in")) == (5, 3)


# ---- printed


def test_what_is_printed_is_what_is_sent(grok, server, folder, environ, monkeypatch):
    for words in (["-n", "2", "--aspect", "3:2", 'it\'s "so" $HOME'], ["-i", "a.png", "make it night"]):
        server.script([MADE])
        assert grok("image", *words).code == 0
        wanted = server.requests[-1]
        before = len(server.requests)
        printed = {name: grok("image", "--as", name, *words) for name in ("curl", "python", "openai", "js")}
        dry = grok("image", "--dry-run", *words)
        assert [one[::2] for one in (*printed.values(), dry)] == [(0, "")] * 5
        assert len(server.requests) == before
        assert not any(KEY in one.out for one in (*printed.values(), dry))
        assert dry.out.startswith(f"POST {server.url}{wanted.path.removeprefix('/v1')}\nAuthorization: Bearer xai-")
        assert json.loads(dry.out.partition("\n\n")[2]) == wanted.json
        monkeypatch.setenv("XAI_API_KEY", KEY)
        for name in ("python", "openai"):
            exec(compile(printed[name].out, name, "exec"), {"__name__": name})
            assert (server.requests[-1].path, server.requests[-1].json) == (wanted.path, wanted.json), name
            assert any(path.read_bytes() == PNG for path in folder.glob("picture-1.*")), name
        if shutil.which("curl"):
            run = subprocess.run(["bash", "-c", printed["curl"].out], env=environ, capture_output=True, check=True)
            assert "b64_json" in json.loads(run.stdout)["data"][0]
            assert server.requests[-1].json == wanted.json
        script = printed["js"].out
        assert f"client.{'post(' if '-i' in words else 'images.generate('}" in script
    assert grok("image", "--as", "anthropic", "x").code == 2


# ---- in the history


def test_pictures_are_in_the_history_and_their_cost_is_counted_once(grok, server, folder):
    server.script([MADE])
    grok("image", "-i", "a.png", "a quiet harbour")
    listed = json.loads(grok("history", "list", "--json").out)
    assert [(one["title"], one["model"], one["messages"]) for one in listed] == [
        ("a quiet harbour", "grok-imagine-image", 2)
    ]
    shown = grok("history", "show").out
    assert f"`{folder / 'a-quiet-harbour-1.png'}`" in shown
    assert f"edited: `{folder / 'a.png'}`" in shown
    assert "cost: $0.02" in shown
    assert base64.b64encode(PNG).decode() not in grok("history", "show", "--json").out
    assert "harbour" in grok("history", "search", "harbour").out
    assert json.loads(grok("usage", "--json").out)["total"]["cost_usd"] == "0.02"
    (row,) = json.loads(grok("usage", "--by", "conversation", "--json").out)["rows"]
    assert (row["title"], row["cost_usd"], row["requests"]) == ("a quiet harbour", "0.02", 1)


def test_no_save_keeps_the_number_alone(grok, server):
    server.script([MADE])
    grok("image", "--no-save", "a quiet harbour")
    assert grok("history", "list").out == ""
    assert json.loads(grok("usage", "--json", "--by", "command").out)["rows"][0]["cost_usd"] == "0.02"


def test_continue_means_what_was_answered_and_not_what_was_drawn(grok, server):
    server.script([answer("Blue."), MADE, answer("Because."), answer("A boat."), answer("Two.")])
    assert grok("ask", "which colour?").code == 0
    assert grok("image", "a quiet harbour").code == 0
    assert grok("ask", "-c", "why?").out == "Because.\n"
    assert [one["content"] for one in server.requests[-1].json["messages"]] == ["which colour?", "Blue.", "why?"]
    name = json.loads(grok("history", "list", "--json").out)[1]["id"]
    assert grok("ask", "-r", name, "what is in it?").out == "A boat.\n"
    assert server.requests[-1].json["model"] == "grok-4.7"
    assert server.requests[-1].json["messages"][0]["content"] == "a quiet harbour"
    assert grok("ask", "-c", "how many?").out == "Two.\n"
    assert server.requests[-1].json["messages"][0]["content"] == "a quiet harbour"


def test_a_store_that_cannot_be_written_costs_a_warning_and_no_picture(grok, server, home):
    (home / "data").mkdir(parents=True, exist_ok=True)
    (home / "data" / "conversations.db").write_text("not a database")
    server.script([MADE])
    code, out, err = grok("image", "x")
    assert (code, out) == (0, "x-1.png\n")
    assert err.startswith("warning: this conversation is not saved: ")


def test_the_library_edits_pictures(server):
    server.script([strict(server, MADE)])
    client = XAI(KEY, base_url=server.url)
    (picture,) = client.images.generate("join them", n=1, images=[data_url(PNG, "png"), data_url(WEBP, "webp")]).made
    assert (picture.content, picture.extension) == (PNG, "png")
    assert server.requests[0].path == "/v1/images/edits"
