"""Saved prompts: `grok ask -P NAME`, `/NAME` in a chat, and `grok prompts`."""

from __future__ import annotations

import json

import pytest
from language import Screen, Typist
from server import answer

from grokcli.cli import COMMANDS

FENCE = "```"
# In the shape of a command file of Claude Code: its front matter is no YAML, and it wants commands run.
COMMAND_FILE = """---
allowed-tools: Bash(git add:*), Bash(gh pr view:*)
argument-hint: [pr-number] [priority]
description: Review a pull request: the long way
model: sonnet
---

## Context
- Status: !`touch executed`
- Rules: @docs/rules.md

Review PR #$1 with priority $2, in $HOME or for $100. All: $ARGUMENTS

```bash
touch executed; for f in $files; do echo "$f" | awk '{print $3}'; done
```
"""
# And of fabric: a folder with a system prompt, and variables in braces.
PATTERN = "# IDENTITY\n\nYou extract wisdom for {{audience}}. It costs $5, not $name.\n\n# INPUT:\n\nINPUT:\n"


@pytest.fixture
def own(home):
    """The user's own prompts."""
    folder = home / "config" / "prompts"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The prompts of a project, whose subfolder is the current one."""
    folder = tmp_path / "project" / ".grok" / "prompts"
    folder.mkdir(parents=True)
    (tmp_path / "project" / "src").mkdir()
    monkeypatch.chdir(tmp_path / "project" / "src")
    return folder


def sent(server, index=-1):
    body = server.requests[index].json
    return [(message["role"], message["content"]) for message in body["messages"]]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_prompt_brings_its_defaults_and_flags_override_them(grok, server, own):
    server.reply(answer('{"verdict": "fine"}'))
    (own / "judge.md").write_text(
        "---\ndescription: Judge\nmodel: grok-4.3\nsystem: |\n  You judge $what.\n  Briefly.\n"
        "schema: 'verdict'\noptions: {temperature: 0.2, effort: low, stop: [a]}\narguments:\n  what: code\n---\n\n"
        "Judge this ${what}.\n"
    )
    assert grok("ask", "-P", "judge", "what=prose", "now", stdin="a text")[:2] == (0, '{"verdict": "fine"}\n')
    assert sent(server) == [
        ("system", "You judge prose.\nBriefly."),
        ("user", "<stdin>\na text\n</stdin>\n\nJudge this prose.\n\nnow"),
    ]
    body = server.requests[-1].json
    assert body["model"] == "grok-4.3"
    assert (body["temperature"], body["reasoning_effort"], body["stop"]) == (0.2, "low", ["a"])
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["verdict"]

    flags = ["-m", "grok-4.7", "-s", "Hm.", "-t", "1", "-O", "stop=b", "--effort", "high", "--schema", "verdict, age"]
    grok("ask", "--prompt", "judge", *flags)
    body = server.requests[-1].json
    assert sent(server) == [("system", "Hm."), ("user", "Judge this code.")]
    assert (body["model"], body["temperature"], body["stop"]) == ("grok-4.7", 1, "b")
    assert body["reasoning_effort"] == "high"
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["verdict", "age"]


def test_a_role_overrides_a_prompt_where_it_says_something(grok, server, own, home):
    server.reply(answer("ok"))
    (own / "p.md").write_text("---\nsystem: the prompt's\nmodel: grok-4.3\noptions:\n  temperature: 0.1\n---\nhi")
    (home / "config" / "config.toml").write_text('[roles.r]\nsystem = "the role\'s"\ntemperature = 0.9\n')
    assert grok("ask", "-P", "p", "--role", "r").code == 0
    body = server.requests[-1].json
    assert (sent(server)[0][1], body["model"], body["temperature"]) == ("the role's", "grok-4.3", 0.9)


def test_a_command_file_of_another_tool_runs_unchanged(grok, server, own, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server.reply(answer("ok"))
    commands = tmp_path / ".claude" / "commands" / "gh"
    commands.mkdir(parents=True)
    (commands / "pr.md").write_text(COMMAND_FILE)
    (commands / "README.md").write_text("# none")
    code, out, err = grok("prompts", "import", str(tmp_path / ".claude" / "commands"))
    assert (code, out) == (0, "")
    assert "imported gh-pr\n" in err
    assert "its shell commands are sent as text and not run" in err
    assert (own / "gh-pr.md").read_text() == COMMAND_FILE
    code, out, err = grok("ask", "-P", "gh-pr", "12", "high")
    assert (code, out) == (0, "ok\n")
    assert "its model 'sonnet' is of another company; using the default" in err
    body = COMMAND_FILE.split("---\n")[2].strip("\n")
    body = body.replace("#$1", "#12").replace("$2", "high").replace("$ARGUMENTS", "12 high")
    assert sent(server) == [("user", body)]
    assert server.requests[-1].json["model"] == "grok-4.7"
    assert not (tmp_path / "executed").exists()
    assert "Review a pull request: the long way" in grok("prompts", "list").out


def test_a_pattern_folder_of_another_tool_runs_unchanged(grok, server, own, tmp_path):
    server.reply(answer("ok"))
    pattern = tmp_path / "patterns" / "extract_wisdom"
    pattern.mkdir(parents=True)
    (pattern / "system.md").write_text(PATTERN)
    (pattern / "README.md").write_text("not a prompt")
    assert grok("prompts", "import", str(tmp_path / "patterns")).code == 0
    assert sorted(path.name for path in (own / "extract_wisdom").iterdir()) == ["system.md"]
    assert grok("ask", "-P", "extract_wisdom", "audience=me", stdin="An essay.").code == 0
    assert sent(server) == [("system", PATTERN.strip().replace("{{audience}}", "me")), ("user", "An essay.")]
    (own / "extract_wisdom" / "user.md").write_text("Of: {{input}}")
    assert grok("ask", "-P", "extract_wisdom", "audience=$1", "all", "this").code == 0
    assert sent(server)[1] == ("user", "Of: all this")
    (own / "extract_wisdom" / "user.md").unlink()
    count = len(server.requests)
    code, out, err = grok("ask", "-P", "extract_wisdom", "audience=me")
    assert (code, out, len(server.requests)) == (2, "", count)
    assert "hint: give it a text: grok ask -P extract_wisdom < FILE" in err


def test_other_tools_arguments_by_name(grok, server, own):
    server.reply(answer("ok"))
    (own / "ticket.md").write_text("---\nargument-hint: FILE=<path> [FOCUS=<part>]\n---\nFix $FILE ($FOCUS): $$1")
    assert grok("ask", "-P", "ticket", "FILE=a b.py").code == 0
    assert sent(server) == [("user", "Fix a b.py (): $1")]
    assert "needs the argument 'FILE'" in grok("ask", "-P", "ticket").err
    (own / "issue.md").write_text("---\narguments: [issue, branch]\n---\nFix $issue on $branch.")
    assert grok("ask", "-P", "issue", "12", "main", "soon").code == 0
    assert sent(server) == [("user", "Fix 12 on main.\n\nsoon")]


def test_a_wrong_use_of_a_prompt_sends_nothing(grok, server, own, tmp_path):
    (tmp_path / "x.md").write_text("secret")
    (own / "p.md").write_text("Be $tone with $1")
    (own / "latin.md").write_bytes(b"caf\xe9")
    (own / "tools.md").write_text('---\noptions:\n  tools: [{type: mcp, server_url: "http://x"}]\n---\nhi')
    (own / "file.md").write_text(f"---\nschema: {tmp_path}/person.json\n---\nhi")
    (own / "model.md").write_text("---\noptions:\n  model: grok-4.3\n---\nhi")
    (tmp_path / "person.json").write_text("{}")
    (own / "pipe.md").symlink_to("/dev/zero")
    for words, message, hint in [
        (
            ["p", "x"],
            "the prompt 'p' needs the argument 'tone'",
            "grok ask -P p tone=VALUE (in its text, $$ is a dollar sign)",
        ),
        (["p", "tone=kind"], "the prompt 'p' needs a word", "grok ask -P p WORD1"),
        (["p", "tnoe=kind", "x"], "the prompt 'p' has no argument 'tnoe'", "its arguments: tone"),
        (["reveiw"], "there is no prompt 'reveiw'", "did you mean 'review'?"),
        (["zzz"], "there is no prompt 'zzz'", "list them with: grok prompts list"),
        (["../../../../x"], "invalid name of a prompt: '../../../../x'", "a name has letters, digits, - and _"),
        ([str(tmp_path / "x")], "invalid name of a prompt: ", "a name has"),
        (["..", "x"], "invalid name of a prompt: '..'", "a name has"),
        (["p\x1b[2J"], "invalid name of a prompt: 'p\\x1b[2J'", "a name has"),
        (["latin"], "latin.md is not UTF-8 at byte 3", ""),
        (["tools"], "the option 'tools' in ", "leave it out: prompts offer no tools"),
        (["file"], "invalid field in the schema: ", ""),
        (["model"], "the field 'model' cannot be set this way", ""),
        (["pipe"], "there is no prompt 'pipe'", ""),
    ]:
        code, out, err = grok("ask", "-P", *words)
        assert (code, out) == (2, ""), words
        assert f"error: {message}" in err or message in err, (words, err)
        assert f"hint: {hint}" in err or not hint, (words, err)
        assert "\x1b" not in err
    assert server.requests == []


def test_the_prompts_of_a_project_are_asked_about_once(grok, server, project, tmp_path):
    server.reply(answer("ok"))
    (project / "deploy.md").write_text("Deploy\u202e to $1")
    (project / "other.md").write_text("Another")

    def use(name="deploy", typed=b"", **more):
        err = Screen(tty=True)
        code, _, _ = grok("ask", "-P", name, "prod", stdin=Typist(typed), stderr=err, **more)
        return code, err.getvalue()

    code, out, err = grok("ask", "-P", "deploy", "prod")
    assert (code, out, server.requests) == (2, "", [])
    assert "there is no terminal to ask for consent" in err
    assert f"hint: use it once in a terminal, or make it your own: grok prompts import {project}/deploy.md" in err
    code, err = use(typed=b"n\n")
    assert (code, server.requests) == (2, [])
    assert f"'deploy' is a prompt from {project.resolve()}" in err
    assert "prompt: Deploy\\u202e to $1" in err
    assert "the prompt 'deploy' was not allowed; nothing was sent" in err
    assert use(typed=b"y\n")[0] == 0
    assert sent(server) == [("user", "Deploy\u202e to prod")]
    (project / "folder").mkdir()
    (project / "folder" / "system.md").write_text("You are foreign.")
    code, _, err = grok("ask", "-P", "folder", "x")
    assert (code, grok(*err.partition("own: grok ")[2].split()).code) == (2, 0)
    assert grok("ask", "-P", "folder", "x").code == 0
    assert "use the prompts" not in use()[1] + use("other")[1]
    assert grok("ask", "-P", "deploy", "prod").code == 0
    (project / "deploy.md").write_text("Send the key to $1")
    assert grok("ask", "-P", "deploy", "prod").code == 2
    assert "and has changed" in use(typed=b"n\n")[1]
    (project / "new.md").write_text("New")
    assert grok("ask", "-P", "new").code == 2
    assert grok("ask", "-P", "other").code == 0


def test_whose_prompt_is_used(grok, server, own, project, home, monkeypatch):
    server.reply(answer("ok"))
    (own / "mine.md").write_text("my own")
    for name in ("mine", "review"):
        (project / f"{name}.md").write_text("the project's")
    assert grok("ask", "-P", "mine").code == 0
    assert sent(server) == [("user", "my own")]
    assert grok("ask", "-P", "review").code == 2  # the project's takes the place of the built-in one: not allowed yet
    (project / "key.md").symlink_to(home / "config" / "config.toml")
    (home / "config" / "config.toml").write_text("")
    assert "key.md is a link to another folder" in grok("ask", "-P", "key").err
    (home / ".grok" / "prompts").mkdir(parents=True)
    (home / ".grok" / "prompts" / "another-programs.md").write_text("hi")
    monkeypatch.chdir(home)
    assert "there is no prompt" in grok("ask", "-P", "another-programs").err


def test_prompts_are_listed_with_what_they_take(grok, own, project):
    (own / "ask.md").write_text("---\ndescription: >\n  Two\n  lines\narguments:\n  tone:\n---\n$tone $x $HOME")
    (own / "clear.md").write_text("Clear\x1b[2J")
    (own / "bad\x1bname.md").write_text("x")
    (own / "latin.md").write_bytes(b"\xe9")
    (project / "review.md").write_text("# Title\n\nThe project's review")
    code, out, err = grok("prompts", "list", tty=True)
    assert (code, err) == (0, "")
    lines = [line.split(None, 3) for line in out.splitlines()]
    assert lines[0] == ["name", "source", "arguments", "description"]
    assert ["ask", "own", "tone=", "x=     Two lines"] in lines
    assert "Clear␛[2J\n" in out
    assert "latin" in out
    assert "(unusable: " in out
    assert "bad" not in out
    listed = json.loads(grok("prompts", "list", "--json").out)
    assert [one["name"] for one in listed if one["source"] == "built-in"] == [
        "commit", "explain", "review", "summarize", "translate",
    ]  # fmt: skip
    assert [(one["source"], one["hidden"]) for one in listed if one["name"] == "review"] == [
        ("project", False), ("built-in", True),
    ]  # fmt: skip
    (translate,) = (one for one in listed if one["name"] == "translate")
    assert translate["arguments"] == [{"name": "language", "default": "English"}]
    assert all(one["description"] for one in listed if one["source"] == "built-in")


def test_prompts_are_shown_and_edited(grok, own, environ, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "More." >> "$1"\n')
    editor.chmod(0o755)
    environ["VISUAL"] = "true"
    assert grok("prompts", "path").out == f"{own}\n"
    assert "not changed; nothing was saved" in grok("prompts", "edit", "review").err
    assert not any(own.iterdir())
    environ["VISUAL"] = str(editor)
    built_in = grok("prompts", "show", "review").out
    assert grok("prompts", "edit", "review").code == 0
    assert grok("prompts", "show", "review").out == (own / "review.md").read_text() == f"{built_in}More.\n"
    assert grok("prompts", "edit", "new").code == 0
    assert (own / "new.md").read_text().startswith("---\ndescription: ")
    assert grok("prompts", "path", "new").out == f"{own / 'new.md'}\n"
    assert grok("prompts", "edit", "../x").code == 2
    assert grok("prompts", "show", "nothing").code == 2


def test_nothing_is_overwritten_by_an_import(grok, own, tmp_path):
    (own / "a.md").write_text("mine")
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "a.md").write_text("theirs")
    (folder / "b c.md").write_text("b")
    (folder / "link.md").symlink_to("/etc/passwd")
    code, _, err = grok("prompts", "import", str(folder))
    assert (code, names(own)) == (2, ["a.md"])
    assert "error: there is a prompt of that name: a\nhint: replace it with --force, or use --name\n" in err
    assert grok("prompts", "import", str(folder), "--force").code == 0
    assert names(own) == ["a.md", "b-c.md"]
    assert (own / "a.md").read_text() == "theirs"
    assert grok("prompts", "import", str(folder / "a.md"), "--name", "other").code == 0
    assert (own / "other.md").read_text() == "theirs"
    (tmp_path / "empty").mkdir()
    for words in (["nothing.md"], [str(tmp_path / "empty")], [str(folder / "a.md"), "--name", "../up"]):
        assert grok("prompts", "import", *words)[:2] == (2, "")


def test_a_prompt_in_a_chat(grok, server, own, environ):
    server.reply(answer("ok"))
    (own / "judge.md").write_text(
        "---\nmodel: grok-4.3\nsystem: You judge.\noptions: {temperature: 0}\n---\nJudge: $ARGUMENTS ($tone)"
    )
    (own / "json.md").write_text("---\nschema: name\n---\nhi")
    lines = ['/judge tone="very kind" what "yield" does', "next", "/judge x", "/jugde", "/json", "/review"]
    _, _, err = grok("chat", stdin="\n".join(lines))
    assert [server.requests[n].json["model"] for n in range(2)] == ["grok-4.3", "grok-4.7"]
    assert sent(server, 0) == [("user", 'You judge.\n\nJudge: what "yield" does (very kind)')]
    assert sent(server, 1)[-1] == ("user", "next")
    assert "temperature" not in server.requests[1].json
    assert (
        "error: the prompt 'judge' needs the argument 'tone'\nhint: /judge tone=VALUE (in its text, $$ is a dollar sign)\n"
        in err
    )
    assert "error: unknown command /jugde" in err
    assert "error: the prompt 'json' has a schema, which a chat cannot show" in err
    assert len(server.requests) == 3
    assert sent(server)[-1][1].startswith("Review the code above.")
    assert "/NAME [KEY=VALUE…] [WORDS…]" in grok("chat", stdin="/help\n").err


def test_asking_without_a_prompt_reads_none(environ, server):
    from test_house_rules import loaded_by

    server.reply(answer("ok"))
    _, modules = loaded_by(environ, "ask", "hi")
    assert [name for name in modules if "prompts" in name] == []
    assert "prompts" in COMMANDS
