"""`grok models`, completion of their names, and models that are gone."""

from __future__ import annotations

import json
import re

import pytest
from language import KEY
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
    assert lines[0] == ["model", "context", "in", "cached", "out", "effort", "(default)", "also", "called"]
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
        "long_context": None,
        "efforts": None,
        "default_effort": None,
    }
    assert document["default"] == "grok-4.7"


CAPABLE = {
    "id": "grok-4.7",
    "capabilities": {"reasoning_effort": ["low", "medium", "max"], "default_reasoning_effort": "medium"},
    "prompt_text_token_price": 20000,
    "prompt_text_token_price_long_context": 40000,
    "completion_text_token_price_long_context": 120000,
    "long_context_threshold": 200000,
}


def rows(out):
    """Return the cells of a listing by the first of each row."""
    return {cells[0]: cells[1:] for line in out.splitlines() if (cells := re.split(" {2,}", line.strip()))}


def test_efforts_and_prices_are_those_that_the_server_says(grok, server):
    server.reply(body({"data": [CAPABLE, {"id": "grok-4.3"}, {"id": "grok-build-0.1"}]}))
    for offline in (False, True):
        if offline:
            server.close()
        shown = rows(grok("models").out)
        assert shown["grok-4.7 (default)"] == ["2.00", "low, medium, max (medium)"]
        assert shown["from 200,000 tokens"] == ["4.00", "12.00"]
        assert shown["grok-4.3"] == ["none, low-high (low)"]  # not said: as it is known here
        assert shown["grok-build-0.1"] == ["no choice"]
        model = json.loads(grok("models", "--json").out)["models"][0]
        assert (model["efforts"], model["default_effort"]) == (["low", "medium", "max"], "medium")
        assert model["long_context"] == {
            "from_tokens": 200000,
            "usd_per_million_tokens": {"input": 4.0, "cached_input": None, "output": 12.0},
        }


def test_the_default_model_is_marked_whatever_it_is_called(grok, server, environ):
    server.reply(body(LISTING))
    assert "(default)" not in "".join(rows(grok("models").out))
    environ["GROK_MODEL"] = "grok-9-latest"
    assert "grok-9 (default)" in rows(grok("models").out)
    environ["GROK_MODEL"] = "local"
    assert "local (default)" in rows(grok("models").out)


@pytest.mark.parametrize("told", [7, "high", [7], ["\x1b[2J"], [KEY], {"a": 1}, None])
def test_odd_capabilities_are_none(grok, server, told):
    odd = {"reasoning_effort": told, "default_reasoning_effort": told}
    odd_prices = {"long_context_threshold": told, "prompt_text_token_price_long_context": told}
    server.reply(
        body({"data": [{"id": "grok-4.7", "capabilities": odd, **odd_prices}, {"id": "x", "capabilities": told}]})
    )
    code, out, err = grok("models")
    assert (code, err) == (0, "")
    assert rows(out)["grok-4.7 (default)"][0] == "low-xhigh (high)"


def test_the_check_of_efforts_believes_the_server(grok, server):
    server.reply(
        body(
            {
                "data": [
                    CAPABLE,
                    {"id": "grok-4.3", "aliases": ["small"]},
                    {"id": "new", "capabilities": {"reasoning_effort": ["low"]}},
                ]
            }
        )
    )
    assert grok("ask", "--effort", "max", "hi").code == 2  # known without
    assert grok("models").code == 0
    server.script([answer("ok")])
    assert grok("ask", "--effort", "max", "hi").code == 0
    assert server.requests[-1].json["reasoning_effort"] == "max"
    for model, effort, levels in (("grok-4.7", "xhigh", "low, medium, max"), ("new", "high", "low"),
                                  ("new-0430", "high", "low"), ("grok-4.3", "xhigh", "none, low, medium, high")):  # fmt: skip
        code, _, err = grok("ask", "-m", model, "--effort", effort, "hi")
        assert code == 2
        assert err.splitlines()[1] == f"hint: choose from {levels}"
    assert grok("ask", "-m", "other", "--effort", "xhigh", "hi").code == 0


def test_the_check_of_efforts_believes_no_other_server_and_no_old_list(grok, server, environ, home):
    server.reply(body({"data": [CAPABLE]}), answer("ok"))
    grok("models")
    file = home / "cache" / "models.json"
    kept = json.loads(file.read_text())
    for change in ({"time": kept["time"] - 31 * 86400}, {"server": "https://elsewhere.example/v1"}):
        file.write_text(json.dumps(kept | change))
        assert grok("ask", "--effort", "max", "hi").code == 2
        assert grok("ask", "--effort", "xhigh", "hi").code == 0


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
        environ.update({"_GROK_COMPLETE": "bash", "_GROK_COMPLETE_LINE": typed})
        offered = grok().out.splitlines()[1:]
        del environ["_GROK_COMPLETE"]
        return offered

    assert "grok-4.7" in complete("grok ask -m grok-4")
    server.reply(body(LISTING))
    grok("models")
    requests = len(server.requests)
    assert complete("grok ask -m g") == ["grok-9", "grok-9-latest"]
    assert complete("grok ask --model loc") == ["local"]
    assert complete("grok ask -m p") == []
    assert complete("grok ask --effort x") == ["xhigh"]
    assert complete("grok ask -m grok-4.3 --effort n") == ["none"]
    assert complete("grok ask -m grok-4.3 --effort x") == []
    assert complete("grok ask -m grok-9 --effort m") == ["minimal", "medium", "max"]
    server.script([body({"data": [CAPABLE]})])
    grok("models")
    requests += 1
    assert complete("grok ask --effort m") == ["medium", "max"]
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
