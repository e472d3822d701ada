"""Folders are sent without what git ignores, what was left out is said, and files that a shell adds are noticed."""

from __future__ import annotations

import os
import subprocess

import pytest
from server import answer

FILES = {
    ".gitignore": "*.log\n!keep.log\nbuild/\n/top.txt\n# a comment\n\n!\n",
    "a.txt": "", "x.log": "", "keep.log": "", "top.txt": "", "build/out.txt": "", "build/keep.log": "",
    "sub/top.txt": "", "sub/y.log": "", "sub/build/deep/out.txt": "",
    "sub/.gitignore": "!y.log\nprivate.txt\n", "sub/private.txt": "", "sub/deeper/private.txt": "", "sub/deeper/z.log": "",
    "vendor/lib.txt": "", "vendor/.gitignore": "*\n",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with files that git ignores and others."""
    path = tmp_path / "work"
    for name, content in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content or name)
    monkeypatch.chdir(path)
    return path


def sent(server):
    said = server.requests[-1].json["messages"][-1]["content"]
    return sorted(line.partition('"')[2].rpartition('"')[0] for line in said.splitlines() if line.startswith("<file"))


def test_what_git_ignores_is_left_out(grok, server, folder):
    server.reply(answer("ok"))
    code, _, err = grok("ask", "-f", ".", "review this")
    assert code == 0
    assert sent(server) == ["a.txt", "keep.log", "sub/top.txt", "sub/y.log"]
    assert err == "attached 4 files from '.'; left out: 8 ignored by git\n"


@pytest.mark.skipif(os.name == "nt", reason="git of Unix")
@pytest.mark.parametrize("source", [".", "sub", "sub/deeper", "build"])
def test_it_is_what_git_would_add(grok, server, folder, source):
    server.reply(answer("ok"))
    subprocess.run(["git", "init", "-q"], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", source], capture_output=True, text=True, check=True
    )
    expected = [name for name in listed.stdout.split() if not name.endswith(".gitignore")]
    code = grok("ask", "-f", source, "review this").code
    if source == "build":  # named all the same
        expected = ["build/keep.log", "build/out.txt"]
    if not expected:
        assert (code, server.requests) == (2, [])
        return
    assert (code, sent(server)) == (0, sorted(expected))


def test_a_glob_and_a_name_take_what_git_ignores(grok, server, folder):
    server.reply(answer("ok"))
    assert grok("ask", "-f", "*.log", "-f", "build/out.txt", "review this") == (0, "ok\n", "")
    assert sent(server) == ["build/out.txt", "keep.log", "x.log"]


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_link_to_an_ignored_file_is_not_followed(grok, server, folder):
    server.reply(answer("ok"))
    (folder / "sub" / "link.txt").symlink_to("../build/out.txt")
    (folder / "sub" / "deeper" / ".gitignore").symlink_to("/dev/zero")
    assert grok("ask", "-f", ".", "review this").code == 0
    assert sent(server) == ["a.txt", "keep.log", "sub/top.txt", "sub/y.log"]


def test_what_is_no_text_is_counted_and_the_names_of_folders_are_few(grok, server, folder):
    server.reply(answer("ok"))
    for name in "bcde":
        (folder / name).mkdir()
        (folder / name / "film").write_bytes(b"\xff\xfe\x00")
        (folder / name / "notes").write_text("text")
    code, _, err = grok("ask", *[word for name in "bcde" for word in ("-f", name)], "review this")
    assert (code, err) == (0, "attached 4 files from 'b', 'c', 'd' and 1 more; left out: 4 not text\n")
    assert grok("ask", "-q", "-f", "b", "review this").err == ""


def test_a_folder_without_anything_to_send_is_an_error(grok, server, folder):
    (folder / "empty").mkdir()
    for source, hint in (("empty", ""), ("vendor", "hint: left out: 1 ignored by git\n")):
        code, _, err = grok("ask", "-f", source, "review this")
        assert (code, server.requests) == (2, [])
        assert err == f"error: no files to attach in {source}\n{hint}"


# ---- what the shell makes of -f *.py


@pytest.mark.parametrize(
    ("words", "shown", "spelling"),
    [
        (["-f", "a.txt", "top.txt", "review this"], "top.txt", "'*.txt' 'review this'"),
        (["review this", "-f", "a.txt", "top.txt"], "top.txt", "'*.txt' 'review this'"),
        (["-f", "sub/top.txt", "sub/y.log", "sub/private.txt", "why?"], "sub/y.log and 1 more", "sub/top.txt -f sub/y.log -f sub/private.txt 'why?'"),
    ],
)  # fmt: skip
def test_files_among_the_words_are_noticed(grok, server, folder, words, shown, spelling):
    code, _, err = grok("ask", *words)
    assert (code, server.requests) == (2, [])
    assert err == (
        f"error: -f takes one file, and {shown} would be part of the question\n"
        f"hint: repeat it, or quote the pattern: grok ask -f {spelling}\n"
    )


def test_words_that_only_mention_a_file_are_a_question(grok, server, folder):
    server.reply(answer("ok"))
    for words in (["what is in a.txt?"], ["is", "a.txt", "fine?"], ["sub"], ["x" * 5000]):
        assert grok("ask", "-f", "a.txt", *words).code == 0
    assert grok("ask", "a.txt").code == 0  # without -f no shell has put it there
    code, _, err = grok("chat", "-f", "a.txt", "top.txt")
    assert code == 2
    assert "top.txt would be part of the question" in err
