"""Searching: what is sent, what is refused before anything is sent, and what is shown."""

from __future__ import annotations

import json

import pytest
import responses as wire
from language import Screen
from responses import citation, message, reasoning, web_search, x_search
from server import answer

ASK = ("ask", "--api", "responses")


@pytest.mark.parametrize(
    ("flags", "tools"),
    [
        (
            ["--x", "--handle", "xai", "--since", "2026-01-01"],
            [{"type": "x_search", "allowed_x_handles": ["xai"], "from_date": "2026-01-01"}],
        ),
        (["--web"], [{"type": "web_search"}]),
        (["--search"], [{"type": "web_search"}, {"type": "x_search"}]),
        (
            ["--search", "--domain", "x.ai", "--domain", "docs.x.ai", "--domain", "x.ai"],
            [{"type": "web_search", "filters": {"allowed_domains": ["x.ai", "docs.x.ai"]}}, {"type": "x_search"}],
        ),
        (
            ["--web", "--exclude-domain", "bücher.example"],
            [{"type": "web_search", "filters": {"excluded_domains": ["bücher.example"]}}],
        ),
        (
            ["--x", "--handle", "@xai", "--handle", "grok", "--since", "2026-01-01", "--until", "2026-01-02"],
            [
                {
                    "type": "x_search",
                    "allowed_x_handles": ["xai", "grok"],
                    "from_date": "2026-01-01",
                    "to_date": "2026-01-02",
                }
            ],
        ),
        (
            ["--search", "--search-images", "--search-videos"],
            [
                {"type": "web_search", "enable_image_understanding": True},
                {"type": "x_search", "enable_image_understanding": True, "enable_video_understanding": True},
            ],
        ),
        (["--web", "--search-images"], [{"type": "web_search", "enable_image_understanding": True}]),
        (
            ["--web", "-O", 'tools=[{"type":"code_interpreter"}]'],
            [{"type": "code_interpreter"}, {"type": "web_search"}],
        ),
    ],
)
def test_flags_become_the_documented_tools(grok, server, flags, tools):
    server.reply(wire.answer(message("ok")))
    assert grok(*ASK, *flags, "what is new?") == (0, "ok\n", "")
    assert server.requests[0].json["tools"] == tools


HANDLES = [word for number in range(21) for word in ("--handle", f"user{number}")]
DOMAINS = [word for number in range(6) for word in ("--domain", f"site{number}.example")]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--domain", "x.ai"], "--domain needs a web search"),
        (["--x", "--domain", "x.ai"], "--domain needs a web search"),
        (["--x", "--exclude-domain", "x.ai"], "--exclude-domain needs a web search"),
        (["--handle", "xai"], "--handle needs a search of X"),
        (["--web", "--since", "2026-01-01"], "--since needs a search of X"),
        (["--web", "--until", "2026-01-01"], "--until needs a search of X"),
        (["--web", "--search-videos"], "--search-videos needs a search of X"),
        (["--search-images"], "--search-images needs a search"),
        (["--web", "--domain", "x.ai", "--exclude-domain", "y.ai"], "cannot be used with"),
        (["--web", *DOMAINS], "too many values for --domain: 6 (at most 5)"),
        (["--web", *[word.replace("--domain", "--exclude-domain") for word in DOMAINS]], "at most 5"),
        (["--x", *HANDLES], "too many values for --handle: 21 (at most 20)"),
        (["--web", "--domain", "https://x.ai/news"], "invalid value for --"),
        (["--web", "--domain", "localhost"], "invalid value for --"),
        (["--web", "--domain", ""], "invalid value for --"),
        (["--x", "--handle", "not a name"], "invalid value for --handle"),
        (["--x", "--handle", "@"], "invalid value for --handle"),
        (["--x", "--since", "yesterday"], "invalid value for --since: 'yesterday'"),
        (["--x", "--since", "2026-02-30"], "invalid value for --since"),
        (["--x", "--since", "20260101"], "invalid value for --since"),
        (["--x", "--since", ""], "invalid value for --since: ''"),
        (["--x", "--until", "2026-1-1"], "invalid value for --until: '2026-1-1'"),
        (["--x", "--since", "2026-02-01", "--until", "2026-01-01"], "is not before"),
        (["--x", "--since", "2026-02-01", "--until", "2026-02-01"], "is not before"),
    ],
)
def test_what_cannot_be_searched_is_a_usage_error_and_nothing_is_sent(grok, server, flags, said):
    code, out, err = grok(*ASK, *flags, "what is new?")
    assert (code, out, server.requests) == (2, "", [])
    assert err.startswith("error: ")
    assert said in err
    assert "\nhint: " in err


@pytest.mark.parametrize(
    ("flags", "said"), [(["--x"], "chat completions"), (["--api", "chat", "--x"], "chat"), (["--x", "-m", "local"], "")]
)
def test_a_server_that_cannot_search_is_told_before_anything_is_sent(grok, server, flags, said):
    code, _, err = grok("ask", *flags, "what is new?")
    assert (code, server.requests) == (2, [])
    assert "search" in err
    assert said in err


def test_the_api_is_a_setting_too(grok, server, environ):
    environ["GROK_API"] = "responses"
    server.reply(wire.answer(message("ok")), answer("ok"))
    assert grok("ask", "--x", "hi").code == 0
    assert server.requests[0].path == "/v1/responses"
    assert grok("ask", "--api", "chat", "hi").code == 0
    assert server.requests[1].path == "/v1/chat/completions"
    assert grok("config", "set", "api", "soap").code == 2


def test_a_dry_run_shows_what_xai_would_get(grok, environ):
    del environ["XAI_BASE_URL"]
    head, _, sent = grok("ask", "--dry-run", "hi").out.partition("\n\n")
    assert head.startswith("POST https://api.x.ai/v1/responses\n")
    assert len(sent.encode()) <= 150
    out = grok("ask", "--dry-run", "--x", "--handle", "xai", "--since", "2026-01-01", "hi").out
    assert '"tools":[{"type":"x_search","allowed_x_handles":["xai"],"from_date":"2026-01-01"}]' in out
    assert grok("ask", "--dry-run", "--api", "chat", "hi").out.startswith("POST https://api.x.ai/v1/chat/completions\n")


FOUND = (
    reasoning("Let me look."),
    web_search("grok 4.7"),
    x_search("from:xai\x1b[2J", number=1),
    message(
        "It is out[[1]](https://x.ai/news).\n\n```\nopen",
        citation("https://x.ai/news", "1", 9, 36),
        citation("https://b.example/", "[evil](https://e.example) *b*\x1b[2J"),
    ),
)


def test_progress_is_told_on_a_terminal_and_never_elsewhere(grok, server):
    server.reply(wire.answer(*FOUND))
    err = grok(*ASK, "--search", "hi", stderr=Screen(tty=True)).err
    assert "searching the web: grok 4.7" in err
    assert "searching X: from:xai␛[2J" in err
    assert err.count("searching") == 2
    shown = grok(*ASK, "--search", "--show-reasoning", "hi", stderr=Screen(tty=True)).err
    assert shown.index("look.") < shown.index("\n", shown.index("look.")) < shown.index("searching the web")
    assert grok(*ASK, "--search", "-q", "hi", stderr=Screen(tty=True)).err.count("searching") == 0
    assert grok(*ASK, "--search", "hi").err == ""


def test_sources_follow_the_answer_on_a_terminal(grok, server, environ):
    environ["TERM"] = "dumb"
    server.reply(wire.answer(*FOUND))
    rendered = grok(*ASK, "--search", "--color", "never", "hi", tty=True).out
    assert rendered.splitlines()[-4] == "Sources"
    assert rendered.splitlines()[-2].startswith("[1] https://x.ai/news")
    assert rendered.splitlines()[-1].startswith("[2] [evil](https://e.example) *b*␛[2J")
    raw = grok(*ASK, "--search", "--raw", "hi", tty=True).out
    assert raw.endswith(
        "open\n\nSources:\n[1] https://x.ai/news\n[2] [evil](https://e.example) *b*␛[2J https://b.example/\n"
    )


def test_sources_are_links_where_the_terminal_has_them(grok, server, environ):
    environ["TERM"] = "xterm-256color"
    server.reply(wire.answer(*FOUND))
    out = grok(*ASK, "--search", "hi", tty=True).out
    assert "https://x.ai/news" in out
    assert "\x1b]8;" in out


def test_a_pipe_gets_the_models_bytes_and_json_the_sources(grok, server):
    server.reply(wire.answer(*FOUND))
    text = FOUND[3]["content"][0]["text"]
    assert grok(*ASK, "--search", "hi").out == f"{text}\n"
    document = json.loads(grok(*ASK, "--search", "--json", "hi").out)
    assert [(source["number"], source["url"]) for source in document["sources"]] == [
        (1, "https://x.ai/news"),
        (2, "https://b.example/"),
    ]
    lines = grok(*ASK, "--search", "--output-format", "stream-json", "hi").out.splitlines()
    told = [json.loads(line) for line in lines]
    assert [event["query"] for event in told if event["type"] == "search" and event["status"] == "completed"] == [
        "grok 4.7",
        "from:xai\x1b[2J",
    ]
    assert [event["url"] for event in told if event["type"] == "source"] == ["https://x.ai/news", "https://b.example/"]
    assert told[-1]["type"] == "end"


def test_a_file_gets_the_answer_alone(grok, server, tmp_path):
    server.reply(wire.answer(*FOUND))
    grok(*ASK, "--search", "-o", str(tmp_path / "a.md"), "hi", tty=True)
    assert (tmp_path / "a.md").read_text() == FOUND[3]["content"][0]["text"] + "\n"
