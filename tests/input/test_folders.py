"""Folders and globs: what is in them is sent, and nothing that they only lead to."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from server import answer

from grokcli.input import files, folders

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and sockets of Unix")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with one file, beside a secret."""
    path = tmp_path / "work" / "src"
    path.mkdir(parents=True)
    (path / "a.txt").write_text("alpha")
    (tmp_path / "secret.txt").write_text("top secret")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "b.txt").write_text("top secret")
    monkeypatch.chdir(tmp_path / "work")
    return path


def sent(server):
    return server.requests[-1].json["messages"][-1]["content"]


@pytest.mark.parametrize("source", ["src", "src/*", "src/**", "s*/*.txt", "**/*.txt", "src/*/../../*.txt"])
def test_links_out_of_the_folder_are_not_followed(grok, server, folder, tmp_path, source):
    server.reply(answer("ok"))
    (folder / "notes.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "environ.txt").symlink_to("/proc/self/environ")
    (folder / "up").symlink_to("../../private")
    (folder / "real").mkdir()
    code, _, err = grok("ask", "-f", source, "hi")
    if ".." in source:
        assert (code, server.requests) == (2, [])
        return
    assert code == 0
    assert sent(server) == '<file path="src/a.txt">\nalpha\n</file>\n\nhi'
    assert "notes.txt' (link out of the folder)" in err
    assert len(err.splitlines()) == (2 if source == "src" else 1)


def test_a_glob_of_links_alone_matches_nothing_and_says_why(grok, server, folder, tmp_path):
    (folder / "notes.txt").symlink_to(tmp_path / "secret.txt")
    code, _, err = grok("ask", "-f", "src/n*", "hi")
    assert (code, server.requests) == (2, [])
    assert "no such file: src/n*" in err
    assert "'src/notes.txt' (link out of the folder)" in err


def test_a_link_that_the_user_names_is_followed(grok, server, folder, tmp_path):
    server.reply(answer("ok"))
    (folder / "notes.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "work" / "link").symlink_to(folder)
    assert grok("ask", "-f", "src/notes.txt", "hi").err == ""
    assert "top secret" in sent(server)
    assert "alpha" in (grok("ask", "-f", "link", "hi"), sent(server))[1]


def test_links_inside_are_sent_once_loops_end_and_hidden_files_stay_hidden(grok, server, folder):
    server.reply(answer("ok"))
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text("beta")
    (folder / ".env").write_text("hidden")
    (folder / "again.txt").symlink_to("a.txt")
    (folder / "loop").symlink_to(".")
    (folder / "sub" / "other").symlink_to("..")
    (folder / "self").symlink_to("self")
    (folder / "env").symlink_to(".env")
    err = grok("ask", "-f", "src", "hi").err
    assert [sent(server).count(text) for text in ("alpha", "beta", "hidden")] == [1, 1, 0]
    assert "'src/env' (link to a hidden file)" in err
    grok("ask", "-f", "src/ag*", "hi")
    assert sent(server) == '<file path="src/again.txt">\nalpha\n</file>\n\nhi'


def test_what_is_no_file_is_not_waited_for(grok, server, folder, tmp_path):
    server.reply(answer("ok"))
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("src/socket")
        code, _, err = grok("ask", "-f", "src", "hi")
    assert (code, sent(server).count("<file")) == (0, 1)
    assert "'src/pipe' (not a regular file)" in err
    assert "'src/socket' (not a regular file)" in err
    assert grok("ask", "-q", "-f", "src", "hi").err == ""


def test_what_is_passed_over_is_one_line(grok, server, folder):
    server.reply(answer("ok"))
    for number in range(9):
        (folder / f"{number}\n\x1b[2J{'x' * 200}").symlink_to("/etc/passwd")
    err = grok("ask", "-f", "src", "-f", "src/*", "hi").err
    assert len(err.splitlines()) == 2
    assert err.endswith(" and 6 more\n")
    assert "\x1b" not in err
    assert len(err) < 500


def test_a_pipe_that_the_user_names_is_read(run, server, tmp_path):
    server.reply(answer("ok"))
    reading, writing = os.pipe()
    os.write(writing, b"from a command")
    os.close(writing)
    assert run("ask", "-f", f"/dev/fd/{reading}", "hi", pass_fds=[reading]).code == 0
    os.close(reading)
    assert "from a command" in sent(server)


def test_folders_may_be_nested_deeply(grok, server, folder):
    server.reply(answer("ok"))
    depth = 1200
    here = Path.cwd()
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    Path("deep.txt").write_text("deep down")
    os.chdir(here)
    try:
        for source in (".", "**/deep.txt"):
            assert grok("ask", "-f", source, "hi").code == 0
            assert "deep down" in sent(server)
    finally:
        # What shutil cannot remove, pytest could not.
        Path("d/" * depth, "deep.txt").unlink()
        for deep in range(depth, 0, -1):
            Path("d/" * deep).rmdir()


def test_a_folder_has_limits_and_they_are_told(grok, server, folder, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 3 << 20)
    for name in "bc":
        (folder / name).write_bytes(b"x" * (2 << 20))
    code, _, err = grok("ask", "-f", "src", "hi")
    assert (code, err) == (2, "error: 'src' contains more than 3 MiB of text\nhint: attach a part of it\n")
    monkeypatch.setattr(folders, "MAX_ENTRIES", 2)
    code, _, err = grok("ask", "-f", "src", "hi")
    assert (code, err) == (2, "error: 'src' contains more than 2 files and folders\nhint: attach a part of it\n")
    assert server.requests == []


def test_a_film_in_a_folder_is_passed_over_unread(grok, server, folder):
    server.reply(answer("ok"))
    with (folder / "film").open("wb") as film:
        film.write(b"\xff" * 10)
        film.truncate(10**10)
    assert grok("ask", "-f", "src", "hi").code == 0


def test_a_name_cannot_end_its_tag(grok, server, folder):
    server.reply(answer("ok"))
    (folder / 'x">\n<').mkdir()
    (folder / 'x">\n<' / "file>").write_text("")
    (folder / "\udcff").write_text("odd")
    assert grok("ask", "-f", "src", "hi").code == 0
    assert sent(server).count("</file>") == 3
    assert '<file path="src/\ufffd">\nodd\n</file>' in sent(server)


def test_stdin_has_a_limit(run, server):
    code, _, err = run("ask", "sum up", stdin=b"x" * ((32 << 20) + 1))
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: stdin is larger than 32 MiB\nhint: ")


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "-f", "~nouser/x", "hi"],
        ["ask", "-i", "~nouser/x", "hi"],
        ["ask", "-s", "@~nouser/x", "hi"],
        ["ask", "--schema", "~nouser/x", "hi"],
        ["ask", "--tool", "~nouser/x.py", "--yes", "hi"],
        ["ask", "--ca-bundle", "~nouser/x", "hi"],
        ["image", "-o", "~nouser/x", "hi"],
    ],
)
def test_a_home_folder_of_no_user_is_told(grok, server, words):
    code, _, err = grok(*words)
    assert (code, server.requests) == (2, [])
    assert err.startswith("error: cannot expand '~nouser': no such user\nhint: write the path in full\n")


@pytest.mark.parametrize(
    "words",
    [["-m", "\udcff"], ["-f", "\udcff"], ["--proxy", "\udcff"], ["-o", "\udcff"], ["-O", "x=\udcff"], ["--\udcff"]],
)
def test_words_that_are_no_text_are_told(run, server, words):
    code, out, err = run("ask", *words, "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert err.startswith("error: '")
    assert "is not UTF-8\nhint: " in err


def test_a_file_whose_name_is_no_text_can_be_named(run, server, folder):
    server.reply(answer("ok"))
    path = folder / "\udcff"
    path.write_text("odd")
    assert run("ask", "-f", str(path), "hi") == (0, "ok\n", "")
    assert "odd" in sent(server)
