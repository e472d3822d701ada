"""`grok history export --format html`: one page to share, which runs nothing, loads nothing and holds no key."""

from __future__ import annotations

import re
import stat
from xml.etree import ElementTree

import pytest
from language import KEY, leaked
from server import answer

from grokcli.chat import assistant, image, user
from grokcli.store.store import Store

ATTACK = "\"><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[2J\u202e' onclick='alert(1)"


@pytest.fixture
def keep(home):
    """Keep a conversation and return its id."""

    def keep(title, *messages, model="grok-4.7"):
        with Store(home / "data" / "conversations.db", pytest.fail, now=lambda: 1_800_000_000.0) as store:
            key = store.create(model=model, title=title)
            for message in messages:
                if message["role"] == "assistant":
                    answer = store.begin_answer(key, model=model)
                    answer.write(message["content"])
                    answer.finish(message, finish_reason="stop", usage=None, model=model)
                else:
                    store.add(key, message)
        return key

    return keep


@pytest.fixture
def page(grok):
    """Export the latest conversation; return its text and its elements."""

    def page(*words):
        code, out, err = grok("history", "export", "--format", "html", *words)
        assert (code, err) == (0, "")
        return out, ElementTree.fromstring(out.removeprefix("<!DOCTYPE html>"))

    return page


def test_a_conversation_becomes_a_page(keep, page):
    keep("why is the sky blue?", user("why is\nthe <sky> blue?"), assistant("Because of *scattering*.\n\n# More"))
    text, root = page()
    assert text.startswith("<!DOCTYPE html>\n<html")
    assert root.findtext("head/title") == root.findtext("body/h1") == "why is the sky blue?"
    assert root.findtext("body/p") == "grok-4.7 · 2 messages"
    asked, answered = root.findall("body/article")
    assert (asked.get("class"), answered.get("class")) == ("user", "assistant")
    assert asked.findtext("div") == "why is\nthe <sky> blue?"
    assert answered.findtext("p/em") == "scattering"
    assert answered.findtext("h3") == "More"  # below the titles of the page and of the message
    assert "".join(answered.find("h2").itertext()) == "grok-4.7 2027-01-15 08:00 UTC"
    assert answered.find("h2/time").get("datetime") == "2027-01-15T08:00:00Z"


def test_it_runs_nothing_and_loads_nothing(keep, page):
    keep(
        "x",
        user("![a](https://x.ai/a.png)"),
        user("x", image("https://x.ai/b.png")),
        assistant("![a](https://x.ai/c.png)"),
    )
    text, root = page()
    assert {one.tag for one in root.iter()}.isdisjoint({"script", "img", "iframe", "link", "object", "svg", "form"})
    assert not re.search(r"url\(|@import|\bsrc=|<script|javascript:", text)
    policy = root.find("head/meta[@http-equiv]").get("content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_it_is_light_dark_and_printable(keep, page):
    keep("x", user("x"))
    style = page()[1].findtext("head/style")
    assert "color-scheme: light dark" in style
    assert "@media (prefers-color-scheme: dark)" in style
    assert "@media print" in style
    assert style.count("{") == style.count("}")


@pytest.mark.parametrize("where", ["title", "question", "answer", "code", "model", "role", "link"])
def test_attacks_are_text(keep, page, where):
    answers = {
        "answer": ATTACK,
        "code": f"```{ATTACK}\n{ATTACK}\n```\n\n`{ATTACK}`",
        "link": f"[{ATTACK}](javascript:alert(1)) [x](<https://x.ai/{ATTACK}>) [y](https://x.ai '{ATTACK}')",
    }
    question = user(ATTACK if where == "question" else "x")
    if where == "role":
        question = {"role": ATTACK, "content": ATTACK}
    model = ATTACK if where == "model" else "grok-4.7"
    keep(ATTACK if where == "title" else "x", question, assistant(answers.get(where, "x")), model=model)
    text, root = page()
    known = {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "article", "time", "div", "pre", "code",
        "span", "a", "strong", "em",
    }  # fmt: skip
    assert {one.tag for one in root.iter()} <= known
    names = {name for one in root.find("body").iter() for name in one.attrib}
    assert names <= {"class", "datetime", "href", "title", "rel"}
    assert all(one.get("href").startswith("https://x.ai") for one in root.iter("a"))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "form",
    [
        "{}", "`{}`", "```\n{}\n```", "```python\nkey = '{}'\n```", "[a](https://x.ai/?key={})", "[{}](https://x.ai)",
        "|{}|\n|-|", "<b>{}</b>", "\\({}\\)", "&#120;{rest}", "![{}](https://x.ai/{})", "# {}", "- {}", "[a]: https://x.ai/{}",
    ],
)  # fmt: skip
def test_keys_are_masked(keep, page, form):
    written = form.replace("{rest}", KEY[1:]).replace("{}", KEY)
    keep(f"x {KEY}", user(written), assistant(written), model=f"x-{KEY}")
    text, root = page()
    assert leaked(KEY, text) == []
    assert leaked(KEY, "".join(root.itertext())) == []


def test_into_a_file_that_only_the_user_can_read(keep, grok, tmp_path):
    key = keep("x", user("x"), assistant("é **b**"))
    path = tmp_path / "talk.html"
    assert grok("history", "export", key, "--format", "html", "-o", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "é <strong>b</strong>" in path.read_text("utf-8")


def test_all_includes_what_was_replaced(grok, server, page):
    server.reply(answer("first"), answer("second"))
    assert grok("chat", stdin="hi\n/retry\n").code == 0
    assert [one.get("class") for one in page()[1].iter("article")] == ["user", "assistant"]
    classes = [one.get("class") for one in page("--all")[1].iter("article")]
    assert classes == ["user", "assistant superseded", "assistant"]
