"""Fields that a model refuses are left out, said and remembered; those that carry the user's meaning never."""

from __future__ import annotations

import json
import time

import pytest
import responses as wire
from language import Screen, until
from responses import message
from server import answer, body

MODEL = "grok-4.20-0309-reasoning"


def refusal(text, status=400):
    return body({"code": "invalid-argument", "error": text}, status)


@pytest.mark.parametrize(
    ("flags", "said", "name"),
    [
        (["--effort", "high"], f"Model {MODEL} does not support parameter reasoningEffort.", "reasoning_effort"),
        (["-O", "presence_penalty=0"], "Argument not supported on this model: presencePenalty", "presence_penalty"),
        (["-t", "0.5"], "Argument not supported: temperature", "temperature"),
    ],
)
def test_a_refused_field_is_left_out_once_and_remembered(grok, server, flags, said, name):
    server.reply(refusal(said), answer("ok", model=MODEL))
    code, out, err = grok("ask", "-m", MODEL, *flags, "hi")
    assert (code, out) == (0, "ok\n")
    assert err == f"{MODEL} does not support {name}; asking without it\n"
    first, second = (request.json for request in server.requests)
    assert name in first
    assert second == {key: value for key, value in first.items() if key != name}
    assert grok("ask", "-m", MODEL, *flags, "hi").code == 0
    assert len(server.requests) == 3
    assert name not in server.requests[2].json
    assert grok("ask", "-m", "grok-4.3", "-q", "-t", "1", "-O", "presence_penalty=0", "--effort", "low", "hi").err == ""
    assert {"presence_penalty", "reasoning_effort", "temperature"} <= set(server.requests[3].json)


def test_the_note_and_the_status_line_do_not_mix(grok, server):
    screen = Screen(tty=True)

    def slowly(connection):
        until(lambda: "thinking" in screen.getvalue())
        refusal("Argument not supported: seed")(connection)

    server.reply(slowly, answer("ok"))
    err = grok("ask", "-O", "seed=1", "hi", stderr=screen).err
    before, note, after = err.partition("grok-4.7 does not support seed; asking without it\n")
    erase = "\r\x1b[K"
    assert note
    assert before.startswith(f"{erase}\x1b[2mthinking\x1b[0m")
    assert before.endswith(erase)
    # On a slow machine the status comes once more, and must be gone in the end.
    assert after == "" or after.endswith(erase)


def test_each_refused_field_costs_one_request(grok, server):
    server.reply(refusal("Argument not supported: seed"), refusal("Argument not supported: temperature"), answer("ok"))
    code, _, err = grok("ask", "-t", "1", "-O", "seed=1", "hi")
    assert (code, len(server.requests)) == (0, 3)
    assert [line.split()[4] for line in err.splitlines()] == ["seed;", "temperature;"]


@pytest.mark.parametrize("name", ["reasoningEffort", "reasoning", "reasoning.effort"])
def test_the_other_api_names_its_fields_otherwise(grok, server, name):
    server.reply(refusal(f"Argument not supported: {name}"), wire.answer(message("ok"), model=MODEL))
    assert grok("ask", "--api", "responses", "-m", MODEL, "--effort", "low", "hi").out == "ok\n"
    assert server.requests[0].json["reasoning"] == {"effort": "low"}
    assert "reasoning" not in server.requests[1].json


def test_fields_of_our_own_go_without_a_word(grok, server):
    server.reply(refusal("Argument not supported: include"), wire.answer(message("ok")))
    assert grok("ask", "--api", "responses", "hi") == (0, "ok\n", "")
    assert "include" not in server.requests[1].json


@pytest.mark.parametrize(
    ("flags", "name"),
    [(["--web"], "tools"), ([], "store"), ([], "temperature"), (["-O", "response_format={}"], "response_format")],
)
def test_what_was_meant_or_promised_or_never_sent_is_not_left_out(grok, server, flags, name):
    server.reply(refusal(f"Argument not supported: {name}"))
    code, _, err = grok("ask", "--api", "responses", *flags, "hi")
    assert (code, len(server.requests)) == (6, 1)
    assert name in err


def test_other_errors_are_not_healed(grok, server):
    server.reply(refusal("seed must be a number"))
    assert grok("ask", "-O", "seed=x", "hi").code == 6
    server.reply(refusal("Argument not supported: seed", 500))


def test_a_memory_that_cannot_be_used_is_done_without(grok, server, home):
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "rejected.json").mkdir()
    server.reply(
        refusal("Argument not supported: seed"), answer("ok"), refusal("Argument not supported: seed"), answer("ok")
    )
    for _ in range(2):
        assert grok("ask", "-q", "-O", "seed=1", "hi") == (0, "ok\n", "")
    assert len(server.requests) == 4


@pytest.mark.parametrize("content", ["{", "[]", '{"KEY": []}', '{"KEY": {"seed": "x"}}', '{"KEY": {"seed": 1}}'])
def test_a_memory_that_makes_no_sense_or_is_old_is_not_believed(grok, server, home, content):
    (home / "cache").mkdir(parents=True)
    (home / "cache" / "rejected.json").write_text(content.replace("KEY", f"{server.url} grok-4.7"))
    server.reply(answer("ok"))
    grok("ask", "-O", "seed=1", "hi")
    assert server.requests[0].json["seed"] == 1


def test_what_is_remembered_is_for_one_server(grok, server, home):
    (home / "cache").mkdir(parents=True)
    known = {"https://api.x.ai/v1 grok-4.7": {"seed": time.time()}}
    (home / "cache" / "rejected.json").write_text(json.dumps(known))
    server.reply(answer("ok"))
    grok("ask", "-O", "seed=1", "hi")
    assert server.requests[0].json["seed"] == 1


def test_an_effort_that_the_model_has_not_is_told_at_once(grok, server):
    code, _, err = grok("ask", "-m", "grok-4.5", "--effort", "xhigh", "hi")
    assert (code, server.requests) == (2, [])
    assert err == "error: grok-4.5 does not support the effort 'xhigh'\nhint: choose from low, medium, high\n"
    server.reply(answer("ok", model="other"))
    assert grok("ask", "-m", "other", "--effort", "minimal", "hi").code == 0
    assert server.requests[0].json["reasoning_effort"] == "minimal"
    assert grok("ask", "--effort", "hihg", "hi").code == 2


def test_effort_may_be_set_for_a_model(grok, server):
    grok("config", "set", 'models."grok-4.3".effort', "low")
    server.reply(answer("ok"))
    grok("ask", "-m", "grok-4.3", "hi")
    grok("ask", "-m", "grok-4.7", "hi")
    assert server.requests[0].json["reasoning_effort"] == "low"
    assert "reasoning_effort" not in server.requests[1].json
