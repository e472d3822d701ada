"""Arguments in the text of a prompt: the table of what stands for what."""

from __future__ import annotations

import pytest

from grokcli.errors import UsageError
from grokcli.input.prompts.front_matter import parse
from grokcli.input.prompts.placeholders import fill, split_line, split_words
from grokcli.input.prompts.saved_prompt import Argument, SavedPrompt
from grokcli.input.prompts.use import not_done

FENCE = "```"
# The text, the words as typed, what comes of it. Declared: language=English, tone (must be given), pr-number=7.
TABLE = [
    ("Explain $ARGUMENTS.", "this and that", "Explain this and that."),
    ("Explain $ARGUMENTS.", "", "Explain ."),
    ("$1 before $2", "a b", "a before b"),
    ("$2, then $1.", "a b", "b, then a."),
    ("Only $2.", "a b c", "Only b.\n\na c"),
    ("Only $1.", "a b c", "Only a.\n\nb c"),
    ("No place.", "for these words", "No place.\n\nfor these words"),
    ("No place.", "", "No place."),
    ("$ARGUMENTS[0] and $ARGUMENTS[1]", "a b", "a and b"),
    ("In $language", "", "In English"),
    ("In $language", "language=German", "In German"),
    ("In ${language}s", "language=German", "In Germans"),
    ("In $language", "language=", "In "),
    ("In ${language:-Welsh}", "", "In English"),
    ("In ${language:-Welsh}", "language=", "In Welsh"),
    ("Be $tone", "tone=kind", "Be kind"),
    ("Be $tone-ish", "tone=kind", "Be kind-ish"),
    ("See $pr-number", "", "See 7"),
    ("The $size-wide $size", "size=9", "The 9-wide 9"),
    ("The $size-wide one", "", "error: needs the argument 'size'"),
    ("Hello $name", "name=Ada", "Hello Ada"),
    ("Hello ${name:-World}", "", "Hello World"),
    ("Hello ${name:-$1 and $$}", "", "Hello $1 and $$"),
    ("Hello ${NAME:-World}", "NAME=Ada", "Hello Ada"),
    ("${1:-nothing} more", "", "nothing more"),
    ("${1:-nothing} more", "a", "a more"),
    ("${ARGUMENTS:-all of it}", "", "all of it"),
    ("It costs $100, $1.50 or $1,000.", "", "It costs $100, $1.50 or $1,000."),
    ("It costs $$5.", "", "It costs $5."),
    ("$$1 $$name $$$1", "a", "$1 $name $a"),
    ("$", "", "$"),
    ("a $ b, $(date), $-x, ${}, ${a b}", "", "a $ b, $(date), $-x, ${}, ${a b}"),
    ("$HOME and ${PATH} and $_", "", "$HOME and ${PATH} and $_"),
    ("$HOME", "HOME=mine", "mine"),
    ("${x-none}", "", "${x-none}"),
    # Values are never expanded again.
    ("$1", "$2 x", "$2\n\nx"),
    ("$1 $2", "$2 $1", "$2 $1"),
    ("$ARGUMENTS", "$ARGUMENTS $$ ${tone}", "$ARGUMENTS $$ ${tone}"),
    ("$name", "name=$name", "$name"),
    ("$name$1", "name=$ 1", "$1"),
    # Code of the prompt's own.
    (f"{FENCE}sh\nawk '{{print $1}}' $files\n{FENCE}\n$name", "name=x", f"{FENCE}sh\nawk '{{print $1}}' $files\n{FENCE}\nx"),
    (f"{FENCE}\ngh pr view $1\n{FENCE}", "12", f"{FENCE}\ngh pr view 12\n{FENCE}"),
    (f"{FENCE}$language\n$ARGUMENTS", "x = 1", f"{FENCE}English\nx = 1"),
    ("Diff: !`git diff $branch`", "", "Diff: !`git diff $branch`"),
    ("$ARGUMENTS!", 'what does "yield" do', 'what does "yield" do!'),
    ("$1!", '"two words" b', "two words!\n\nb"),
    ("$tone!", 'tone="very kind"', "very kind!"),
    ("$1", "x=1 is before a=b", "error: no argument 'x'"),
    ("$1", "see a=b", "see\n\na=b"),
    ("$1 $2", "a", "error: needs 2 words"),
    ("$1", "", "error: needs a word"),
    ("$ARGUMENTS[1]", "a", "error: needs 2 words"),
    ("Be $tone", "", "error: needs the argument 'tone'"),
    ("Be $tone", "kind", "error: needs the argument 'tone'"),
    ("Hello $name", "", "error: needs the argument 'name'"),
    ("Hello ${name}", "Ada", "error: needs the argument 'name'"),
    ("Hello $name", "nmae=Ada", "error: no argument 'nmae'"),
]  # fmt: skip


def test_what_stands_for_what():
    declared = (Argument("language", "English"), Argument("tone"), Argument("pr-number", "7"))
    assert len(TABLE) >= 40
    for text, line, expected in TABLE:
        given, words, rest = split_line(line)
        try:
            found = fill(SavedPrompt("p", text, arguments=declared), given, words, line=rest).text
        except UsageError as error:
            assert expected.startswith("error: "), (text, line, error.message)
            assert error.hint
            assert expected.removeprefix("error: ") in error.message
        else:
            assert found == expected, (text, line)


def test_the_words_of_a_command_line_are_never_split_again():
    assert split_words(["a=b c", "x-y=", "two words", "z=1"]) == ({"a": "b c", "x-y": ""}, ["two words", "z=1"])
    assert split_words(["https://a.b/?c=d", "e=f"]) == ({}, ["https://a.b/?c=d", "e=f"])


def test_names_for_words_and_pattern_folders():
    listed = SavedPrompt("p", "Fix $issue on $branch.", names_of_words=("issue", "branch"))
    assert fill(listed, {}, ["12", "main", "now"]).text == "Fix 12 on main.\n\nnow"
    assert fill(listed, {"branch": "dev"}, ["12"]).text == "Fix 12 on dev."
    with pytest.raises(UsageError, match="needs the argument 'branch'"):
        fill(listed, {}, ["12"])
    pattern = SavedPrompt("p", "", system="For {{role}}: $1 {{input}} {{plugin:sys:env:HOME}}", is_pattern=True)
    filled = fill(pattern, {"role": "{{input}}"}, ["$x"])
    assert (filled.text, filled.system) == ("", "For {{input}}: $1 $x {{plugin:sys:env:HOME}}")


def test_a_hostile_text_is_filled_in_linear_time():
    for text in (
        "$" * 50_000,
        "${a:-" * 9_000,
        f"{FENCE}\n" * 9_001,
        "!`" * 30_000,
        "$A-" * 20_000,
        "$1" * 20_000,
        "$a" + "-a" * 50_000,
    ):
        assert fill(SavedPrompt("p", text), {"a": "1"} if "-a" in text else {}, ["x"]).text
    for block in ("a: " + "[" * 24_000, "a: " + "{ " * 24_000, "a: &x [*x, *x]", "a:\n" + " b:\n" * 2000, "- " * 5000):
        assert isinstance(parse(block), dict)
    assert not not_done("@" + "-." * 50_000)
