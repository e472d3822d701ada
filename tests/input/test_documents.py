"""Documents that are no plain text: sent as they are where the server reads them, as text where it does not."""

from __future__ import annotations

import base64
import json
import os
import sys

import pytest
import responses as wire
from documented import strict
from language import KEY, until
from papers import KINDS, archive, excel, pdf, word
from responses import message, reasoning
from server import answer

ASK = ("ask", "--api", "responses")


PDF = pdf("Profits doubled.")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder, with a report in it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "report.pdf").write_bytes(PDF)
    return folder


def parts(server, index=-1, item=0):
    return server.requests[index].json["input"][item]["content"]


def input_file(name, content, kind):
    data = base64.b64encode(content).decode()
    return {"type": "input_file", "filename": name, "file_data": data, "mime_type": kind}


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_is_sent_as_it_is_and_told_by_its_content(grok, server, here, kind):
    server.reply(strict(server, wire.answer(message("ok"))))
    content, media_type = KINDS[kind]
    (here / "misleading.txt").write_bytes(content)
    assert grok(*ASK, "-f", "misleading.txt", "sum it up") == (0, "ok\n", "")
    text = {"type": "input_text", "text": "sum it up"}
    assert parts(server) == [text, input_file(f"misleading.{kind}", content, media_type)]


def test_texts_and_documents_go_together_and_images_last(grok, server, here):
    server.reply(strict(server, wire.answer(message("ok"))))
    (here / "a.txt").write_text("alpha")
    (here / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n-the rest")
    assert grok(*ASK, "-f", "report.pdf", "-f", "a.txt", "-i", "p.png", "and?", stdin="piped").code == 0
    text, document, image = parts(server)
    assert text["text"] == '<stdin>\npiped\n</stdin>\n\n<file path="a.txt">\nalpha\n</file>\n\nand?'
    assert (document["type"], image["type"]) == ("input_file", "input_image")


def test_a_folder_may_hold_documents(grok, server, here):
    server.reply(strict(server, wire.answer(message("ok"))))
    for name in "ab":
        (here / "docs" / name).mkdir(parents=True)
        (here / "docs" / name / "My report.pdf").write_bytes(pdf(name))
    (here / "docs" / "notes.txt").write_text("alpha")
    (here / "docs" / "any.zip").write_bytes(archive(some_txt=b"x"))
    code, _, err = grok(*ASK, "-f", "docs", "sum them up")
    assert code == 0
    assert [part.get("filename") for part in parts(server)] == [None, "My_report.pdf", "My_report-2.pdf"]
    assert "notes.txt" in parts(server)[0]["text"]
    assert err == "attached 3 files from 'docs'; left out: 1 not text\n"


def test_a_document_alone_is_no_question(grok, server, here):
    code, _, err = grok(*ASK, "-f", "report.pdf")
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: no question given")


def test_a_large_table_is_a_document_and_a_small_one_is_text(grok, server, here):
    server.reply(strict(server, wire.answer(message("ok"))))
    (here / "small.csv").write_text("a,b\n1,2\n")
    (here / "large.csv").write_text("a,b\n" + "1,2\n" * 100_000)
    assert grok(*ASK, "-f", "small.csv", "-f", "large.csv", "sum?").code == 0
    text, table = parts(server)
    assert "1,2" in text["text"]
    assert (table["filename"], table["mime_type"]) == ("large.csv", "text/csv")


def test_a_page_that_is_a_document(grok, server, here):
    def page(connection):
        connection.head(content_type="application/pdf", content_length=str(len(PDF)))
        connection.send(PDF)

    server.reply(page, wire.answer(message("ok")), page, wire.answer(message("ok")))
    url = f"http://127.0.0.1:{server.port}/papers/a%20paper.pdf?v=1"
    assert grok(*ASK, "-f", url, "hi") == (0, "ok\n", "")
    assert parts(server)[1] == input_file("a_paper.pdf", PDF, "application/pdf")
    assert grok(*ASK, "-c", "and?") == (0, "ok\n", "")
    assert parts(server)[1] == input_file("a_paper.pdf", PDF, "application/pdf")


# ---- the history


def test_the_next_turn_sends_the_same_part_byte_for_byte(grok, server, here):
    first = (reasoning("Hm."), message("Doubled."))
    wire.strictly(server, first, (message("Yes."),))
    assert grok(*ASK, "-f", "report.pdf", "what of profits?").code == 0
    before = server.requests[0].body
    assert grok(*ASK, "-c", "sure?") == (0, "Yes.\n", "")
    part = json.dumps(parts(server, 0), separators=(",", ":")).encode()
    assert part in before.replace(b": ", b":").replace(b", ", b",")
    assert parts(server) == parts(server, 0)


def test_the_history_keeps_name_size_and_hash_and_not_the_bytes(grok, server, here, home):
    server.reply(wire.answer(message("ok")))
    assert grok(*ASK, "-f", "report.pdf", "what of profits?").code == 0
    shown = grok("history", "show").out
    assert f"[report.pdf, {len(PDF):,} bytes]" in shown
    assert grok("history", "list").out.count("what of profits?") == 1
    exported = grok("history", "show", "--json").out
    assert base64.b64encode(PDF).decode()[:40] not in exported
    (said,) = [one for one in json.loads(exported)["messages"] if one["role"] == "user"]
    assert set(said["content"][1]["file"]) == {"filename", "mime_type", "path", "size", "sha256"}
    stored = b"".join(path.read_bytes() for path in (home / "data").iterdir() if path.is_file())
    assert base64.b64encode(PDF)[:40] not in stored


@pytest.mark.parametrize("change", ["edit", "delete", "pipe"])
def test_a_document_that_has_changed_is_said_to_have(grok, server, here, change):
    server.reply(wire.answer(message("ok")))
    grok(*ASK, "-f", "report.pdf", "what of profits?")
    path = here / "report.pdf"
    if change == "edit":
        path.write_bytes(pdf("Profits fell."))
    else:
        path.unlink()
    if change == "pipe" and hasattr(os, "mkfifo"):
        os.mkfifo(path)
    code, out, err = grok(*ASK, "-c", "sure?")
    assert (code, out) == (0, "ok\n")
    what = "has changed since it was attached" if change == "edit" else "cannot be read any more"
    assert err == f"warning: {path} {what}; continuing without it (attach it again with -f PATH)\n"
    assert parts(server)[1] == {
        "type": "input_text",
        "text": "[report.pdf was attached here and is no longer available]",
    }


def test_in_a_chat_files_are_attached_alike(grok, server, here):
    server.reply(strict(server, wire.answer(message("ok"))))
    typed = "/file report.pdf\nwhat of profits?\nsure?\n"
    code, _, err = grok("chat", "--api", "responses", stdin=typed)
    assert code == 0
    assert f"attached report.pdf ({len(PDF):,} bytes) to the next message" in err
    assert parts(server, 0) == parts(server, 1)
    assert parts(server)[1]["type"] == "input_file"


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal")
def test_an_edited_question_keeps_its_document(on_terminal, server, here, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf better > "$1"\n')
    editor.chmod(0o755)
    server.reply(wire.answer(message("one")), wire.answer(message("two")))
    words = ("chat", "--no-live", "--api", "responses", "-f", "report.pdf", "good")
    shown = on_terminal(*words, keyboard=True, VISUAL=str(editor))
    until(lambda: shown.text().endswith("one\n>"))
    shown.type("/edit\n")
    until(lambda: shown.text().endswith("two\n>"))
    shown.type("\x04")
    assert shown.wait() == 0
    text, document = parts(server)
    assert (text["text"], document) == ("better", parts(server, 0)[1])


def test_in_a_chat_hints_name_its_commands(grok, server, here):
    (here / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n-")
    err = grok("chat", stdin="/file x.png\n/image report.pdf\n").err
    assert "hint: attach it with /image x.png\n" in err
    assert "hint: attach it with /file report.pdf\n" in err


# ---- servers that take text only


def test_text_only_servers_get_the_text_between_its_tags(grok, server, here):
    server.reply(answer("ok"))
    (here / "large.csv").write_text("a,b\n" + "1,2\n" * 100_000)
    assert grok("ask", "-f", "report.pdf", "-f", "large.csv", "what of profits?") == (0, "ok\n", "")
    said = server.requests[0].json["messages"][0]["content"]
    assert said.startswith('<file path="report.pdf">\nProfits doubled.\n</file>\n\n<file path="large.csv">\na,b\n')
    assert said.endswith("</file>\n\nwhat of profits?")
    assert grok("ask", "-c", "sure?").code == 0
    assert server.requests[1].json["messages"][0]["content"] == said


def test_a_document_in_a_folder_that_cannot_be_sent_is_left_out(grok, server, here):
    server.reply(answer("ok"))
    (here / "docs").mkdir()
    (here / "docs" / "notes.txt").write_text("alpha")
    (here / "docs" / "~$slides.pptx").write_bytes(KINDS["pptx"][0])
    (here / "docs" / "report.pdf").write_bytes(PDF)
    os.chdir("docs")
    code, _, err = grok("ask", "-f", ".", "sum up")
    assert code == 0
    said = server.requests[0].json["messages"][0]["content"]
    assert [name for name in ("alpha", "Profits doubled.", "slides") if name in said] == ["alpha", "Profits doubled."]
    assert "warning: ~$slides.pptx cannot be sent: this model takes text only; continuing without it\n" in err


@pytest.mark.parametrize("where", [(), ("-m", "local")])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("novel.epub", "pandoc -t plain -o novel.txt novel.epub"),
        ("slides.pptx", "libreoffice --headless --convert-to pdf slides.pptx"),
        ("my notes.odt", "pandoc -t plain -o 'my notes'.txt 'my notes.odt'"),
    ],
)
def test_what_we_cannot_read_is_refused_with_a_way_to_convert_it(grok, server, here, where, name, hint):
    (here / name).write_bytes(KINDS[name.rpartition(".")[2]][0])
    code, out, err = grok("ask", *where, "-f", name, "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert err == f"error: {name} cannot be sent: this model takes text only\nhint: convert it first: {hint}\n"
    assert grok("history", "list").out == ""


def test_the_text_of_office_documents(grok, server, here):
    server.reply(answer("ok"))
    (here / "notes.docx").write_bytes(word("Profits &amp; losses", "doubled."))
    (here / "one.xlsx").write_bytes(excel(Sales=[["month", "sales"], [1, 2.5, None], [], ["a,b"]]))
    (here / "two.xlsx").write_bytes(excel(Sales=[[1]], Empty=[], Costs=[[True]]))
    assert grok("ask", "-f", "notes.docx", "-f", "one.xlsx", "-f", "two.xlsx", "sum up") == (0, "ok\n", "")
    assert server.requests[0].json["messages"][0]["content"] == (
        '<file path="notes.docx">\nProfits & losses\n\ndoubled.\n</file>\n\n'
        '<file path="one.xlsx">\nmonth,sales\n1,2.5\n"a,b"\n</file>\n\n'
        '<file path="two.xlsx">\n# Sales\n1\n\n# Costs\nTrue\n</file>\n\nsum up'
    )


def test_without_the_extra_nothing_is_sent_and_the_way_is_named(grok, server, here, monkeypatch):
    for package, kind, reads in (
        ("pypdf", "pdf", "PDFs"),
        ("mammoth", "docx", "Word documents"),
        ("openpyxl", "xlsx", "Excel workbooks"),
    ):
        monkeypatch.setitem(sys.modules, package, None)
        (here / f"report.{kind}").write_bytes(KINDS[kind][0])
        code, out, err = grok("ask", "-f", f"report.{kind}", "hi")
        assert (code, out, server.requests) == (2, "", [])
        error, hint = err.splitlines()
        assert error.endswith(f"this model takes text only, and {package}, which reads {reads}, is not installed")
        assert hint.startswith("hint: convert it first: ")
        assert f"; or install it: {sys.executable} -m pip install '{package}>=" in hint


def test_an_archive_that_unpacks_to_too_much(grok, server, here, monkeypatch):
    monkeypatch.setattr("grokcli.input.document_text.MAX_UNPACKED_BYTES", 1 << 20)
    (here / "bomb.docx").write_bytes(archive(word__document_xml=bytes(2 << 20)))
    code, _, err = grok("ask", "-f", "bomb.docx", "hi")
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: bomb.docx unpacks to more than 1 MiB\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pdf(""), "report.pdf contains no text: its pages are pictures"),
        (b"%PDF-1.4\nnothing else", "report.pdf cannot be read: "),
        (b"%PDF-1.4\n" + b"\xff" * 5000, "report.pdf cannot be read: "),
        (KINDS["docx"][0], "report.pdf cannot be read: "),
        (KINDS["xlsx"][0], "report.pdf cannot be read: "),
        (excel(A=[]), "report.pdf contains no text\n"),
    ],
)
def test_a_document_that_cannot_be_read(grok, server, here, content, said):
    (here / "report.pdf").write_bytes(content)
    code, _, err = grok("ask", "-f", "report.pdf", "hi")
    assert (code, server.requests) == (2, [])
    assert err.startswith(f"error: {said}")


def test_a_text_that_does_not_fit_the_model(grok, server, here, monkeypatch):
    (here / "large.csv").write_text("é" * 2_100_000)
    code, _, err = grok("ask", "-f", "large.csv", "hi")
    assert (code, server.requests) == (2, [])
    assert "tokens" in err


# ---- what is sent can be seen, and holds no secret


def test_the_dry_run_and_the_code_show_what_is_sent(grok, server, here):
    shown = grok(*ASK, "--dry-run", "-f", "report.pdf", "hi").out
    document = input_file("report.pdf", PDF, "application/pdf")
    assert json.loads(shown.partition("\n\n")[2])["input"][0]["content"][1] == document
    for language in ("curl", "python", "openai", "js"):
        assert base64.b64encode(PDF).decode()[-50:] in grok(*ASK, "--as", language, "-f", "report.pdf", "hi").out
    shown = grok(*ASK, "--as", "anthropic", "-f", "report.pdf", "hi").out
    assert "'type': 'document'" in shown
    (here / "a.docx").write_bytes(KINDS["docx"][0])
    assert grok(*ASK, "--as", "anthropic", "-f", "a.docx", "hi").code == 2
    assert server.requests == []


def test_a_key_in_a_document_is_found(grok, server, here):
    (here / "large.csv").write_text("a,b\n" * 100_000 + KEY)
    (here / "report.pdf").write_bytes(pdf(KEY))
    for name in ("large.csv", "report.pdf"):
        code, _, err = grok(*ASK, "-f", name, "hi")
        assert (code, server.requests) == (2, [])
        assert err.startswith(f"error: the file '{name}' contains your API key\n")
    server.reply(wire.answer(message("ok")))
    assert grok(*ASK, "--allow-secrets", "-f", "report.pdf", "hi").code == 0


# ---- pictures and documents in the wrong place


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"\x89PNG\r\n\x1a\n-", "PNG"), (b"\xff\xd8\xff\xe0-", "JPEG"), (b"RIFF\xff\xff\xff\xffWEBP-", "WEBP")],
)
def test_a_picture_that_is_no_text_is_called_one(grok, server, here, content, kind):
    (here / "x").write_bytes(content)
    for words, stdin, name in ((["-f", "x", "hi"], None, "x"), (["hi"], content, "stdin"), ([], content, "stdin")):
        code, _, err = grok("ask", *words, stdin=stdin)
        assert (code, server.requests) == (2, [])
        assert err.startswith(f"error: {name} is a {kind} image, not text\nhint: ")
        assert "with -i" in err


def test_a_document_after_i_is_called_one(grok, server, here):
    code, _, err = grok("ask", "-i", "report.pdf", "hi")
    assert (code, server.requests) == (2, [])
    assert err.endswith("hint: attach it with -f: grok ask -f report.pdf\n")


# ---- documents on stdin


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_on_stdin_is_attached(grok, server, kind):
    server.reply(strict(server, wire.answer(message("ok"))))
    content, media_type = KINDS[kind]
    assert grok(*ASK, "sum it up", stdin=content) == (0, "ok\n", "")
    text = {"type": "input_text", "text": "sum it up"}
    assert parts(server) == [text, input_file(f"stdin.{kind}", content, media_type)]


def test_a_document_on_stdin_with_all_that_may_go_with_it(grok, server, here):
    server.reply(strict(server, wire.answer(message("ok"))))
    (here / "stdin.pdf").write_bytes(PDF)
    (here / "a.txt").write_text("alpha")
    assert grok(*ASK, "-f", "a.txt", "-f", "stdin.pdf", "and?", "-", stdin=pdf("Other.")).code == 0
    text, *documents = parts(server)
    assert text["text"] == '<file path="a.txt">\nalpha\n</file>\n\nand?'
    assert [one["filename"] for one in documents] == ["stdin.pdf", "stdin-2.pdf"]
    gone = "warning: stdin-2.pdf cannot be read any more; continuing without it (attach it again with -f PATH)\n"
    assert grok(*ASK, "-c", "sure?") == (0, "ok\n", gone)
    assert grok(*ASK, stdin=PDF).err.startswith("error: no question given\n")
    assert grok(*ASK, "hi", stdin=pdf(KEY)).err.startswith("error: stdin contains your API key\n")
    assert grok("image", "a cat", stdin=PDF).err.startswith("error: stdin is a PDF document, not text\n")


def test_the_text_of_a_document_on_stdin(grok, server):
    server.reply(answer("ok"))
    assert grok("ask", "what of profits?", stdin=PDF).code == 0
    said = server.requests[0].json["messages"][0]["content"]
    assert said == "<stdin>\nProfits doubled.\n</stdin>\n\nwhat of profits?"


def test_a_document_on_stdin_has_the_limit_of_documents(grok, server, here):
    for name, said in {"report.pdf": "50 MB, the limit for files", "x.txt": "32 MiB"}.items():
        with (here / name).open("ab+") as large:
            large.truncate((50 << 20) + 1)
            large.seek(0)
            code, _, err = grok(*ASK, "hi", stdin=large)
        assert (code, server.requests) == (2, [])
        assert err.startswith(f"error: stdin is larger than {said}\n")


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal")
def test_a_document_is_piped_into_a_chat(on_terminal, server, here):
    server.reply(wire.answer(message("ok")))
    shown = on_terminal("chat", "--no-live", "--api", "responses")
    shown.write(PDF)
    shown.process.stdin.close()
    until(lambda: shown.text().endswith(">"))
    assert f"attached stdin.pdf ({len(PDF):,} bytes) to the first message" in shown.text()
    shown.type("what of profits?\n")
    until(lambda: shown.text().endswith("ok\n>"))
    shown.type("\x04")
    assert shown.wait() == 0
    assert parts(server)[1] == input_file("stdin.pdf", PDF, "application/pdf")
