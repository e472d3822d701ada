"""Reading questions: each format, what a line may say, and errors that name the line."""

from __future__ import annotations

import io
import json

import pytest

from grokcli.batch.questions import Reading, read_questions
from grokcli.batch.records import format_of
from grokcli.batch.template import Template
from grokcli.errors import UsageError


def read(text, kind="jsonl", prompt=None, **more):
    content = text if isinstance(text, bytes) else text.encode()
    reading = Reading(kind, None if prompt is None else Template(prompt), **more)
    return list(read_questions(io.BytesIO(content), "q", reading))


def prompts(*args, **kwargs):
    return [(one.id, one.messages[-1]["content"]) for one in read(*args, **kwargs)]


def test_the_formats():
    objects = '{"id": "a", "prompt": "one"}\n\n{"prompt": "two"}'
    for text, kind, prompt, expected in [
        (objects, "jsonl", None, [("a", "one"), ("2", "two")]),
        ("one\n\n  two \r\n", "lines", None, [("1", "one"), ("2", "two")]),
        ("one\n", "lines", "Say: {line}!", [("1", "Say: one!")]),
        ("id,prompt\r\na,one\r\n\r\nb,two\r\n", "csv", None, [("a", "one"), ("b", "two")]),
        ("\ufeffquestion\n\"one, or\ntwo\"\n", "csv", None, [("1", "one, or\ntwo")]),
        ("a\tb\n1\t2\n", "tsv", "{{{a}}} {b}", [("1", "{1} 2")]),
        ("id;text\n7;Preis 1,50\n", "csv", "{text}", [("7", "Preis 1,50")]),
        ('{"id": 7, "n": 1.5, "tags": ["ä"], "no": null}', "jsonl", "{n} {tags}{no}.", [("7", '1.5 ["ä"].')]),
    ]:  # fmt: skip
        assert prompts(text, kind, prompt) == expected, text
    assert prompts('{"key": "k", "prompt": "x"}', id_field="key") == [("k", "x")]
    assert prompts("id,text\nsame,x\nsame,y\n", "csv", "{text}", id_field="") == [("1", "x"), ("2", "y")]
    names = {"q.JSONL": "jsonl", "q.csv": "csv", "q.tab": "tsv", "q.txt": "lines", "q": "lines"}
    assert {name: format_of(name) for name in names} == names


def test_a_line_has_a_model_a_system_prompt_and_options_of_its_own():
    line = {"messages": [{"role": "user", "content": "hi"}], "model": "m", "system": "s", "options": {"seed": 7}}
    for text, kind in [(json.dumps(line), "jsonl"), ('prompt,model,system,options\nhi,m,s,"{""seed"": 7}"\n', "csv")]:
        (one,) = read(text, kind)
        assert (one.messages, one.model, one.system, one.options) == (line["messages"], "m", "s", {"seed": 7})
    # Under a template they are data: a table of cars has a model.
    (one,) = read("model,year,options\nPolo,1999,none\n", "csv", "A {model} of {year}?")
    assert (one.messages[0]["content"], one.model, one.options) == ("A Polo of 1999?", None, {})


def test_the_hash_changes_with_the_question_and_with_what_all_share():
    def hashes(text, **more):
        return [one.hash for one in read(text, **more)]

    one, other = hashes('{"id": 1, "prompt": "x"}\n{"id": 2, "prompt": "y"}')
    assert one != other
    assert hashes('{"prompt": "x", "id": "z", "note": 1}') == [one]
    for changed in (
        {"prompt": "x", "model": "m"},
        {"prompt": "x", "system": "s"},
        {"prompt": "x", "options": {"n": 1}},
    ):
        assert hashes(json.dumps(changed)) != [one]
    assert hashes('{"prompt": "x"}', shared="s") != [one]


def test_what_is_wrong_with_a_line_names_it():
    good = '{"prompt": "x"}\n'
    for text, kind, what in [
        (good + "{nope\n", "jsonl", "q, line 2: not JSON"),
        (good + '{"prompt": "x"', "jsonl", "q, line 2: not JSON"),
        (good + "\n[1]", "jsonl", "q, line 3: not a JSON object"),
        ('{"prompt": NaN}', "jsonl", "q, line 1: not JSON: NaN"),
        ("[" * 100_000, "jsonl", "q, line 1: not JSON: nested too deeply"),
        (good + '{"text": "x"}', "jsonl", "q, line 2: no field 'prompt', and no messages"),
        (good + '{"prompt": " "}', "jsonl", "q, line 2: the prompt is empty"),
        ('{"prompt": ["x"]}', "jsonl", "q, line 1: the prompt is not text"),
        ('{"prompt": "x", "messages": [{"role": "user", "content": "x"}]}', "jsonl", "both a prompt and messages"),
        ('{"messages": []}', "jsonl", "messages must be a list"),
        ('{"messages": [{"role": "king", "content": "x"}]}', "jsonl", "needs a role"),
        ('{"messages": [{"role": "user"}]}', "jsonl", "needs a content"),
        ('{"prompt": "x", "id": true}', "jsonl", "q, line 1: an id must be"),
        ('{"prompt": "x", "id": ""}', "jsonl", "q, line 1: the id is empty"),
        ('{"prompt": "x", "id": "\\ud800"}', "jsonl", "q, line 1: the id contains"),
        ('{"prompt": "x", "model": 3}', "jsonl", "q, line 1: the field 'model' is not text"),
        ('{"prompt": "x", "options": [1]}', "jsonl", "q, line 1: the options are not a JSON object"),
        ('{"prompt": "x", "options": {"stream": true}}', "jsonl", "q, line 1: the field 'stream' cannot be set"),
        ('{"prompt": "x", "options": {"temperature": "hot"}}', "jsonl", "q, line 1: "),
        (b"one\n\xff\n", "lines", "q, line 2: not UTF-8 at byte 1"),
        (b"x" * (33 << 20), "lines", "q, line 1: longer than 32 MiB"),
        ("", "csv", "q is empty"),
        ("\n", "csv", "q, line 1: no columns"),
        ("a,a\n", "csv", "q, line 1: two columns are called 'a'"),
        ("prompt,b\n1,2\n3\n", "csv", "q, line 3: 1 column, but the header has 2"),
        ("a,b\n1,2\n", "csv", "q, line 2: no column 'prompt'"),
        ('prompt\n"x\ny"\n"z\n', "csv", "q, line 4: malformed"),
        ('prompt,options\nx,{a}\n', "csv", "q, line 2: the options are not JSON"),
    ]:  # fmt: skip
        with pytest.raises(UsageError) as raised:
            read(text, kind)
        assert what in raised.value.message, text[:80]
    with pytest.raises(UsageError, match="line 2: no field 'txt', which --prompt names") as raised:
        read("id,text\n1,x\n", "csv", "{txt}")
    assert raised.value.hint == "the line has: id, text"
    for prompt in ("{", "}", "a {{b}", "{}"):
        with pytest.raises(UsageError, match="--prompt has"):
            Template(prompt)


def test_questions_are_read_one_by_one():
    def endless():
        while True:
            yield b"question\n"

    class Endless(io.RawIOBase):
        lines = endless()

        def readline(self, size=-1):
            return next(self.lines)

    questions = read_questions(Endless(), "q", Reading("lines"))
    assert [next(questions).number for _ in range(3)] == [1, 2, 3]
