"""`grok models`, completion of their names, and models that are gone."""

from __future__ import annotations

import json
import subprocess

import pytest
from language import KEY, command
from rich.cells import cell_len
from server import answer, body

LISTING = {
    "object": "list",
    "data": [
        {
            "id": "grok-9",
            "created": 1,
            "object": "model",
            "owned_by": "xai",
            "aliases": ["grok-9-latest"],
            "context_length": 500000,
            "prompt_text_token_price": 20000,
            "cached_prompt_text_token_price": 3125,
            "completion_text_token_price": 60000,
        },
        {"id": "plain\x1b[2J"},
        {"object": "nothing"},
    ],
}


def test_models_come_from_the_server(grok, server):
    server.reply(body(LISTING))
    code, out, err = grok("models")
    assert (code, err) == (0, "")
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/models")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["model", "context", "in", "cached", "out", "also", "called"]
    assert lines[1] == ["grok-9", "500,000", "2.00", "0.3125", "6.00", "grok-9-latest"]
    assert lines[2] == ["plain␛[2J"]
    assert ["local", "4,096", "on", "this", "machine"] in lines


@pytest.mark.parametrize("tty", [False, True])
def test_columns_line_up(grok, server, tty):
    entry = LISTING["data"][0]
    server.reply(body({"data": [entry, {**entry, "id": "模型-with-a-name-that-is-longer", "context_length": 1}]}))
    header, first, second, *_ = grok("models", tty=tty).out.splitlines()
    assert cell_len(second[: second.index(" 1 ")]) + 2 == len(header[: header.index("context")]) + len("context")
    assert first.index("500,000") + len("500,000") == header.index("context") + len("context")
    assert first.index("grok-9-latest") == header.index("also called")
    assert cell_len(second[: second.index("grok-9-latest")]) == header.index("also called")


def test_models_as_json(grok, server):
    server.reply(body(LISTING))
    document = json.loads(grok("models", "--json").out)
    assert document["server"] == server.url
    assert document["models"][0] == {
        "id": "grok-9",
        "aliases": ["grok-9-latest"],
        "context": 500000,
        "usd_per_million_tokens": {"input": 2.0, "cached_input": 0.3125, "output": 6.0},
        "efforts": None,
    }


def test_without_a_server_the_last_list_is_shown_else_the_one_known(grok, server, environ):
    del environ["XAI_API_KEY"], environ["XAI_BASE_URL"]
    code, out, err = grok("models")
    assert code == 0
    assert "grok-4.7" in out
    assert ["grok-beta", "retired:", "use", "grok-4.7"] in [line.split() for line in out.splitlines()]
    retired = json.loads(grok("models", "--json").out)["retired"]
    assert {"prefix": "grok-beta", "successor": "grok-4.7"} in retired
    assert err == "showing the built-in list (no API key)\n"
    environ |= {"XAI_API_KEY": "xai-key", "XAI_BASE_URL": server.url}
    server.reply(body(LISTING))
    grok("models")
    server.close()
    code, out, err = grok("models")
    assert code == 0
    assert "grok-9" in out
    assert "showing the cached list" in err
    environ["XAI_BASE_URL"] = "http://127.0.0.1:9/v1"
    assert "grok-9" not in grok("models", "-q").out


def test_a_refused_key_is_an_error_and_a_broken_cache_is_not(grok, server, home):
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "models.json").mkdir()
    server.reply(body(LISTING), body({"error": "Incorrect API key provided."}, 400))
    assert grok("models").code == 0
    assert grok("models").code == 3


def test_a_shell_completes_the_names_of_models(grok, server, environ):
    def complete(typed):
        asked = {"_GROK_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
        done = subprocess.run(command(), capture_output=True, text=True, env=environ | asked, check=True)
        return done.stdout.split()

    assert "grok-4.7" in complete("grok ask -m grok-4")
    server.reply(body(LISTING))
    grok("models")
    requests = len(server.requests)
    assert complete("grok ask -m g") == ["grok-9", "grok-9-latest"]
    assert complete("grok ask --model loc") == ["local"]
    assert complete("grok ask -m p") == []
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        ("grok-beta", "grok-beta was retired; try -m grok-4.7"),
        ("grok-3-mini", "grok-3-mini was retired; try -m grok-4.3"),
        ("grok-4", "grok-4 was retired; try -m grok-4.3"),
        ("grok-4-0709", "grok-4-0709 was retired; try -m grok-4.3"),
        ("grok-77", "list models with grok models, choose one with -m"),
    ],
)
def test_a_model_that_is_gone_is_told_with_a_living_one(grok, server, model, hint):
    said = f"The model {model} does not exist or your team 1-2 does not have access to it."
    server.reply(body({"code": "not-found", "error": said}, 404))
    code, _, err = grok("ask", "-m", model, "hi")
    assert code == 6
    assert err.splitlines()[1] == f"hint: {hint}"


def test_an_answer_by_another_model_says_so(grok, server):
    server.reply(answer("ok", model="grok-4.3"))
    assert grok("ask", "-m", "grok-3", "hi").err == "asked grok-3, answered by grok-4.3\n"


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_list_of_models_that_holds_the_key(grok, server, flags):
    server.reply(body({"data": [{"id": KEY, "object": "model"}]}))
    out = grok("models", *flags).out
    assert "xai-…6789" in out
    assert KEY not in out
