"""Putting arguments into the text of a prompt.

In one pass over the text, so that a value is never expanded again, whatever it holds:

    $ARGUMENTS          all words                      $ARGUMENTS[0]   the first one
    $1 … $9             one word                       ${1:-none}      or another text where there is none
    $name, ${name}      an argument                    ${name:-none}   or another text where it is empty or not given
    $$                  a dollar sign

All other dollars are text: `$100`, `$1.50`, `$(date)`. A name that is not declared is an argument too, unless all of it
is upper case, as in `$HOME`: that is one only if the user gives it. In a code block nothing must be given: what has no
value stays as it is there, because shells and awk write `$x` and `$1` themselves. In a pattern folder, `{{name}}` is an
argument, `{{input}}` are the words, and a dollar is a dollar.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grokcli.input.prompts.saved_prompt import SavedPrompt

WORDS = "ARGUMENTS"
_NAME = r"[A-Za-z_]\w*(?:-\w+){0,7}"
_DOLLAR = (
    r"(?a:\$(?:(?P<dollar>\$)"
    rf"|{WORDS}\[(?P<index>\d{{1,3}})\]"
    rf"|\{{(?P<braced>{_NAME}|[1-9])(?::-(?P<default>[^}}\n]{{0,500}}))?\}}"
    r"|(?P<position>[1-9])(?!\w|[.,]\d)"
    rf"|(?P<name>{_NAME})))"
)
_DOUBLE_BRACES = rf"(?a:\{{\{{\s?(?P<name>{_NAME})\s?\}}\}})"
# A fenced block, to its end or that of the text; and a command that some tools run before they send a prompt.
_CODE = r"(?ms:^[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z))|!`[^`\n]*`"
_ESCAPE = " (in its text, $$ is a dollar sign)"
_GIVEN = rf"(?as:({_NAME})=(.*))"


class FilledPrompt(NamedTuple):
    """A prompt with its arguments in place: what is asked, and defaults for how."""

    name: str
    text: str
    system: str = ""
    model: str | None = None
    schema: str | None = None
    options: dict[str, Any] = {}  # noqa: RUF012  # never changed


def split_words(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the `name=value` at the beginning of the words as a dict, and the words after them."""
    given: dict[str, str] = {}
    for number, word in enumerate(words):
        match = re.fullmatch(_GIVEN, word)
        if match is None:
            return given, list(words[number:])
        given[match[1]] = match[2]
    return given, []


def split_line(line: str) -> tuple[dict[str, str], list[str], str]:
    """Return the `name=value` and the words of a line as typed, and the text of those words, quotes and all."""
    tokens = list(re.finditer(rf"(?a:{_NAME})=(?:\"[^\"]*\"|'[^']*')(?!\S)|\"[^\"]*\"(?!\S)|'[^']*'(?!\S)|\S+", line))
    given, words = split_words([re.sub(r"(?s)\A([\w-]*=)?([\"'])(.*)\2\Z", r"\1\3", one[0]) for one in tokens])
    rest = line[tokens[-len(words)].start() :] if words else ""
    return given, words, rest


def fill(
    prompt: SavedPrompt, given: Mapping[str, str], words: Sequence[str], *, line: str | None = None
) -> FilledPrompt:
    """Return the prompt with the arguments `given` by name and the `words`; `line` is the words as they were typed.

    Words that no placeholder takes follow the text. Raises UsageError for an argument that there is none of, or that is
    missing.
    """
    filling = _Filling(prompt, given, words, " ".join(words) if line is None else line)
    filling.require_known()
    text, system = filling.of(prompt.text), filling.of(prompt.system)
    filling.require_all()
    rest = filling.rest()
    return FilledPrompt(
        prompt.name, "\n\n".join(filter(None, (text, rest))), system, prompt.model, prompt.schema, prompt.options
    )


def names_in(prompt: SavedPrompt) -> Iterator[str]:
    """Yield the names that the text of a prompt has placeholders for, declared or not, each as often as it is there.

    Of `$name-suffix`, both `name-suffix` and `name`, unless the longer one is declared.
    """
    declared = {*(one.name for one in prompt.arguments), *prompt.names_of_words}
    for text in (prompt.text, prompt.system):
        for match in re.finditer(_DOUBLE_BRACES if prompt.is_pattern else _DOLLAR, text):
            parts = match.groupdict()
            name = parts["name"] or parts.get("braced") or ""
            while parts["name"] and "-" in name and name not in declared:
                yield name
                name = name.rpartition("-")[0]
            if name and not name.isdigit():
                yield name


def undeclared(prompt: SavedPrompt) -> list[str]:
    """Return the arguments that a prompt's text has without declaring them, in their order."""
    declared = {WORDS, *(one.name for one in prompt.arguments)}
    if prompt.is_pattern:
        return [name for name in dict.fromkeys(names_in(prompt)) if name != "input"]
    named = replace(prompt, text=re.sub(_CODE, "", prompt.text))
    return [name for name in dict.fromkeys(names_in(named)) if name not in declared and not _is_of_a_shell(name)]


def _is_of_a_shell(name: str) -> bool:
    """Say whether an undeclared name is text unless it is given: `$HOME`, `${1-none}`, `$name-suffix`."""
    return name == name.upper() or "-" in name


class _Filling:
    """The values of one use of a prompt, and what they were needed for."""

    def __init__(self, prompt: SavedPrompt, given: Mapping[str, str], words: Sequence[str], line: str) -> None:
        self.prompt, self.given, self.words, self.line = prompt, given, words, line
        declared = {one.name: one.default for one in prompt.arguments}
        self.declared = declared.keys() | set(prompt.names_of_words)
        of_words = dict(zip(prompt.names_of_words, words, strict=False))
        defaults = {name: default for name, default in declared.items() if default is not None}
        self.values: dict[str, str] = {**defaults, **of_words, **given}
        self.taken: set[int] = set()  # the numbers of words
        self.missing: dict[str, None] = {}

    def require_known(self) -> None:
        known = self.declared | ({*names_in(self.prompt)} - {WORDS, "input"})
        unknown = next((name for name in self.given if name not in known), None)
        if unknown is None:
            return
        names = ", ".join(sorted(known))
        hint = f"its arguments: {names}" if names else f"it takes words: grok ask -P {self.prompt.name} WORDS"
        raise UsageError(f"the prompt {self.prompt.name!r} has no argument {unknown!r}", hint=hint)

    def require_all(self) -> None:
        if not self.missing:
            return
        name = next(iter(self.missing))
        if name.isdigit():
            raise UsageError(
                f"the prompt {self.prompt.name!r} needs {'a word' if name == '1' else f'{name} words'}",
                hint=f"grok ask -P {self.prompt.name} {' '.join(f'WORD{n}' for n in range(1, int(name) + 1))}{_ESCAPE}",
            )
        raise UsageError(
            f"the prompt {self.prompt.name!r} needs the argument {name!r}",
            hint=f"grok ask -P {self.prompt.name} {name}=VALUE{'' if name in self.declared else _ESCAPE}",
        )

    def rest(self) -> str:
        """Return the words that no placeholder has taken."""
        left = [word for number, word in enumerate(self.words, 1) if number not in self.taken]
        return self.line if len(left) == len(self.words) else " ".join(left)

    def of(self, text: str) -> str:
        """Return a text with the values in it."""
        if self.prompt.is_pattern:
            return re.sub(_DOUBLE_BRACES, self._in_braces, text)
        pieces, at = [], 0
        for code in re.finditer(_CODE, text):
            pieces += [re.sub(_DOLLAR, self._in_text, text[at : code.start()])]
            pieces += [re.sub(_DOLLAR, self._in_code, code[0])]
            at = code.end()
        return "".join([*pieces, re.sub(_DOLLAR, self._in_text, text[at:])])

    def _in_braces(self, match: re.Match[str]) -> str:
        name = match["name"]
        if name == "input":
            return self._all()
        return self._or_missing(name, self._value(name))

    def _in_code(self, match: re.Match[str]) -> str:
        value = self._found(match)
        return match[0] if value is None else value

    def _in_text(self, match: re.Match[str]) -> str:
        value = self._found(match)
        if value is not None:
            return value
        if match["default"] is not None:
            return match["default"]
        if match["index"]:
            return self._or_missing(str(int(match["index"]) + 1), None)
        name, rest = self._named(match)
        if _is_of_a_shell(name) and not name.isdigit() and name not in self.declared:
            return match[0]
        return self._or_missing(name, None) + rest

    def _found(self, match: re.Match[str]) -> str | None:
        """Return what a placeholder stands for, None where there is no value."""
        if match["dollar"]:
            return "$"
        if match["index"]:
            return self._word(int(match["index"]) + 1)
        name, rest = self._named(match)
        value = self._all() if name == WORDS else self._word(int(name)) if name.isdigit() else self._value(name)
        if match["default"] is not None and not value:
            # As in a shell: what is empty counts as not given.
            return match["default"] if name in self.declared or name == WORDS else None
        return None if value is None else value + rest

    def _named(self, match: re.Match[str]) -> tuple[str, str]:
        """Return what a placeholder names, and the text behind it: of `$name-suffix`, `-suffix` may be text."""
        name = whole = match["braced"] or match["position"] or match["name"]
        while match["name"] and "-" in name and name not in self.declared and name not in self.given:
            name = name.rpartition("-")[0]
        return name, whole[len(name) :]

    def _value(self, name: str) -> str | None:
        if name in self.prompt.names_of_words and name not in self.given:
            self._word(self.prompt.names_of_words.index(name) + 1)
        return self.values.get(name)

    def _word(self, number: int) -> str | None:
        self.taken.add(number)
        return self.words[number - 1] if number <= len(self.words) else None

    def _all(self) -> str:
        self.taken.update(range(1, len(self.words) + 1))
        return self.line

    def _or_missing(self, name: str, value: str | None) -> str:
        if value is None:
            self.missing[name] = None
            return ""
        return value
