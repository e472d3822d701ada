"""Documents that are uploaded before the question, and removed from the server afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading

import pytest
import responses as wire
from documented import FilesAPI
from language import KEY, Screen, command, until
from papers import KINDS, pdf
from responses import message
from server import answer, body

from grokcli.client import files as client_files
from grokcli.input import documents

ASK = ("ask", "--api", "responses")
PDF = pdf("Profits doubled.")
ID = "file_00000000-0000-4000-8000-000000000000"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder, with a report in it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "report.pdf").write_bytes(PDF)
    return folder


@pytest.fixture
def files(server):
    """The Files API, and a model that says ok."""
    files = FilesAPI(server, wire.answer(message("ok")))
    server.reply(files)
    return files


def enlarge(path, size):
    with path.open("r+b") as large:
        large.truncate(size)


def parts(server, index=-1, item=0):
    asked = [one for one in server.requests if one.path.endswith("/responses")]
    return asked[index].json["input"][item]["content"]


def test_a_large_document_is_uploaded_and_removed_after_the_answer(grok, server, here, files):
    enlarge(here / "report.pdf", (10 << 20) + 1)
    assert grok(*ASK, "-f", "report.pdf", "sum it up") == (0, "ok\n", "")
    assert files.log == ["upload report.pdf", "ask", "delete report.pdf"]
    (stored,) = files.uploads
    assert (stored.fields, stored.media_type) == ([("expires_after", "3600")], "application/pdf")
    assert stored.content == (here / "report.pdf").read_bytes()
    assert parts(server) == [{"type": "input_text", "text": "sum it up"}, {"type": "input_file", "file_id": ID}]


def test_every_kind_of_file_can_be_uploaded(grok, server, here, files):
    (here / "docs").mkdir()
    for kind, (content, _) in KINDS.items():
        (here / "docs" / f"my paper.{kind}").write_bytes(content)
    (here / "notes.txt").write_text("alpha")
    assert grok(*ASK, "--upload", "-f", "docs", "-f", "notes.txt", "-f", "report.pdf", "sum them up").code == 0
    names = [*(f"my_paper.{kind}" for kind in sorted(KINDS)), "notes.txt", "report.pdf"]
    assert files.log == [*(f"upload {name}" for name in names), "ask", *(f"delete {name}" for name in names)]
    assert [one.content for one in files.uploads][-2:] == [b"alpha", PDF]
    assert files.files == {}


def test_what_fits_is_sent_within_the_request_and_what_does_not_is_uploaded(grok, server, here, files):
    (here / "papers").mkdir()
    for name, size in {"a": len(PDF), "b": (10 << 20) + 1, "c": (50 << 20) + 1}.items():
        (here / "papers" / f"{name}.pdf").write_bytes(PDF)
        enlarge(here / "papers" / f"{name}.pdf", size)
    code, _, err = grok(*ASK, "-f", "papers", "sum them up")
    assert code == 0
    assert [one.get("filename") or one.get("file_id") for one in parts(server)[1:]] == ["a.pdf", ID]
    assert "skipped 'papers/c.pdf' (larger than 50 MB)" in err


def test_the_limit_is_named_and_nothing_is_sent(grok, server, here, files):
    enlarge(here / "report.pdf", (50 << 20) + 1)
    code, out, err = grok(*ASK, "-f", "report.pdf", "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert err.startswith("error: report.pdf is larger than 50 MB, the limit for files\nhint: ")


def test_documents_have_limits_together(grok, server, here, files, monkeypatch):
    enlarge(here / "report.pdf", 9 << 20)
    four = ["-f", "report.pdf"] * 4
    code, _, err = grok(*ASK, *four, "hi")
    assert (code, server.requests) == (2, [])
    assert err.startswith(
        "error: the documents are larger than 32 MiB together\nhint: attach fewer at a time, or upload"
    )
    monkeypatch.setattr(documents, "MAX_TOGETHER", 30 << 20)
    assert grok(*ASK, "--upload", *four, "hi").err.startswith("error: the documents are larger than 30 MiB together\n")


def test_a_page_that_is_a_large_document(grok, server, here):
    paper = PDF + bytes(11 << 20)
    files = FilesAPI(server, wire.answer(message("ok")))
    server.reply(body(paper, content_type="application/pdf"), files)
    assert grok(*ASK, "-f", f"http://127.0.0.1:{server.port}/a%20paper.pdf", "hi") == (0, "ok\n", "")
    assert [(one.filename, len(one.content)) for one in files.uploads] == [("a_paper.pdf", len(paper))]


# ---- what stays on the server, and what does not


def test_a_kept_file_stays_and_the_conversation_continues_with_it(grok, server, here, files):
    code, _, err = grok(*ASK, "--keep", "-f", "report.pdf", "what of profits?")
    assert (code, err) == (0, f"kept report.pdf on the server: {ID}\n")
    assert (files.log, files.uploads[0].fields) == (["upload report.pdf", "ask"], [])
    (here / "report.pdf").unlink()
    assert grok(*ASK, "-c", "sure?") == (0, "ok\n", "")
    assert files.log == ["upload report.pdf", "ask", "ask"]
    assert parts(server, 0) == parts(server, 1)


def test_a_conversation_that_continues_uploads_the_same_file_again(grok, server, here, files):
    assert grok(*ASK, "--upload", "-f", "report.pdf", "what of profits?").code == 0
    assert grok(*ASK, "-c", "sure?").code == 0
    assert files.log == ["upload report.pdf", "ask", "delete report.pdf"] * 2
    assert files.uploads[0].content == files.uploads[1].content
    (said,) = [
        one for one in json.loads(grok("history", "show", "--json").out)["messages"] if one["content"] == "sure?"
    ]
    assert said["role"] == "user"
    (here / "report.pdf").write_bytes(pdf("Profits fell."))
    err = grok(*ASK, "-c", "really?").err
    assert err.startswith(f"warning: {here / 'report.pdf'} has changed since it was attached; continuing without it")
    assert len(files.uploads) == 2


def test_a_chat_uploads_a_file_once_and_removes_it_at_its_end(grok, server, here, files):
    (here / "docs").mkdir()
    (here / "report.pdf").rename(here / "docs" / "report.pdf")
    typed = "/file docs\nwhat of profits?\nsure?\n/file docs/report.pdf\nagain?\n"
    assert grok("chat", "--api", "responses", "--upload", stdin=typed).code == 0
    assert files.log == ["upload report.pdf", "ask", "ask", "ask", "delete report.pdf"]
    assert parts(server, 0) == parts(server, 1)


def test_a_file_on_the_server_is_attached_by_its_id(grok, server, here, files):
    assert grok(*ASK, "--keep", "-f", "report.pdf", "hi").code == 0
    assert grok(*ASK, "-f", ID, "what of profits?") == (0, "ok\n", "")
    assert parts(server)[1] == {"type": "input_file", "file_id": ID}
    assert f"[{ID}]" in grok("history", "show").out
    chat = grok("chat", "--api", "responses", stdin=f"/file {ID}\nwhat of profits?\n")
    assert f"attached {ID} to the next message" in chat.err
    (here / ID).write_text("a file here wins")
    assert grok(*ASK, "-f", ID, "what?").code == 0
    assert "a file here wins" in parts(server)
    (here / ID).unlink()
    files.files.clear()
    code, _, err = grok(*ASK, "-f", ID, "what of profits?")
    assert code == 6
    assert "the server said: File not found" in err
    assert "hint: it may have expired or been deleted; list the files: grok files list\n" in err


def test_an_error_removes_the_file_too(grok, server, here):
    files = FilesAPI(server, body({"error": "no"}, 400))
    server.reply(files)
    assert grok(*ASK, "--upload", "-f", "report.pdf", "hi").code == 6
    assert files.log == ["upload report.pdf", "ask", "delete report.pdf"]


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_removes_the_file_too(environ, server, here, number, code):
    asked, over = threading.Event(), threading.Event()

    def stall(connection):
        asked.set()
        over.wait(60)

    files = FilesAPI(server, stall)
    server.reply(files)
    words = (*ASK, "--upload", "-f", "report.pdf", "hi")
    with subprocess.Popen(command(*words), env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as grok:
        assert asked.wait(60)
        grok.send_signal(number)
        assert (grok.wait(60), grok.stderr.read()) == (code, b"")
    over.set()
    assert files.log == ["upload report.pdf", "ask", "delete report.pdf"]


def test_a_file_that_cannot_be_removed_is_named(grok, server, here, files):
    def refuse(method, where, query):
        return body({"error": "busy"}, 503)

    files._one = refuse
    code, out, err = grok(*ASK, "--upload", "-f", "report.pdf", "hi")
    assert (code, out) == (0, "ok\n")
    said = "stays on the server for up to an hour; remove it with: grok files delete"
    assert err == f"warning: report.pdf {said} {ID}\n"


# ---- uploads that fail


def test_a_busy_server_is_tried_again_and_a_refusal_names_the_file(grok, server, here):
    files = FilesAPI(server, wire.answer(message("ok")))
    server.reply(body({"error": "busy"}, 503), files)
    code, out, err = grok(*ASK, "--upload", "-f", "report.pdf", "hi")
    assert (code, out, files.log[0]) == (0, "ok\n", "upload report.pdf")
    assert "retrying in" in err
    server.script([body({"error": "no"}, 413)])
    code, out, err = grok(*ASK, "--json", "--upload", "-f", "report.pdf", "hi")
    assert code == 6
    assert json.loads(out)["error"]["message"] == "cannot upload report.pdf: the server said: no"
    assert err == "error: cannot upload report.pdf: the server said: no\nhint: files are limited to 50 MB\n"


def test_a_key_in_a_document_is_found_before_it_is_uploaded(grok, server, here, files):
    (here / "report.pdf").write_bytes(pdf(KEY))
    code, _, err = grok(*ASK, "--upload", "-f", "report.pdf", "hi")
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: the file 'report.pdf' contains your API key\n")
    assert grok(*ASK, "--upload", "--allow-secrets", "-f", "report.pdf", "hi").code == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--upload", "-f", "report.pdf"], "an uploaded file needs the Responses API"),
        (["--keep", "-f", "report.pdf"], "an uploaded file needs the Responses API"),
        (["-f", ID], "an uploaded file needs the Responses API"),
        (["-m", "local", "-f", ID], "the local model does not support an uploaded file"),
    ],
)
def test_servers_without_a_files_api(grok, server, here, flags, said):
    for command_ in ("ask", "chat"):
        code, out, err = grok(command_, *flags, "hi")
        assert (code, out, server.requests) == (2, "", [])
        assert err.startswith(f"error: {said}")


def test_a_large_document_is_text_where_only_text_is_taken(grok, server, here):
    server.reply(answer("ok"))
    (here / "large.csv").write_text("a,b\n" + " " * (11 << 20))
    assert grok("ask", "-m", "own-model", "-f", "large.csv", "hi").code == 0
    assert server.requests[0].json["messages"][0]["content"].startswith('<file path="large.csv">\na,b\n')


def test_the_dry_run_uploads_nothing_and_code_needs_the_id(grok, server, here):
    code, out, _ = grok(*ASK, "--dry-run", "--upload", "-f", "report.pdf", "hi")
    assert code == 0
    part = json.loads(out.partition("\n\n")[2])["input"][0]["content"][1]
    assert part == {"type": "input_file", "file_id": "(the id of report.pdf, once it is uploaded)"}
    code, out, err = grok(*ASK, "--as", "curl", "--upload", "-f", "report.pdf", "hi")
    assert (code, out) == (2, "")
    assert err.startswith("error: report.pdf must be uploaded first, which this code cannot do\nhint: ")
    assert ID in grok(*ASK, "--as", "curl", "-f", ID, "hi").out
    assert server.requests == []


def test_the_upload_is_shown_while_it_takes(grok, server, here, files, monkeypatch):
    monkeypatch.setattr("grokcli.terminal.status._SILENCE", 0)
    screen, shown = Screen(tty=True), threading.Event()
    take = files._upload

    def slowly(request):
        until(lambda: "uploading report.pdf" in screen.getvalue())
        shown.set()
        return take(request)

    files._upload = slowly
    assert grok(*ASK, "--upload", "-f", "report.pdf", "hi", stderr=screen).code == 0
    assert shown.is_set()


def test_the_limit_of_the_client_is_that_of_the_documents():
    assert documents.MAX_DOCUMENT_BYTES == client_files.MAX_UPLOAD_BYTES == 50 << 20
