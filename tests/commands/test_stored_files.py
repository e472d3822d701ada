"""`grok files`: what is on the server."""

from __future__ import annotations

import json
import os

import pytest
import responses as wire
from documented import CREATED, FilesAPI
from language import KEY, until
from papers import pdf
from responses import message
from server import body

PDF = pdf("Profits doubled.")
FIRST, SECOND = (f"file_{number:08d}-0000-4000-8000-000000000000" for number in range(2))


@pytest.fixture
def files(server, tmp_path, monkeypatch):
    """The Files API, and a working folder with a report in it."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "work" / "my report.pdf").write_bytes(PDF)
    files = FilesAPI(server, wire.answer(message("ok")))
    server.reply(files)
    return files


def test_uploading_prints_ids_alone(grok, files, tmp_path):
    (tmp_path / "notes.txt").write_text("alpha")
    assert grok("files", "upload", "my report.pdf", "../notes.txt", "--expires", "7d") == (
        0,
        f"{FIRST}\n{SECOND}\n",
        "",
    )
    assert [(one.filename, one.fields, one.content) for one in files.uploads] == [
        ("my_report.pdf", [("expires_after", "604800")], PDF),
        ("notes.txt", [("expires_after", "604800")], b"alpha"),
    ]
    (made,) = json.loads(grok("files", "upload", "my report.pdf", "--json").out)
    assert made["name"] == "my_report.pdf"
    assert (made["expires"], files.uploads[2].fields) == (None, [])


def test_what_was_uploaded_before_an_error_is_known(grok, server, files):
    def fail_the_second(connection):
        (body({"error": "no"}, 400) if len(server.requests) == 2 else files)(connection)

    for words, read in (([], str.split), (["--json"], lambda out: [one["id"] for one in json.loads(out)])):
        server.requests.clear()
        server.script([fail_the_second])
        code, out, err = grok("files", "upload", "my report.pdf", "my report.pdf", *words)
        assert (code, read(out), err) == (
            6,
            [files.uploads[-1].id],
            "error: cannot upload my report.pdf: the server said: no\n",
        )


def test_listing_and_showing(grok, files):
    grok("files", "upload", "my report.pdf", "--expires", "1h")
    grok("files", "upload", "my report.pdf")
    code, out, err = grok("files", "list")
    header, second, first = (line.split() for line in out.splitlines())
    assert (code, err, header) == (0, "", ["id", "size", "age", "expires", "name"])
    assert (second[0], second[-2:]) == (SECOND, ["never", "my_report.pdf"])
    assert (first[0], first[1:3]) == (FIRST, [f"{len(PDF)}", "B"])
    assert grok("files", "list", "-n", "1").out.splitlines()[1:] == out.splitlines()[1:2]
    shown = grok("files", "show", FIRST, "--json").out
    described = {"id": FIRST, "name": "my_report.pdf", "bytes": len(PDF), "created": "2026-09-21T14:13:20Z"}
    assert json.loads(shown) == {**described, "expires": "2026-09-21T15:13:20Z"}
    assert json.loads(grok("files", "list", "--json").out)[1] == json.loads(shown)
    assert FIRST in grok("files", "show", FIRST).out
    assert CREATED == 1790000000


def test_more_than_a_page(grok, files):
    for _ in range(101):
        grok("files", "upload", "my report.pdf")
    assert len(json.loads(grok("files", "list", "--json", "-n", "1000").out)) == 101


def test_the_text_of_a_file(grok, files, server):
    grok("files", "upload", "my report.pdf")
    assert grok("files", "text", FIRST) == (0, "Text of my_report.pdf\n", "")
    server.script([body(b"\x1b[2Jx\xff\n", content_type="application/octet-stream")])
    assert grok("files", "text", FIRST).out == "\x1b[2Jx\ufffd\n"
    assert "\x1b[2J" not in grok("files", "text", FIRST, tty=True).out


def test_deleting_is_confirmed(grok, files):
    grok("files", "upload", "my report.pdf", "my report.pdf")
    code, out, err = grok("files", "delete", FIRST)
    assert (code, out) == (2, "")
    assert err == "error: cannot ask for confirmation: no terminal\nhint: use --yes to delete without asking\n"
    assert grok("files", "delete", FIRST, FIRST, SECOND, "--yes") == (0, "", "deleted 2 files\n")
    assert files.files == {}
    code, _, err = grok("files", "delete", FIRST, "--yes")
    assert (code, err.startswith("error: the server said: File not found\nhint: it may have expired")) == (6, True)


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal")
def test_on_a_terminal_it_is_asked_about_with_names_that_forge_nothing(on_terminal, server):
    name = "a.pdf\x1b[2K\r\nDelete nothing? [Y/n] y"
    file = {"id": FIRST, "filename": name, "bytes": 3 << 20, "created_at": CREATED, "deleted": True}
    server.reply(body(file))
    shown = on_terminal("files", "delete", FIRST, keyboard=True)
    until(lambda: "Delete 1 file from the server?" in shown.text())
    assert f"{FIRST}    3.0 MB  a.pdf" in shown.text()
    assert "\nDelete nothing?" not in shown.text()
    shown.type("y\n")
    assert shown.wait() == 0
    assert [one.method for one in server.requests] == ["GET", "DELETE"]


def test_what_the_server_says_cannot_drive_the_terminal(grok, server):
    file = {"id": FIRST, "filename": f"\x1b[2J\n{KEY}", "bytes": -1, "created_at": 10**15, "expires_at": "soon"}
    server.reply(body({"data": [file], "pagination_token": FIRST}))
    for words in (["list"], ["list", "--json"]):
        code, out, _ = grok("files", *words, tty=True)
        assert (code, "\x1b" in out, KEY in out) == (0, False, False)
    assert len(grok("files", "list", tty=True).out.splitlines()) == 2


def test_what_cannot_be_uploaded_is_said_before_anything_is(grok, server, files, tmp_path):
    with (tmp_path / "work" / "large.bin").open("wb") as large:
        large.truncate((50 << 20) + 1)
    (tmp_path / "work" / "key.txt").write_text(f"key = {KEY}")
    for words, said in {
        ("upload", "my report.pdf", "missing.pdf"): "error: cannot read missing.pdf: no such file or directory\n",
        ("upload", "my report.pdf", "."): "error: cannot read .: is a directory\n",
        ("upload", "my report.pdf", "large.bin"): "error: large.bin is larger than 50 MB, the limit for files\nhint: ",
        ("upload", "my report.pdf", "key.txt"): "error: key.txt contains your API key\nhint: ",
        ("upload", "my report.pdf", "--expires", "31d"): "error: invalid value for --expires: '31d'\nhint: choose from",
        ("show", "../models"): "error: invalid file id: '../models'\nhint: ",
    }.items():
        code, out, err = grok("files", *words)
        assert (code, out, server.requests) == (2, "", [])
        assert err.startswith(said)
    assert grok("files", "upload", "--allow-secrets", "key.txt").code == 0


def test_a_server_without_files(grok, server):
    server.reply(body("404 page not found", 404, content_type="text/plain"))
    code, _, err = grok("files", "list")
    assert (code, err) == (6, "error: the server said: 404 page not found\nhint: this server may not store files\n")
