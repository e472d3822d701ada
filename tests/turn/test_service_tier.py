"""The service tier: asked for by --fast or a setting, and shown when an answer says which one it was."""

from __future__ import annotations

import json

import pytest
import responses as wire
from language import KEY
from server import answer, body, delta, finish, stream, usage, whole


def answered(api, tier):
    """Return an answer of that tier."""
    if api == "responses":
        return wire.answer(wire.message("ok"), service_tier=tier)
    return stream([{**one, "service_tier": tier} for one in (delta("ok"), finish(), usage())])


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_fast_is_a_field_and_the_tier_that_answered_is_shown(grok, server, api):
    server.reply(answered(api, "default"))
    code, _, err = grok("ask", "--api", api, "--fast", "-u", "hi")
    assert (code, server.requests[0].json["service_tier"]) == (0, "fast")
    assert " · default tier · " in err
    document = json.loads(grok("ask", "--api", api, "--json", "hi").out)
    assert document["usage"]["service_tier"] == "default"
    assert "service_tier" not in server.requests[1].json


@pytest.mark.parametrize(
    ("api", "reply"),
    [
        ("chat", answer("ok")),
        ("chat", whole("ok")),
        ("chat", answered("chat", None)),
        ("responses", answered("responses", None)),
    ],
)
def test_what_is_not_reported_is_not_shown(grok, server, api, reply):
    server.reply(reply)
    code, out, err = grok("ask", "--api", api, "-u", "--json", "hi")
    assert code == 0
    assert "tier" not in err + out


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("tier", ["\x1b[2J", f"{KEY}", "x" * 100, 7, ["fast"], {"a": 1}])
def test_a_tier_that_is_no_word_is_none(grok, server, tier, api):
    server.reply(answered(api, tier))
    code, out, err = grok("ask", "--api", api, "--json", "-u", "hi")
    assert code == 0
    assert "tier" not in err + out


def test_the_setting_is_for_every_question_and_single_models(grok, server, environ):
    server.reply(answer("ok"))
    assert grok("config", "set", "service_tier", "priority").code == 0
    assert grok("config", "set", 'models."grok-4.3".service_tier', "default").code == 0
    for words, tier in (([], "priority"), (["-m", "grok-4.3"], "default"), (["-m", "grok-4.3", "--fast"], "fast")):
        grok("ask", *words, "hi")
        assert server.requests[-1].json["service_tier"] == tier
    grok("chat", "--fast", stdin="/set service_tier\nhi\n/set service_tier auto\nhi\n")
    assert [one.json["service_tier"] for one in server.requests[-2:]] == ["fast", "auto"]


def test_a_model_without_tiers_is_asked_without(grok, server):
    server.reply(body({"error": "Argument not supported on this model: service_tier"}, 400), answer("ok"))
    code, out, err = grok("ask", "--fast", "hi")
    assert (code, out) == (0, "ok\n")
    assert "does not support service_tier; asking without it" in err
    assert "service_tier" not in server.requests[-1].json


def test_several_rounds_have_the_tier_of_the_last(grok, server, tmp_path):
    (tmp_path / "tools.py").write_text('def double(n: int) -> int:\n    "Double."\n    return 2 * n\n')
    call = wire.function_call("double", {"n": 4})
    server.reply(wire.answer(call, service_tier="fast"), wire.answer(wire.message("8"), service_tier="default"))
    words = ["--api", "responses", "--tool", str(tmp_path / "tools.py"), "--yes", "-u"]
    assert " · default tier · " in grok("ask", *words, "double").err
