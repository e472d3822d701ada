"""`grok image`, as a user types it."""

from __future__ import annotations

import base64
import json
import os
import subprocess

import pytest
from language import KEY, command
from server import body

from grokcli import XAI
from grokcli.client.images import Picture
from grokcli.render.inline_image import inline

PNG = b"\x89PNG\r\n\x1a\n-the rest"
JPEG = b"\xff\xd8\xff\xe0-the rest"


def pictures(*contents, **more):
    """Return a reply with pictures as base64; None is one that was withheld."""
    items = [{"b64_json": base64.b64encode(content).decode()} if content else {} for content in contents]
    return body({"data": items, "usage": {"cost_in_usd_ticks": 200_000_000}, **more})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_picture_is_saved_under_the_prompt_and_its_path_printed(grok, server, folder):
    server.reply(pictures(JPEG))
    assert grok("image", "A siamese", "cat!") == (0, "a-siamese-cat-1.jpg\n", "")
    assert (folder / "a-siamese-cat-1.jpg").read_bytes() == JPEG
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/images/generations")
    assert request.json == {"model": "grok-imagine-image", "prompt": "A siamese cat!", "response_format": "b64_json"}
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_what_is_set_is_sent(grok, server, folder):
    server.reply(pictures(PNG, PNG))
    words = ["-n", "2", "--aspect", "16:9", "--resolution", "2k", "-m", "other", "-O", "quality=low"]
    assert grok("image", *words, "x").out == "x-1.png\nx-2.png\n"
    assert server.requests[0].json == {
        "model": "other",
        "prompt": "x",
        "response_format": "b64_json",
        "n": 2,
        "aspect_ratio": "16:9",
        "resolution": "2k",
        "quality": "low",
    }


def test_the_prompt_may_be_piped_and_gives_the_name_when_there_are_no_words(grok, server, folder):
    server.reply(pictures(PNG))
    grok("image", "draw this", stdin="a cat\n")
    assert server.requests[0].json["prompt"] == "<stdin>\na cat\n</stdin>\n\ndraw this"
    grok("image", stdin="Ein großes Schiff / ../..\n")
    assert names(folder) == ["draw-this-1.png", "ein-großes-schiff-1.png"]


def test_names_from_the_prompt_are_free_ones(grok, server, folder):
    server.reply(pictures(PNG), pictures(JPEG), pictures(PNG))
    assert [grok("image", "--force", "x").out for _ in range(3)] == ["x-1.png\n", "x-2.jpg\n", "x-3.png\n"]


def test_pictures_go_where_they_are_sent(grok, server, folder):
    server.reply(pictures(PNG), pictures(PNG, PNG, PNG), pictures(PNG))
    (folder / "sub").mkdir()
    assert grok("image", "-o", "pic.png", "x").out == "pic.png\n"
    assert grok("image", "-n", "3", "-o", "pic.png", "x").out == "pic-1.png\npic-2.png\npic-3.png\n"
    assert grok("image", "-o", "sub", "x").out == "sub/x-1.png\n"


def test_nothing_is_overwritten_without_force_and_that_is_said_before_anything_is_sent(grok, server, folder):
    server.reply(pictures(PNG))
    (folder / "pic.png").write_text("mine")
    (folder / "two-2.png").write_text("mine")
    for words in (["-o", "pic.png"], ["-n", "2", "-o", "two.png"]):
        code, out, err = grok("image", *words, "x")
        assert (code, out, server.requests) == (2, "", [])
        assert "already exists\nhint: use --force" in err
    assert (folder / "pic.png").read_text() == "mine"
    assert grok("image", "--force", "-o", "pic.png", "x").code == 0
    assert (folder / "pic.png").read_bytes() == PNG


def test_a_file_that_came_meanwhile_is_spared_and_the_picture_kept(grok, server, folder):
    def play(connection):
        (folder / "pic.png").write_text("mine")
        pictures(PNG)(connection)

    server.reply(play)
    assert grok("image", "-o", "pic.png", "x").out == "pic-1.png\n"
    assert (folder / "pic.png").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-o", "no/where.png", "x"], "no such folder"),
        (["-o", "new/", "x"], "no such folder"),
        (["--aspect", "wide", "x"], "invalid value for --aspect: 'wide'"),
        (["-n", "11", "x"], "11"),
        (["--resolution", "8k", "x"], "8k"),
        (["-o", "-", "-n", "2", "x"], "a single picture"),
        (["-o", "-", "--json", "x"], "a single picture"),
        (["-m", "local", "x"], "cannot make pictures"),
        ([], "no prompt given\nhint: grok image"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_sent(grok, server, folder, words, reason):
    code, out, err = grok("image", *words)
    assert (code, out, server.requests) == (2, "", [])
    assert reason in err


def test_a_prompt_that_is_refused_is_called_a_prompt(grok, server, folder):
    server.reply(body({"error": "Content violates usage guidelines"}, 403))
    code, _, err = grok("image", "x")
    assert code == 7
    assert err.endswith("hint: rephrase the prompt\n")


def test_stdout_takes_the_bytes_unless_it_is_a_terminal(grok, server, environ, folder):
    server.reply(pictures(PNG + bytes(range(256))))
    done = subprocess.run(
        command("image", "-o", "-", "x"), capture_output=True, env=environ, stdin=subprocess.DEVNULL, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, PNG + bytes(range(256)), b"")
    assert names(folder) == []
    code, out, err = grok("image", "-o", "-", "x", tty=True)
    assert (code, out, len(server.requests)) == (2, "", 1)
    assert "cannot be written to a terminal" in err


def test_the_cost_is_what_the_server_billed(grok, server, folder):
    server.reply(pictures(PNG), pictures(PNG, usage=None))
    assert grok("image", "-u", "x").err.startswith("usage: 1 image · $0.02 · ")
    assert grok("image", "-u", "x").err.startswith("usage: 1 image · cost not reported · ")


def test_json_is_one_object(grok, server, folder):
    server.reply(pictures(PNG))
    assert json.loads(grok("image", "--json", "x").out) == {
        "images": [{"path": "x-1.png", "type": "image/png", "bytes": len(PNG)}],
        "withheld": 0,
        "model": "grok-imagine-image",
        "usage": {"cost_in_usd_ticks": 200_000_000, "cost_usd": "0.02"},
    }


def test_a_picture_behind_a_url_is_fetched_without_the_key(grok, server, folder):
    url = f"http://127.0.0.1:{server.port}/made/x.jpeg"
    recorded = {"data": [{"url": url, "mime_type": "image/jpeg"}], "usage": {"cost_in_usd_ticks": 200_000_000}}
    server.reply(body(recorded), body(JPEG, content_type="image/jpeg"))
    assert grok("image", "-u", "x").out == "x-1.jpg\n"
    assert (folder / "x-1.jpg").read_bytes() == JPEG
    fetched = server.requests[1]
    assert (fetched.method, fetched.path) == ("GET", "/made/x.jpeg")
    assert "authorization" not in fetched.headers


@pytest.mark.parametrize("url", ["http://example.com/x.png", "file:///etc/passwd", "ftp://example.com/x", "x.png"])
def test_other_urls_are_not_fetched(grok, server, folder, url):
    server.reply(body({"data": [{"url": url}]}))
    code, out, err = grok("image", "x")
    assert (code, out, len(server.requests)) == (6, "", 1)
    assert "which was not fetched" in err


def test_a_picture_that_cannot_be_fetched_is_told_with_its_url(grok, server, folder):
    url = f"http://127.0.0.1:{server.port}/x.png"
    server.reply(body({"data": [{"url": url}]}), body("", 404))
    code, _, err = grok("image", "x")
    assert (code, len(server.requests)) == (6, 2)
    assert f"hint: it stays on the server for a while: {url}" in err


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"data": []}, "sent no picture"),
        ({}, "sent no picture"),
        ({"data": [{"b64_json": "%%%"}]}, "not base64"),
        ({"data": [{"b64_json": base64.b64encode(b"<html>").decode()}]}, "invalid picture"),
        ({"error": "The model does not exist", "code": "x"}, "does not exist"),
    ],
)
def test_an_answer_without_pictures_is_an_error(grok, server, folder, document, reason):
    server.reply(body(document))
    code, out, err = grok("image", "x")
    assert (code, out, names(folder)) == (6, "", [])
    assert reason in err


def test_what_was_withheld_is_told_and_the_rest_kept(grok, server, folder):
    server.reply(pictures(PNG, None))
    code, out, err = grok("image", "-n", "2", "x")
    assert (code, out) == (7, "x-1.png\n")
    assert err == "error: the server withheld 1 of 2 pictures\nhint: rephrase the prompt\n"


@pytest.mark.parametrize(
    ("name", "living"), [("typo", "grok-imagine-image"), ("grok-imagine-image-pro", "grok-imagine-image-2.0")]
)
def test_the_hint_names_a_model_that_draws(grok, server, folder, name, living):
    server.reply(body({"error": f"The model {name} does not exist or your team does not have access to it"}, 404))
    code, _, err = grok("image", "-m", name, "x")
    assert code == 6
    assert err.endswith(f"try -m {living}\n")


def test_errors_have_the_exit_codes_of_everywhere(grok, server, environ, folder):
    server.reply(body({"error": "Your prompt violates our usage guidelines"}, 403))
    assert grok("image", "x").code == 7
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    assert grok("image", "x").code == 3
    assert names(folder) == []


def test_a_name_that_lies_about_its_content_is_told(grok, server, folder):
    server.reply(pictures(JPEG))
    assert grok("image", "-o", "x.PNG", "x").err == "x.PNG contains a JPEG, despite its name\n"
    assert grok("image", "-q", "-o", "y.png", "x").err == ""
    assert grok("image", "-o", "z.JPEG", "x").err == ""
    assert grok("image", "-o", "z", "x").err == ""


def test_a_terminal_that_can_shows_the_picture_and_no_other_stream(grok, server, environ, folder):
    server.reply(pictures(PNG))
    assert grok("image", "x", tty=True).out == "x-1.png\n"
    environ["TERM_PROGRAM"] = "iTerm.app"
    encoded = base64.b64encode(PNG).decode()
    shown = f"\x1b]1337;File=inline=1;size={len(PNG)};width=40;preserveAspectRatio=1:{encoded}\x07\n"
    assert grok("image", "x", tty=True).out == f"x-2.png\n{shown}"
    assert grok("image", "x").out == "x-3.png\n"
    assert grok("image", "-q", "x", tty=True).out == "x-4.png\n"


def test_kitty_is_sent_png_in_pieces_and_asked_not_to_answer():
    picture = Picture(PNG + bytes(6000), "image/png")
    shown = inline(picture, {"KITTY_WINDOW_ID": "1"})
    first, *_, last = pieces = shown.removesuffix("\n").removesuffix("\x1b\\").split("\x1b\\")
    assert first.startswith("\x1b_Ga=T,f=100,q=2,c=40,m=1;")
    assert last.startswith("\x1b_Gq=2,m=0;")
    sent = [piece.partition(";")[2] for piece in pieces]
    assert max(map(len, sent)) <= 4096
    assert base64.b64decode("".join(sent)) == picture.content
    assert inline(Picture(JPEG, "image/jpeg"), {"KITTY_WINDOW_ID": "1"}) == ""
    assert inline(picture, {"KITTY_WINDOW_ID": "1", "TMUX": "x"}) == ""
    assert inline(picture, {"TERM_PROGRAM": "Apple_Terminal"}) == ""


def test_the_library_makes_pictures(server):
    server.reply(pictures(PNG, JPEG))
    made = XAI(KEY, base_url=server.url).generate_images("a cat", n=2, options={"aspect_ratio": "1:1"})
    assert made == ([Picture(PNG, "image/png"), Picture(JPEG, "image/jpeg")], 0, 200_000_000, [])
    assert server.requests[0].json["n"] == 2


@pytest.mark.parametrize("bad", ["%%%", base64.b64encode(b"<html>").decode()])
def test_a_bad_picture_costs_none_of_the_good_ones(grok, server, folder, bad):
    good = base64.b64encode(PNG).decode()
    server.reply(body({"data": [{"b64_json": good}, {"b64_json": bad}, {"b64_json": good}]}))
    code, out, err = grok("image", "-n", "3", "x")
    assert (code, out, names(folder)) == (6, "x-1.png\nx-2.png\n", ["x-1.png", "x-2.png"])
    assert err.startswith("error: the server sent an invalid picture" if bad != "%%%" else "error: the server sent a")


def test_a_good_picture_goes_to_stdout_and_the_bad_one_is_told(environ, server, folder):
    good = base64.b64encode(PNG).decode()
    server.reply(body({"data": [{"b64_json": "%%%"}, {"b64_json": good}]}))
    done = subprocess.run(
        command("image", "-o", "-", "x"), capture_output=True, env=environ, stdin=subprocess.DEVNULL, timeout=60
    )
    assert (done.returncode, done.stdout) == (6, PNG)
    assert b"not base64" in done.stderr


def test_many_at_once_overwrite_nothing(environ, server, folder):
    server.reply(pictures(PNG, PNG, PNG, PNG))
    words = command("image", "-n", "4", "x")
    runs = [subprocess.Popen(words, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(8)]
    told = [line for one in runs for line in one.communicate(timeout=120)[0].decode().split()]
    assert len(told) == len(set(told)) == 32
    assert names(folder) == sorted(told)


def test_a_link_to_nothing_is_not_written_through(grok, server, folder, tmp_path):
    target = tmp_path / "elsewhere.png"
    (folder / "x-1.png").symlink_to(target)
    server.reply(pictures(PNG))
    assert grok("image", "x").out == "x-2.png\n"
    assert grok("image", "-o", "x-1.png", "x").code == 2
    assert grok("image", "--force", "-o", "x-1.png", "x").out == "x-1-1.png\n"
    assert not target.exists()


def test_pictures_are_kept_when_whoever_reads_their_names_has_gone(environ, server, folder):
    server.reply(pictures(PNG, PNG, PNG))
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command("image", "-n", "3", "x"), stdout=writing, stderr=subprocess.PIPE, env=environ, stdin=subprocess.DEVNULL
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
    assert names(folder) == ["x-1.png", "x-2.png", "x-3.png"]


def test_a_picture_is_written_before_the_next_one_is_fetched(environ, server, folder):
    fetched = f"http://127.0.0.1:{server.port}/x.png"
    good = base64.b64encode(PNG).decode()
    seen = []

    def play(connection):
        seen.extend(names(folder))
        connection.cut()

    server.reply(body({"data": [{"b64_json": good}, {"url": fetched}]}), play)
    done = subprocess.run(command("image", "x"), capture_output=True, env=environ, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, seen) == (5, b"x-1.png\n", ["x-1.png"])
    assert f"hint: it stays on the server for a while: {fetched}".encode() in done.stderr
