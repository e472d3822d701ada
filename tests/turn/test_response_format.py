"""The form of an answer: JSON that keeps to a schema, and code without the words around it."""

from __future__ import annotations

import json
import os
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from server import answer, body, whole

from grokcli.render.extract import extract

FIELDS = "name, age int"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
JOHN = '{"name": "John", "age": 30}'


def sent_schema(server):
    return server.requests[-1].json["response_format"]["json_schema"]["schema"]


def test_the_schema_goes_along_strictly_and_the_answer_is_the_models_json(grok, server):
    server.reply(answer('{"name": "John",', ' "age": 30}'))
    assert grok("ask", "--schema", FIELDS, "a person") == (0, JOHN + "\n", "")
    assert server.requests[0].json["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
    }


def test_the_responses_api_is_told_in_its_own_form(grok, server):
    server.reply(body({"output": [], "status": "completed"}))
    grok("ask", "--api", "responses", "--no-stream", "--schema", FIELDS, "a person")
    text = server.requests[0].json["text"]
    assert text == {"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True}}


def test_an_answer_of_the_responses_api_is_held_against_the_schema_too(grok, server):
    text = {"type": "output_text", "text": '{"name":"John","age":30}', "annotations": []}
    message = {"type": "message", "role": "assistant", "content": [text]}
    usage = {"input_tokens": 254, "output_tokens": 221, "cost_in_usd_ticks": 6684000}
    server.reply(body({"model": "grok-4.7", "status": "completed", "output": [message], "usage": usage}))
    words = ["ask", "--api", "responses", "--no-stream", "--json"]
    document = json.loads(grok(*words, "--schema", FIELDS, "John is 30").out)
    assert document["data"] == {"name": "John", "age": 30}
    assert document["usage"]["cost_in_usd_ticks"] == 6684000
    assert grok(*words, "--schema", "name", "John is 30").code == 7


def test_a_schema_is_json_or_a_file_or_fields(grok, server, tmp_path):
    server.reply(answer(JOHN))
    file = tmp_path / "person"
    file.write_text(json.dumps(SCHEMA))
    for schema in (json.dumps(SCHEMA), str(file), "name\nage int", "name str,\n age int,"):
        assert grok("ask", "--schema", schema, "hi").code == 0
        assert sent_schema(server) == SCHEMA


def test_fields_have_types_and_descriptions(grok, server):
    code, out, _ = grok(
        "ask", "--schema", "a: of all, many\nc bool : is it, or not\nd list\ne float", "hi", "--dry-run"
    )
    assert code == 0
    assert json.loads(out.splitlines()[-1])["response_format"]["json_schema"]["schema"]["properties"] == {
        "a": {"type": "string", "description": "of all, many"},
        "c": {"type": "boolean", "description": "is it, or not"},
        "d": {"type": "array", "items": {"type": "string"}},
        "e": {"type": "number"},
    }


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("", "has no fields"),
        ("name, age years", "invalid field in the schema: 'age years'"),
        ("name, name", "two fields 'name'"),
        ("two words here", "invalid field"),
        ('{"type": "objekt"}', "the schema is not a JSON Schema: 'objekt' is not valid"),
        ('{"properties": {"a": {"minimum": "x"}}}', "at $.properties.a.minimum"),
        ('{"type": ', "the schema is not JSON"),
        ("[1]", "is not a JSON Schema"),
        ('{"$schema": {}}', "is not a JSON Schema"),
        ('{"not":' * 900 + "{}" + "}" * 900, "nested too deeply"),
        ('{"$ref": "https://example.com/person.json"}', "which it does not contain"),
        ('{"$ref": "#/$defs/person"}', "which it does not contain"),
        ("/no/such/schema.json", "cannot read /no/such/schema.json"),
    ],
)
def test_a_broken_schema_is_a_usage_error_and_nothing_is_sent(grok, server, schema, reason):
    code, out, err = grok("ask", "--schema", schema, "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert reason in err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Sure! " + JOHN, "is not JSON: Expecting value: line 1 column 1"),
        ('{"name": "John", "age": NaN}', "NaN is not a number"),
        ('{"name": "John", "age": "30"}', "'30' is not of type 'integer' at $.age"),
        ('{"name": 1, "age": "30"}', "at $.age, and 1 more"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_an_answer_that_breaks_the_schema_is_printed_and_exits_7_with_the_place(grok, server, tmp_path, text, reason):
    server.reply(answer(text))
    code, out, err = grok("ask", "--schema", FIELDS, "hi")
    assert (code, out) == (7, text + "\n")
    assert err.startswith("error: the answer ")
    assert reason in err
    target = tmp_path / "person.json"
    target.write_text("old")
    assert grok("ask", "--schema", FIELDS, "-o", str(target), "hi").code == 7
    assert target.read_text() == "old"
    assert (tmp_path / "person.json.partial").read_text() == text + "\n"


def test_an_empty_answer_is_no_json(grok, server):
    server.reply(answer())
    code, out, err = grok("ask", "--schema", FIELDS, "hi")
    assert (code, out) == (7, "")
    assert "the answer is empty" in err


def test_a_schema_that_is_a_device_is_not_read(grok, server, tmp_path):
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    code, _, err = grok("ask", "--schema", str(tmp_path / "zero.json"), "hi")
    assert (code, server.requests) == (2, [])
    assert "zero.json is a device, not a file" in err


def test_a_schema_without_end_is_no_traceback(grok, server):
    server.reply(answer("1"))
    code, out, err = grok("ask", "--schema", '{"$ref": "#"}', "hi")
    assert (code, out) == (7, "1\n")
    assert err.startswith("error: the answer could not be checked against the schema: ")


def test_json_has_the_parsed_answer_when_it_is_right(grok, server):
    server.reply(whole(JOHN), whole("{}"))
    document = json.loads(grok("ask", "--no-stream", "--json", "--schema", FIELDS, "hi").out)
    assert (document["content"], document["data"]) == (JOHN, {"name": "John", "age": 30})
    code, out, _ = grok("ask", "--no-stream", "--json", "--schema", FIELDS, "hi")
    document = json.loads(out)
    assert (code, document["content"], "data" in document) == (7, "{}", False)
    assert "required property" in document["error"]["message"]


def test_json_on_a_terminal_is_not_rendered_as_markdown(grok, server):
    server.reply(answer('{"name": "*John*",\n', '    "age": 30}'))
    assert grok("ask", "--schema", FIELDS, "hi", tty=True).out == '{"name": "*John*",\n    "age": 30}\n'


ANSWER = (
    "Use this:\r\n\r\n```python\r\nprint('`x`')\r\n\tdone()  \r\n```\r\nor\n\n"
    "~~~~sh title=x\n~~~\n```\n\x0c a\u2028b\n~~~~~\n\n`inline`\n"
)


@pytest.mark.parametrize(
    ("flag", "code"),
    [
        ("-x", "print('`x`')\r\n\tdone()  \r\n"),
        ("--extract", "print('`x`')\r\n\tdone()  \r\n"),
        ("--extract-last", "~~~\n```\n\x0c a\u2028b\n"),
        ("--extract-all", "print('`x`')\r\n\tdone()  \r\n\n~~~\n```\n\x0c a\u2028b\n"),
    ],
)
def test_the_code_alone_is_printed_to_the_byte(run, server, tmp_path, flag, code):
    server.reply(answer(*ANSWER), whole(ANSWER), answer(ANSWER))
    target = tmp_path / "code"
    assert run("ask", flag, "hi") == (0, code, "")
    assert run("ask", flag, "--no-stream", "hi") == (0, code, "")
    assert run("ask", flag, "-o", str(target), "hi") == (0, "", "")
    assert target.read_bytes().decode() == code


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no code, `inline` and\n\n    indented\n", []),
        ("```\n```\n", [""]),
        ("   ```\n   a\n    b\n  c\n   ```\n", ["a\n b\nc\n"]),
        ("    ```\n    a\n", []),
        ("````md\n```\na\n```\n````\n", ["```\na\n```\n"]),
        ("```\na\n``\n~~~\n``` x\n", ["a\n``\n~~~\n``` x\n"]),
        ("``` a`b\n\n~~~ a`b\nc\n~~~\n", ["c\n"]),
        ("1. do\n\n   ```sh\n   ls\n     -l\n   ```\n\n- > ~~~\n  > x\n", ["ls\n  -l\n", "x\n"]),
        ("para\n```\nopen", ["open"]),
        ("```\na\n\n", ["a\n\n"]),
    ],
)
def test_fences_are_those_of_commonmark(text, blocks):
    assert extract(text, "all") == blocks
    assert extract(text, "first") == blocks[:1]
    assert extract(text, "last") == blocks[-1:]
    assert extract(text.replace("\n", "\r\n"), "all") == [block.replace("\n", "\r\n") for block in blocks]


def test_an_answer_without_code_is_not_lost_and_exits_7(grok, server, tmp_path):
    server.reply(answer("I can", "not."))
    target = tmp_path / "code"
    for words in (["-x"], ["-x", "-o", str(target)]):
        code, out, err = grok("ask", *words, "hi")
        assert (code, out) == (7, "")
        assert err.startswith("I cannot.\nerror: the answer contains no code block\nhint: ")
    assert list(tmp_path.glob("code*")) == []
    assert grok("ask", "-x", "-o", str(target), "hi", tty=True).err.count("I cannot.") == 1


def test_a_cut_answer_leaves_the_code_that_came(grok, server, tmp_path):
    server.reply(answer("So:\n```\nab", reason="length"))
    assert grok("ask", "-x", "hi")[:2] == (7, "ab\n")
    assert grok("ask", "-x", "-o", str(tmp_path / "code"), "hi").code == 7
    assert (tmp_path / "code.partial").read_text() == "ab\n"


def test_code_on_a_terminal_has_no_control_characters(grok, server):
    server.reply(answer("```\na\x1b[31mb\n```\n"))
    assert grok("ask", "-x", "hi", tty=True).out == "a␛[31mb\n"


@pytest.mark.parametrize(
    "words", [["-x", "--extract-last"], ["-x", "--json"], ["-x", "--output-format", "json"], ["-x", "--schema", "name"]]
)
def test_what_excludes_each_other_is_told_before_anything_is_sent(grok, server, words):
    code, out, err = grok("ask", *words, "hi")
    assert (code, out, server.requests) == (2, "", [])
    assert err.startswith("error: ")


DOCUMENTS = st.lists(
    st.lists(
        st.sampled_from(
            ["```", "````", "~~~", "~~~~~", "``` py", "~~~ a`b", "- ", "1. ", "> ", "  ", "    ", "\t", "x", "# h"]
        ),
        max_size=3,
    ).map("".join),
    max_size=9,
).map("\n".join)


@given(DOCUMENTS)
def test_code_is_what_another_parser_finds(text):
    # Where cmark reads what we do: markdown-it never looks at a quote mark that blanks make text of a paragraph, or
    # code, and hands on the whole of a tab whose first column belongs to a quote mark.
    assume(not re.search(r"(?: {4}|\t)[ \t]*>|>\t", text))
    text += "\n"  # without it, markdown-it drops blanks at the end
    assert extract(text, "all") == [
        token.content for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"
    ]


@pytest.mark.skipif(os.name != "posix", reason="the timer is POSIX")
def test_a_pattern_without_end_is_given_up(grok, server, monkeypatch):
    monkeypatch.setattr("grokcli.turn.json_schema.CHECK_SECONDS", 0.1)
    server.reply(answer(json.dumps("a" * 60 + "!")))
    code, _, err = grok("ask", "--schema", '{"type": "string", "pattern": "^(a+)+$"}', "hi")
    assert (code, err.splitlines()[0]) == (7, "error: the answer could not be checked within 0.1 s")
