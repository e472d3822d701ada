"""`grok commit` and its hook, in a real git repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from language import KEY, Screen, Typist
from server import answer, stalled
from server import body as reply_with

from grokcli.input.diff_secrets import secrets_in
from grokcli.input.staged import MOST_CHARACTERS

PERSON = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
MESSAGE = "Read the limit from the settings\n\nIt was fixed before."


@pytest.fixture
def git(tmp_path, environ, monkeypatch):
    """Run git in a new repository with one commit, which is the current folder."""
    folder = tmp_path / "somebody's repo"
    folder.mkdir()
    environ |= {**PERSON, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    monkeypatch.chdir(folder)

    def run(*words, code=0, **more):
        done = subprocess.run(
            ["git", *words], env=environ | more, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == code, done.stderr
        return done

    run("init", "-q", "-b", "main")
    run("commit", "-q", "--allow-empty", "-m", "parser: keep \x1b[31mred")
    return run


@pytest.fixture
def editor(tmp_path, environ):
    """Set the user's editor to a script; what it was given is in the file `seen`."""

    def set_to(script):
        program = tmp_path / "an editor"
        program.write_text(f'#!/bin/sh\ncp "$1" "{tmp_path}/seen"\n{script}\n')
        program.chmod(0o755)
        environ["VISUAL"] = environ["EDITOR"] = f"'{program}'"

    return set_to


def stage(git, name="a.py", text="x = 1\n"):
    Path(name).write_text(text)
    git("add", name)


def subjects(git):
    return git("log", "--format=%s").stdout.splitlines()


def body(git):
    return git("log", "-1", "--format=%B").stdout.strip()


def test_a_saved_message_is_committed(grok, server, git, editor, tmp_path, environ):
    server.reply(answer(f"```\n{MESSAGE}\n```"))
    editor('echo "Edited." >> "$1"')
    stage(git, "odd\n\x1bname.py")
    assert grok("commit", "mention", "why").code == 0
    assert body(git) == f"{MESSAGE}\nEdited."
    (asked,) = server.requests[0].json["messages"]
    assert "+x = 1" in asked["content"]
    assert "<recent-subjects>\nparser: keep \x1b[31mred\n</recent-subjects>" in asked["content"]
    assert asked["content"].endswith("no quotes, no code fence, no introduction.\n\nmention why")
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith(f"{MESSAGE}\n#\n# Change the message")
    assert 'A  "odd\\n\\033name.py"' in seen
    assert "\x1b" not in seen
    assert grok("history", "list").out == ""
    assert "1" in grok("usage", "--by", "command").out


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("true", "the message was not saved; nothing was committed"),
        ('grep "^#" "$1" > t; cat t > "$1"', "the message is empty; nothing was committed"),
        ("exit 3", "failed with exit code 3"),
    ],
)
def test_nothing_is_committed_without_a_saved_message(grok, server, git, editor, script, says):
    server.reply(answer(MESSAGE))
    editor(script)
    stage(git)
    code, out, err = grok("commit")
    assert code in (1, 2)
    assert (out, len(subjects(git))) == ("", 1)
    assert says in err


def test_an_unsaved_message_is_committed_after_a_question(grok, server, git, editor):
    server.reply(answer(MESSAGE))
    editor("true")
    stage(git)
    for typed, commits in ((b"\n", 1), (b"y\n", 2)):
        err = Screen(tty=True)
        grok("commit", stdin=Typist(typed), stderr=err)
        assert "not saved; commit with this message? [y/N] " in err.getvalue()
        assert len(subjects(git)) == commits
    assert body(git) == MESSAGE


def test_what_cannot_be_committed(grok, server, git, editor, tmp_path, monkeypatch, environ):
    editor("true")
    code, out, err = grok("commit")
    assert (code, out) == (2, "")
    assert err == "error: nothing is staged\nhint: stage what to commit: git add FILE, or use -a\n"
    assert "nothing has changed" in grok("commit", "-a").err
    stage(git)
    Path(".git/MERGE_HEAD").write_text(git("rev-parse", "HEAD").stdout)
    code, _, err = grok("commit")
    assert (code, "error: a merge is not finished" in err) == (2, True)
    Path(".git/MERGE_HEAD").unlink()
    monkeypatch.chdir(tmp_path)
    assert grok("commit")[:2] == (2, "")
    assert "error: this is not a git repository" in grok("commit").err
    environ["PATH"] = str(tmp_path)
    assert "error: cannot run git" in grok("commit").err
    assert server.requests == []


def test_all_changes_and_a_message_alone(grok, server, git, editor):
    server.reply(answer(MESSAGE))
    stage(git)
    git("commit", "-q", "-m", "first")
    Path("a.py").write_text("x = 2\n")
    Path("new.py").write_text("untracked\n")
    assert grok("commit", "-a", "--print") == (0, f"{MESSAGE}\n", "")
    assert "-x = 1\n+x = 2" in server.requests[0].json["messages"][0]["content"]
    assert "untracked" not in server.requests[0].json["messages"][0]["content"]
    editor('echo >> "$1"')
    assert grok("commit", "-a", "--signoff").code == 0
    assert "Signed-off-by: " in body(git)
    assert git("status", "--short").stdout == "?? new.py\n"


def test_a_failing_check_keeps_the_message(grok, server, git, editor):
    server.reply(answer(MESSAGE))
    editor('echo >> "$1"')
    stage(git)
    hook = Path(".git/hooks/pre-commit")
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    code, _, err = grok("commit")
    assert (code, len(subjects(git))) == (1, 1)
    assert "the message is kept; to try again: git commit -e -F " in err
    assert MESSAGE in Path(".git/COMMIT_EDITMSG").read_text()
    assert grok("commit", "--no-verify").code == 0
    assert len(subjects(git)) == 2


def test_secrets_are_named_before_anything_is_sent(grok, server, git, editor):
    server.reply(answer(MESSAGE))
    stage(git, "a.py", f"x = 1\nkey = '{KEY}'\n")
    stage(git, "deploy.env", "AWS=AKIAABCDEFGHIJKLMNOP\n")
    code, out, err = grok("commit", "--print")
    assert (code, out, server.requests) == (2, "", [])
    assert "error: the diff seems to contain a secret: a.py:2: your API key, and 1 more" in err
    for typed, sent in ((b"n\n", 0), (b"y\n", 1)):
        screen = Screen(tty=True)
        grok("commit", "--print", stdin=Typist(typed), stderr=screen)
        assert "  a.py:2: your API key\n  deploy.env:1: an AWS access key\n" in screen.getvalue()
        assert "AKIA" not in screen.getvalue()
        assert len(server.requests) == sent
    assert grok("commit", "--print", "--allow-secrets").code == 0


def test_which_lines_of_a_diff_look_like_secrets():
    for text in (
        "-----BEGIN OPENSSH PRIVATE KEY-----", "ghp_" + "a1" * 18, "postgres://me:hunter22@db/x", "sk-proj-" + "a1" * 12,
        'password = "hunter22x"', "++ token: 'abcdef123'", "-- secret='abcdef123'", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0",
    ):  # fmt: skip
        for sign in "+- ":
            assert list(secrets_in(f"diff --git a/f b/f\n@@ -1 +1 @@\n{sign}{text}\n", [])), text
    for text in (
        "password = getpass()", 'password = "********"', "url = https://user:$PASSWORD@host", "token = tokens[1234567]",
        "https://a.b:8080/x@y", 'secret="${SECRET_1}"', "xai-grok-build-tool", "sk-" + "a" * 30, "AKIA",
    ):  # fmt: skip
        assert not list(secrets_in(f"+{text}\n", [])), text
    for text in ("sk-" * 30_000, "eyJ-" * 20_000, "://a:" * 20_000, "password=" * 10_000, "-----BEGIN A " * 8_000):
        assert not list(secrets_in(f"+{text}\n", []))


def test_of_a_large_change_the_beginnings_are_sent(grok, server, git):
    server.reply(answer(MESSAGE))
    stage(git, "large.txt", "".join(f"line {number}\n" for number in range(60_000)))
    stage(git, "one.js", "z" * 3_000_000)
    stage(git, "small.py", "x = 1\n")
    code, _, err = grok("commit", "--print")
    assert code == 0
    assert err == "the diff is too large; sending its statistics and the beginning of each file's\n"
    text = server.requests[0].json["messages"][0]["content"]
    assert "<statistics>\n60000\t0\tlarge.txt\n1\t0\tone.js\n1\t0\tsmall.py\n</statistics>" in text
    assert "+line 1000\n" in text
    assert "+line 50000\n" not in text
    assert "more lines]\ndiff --git a/small.py" in text
    assert "+x = 1\n" in text
    assert len(text) < MOST_CHARACTERS + 5000


# ---- the hook


@pytest.fixture
def hooked(grok, git, editor):
    """A repository with the hook, and an editor that saves what it is given."""
    code, out, err = grok("commit", "--hook", "install")
    assert (code, out) == (0, "")
    assert err.startswith("installed ")
    assert err.endswith("/.git/hooks/prepare-commit-msg\n")
    editor('echo >> "$1"')
    stage(git)
    return git


def test_the_hook_fills_in_the_message(hooked, server, editor, tmp_path):
    server.reply(answer(MESSAGE))
    hooked("commit", "-q", "-m", "mine")
    Path("a.py").write_text("x = 2\n")
    done = hooked("commit", "-av")
    assert done.stderr == ""
    assert body(hooked) == MESSAGE
    seen = (tmp_path / "seen").read_text()
    assert seen.startswith(f"{MESSAGE}\n\n# Please enter the commit message")
    assert "+x = 2" in seen
    assert "-x = 1\n+x = 2" in server.requests[0].json["messages"][0]["content"]


def test_the_hook_leaves_other_commits_alone(hooked, server, tmp_path):
    hooked("commit", "-q", "-m", "mine")
    hooked("commit", "-q", "--amend")
    hooked("commit", "-q", "--amend", "--no-edit")
    hooked("checkout", "-q", "-b", "side", "HEAD~1")
    stage(hooked, "b.py")
    hooked("commit", "-q", "-m", "side")
    hooked("merge", "-q", "--no-ff", "main")
    hooked("commit", "--allow-empty", code=1)
    stage(hooked, "c.py")
    hooked("commit", "-q", "-F", "c.py")
    stage(hooked, "d.py")
    hooked("commit", "-q", code=1, GIT_EDITOR=":")
    assert server.requests == []


def test_a_dead_or_slow_server_leaves_the_commit_untouched(hooked, server, environ, tmp_path):
    environ["GROK_RETRY_DELAY"] = "100"
    environ["GROK_HOOK_TIMEOUT"] = "0.3"
    server.reply(stalled("Partial"))
    done = hooked("commit", code=1)
    assert done.stderr.splitlines()[0] == "grok: no commit message: no answer within 0.3 s"
    assert done.stderr.splitlines()[1:] == ["Aborting commit due to empty commit message."]
    assert "Partial" not in (tmp_path / "seen").read_text()
    environ["GROK_HOOK_TIMEOUT"] = "60"
    server.script([reply_with({"error": "busy"}, 503)])
    assert hooked("commit", code=1).stderr.count("\n") == 2
    server.close()
    environ["EDITOR"] = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'a').write('by hand')\""
    done = hooked("commit", "-q")
    assert done.stderr.startswith("grok: no commit message: ")
    assert done.stderr.count("\n") == 1
    assert body(hooked) == "by hand"


def test_the_hook_asks_nothing_and_needs_no_key(hooked, server, environ):
    stage(hooked, "deploy.env", "AWS=AKIAABCDEFGHIJKLMNOP\n")
    prompts = Path(".grok/prompts")
    prompts.mkdir(parents=True)
    done = hooked("commit", code=1)
    assert "grok: no commit message: the diff seems to contain a secret: deploy.env:1" in done.stderr
    (prompts / "commit.md").write_text("foreign")
    assert "there is no terminal to ask for consent" in hooked("commit", code=1).stderr
    (prompts / "commit.md").unlink()
    hooked("rm", "-q", "--cached", "deploy.env")
    environ["XAI_BASE_URL"] = "https://api.x.ai/v1"
    del environ["XAI_API_KEY"]
    assert "grok: no commit message: no API key" in hooked("commit", code=1).stderr
    assert server.requests == []


def test_the_hook_is_installed_beside_no_other(grok, git, tmp_path, monkeypatch, environ):
    stage(git)
    git("commit", "-q", "-m", "first")
    git("worktree", "add", "-q", "../worktree")
    monkeypatch.chdir("../worktree")
    main = tmp_path / "somebody's repo" / ".git" / "hooks" / "prepare-commit-msg"
    assert grok("commit", "--hook", "install").code == 0
    assert main.read_text().startswith("#!/bin/sh\n# Written by grok commit --hook install")
    assert grok("commit", "--hook", "install").code == 0
    assert grok("commit", "--hook", "uninstall").err == f"removed {main}\n"
    assert not main.exists()
    assert "there is no hook of grok's" in grok("commit", "--hook", "uninstall").err
    git("config", "core.hooksPath", str(tmp_path / "hooks"))
    foreign = tmp_path / "hooks" / "prepare-commit-msg"
    foreign.parent.mkdir()
    foreign.write_text("#!/bin/sh\nexit 0\n")
    for action in ("install", "uninstall"):
        code, _, err = grok("commit", "--hook", action)
        assert (code, foreign.read_text()) == (2, "#!/bin/sh\nexit 0\n")
        assert f"error: there is another hook: {foreign}" in err
    foreign.unlink()
    foreign.symlink_to("nowhere")
    assert grok("commit", "--hook", "install").code == 2
    foreign.unlink()
    assert grok("commit", "--hook", "install").err == f"installed {foreign}\n"
    assert KEY not in foreign.read_text()
    monkeypatch.chdir(tmp_path)
    assert grok("commit", "--hook", "install").code == 2
