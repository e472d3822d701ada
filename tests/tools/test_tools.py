"""Functions as tools: what schema they have, what becomes of a call, and tools in the library."""

from __future__ import annotations

import io
import json
import re
import threading
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NotRequired, Optional, TypedDict

import pytest
import responses as wire
from responses import function_call, message, reasoning
from server import body, whole

from grokcli import XAI, UsageError, tool_result, user
from grokcli.chat import fill_missing_results
from grokcli.tools.tool import tool_of

LIBRARY = (Path(__file__).parents[2] / "grokcli" / "help" / "library.md").read_text("utf-8")


class Unit(Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


@dataclass
class Place:
    name: str
    height: float = 0.0
    tags: list[str] = field(default_factory=list)

    def __post_init__(self):
        if not self.name:
            raise ValueError("a place needs a name")


class Trip(TypedDict):
    places: list[Place]
    note: NotRequired[str]


@dataclass
class Node:
    next: Node | None


def parameters(function):
    return tool_of(function).schema()["function"]["parameters"]


def schema_of(annotation):
    def function(value):
        pass

    function.__annotations__ = {"value": annotation}
    return parameters(function)["properties"]["value"]


def call(function, **arguments):
    return tool_of(function).call(json.dumps(arguments))


STRING = {"type": "string"}
PLACE = {
    "type": "object",
    "properties": {"name": STRING, "height": {"type": "number"}, "tags": {"type": "array", "items": STRING}},
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, STRING),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (Any, {}),
        (list, {"type": "array", "items": {}}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (dict, {"type": "object"}),
        (dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}),
        (str | None, {"anyOf": [STRING, {"type": "null"}]}),
        (Optional[str], {"anyOf": [STRING, {"type": "null"}]}),  # noqa: UP045
        (Literal["C", "F"], {"type": "string", "enum": ["C", "F"]}),
        (Literal[1, "two"], {"enum": [1, "two"]}),
        (Unit, {"type": "string", "enum": ["C", "F"]}),
        (Place, PLACE),
        (
            Trip,
            {
                "type": "object",
                "properties": {"places": {"type": "array", "items": PLACE}, "note": STRING},
                "required": ["places"],
                "additionalProperties": False,
            },
        ),
    ],
    ids=str,
)
def test_an_annotation_becomes_a_schema(annotation, schema):
    if annotation is Trip:  # which fields are required cannot be seen in annotations that are strings
        schema = {**schema, "required": schema_of(annotation)["required"]}
    assert schema_of(annotation) == schema


def test_signature_and_docstring_become_a_tool():
    def weather(city: str, days: int = 3, unit: Unit = Unit.CELSIUS) -> str:
        """Tell the weather
        of a city.

        Longer words that only people read.

        Args:
            city: its name,
                in English
            days (int): how many
        Returns:
            days: no argument at all
        """

    assert tool_of(weather).schema() == {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Tell the weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "its name, in English"},
                    "days": {"type": "integer", "default": 3, "description": "how many"},
                    "unit": {"type": "string", "enum": ["C", "F"]},
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }


def test_fields_of_a_rest_docstring_describe_arguments():
    def weather(city: str, days: int):
        """Tell the weather.

        :param city: its name,
            in English
        :param int days: how many
        :returns: words
        """

    described = parameters(weather)["properties"]
    assert described["city"]["description"] == "its name, in English"
    assert described["days"]["description"] == "how many"


def test_a_function_without_arguments_or_docstring_is_a_tool():
    def now():
        return "noon"

    assert "description" not in tool_of(now).schema()["function"]
    assert parameters(now)["properties"] == {}
    assert tool_of(now).call("") == tool_of(now).call("{}") == ("noon", "")


def unannotated(city, unit: str):
    pass


def starred(*cities: str):
    pass


def keywords(**cities: str):
    pass


def nameless(city: str, /):
    pass


def unsayable(data: bytes):
    pass


def nested(data: dict[str, list[complex]]):
    pass


def numbered(data: dict[int, str]):
    pass


def endless(node: Node):
    pass


def misspelt(city: Strign):  # noqa: F821
    pass


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (unannotated, "the parameter 'city' of unannotated() has no type"),
        (starred, "starred() takes '*cities'"),
        (keywords, "keywords() takes '**cities'"),
        (nameless, "nameless() takes 'city'"),
        (unsayable, "the type of 'data' in unsayable() has no JSON Schema: bytes"),
        (nested, "the type of 'data' in nested() has no JSON Schema: complex"),
        (numbered, "the type of 'data' in numbered() has no JSON Schema: a dict with keys of type int"),
        (endless, "the type of 'node' in endless() has no JSON Schema: Node, which holds itself"),
        (misspelt, "cannot evaluate the annotations of misspelt(): name 'Strign' is not defined"),
        (lambda city: city, "invalid name for a tool: '<lambda>'"),
    ],
)
def test_what_cannot_be_a_tool_is_an_error_that_names_function_and_argument(function, said):
    with pytest.raises(UsageError) as raised:
        tool_of(function)
    assert said in raised.value.message
    assert raised.value.exit_code == 2


def everything(
    place: Place, unit: Unit, numbers: list[float], choice: Literal[1, True], maybe: int | None = None
) -> dict[str, Any]:
    return {"types": [type(one).__name__ for one in (place, unit, numbers[0], choice, maybe)], "height": place.height}


GOOD = {"place": {"name": "Paris"}, "unit": "F", "numbers": [1], "choice": True}


def test_arguments_become_what_the_annotations_promise():
    assert call(everything, **GOOD).text == '{"types": ["Place", "Unit", "float", "bool", "NoneType"], "height": 0.0}'
    assert '"int"]' in call(everything, **GOOD, maybe=3.0).text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"unit": "K"}, "unit: 'K' is not one of 'C', 'F'"),
        ({"numbers": [1, "2"]}, "numbers[1]: '2' is not of type number"),
        ({"numbers": [True]}, "numbers[0]: True is not of type number"),
        ({"numbers": 1}, "numbers: 1 is not of type array"),
        ({"choice": 1.5}, "choice: 1.5 is not one of 1, True"),
        ({"place": {}}, "place: {} is not complete without name"),
        ({"place": {"name": 1}}, "place.name: 1 is not of type string"),
        ({"place": {"name": ""}}, "place: {'name': ''} is not a Place (a place needs a name)"),
        ({"place": {"name": "x", "size": 1}}, "place: 'size' is not one of name, height, tags"),
        ({"maybe": "3"}, "maybe: '3' is not of type integer or null"),
        ({"surprise": 1}, "'surprise' is not one of place, unit"),
    ],
)
def test_wrong_arguments_are_told_and_nothing_is_called(wrong, said):
    outcome = call(everything, **{**GOOD, **wrong})
    assert said in outcome.note
    assert outcome.text == f"error: {outcome.note}"


@pytest.mark.parametrize("arguments", ["{", "nonsense", "[1]", "3", "[" * 100_000])
def test_arguments_that_are_no_object_are_told(arguments):
    assert tool_of(everything).call(arguments).text.startswith("error: ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", f"1{'0' * 400}"])
@pytest.mark.parametrize("annotation", [float, list[float], Any])
def test_a_number_that_is_not_finite_reaches_no_function(number, annotation):
    taken = []

    def function(value):
        taken.append(value)

    function.__annotations__ = {"value": annotation}
    value = f"[{number}]" if annotation == list[float] else number
    outcome = tool_of(function).call(f'{{"value": {value}}}')
    if annotation is Any and number.isdigit():
        assert taken == [int(number)]
    else:
        assert outcome.text.startswith("error: ")
        assert taken == []


def raises():
    raise ValueError("no such\ncity")


def leaves():
    raise SystemExit(3)


def gives_bytes():
    return b"\x00"


def gives_nan():
    return [float("nan")]


def gives_much():
    return "x" * 200_000


async def waits(city: str):
    return [city]


@pytest.mark.parametrize(
    ("function", "text", "note"),
    [
        (raises, "error: ValueError: no such city", "ValueError: no such city"),
        (leaves, "error: SystemExit: 3", "SystemExit: 3"),
        (gives_bytes, "b'\\x00'", "returned bytes, which is not JSON; sent its repr to the model"),
        (gives_nan, "[nan]", "returned list, which is not JSON; sent its repr to the model"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model_and_to_the_user(function, text, note):
    assert call(function) == (text, note)


def test_a_result_that_is_too_long_is_cut_and_both_are_told():
    text, note = call(gives_much)
    assert len(text) < 100_100
    assert text.endswith("(cut: the result has 200,000 characters)")
    assert "200,000 characters; sent the first 100,000" in note


def test_a_coroutine_is_awaited():
    assert call(waits, city="Paris") == ('["Paris"]', "")


def test_a_function_that_hangs_is_given_up():
    stopped = threading.Event()

    def hangs():
        stopped.wait(30)

    assert tool_of(hangs).call("{}", seconds=0.05).text == "error: no result after 0.05 s"
    stopped.set()


def test_what_a_function_prints_goes_where_it_should(capsys):
    def chatty():
        print("aside")

    printed = io.StringIO()
    tool_of(chatty).call("{}", printed=printed)
    assert (printed.getvalue(), capsys.readouterr().out) == ("aside\n", "")


def temperature(city: str) -> int:
    """Tell how warm it is."""
    return len(city)


def test_a_conversation_takes_functions_and_tools_as_the_api_has_them(server):
    server.reply(whole("ok"))
    raw = {"type": "web_search"}
    XAI("key", base_url=server.url).chat.create(tools=[temperature, raw], messages=[user("hi")]).sample()
    assert server.requests[0].json["tools"] == [tool_of(temperature).schema(), raw]


def test_a_function_that_cannot_be_a_tool_is_told_when_the_conversation_is_made(server):
    with pytest.raises(UsageError, match="'city'"):
        XAI("key", base_url=server.url).chat.create(tools=[unannotated])


def called(name, arguments, number=0):
    call = {"id": f"call-{number}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
    said = {"role": "assistant", "content": "", "tool_calls": [call]}
    return body({"id": "chat-1", "choices": [{"index": 0, "message": said, "finish_reason": "tool_calls"}]})


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_the_librarys_example_runs_as_it_is_written(server, api, capsys, monkeypatch):
    if api == "chat":
        server.reply(called("temperature", {"city": "Paris"}), whole("Mild."))
    else:
        call = function_call("temperature", {"city": "Paris"})
        server.reply(wire.whole(reasoning("Hm."), call), wire.whole(message("Mild.")))
    monkeypatch.setenv("XAI_API_KEY", "key")
    monkeypatch.setenv("XAI_BASE_URL", server.url)
    (code,) = re.findall(
        r"```python\n(import json\n\nfrom grokcli import Client, tool_result.*?)```", LIBRARY, re.DOTALL
    )
    exec(code.replace("Client()", f"Client(api={api!r})"), {"__name__": "example"})
    assert capsys.readouterr().out == "Mild.\n"
    sent = server.requests[1].json
    if api == "chat":
        assert sent["messages"][-1] == {"role": "tool", "tool_call_id": "call-0", "content": "15.5"}
    else:
        assert sent["input"][-1] == {"type": "function_call_output", "call_id": "call-0", "output": "15.5"}


def test_calls_that_were_never_answered_get_a_result_before_they_are_sent(server):
    server.reply(wire.whole(function_call("a", {}), function_call("b", {}, number=1)))
    chat = XAI("key", base_url=server.url, api="responses").chat.create(messages=[user("hi")])
    response = chat.sample()
    chat.append(response).append(tool_result(response.tool_calls[1], "done"))
    complete = fill_missing_results(chat.messages)
    assert [(one["role"], one.get("tool_call_id")) for one in complete[1:]] == [
        ("assistant", None),
        ("tool", "call-0"),
        ("tool", "call-1"),
    ]
    assert fill_missing_results(complete) == complete
