"""`grok video`: started, waited for, fetched, counted once, and never lost."""

from __future__ import annotations

import base64
import itertools
import json
import signal
import subprocess

import pytest
from documented import strict
from language import KEY, Screen, command, until
from server import answer, body

from grokcli import XAI, IncompleteError
from grokcli.client import videos

ID = "vid-0a1b2c3d"
MP4 = b"\0\0\0\x18ftypmp42-the rest"
PNG = b"\x89PNG\r\n\x1a\n-the rest"
EMPTY = body("", 202)
PENDING = body({"status": "pending", "progress": 40}, 202)
STARTED = body({"request_id": ID})
USAGE = {"cost_in_usd_ticks": 3_000_000_000}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder; nothing waits between two polls."""
    monkeypatch.setattr(videos, "POLL_SECONDS", 0)
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def done(server, **more):
    """Return the status of a video that lies on the server."""
    video = {"url": f"http://127.0.0.1:{server.port}/v.mp4", "duration": 6, "respect_moderation": True}
    return body(
        {"status": "done", "video": video, "model": "grok-imagine-video", "progress": 100, "usage": USAGE, **more}
    )


@pytest.fixture
def ready(server):
    """Let the server take what is documented, and have the video ready at the third poll."""
    server.script([strict(server, STARTED), EMPTY, PENDING, done(server), body(MP4, content_type="video/mp4")])
    return server


def cost(grok, by="command"):
    return [(row[by], row["cost_usd"]) for row in json.loads(grok("usage", "--json", "--by", by).out)["rows"]]


def test_a_video_is_made_waited_for_and_saved(grok, ready, folder):
    code, out, err = grok("video", "A paper", "boat!")
    assert (code, out) == (0, "a-paper-boat-1.mp4\n")
    assert err == f"the server is making video {ID}\nvideo: 6 s · $0.30\n"
    assert (folder / "a-paper-boat-1.mp4").read_bytes() == MP4
    assert [(one.method, one.path) for one in ready.requests] == [
        ("POST", "/v1/videos/generations"),
        *[("GET", f"/v1/videos/{ID}")] * 3,
        ("GET", "/v.mp4"),
    ]
    assert ready.requests[0].json == {"model": "grok-imagine-video", "prompt": "A paper boat!"}
    assert ready.requests[1].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in ready.requests[-1].headers
    assert cost(grok) == [("video", "0.30")]


OPTIONS = (
    ["--duration", "15", "-i", "a.webp"],
    ["--aspect", "9:16"],
    ["--resolution", "1080p", "-m", "grok-imagine-video-1.5"],
    ["-O", "generate_audio=false"],
)


def test_every_pair_of_options_is_what_is_documented(grok, server, folder):
    (folder / "a.webp").write_bytes(b"RIFF\x10\0\0\0WEBPVP8 ")
    for pair in itertools.combinations(OPTIONS, 2):
        server.script([strict(server, STARTED)])
        assert grok("video", "--detach", *pair[0], *pair[1], "x") == (0, f"{ID}\n", "")
    sent = server.requests[0].json
    assert sent["duration"] == 15
    assert base64.b64decode(sent["image"]["url"].partition(",")[2]) == b"RIFF\x10\0\0\0WEBPVP8 "


def test_detached_it_is_fetched_later_as_often_as_wanted_and_counted_once(grok, server, folder):
    server.script([STARTED])
    assert grok("video", "--detach", "a quiet harbour") == (0, f"{ID}\n", "")
    assert cost(grok) == []
    assert ID in grok("history", "show").out
    for number in (1, 2):
        server.script([EMPTY, done(server), body(MP4)])
        code, out, err = grok("video", "fetch", ID)
        assert (code, out, err) == (0, f"a-quiet-harbour-{number}.mp4\n", "video: 6 s · $0.30\n")
    assert cost(grok) == [("video", "0.30")]
    assert cost(grok, "model") == [("grok-imagine-video", "0.30")]
    shown = grok("history", "show").out
    assert f"`{folder / 'a-quiet-harbour-1.mp4'}`\n\ncost: $0.30" in shown
    assert "harbour" in grok("history", "search", "harbour").out
    assert json.loads(grok("usage", "--json", "--by", "conversation").out)["rows"][0]["title"] == "a quiet harbour"


def test_a_video_of_elsewhere_can_be_fetched(grok, server):
    server.script([done(server), body(MP4)])
    assert grok("video", "fetch", "other-1", "-o", "x.mp4").out == "x.mp4\n"
    assert cost(grok) == [("video", "0.30")]
    assert grok("history", "list").out == ""


def test_no_save_keeps_numbers_alone(grok, ready):
    assert grok("video", "--no-save", "a quiet harbour").code == 0
    assert grok("history", "list").out == ""
    assert cost(grok) == [("video", "0.30")]


def test_nothing_is_overwritten(grok, ready, folder):
    (folder / "x.mp4").write_text("mine")
    for words in (["x"], ["fetch", ID]):
        code, out, err = grok("video", "-o", "x.mp4", *words)
        assert (code, out, ready.requests) == (2, "", [])
        assert "already exists\nhint: use --force" in err
    assert grok("video", "--force", "-o", "x.mp4", "x").code == 0
    assert (folder / "x.mp4").read_bytes() == MP4


def test_json_is_one_object(grok, ready, server):
    out = json.loads(grok("video", "--json", "x").out)
    assert out == {
        "id": ID, "path": "x-1.mp4", "type": "video/mp4", "bytes": len(MP4), "seconds": 6, "model": "grok-imagine-video",
        "usage": {"cost_in_usd_ticks": 3_000_000_000, "cost_usd": "0.30"},
    }  # fmt: skip
    server.script([STARTED])
    assert json.loads(grok("video", "--json", "--detach", "x").out) == {"id": ID}


@pytest.mark.parametrize(
    ("document", "code", "said"),
    [
        ({"status": "done", "video": {"url": "", "respect_moderation": False}}, 7, "the server withheld the video\nhint: reph"),
        ({"status": "done", "video": {"url": "https://x.ai/v.mp4", "respect_moderation": False}}, 7, "withheld the video"),
        ({"status": "expired"}, 7, "the video has expired on the server\nhint: make it again"),
        (
            {"status": "failed", "error": {"code": "invalid_argument", "message": "too many keyframes"}},
            6,
            "the video could not be made: the server said: too many keyframes\nhint: change the prompt",
        ),
        ({"status": "failed", "error": {"code": "permission_denied", "message": "no"}}, 7, "hint: rephrase the prompt"),
        ({"status": "failed", "error": {"code": "internal_error", "message": "oops"}}, 6, "said: oops\nhint: ask again"),
        ({"status": "failed"}, 6, "the server gave no reason"),
        ({"status": "failed", "error": {"code": "service_unavailable", "message": "temporarily unavailable"}}, 6, "ask again"),
    ],
)  # fmt: skip
def test_a_video_that_will_not_be_is_said_and_its_cost_counted(grok, server, folder, document, code, said):
    for usage, wanted in ((USAGE, [("video", "0.30")]), (None, None)):
        server.script([STARTED, body({**document, **({"usage": usage} if usage else {})})])
        result = grok("video", "x")
        assert (result.code, result.out) == (code, "")
        assert said in result.err
        assert "fetch it later" not in result.err
        assert wanted is None or cost(grok) == wanted
    assert list(folder.iterdir()) == []


def test_an_id_that_the_server_does_not_know(grok, server):
    server.script([body({"code": "not-found", "error": "Video not found"}, 404)])
    code, out, err = grok("video", "fetch", "gone-1")
    assert (code, out) == (6, "")
    assert (
        err
        == "error: the server has no video 'gone-1'\nhint: check the id; the server keeps videos for a limited time\n"
    )


def test_what_fails_on_the_way_is_tried_again_and_else_the_id_is_said(grok, server, folder, monkeypatch):
    busy = body({"error": "busy"}, 503)
    server.script([busy, STARTED, busy, lambda connection: connection.reset(), PENDING, done(server), body(MP4)])
    code, out, err = grok("video", "x")
    assert (code, out, err.count("retrying in")) == (0, "x-1.mp4\n", 3)
    hint = f"hint: fetch it later: grok video fetch {ID}\n"
    for replies, exit_code in (
        ([STARTED, busy], 6),
        ([STARTED, done(server), body("", 404)], 6),
        ([STARTED, done(server), body("<html>")], 6),
        ([STARTED, done(server), lambda connection: connection.cut()], 5),
    ):
        server.script(replies)
        code, out, err = grok("video", "x")
        assert (code, out) == (exit_code, "")
        assert err.endswith(hint)
    monkeypatch.setattr(videos, "WAIT_SECONDS", 0)
    server.script([STARTED, PENDING])
    code, out, err = grok("video", "x")
    assert (code, out) == (7, "")
    assert err.endswith(f"error: the video is not ready after 0 min\n{hint}")
    server.script([body({"error": "no"}, 500)])
    before = len(server.requests)
    assert grok("video", "x").code == 6
    assert len(server.requests) == before + 1


def test_odd_answers_are_errors_without_a_traceback(grok, server):
    for first in ({}, {"request_id": "--force"}, {"request_id": "a; rm -rf /"}, {"request_id": 5}):
        server.script([body(first)])
        code, _, err = grok("video", "x")
        assert (code, err) == (6, "error: the server sent no id for the video\n")
    odd = [
        {"status": [], "video": 5, "usage": [], "progress": "x"}, {"video": {"url": 5}}, {"progress": -1}, {"error": ""},
    ]  # fmt: skip
    server.script([STARTED, *map(body, odd), done(server, usage=None, model=5), body(MP4)])
    assert grok("video", "x").err.endswith("video: 6 s · cost not reported\n")
    for model, shown in (("\x1b[2J", "grok-imagine-video"), (KEY, "xai-…")):
        server.script([done(server, model=model), body(MP4)])
        assert json.loads(grok("video", "--json", "fetch", f"id-{len(model)}").out)["model"].startswith(shown)
    server.script([STARTED, body("<html>")])
    assert grok("video", "x").code == 6


def test_what_cannot_be_is_said_before_anything_is_sent(grok, server, folder):
    (folder / "notes.txt").write_text("x")
    for words, said in (
        (["--resolution", "1080p", "x"], "hint: add -m grok-imagine-video-1.5"),
        (["--duration", "16", "x"], "--duration"),
        (["--aspect", "21:9", "x"], "--aspect"),
        (["-i", "notes.txt", "x"], "notes.txt is not a PNG, JPEG or WebP image"),
        (["-m", "local", "x"], "the local model cannot make videos"),
        (["-o", "no/x.mp4", "x"], "no such folder"),
        (["-o", "-", "--json", "x"], "leave out --json"),
        (["fetch"], "fetch needs the id of a video"),
        (["fetch", "a/b"], "fetch needs the id of a video"),
        (["fetch", ID, "--detach"], "--detach cannot be used with fetch"),
        (["fetch", ID, "-m", "x"], "--model cannot be used with fetch"),
        ([KEY], "the prompt contains your API key"),
        (["--max-cost", "0", "x"], "the cost limit of $0.00 is reached"),
        ([], "no prompt given\nhint: grok video"),
    ):
        code, out, err = grok("video", *words)
        assert (code in (2, 4), out, server.requests) == (True, "", []), words
        assert said in err


def test_a_budget_counts_videos(grok, ready, server):
    assert grok("video", "x").code == 0
    grok("config", "set", "daily_budget", "0.30")
    server.script([answer("no")])
    for words in (["video", "x"], ["ask", "x"]):
        assert grok(*words).code == 4
    assert grok("video", "fetch", ID).code != 4


def test_a_prompt_may_begin_with_fetch(grok, server):
    server.script([STARTED])
    assert grok("video", "--detach", "fetch the stick", "boy").out == f"{ID}\n"
    assert server.requests[0].json["prompt"] == "fetch the stick boy"


def test_progress_is_on_the_terminal(grok, ready):
    err = grok("video", "x", stderr=Screen(tty=True)).err
    assert f"the server is making video {ID}" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_video_survives_whatever_ends_the_program(grok, server, environ, number):
    server.script([STARTED, PENDING])
    process = subprocess.Popen(
        command("video", "a boat"), env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    until(lambda: len(server.requests) > 1)
    process.send_signal(number)
    err = process.communicate(timeout=60)[1].decode()
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert err.endswith(f"the server is still making it; fetch it later: grok video fetch {ID}\n")
    assert f"grok video fetch {ID}" in grok("history", "show").out
    server.script([done(server), body(MP4)])
    assert grok("video", "fetch", ID).out == "a-boat-1.mp4\n"
    assert cost(grok) == [("video", "0.30")]


def test_the_library_makes_videos(server):
    server.script([strict(server, STARTED), EMPTY, done(server), body(MP4), PENDING])
    client = XAI(KEY, base_url=server.url)
    name = client.videos.start("a boat", options={"duration": 6})
    status = client.videos.wait(name)
    assert (status.state, status.seconds, status.cost_in_usd_ticks) == ("done", 6, 3_000_000_000)
    assert client.videos.download(status) == (MP4, "video/mp4")
    with pytest.raises(IncompleteError):
        client.videos.wait(name, seconds=0)
