"""`grok history`, as a user types it."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import time

import pytest
from language import KEY, Screen, command
from rich.cells import cell_len
from server import answer

from grokcli.chat import assistant, image, user
from grokcli.events import Usage
from grokcli.store.store import Store

DAY = 86400


@pytest.fixture
def path(home):
    return home / "data" / "conversations.db"


@pytest.fixture
def keep(path):
    """Keep a conversation, last used so many days ago, and return its id."""

    def keep(title, *messages, days=0.0, interrupted=None):
        with Store(path, pytest.fail, now=lambda: time.time() - days * DAY) as store:
            key = store.create(model="grok-4.7", title=title)
            for message in messages:
                if message["role"] == "user":
                    store.add(key, message)
                    continue
                answer = store.begin_answer(key, model="grok-4.7")
                answer.write(message["content"])
                if interrupted:
                    answer.interrupt(interrupted)
                else:
                    cost = Usage(7, 9, cost_in_usd_ticks=5_743_500)
                    answer.finish(message, finish_reason="stop", usage=cost, model="grok-4.7")
        return key

    return keep


@pytest.fixture
def sky(keep):
    return keep("why is the sky blue?", user("why is the sky blue?"), assistant("Because of *scattering*."))


@pytest.fixture
def old(keep):
    return keep("an old one", user("x"), days=40)


class Keyboard(io.BytesIO):
    """A terminal at which somebody typed."""

    def isatty(self):
        return True


def test_nothing_was_kept_yet(grok, home):
    assert grok("history", "list") == (0, "", "")
    assert grok("history", "list", "--json") == (0, "[]\n", "")
    assert grok("history", "search", "x", "y") == (0, "", "no conversation matches 'x y'\n")
    assert grok("history", "search", "x", "--json") == (0, "[]\n", "")
    code, out, err = grok("history", "show")
    assert (code, out) == (1, "")
    assert err == "error: no conversations yet\nhint: start one with grok ask or grok chat\n"
    assert not home.exists()


def test_list_shows_the_last_used_first(grok, old, sky):
    code, out, err = grok("history", "list")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "id        age  model     messages  title",
        f"{sky}  now  grok-4.7         2  why is the sky blue?",
        f"{old}  40d  grok-4.7         1  an old one",
    ]
    assert grok("history", "list", "-n", "1").out == "".join(out.splitlines(keepends=True)[:2])
    listed = json.loads(grok("history", "list", "--json").out)
    assert [one["id"] for one in listed] == [sky, old]
    assert listed[0]["messages"] == 2
    assert listed[0]["updated"].endswith("Z")


@pytest.mark.parametrize("tty", [False, True])
def test_columns_line_up_also_with_wide_characters(grok, path, tty):
    with Store(path, pytest.fail) as store:
        for model in ("模型", "a-model-with-a-long-name", "m"):
            key = store.create(model=model, title=f"title of {model}")
            for _ in range(12 if model == "m" else 2):
                store.add(key, user("x"), model=model)
    lines = grok("history", "list", tty=tty).out.splitlines()
    assert [cell_len(line[: line.index("title")]) for line in lines] == [51] * 4
    assert [line[: line.index("  title")].split()[-1] for line in lines] == ["messages", "12", "2", "2"]
    ends = [cell_len(line[: line.index("  title")]) for line in lines]
    assert ends == [49] * 4


@pytest.mark.parametrize(
    ("days", "age"), [(0, "now"), (2 / 1440, "2m"), (0.5, "12h"), (1.5, "1d"), (364, "364d"), (800, "2y"), (-1, "now")]
)
def test_ages(grok, keep, days, age):
    keep("x", user("x"), days=days)
    assert grok("history", "list").out.splitlines()[1].split()[1] == age


def test_show_prints_a_conversation_the_latest_if_none_is_named(grok, old, sky):
    text = "# why is the sky blue?\n\n## You\n\nwhy is the sky blue?\n\n## grok-4.7\n\nBecause of *scattering*.\n"
    assert grok("history", "show") == (0, text, "")
    assert grok("history", "show", sky[:5]) == (0, text, "")
    assert grok("history", "show", "SKY") == (0, text, "")
    assert grok("history", "show", "old one").out.startswith("# an old one\n")


def test_show_as_json_has_the_messages_as_they_were_stored(grok, keep):
    keep("t", user("look", image("https://x.ai/a.png")), assistant("a cat"))
    shown = json.loads(grok("history", "show", "--json").out)
    question, answer = shown["messages"]
    assert question["content"] == user("look", image("https://x.ai/a.png"))["content"]
    assert answer["content"] == "a cat"
    assert (answer["model"], answer["finish_reason"]) == ("grok-4.7", "stop")
    assert answer["usage"]["cost_in_usd_ticks"] == 5_743_500
    assert answer["usage"]["cost_usd"] == "0.00057435"
    assert "look\n\n![image](https://x.ai/a.png)\n" in grok("history", "show").out


def test_on_a_terminal_answers_are_rendered_and_nothing_can_steer_it(grok, keep, environ):
    environ["TERM"] = "xterm"
    keep("t\x1b[2J", user("a *star* \x1b]0;owned\x07"), assistant("a *star* \x1b[31m"))
    code, out, err = grok("history", "show", tty=True)
    assert (code, err) == (0, "")
    assert "\x1b[3mstar\x1b[0m" in out
    assert "a *star*" in out
    assert all(hostile not in out for hostile in ("\x1b[2J", "\x1b]0;", "\x07", "\x1b[31m"))
    assert "\x1b" not in grok("history", "list", tty=True).out
    assert "\x1b" not in grok("history", "search", "star", tty=True).out
    # Piped, it is what the model wrote.
    assert "a *star* \x1b[31m" in grok("history", "show").out


def test_an_interrupted_answer_says_so(grok, keep):
    keep("t", user("why?"), assistant("Because"), interrupted="Ctrl-C")
    assert "## grok-4.7 (interrupted: Ctrl-C)\n\nBecause\n" in grok("history", "show").out
    assert json.loads(grok("history", "show", "--json").out)["messages"][1]["interrupted"] == "Ctrl-C"


def test_what_was_replaced_is_shown_on_request(grok, path, sky):
    with Store(path, pytest.fail) as store:
        store.truncate(sky, 1)
        store.add(sky, assistant("Rayleigh."), model="grok-4.3")
    assert "scattering" not in grok("history", "show").out
    assert "## grok-4.7 (superseded)\n\nBecause of *scattering*.\n" in grok("history", "show", "--all").out
    assert [
        one.get("superseded") for one in json.loads(grok("history", "show", "--all", "--json").out)["messages"]
    ] == [
        None,
        True,
        None,
    ]


def test_tool_calls_are_shown(grok, path):
    calls = [{"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]
    with Store(path, pytest.fail) as store:
        key = store.create(model="grok-4.7", title="t")
        store.add(key, {"role": "assistant", "content": None, "tool_calls": calls}, model="grok-4.7")
        store.add(key, {"role": "tool", "content": "2", "tool_call_id": "1"})
    assert grok("history", "show").out == '# t\n\n## grok-4.7\n\n`add({"a": 1})`\n\n## Tool\n\n2\n'


def test_search_finds_by_words_and_shows_where(grok, keep, sky):
    keep("other", user("nothing here"))
    code, out, err = grok("history", "search", "scatter", "because")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith(sky)
    assert out.splitlines()[1:] == ["          Because of *scattering*."]
    found = json.loads(grok("history", "search", "blue", "--json").out)
    assert [(one["id"], one["snippet"]) for one in found] == [(sky, "why is the sky blue?")]
    assert grok("history", "search", "blue", "scattering").out == ""
    assert grok("history", "search", " ").code == 2


def test_export_as_markdown_and_as_json(grok, sky, tmp_path):
    assert grok("history", "export").out == grok("history", "show").out
    file = tmp_path / "talk.json"
    assert grok("history", "export", sky, "-o", str(file), "--format", "json") == (0, "", "")
    assert file.read_text("utf-8") == grok("history", "show", "--json").out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert grok("history", "export", sky, "-o", str(file)) == (0, "", "")
    assert file.read_text("utf-8") == grok("history", "show").out
    code, _, err = grok("history", "export", "-o", str(tmp_path / "no" / "x"))
    assert code == 2
    assert err.endswith(f"no such folder: {tmp_path}/no\nhint: mkdir -p {tmp_path}/no\n")
    assert not (tmp_path / "no").exists()
    code, _, err = grok("history", "export", "-o", str(tmp_path / "talk.json" / "x"))
    assert code == 2
    assert err.startswith("error: cannot write")


@pytest.mark.parametrize("words", [["show"], ["show", "--json"], ["export"], ["search", "key"], ["list", "--json"]])
def test_no_key_is_ever_printed(grok, keep, environ, tmp_path, words):
    saved = "saved-secret-of-another-server"
    grok("config", "set", "api-key", stdin=saved)
    environ["XAI_API_KEY"] = "environment-secret-of-another-server"
    said = f"my key is {KEY} or {environ['XAI_API_KEY']} or {saved}"
    keep(said, user(said))
    for tty in (False, True):
        out = grok("history", *words, tty=tty).out
        assert "my key is xai-…6789 or …rver or …rver" in out
        assert all(secret not in out for secret in (KEY, environ["XAI_API_KEY"], saved))
    grok("history", "export", "-o", str(tmp_path / "out"))
    assert "my key is xai-…6789 or …rver or …rver" in (tmp_path / "out").read_text()


def test_rename(grok, sky):
    assert grok("history", "rename", sky[:4], "the", "blue sky\x1b") == (0, "", "")
    assert grok("history", "list").out.endswith("  the blue sky\n")
    assert grok("history", "rename", "the blue sky", " ").code == 2
    assert grok("history", "rename", "nope", "x").err.startswith("error: no conversation 'nope'\nhint: ")


def test_delete_asks_at_a_terminal(grok, sky):
    code, out, err = grok("history", "delete", sky[:4], stdin=Keyboard(b"n\n"), stderr=Screen(tty=True))
    assert (code, out) == (1, "")
    assert (
        f"{sky}   now    2 messages  why is the sky blue?\n"
        "Delete 1 conversation permanently? [y/N] nothing was deleted\n" in err
    )
    assert grok("history", "delete", sky, stdin=Keyboard(b""), stderr=Screen(tty=True)).code == 1
    assert sky in grok("history", "list").out
    code, out, err = grok("history", "delete", sky, stdin=Keyboard(b"y\n"), stderr=Screen(tty=True))
    assert (code, out) == (0, "")
    assert err.endswith("deleted 1 conversation\n")
    assert grok("history", "list").out == ""


def test_delete_without_a_terminal_needs_yes(grok, sky):
    code, out, err = grok("history", "delete", sky, stdin="y\n")
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert grok("history", "delete", "--yes", sky) == (
        0, "", f"{sky}   now    2 messages  why is the sky blue?\ndeleted 1 conversation\n"
    )  # fmt: skip
    assert grok("history", "list").out == ""


def test_delete_takes_ids_only_and_all_or_none(grok, keep, sky):
    other = keep("other", user("x"))
    code, out, err = grok("history", "delete", "--yes", other, "the sky")
    assert (code, out) == (2, "")
    assert err == (
        f"error: delete takes ids, not titles: 'the sky'\nhint: a title matches; its id: grok history delete {sky}\n"
    )
    assert grok("history", "delete", "--yes", other, "zzzzz").code == 1
    assert len(grok("history", "list").out.splitlines()) == 3
    lines = grok("history", "delete", "--yes", other, sky, other).err.splitlines()
    assert [line.split()[0] for line in lines[:2]] == [other, sky]
    assert lines[2] == "deleted 2 conversations"


@pytest.mark.parametrize("length", [1, 3])
def test_delete_takes_no_id_that_is_cut_short(grok, sky, length):
    code, out, err = grok("history", "delete", "--yes", sky[:length])
    assert (code, out) == (2, "")
    assert err.startswith(f"error: too short to delete by: {sky[:length]!r}\nhint: give at least 4 characters")
    assert sky in grok("history", "list").out
    assert grok("history", "delete", "--yes", sky[:4]).code == 0


def test_prune_deletes_what_was_not_used_for_long(grok, keep, sky):
    for days in range(25, 37):
        keep(f"{days} days ago", user("x"), days=days)
    assert grok("history", "prune", "--older-than", "30d").code == 2
    refused = grok("history", "prune", "--older-than", "1d", stdin=Keyboard(b"\n"), stderr=Screen(tty=True))
    assert "… and 2 more\nDelete 12 conversations permanently?" in refused.err
    assert grok("history", "prune", "--older-than", "30d", "--yes").err.endswith("deleted 7 conversations\n")
    assert grok("history", "prune", "--older-than", "4w").code == 2
    assert grok("history", "prune", "--older-than", "1y") == (0, "", "deleted 0 conversations\n")
    assert len(grok("history", "list").out.splitlines()) == 7


@pytest.mark.parametrize("age", ["30", "d", "-1d", "3m", "1.5d", "", "9999999d"])
def test_an_age_that_makes_no_sense_deletes_nothing(grok, sky, age):
    code, out, err = grok("history", "prune", "--yes", "--older-than", age)
    assert (code, out) == (2, "")
    assert "invalid age: " in err
    assert sky in grok("history", "list").out


def test_path(grok, path):
    assert grok("history", "path") == (0, f"{path}\n", "")
    assert not path.exists()


def test_a_broken_store_is_told_in_two_lines(grok, path):
    path.parent.mkdir(parents=True)
    path.write_text("not a database, " * 100)
    for words in (["list"], ["show"], ["search", "x"], ["prune", "--older-than", "1d"]):
        code, out, err = grok("history", *words)
        assert (code, out) == (1, "")
        assert err == f"error: {path} is not a database\nhint: move it away to start over\n"


def test_unknown_and_ambiguous_names_are_told(grok, keep):
    keep("one sky", user("x"))
    keep("two sky", user("x"))
    code, _, err = grok("history", "show", "sky")
    assert code == 1
    assert "matches several conversations\nhint: choose from " in err
    assert grok("history", "show", "moon").err.startswith("error: no conversation 'moon'\n")


def test_a_reader_that_goes_away_is_no_error(keep, environ):
    keep("long", user("x\n" * 100_000))
    pipe = subprocess.PIPE
    process = subprocess.Popen(command("history", "show"), stdout=pipe, stderr=pipe, env=environ)
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 141


def test_a_fork_begins_like_a_conversation_and_leaves_it_alone(grok, server):
    server.reply(answer("first"), answer("second"), answer("other"))
    grok("ask", "one")
    parent = json.loads(grok("history", "list", "--json").out)[0]["id"]
    assert grok("ask", "-c", "--fork", "two").out == "second\n"
    assert [one["content"] for one in server.requests[1].json["messages"]] == ["one", "first", "two"]
    assert grok("ask", "-r", parent, "three").out == "other\n"
    assert [one["content"] for one in server.requests[2].json["messages"]] == ["one", "first", "three"]
    latest, fork = json.loads(grok("history", "list", "--json").out)
    assert [(one["id"] == parent, one["parent"], one["title"], one["messages"]) for one in (latest, fork)] == [
        (True, None, "one", 4),
        (False, parent, "two", 4),
    ]
    tree = grok("history", "list", "--tree").out.splitlines()
    assert [line.split("4")[-1].strip() for line in tree[1:]] == ["one", "└ two"]
    code, _, err = grok("history", "delete", parent, "--yes")
    assert (code, err.splitlines()[-1]) == (0, "deleted 1 conversation; forks keep 2 messages that they share")
    shown = json.loads(grok("history", "show", "--json").out)
    assert [one["content"] for one in shown["messages"]] == ["one", "first", "two", "second"]


def test_a_fork_that_is_not_asked_anything_is_none(grok, server):
    server.reply(answer("first"))
    assert grok("ask", "--fork", "two")[::2] == (
        2,
        "error: --fork needs a conversation\nhint: add -c for the latest, or -r ID\n",
    )
    grok("ask", "one")
    assert (
        json.loads(grok("ask", "-c", "--fork", "--dry-run", "two").out.partition("\n\n")[2])["messages"][0]["content"]
        == "one"
    )
    assert grok("ask", "-c", "--fork", "-n", "two").code == 0
    assert len(json.loads(grok("history", "list", "--json").out)) == 1
