"""Turning a saved prompt and the words beside its name into a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grokcli.input.prompts.consent import require_consent
from grokcli.input.prompts.placeholders import FilledPrompt, fill, split_line, split_words
from grokcli.input.prompts.places import Found, find_prompt, read_found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.env import Env

# What other tools run or read before they send a prompt: !`command`, ```! blocks, and @path.
_COMMAND = r"!`[^`\n]+`|^[ \t]*```+!"
_FILE = r"(?<![\w`/])@(?:\$\w|[\w./-]{0,200}[\w-][./][\w./-]{0,200}\w)"


def use_prompt(env: Env, name: str, words: Sequence[str], *, may_ask: bool = True) -> FilledPrompt:
    """Return the prompt `name` with the words of a command line in it; asks for consent only if it `may_ask`.

    Raises UsageError before anything is sent.
    """
    given, rest = split_words(words)
    return _used(env, find_prompt(env.settings.paths, env.environ, name), given, rest, may_ask=may_ask)


def use_in_line(env: Env, found: Found, line: str) -> FilledPrompt:
    """Return a prompt with the words of a line in it, as typed in a chat. Raises UsageError."""
    given, words, typed = split_line(line)
    return _used(env, found, given, words, typed)


def _used(
    env: Env,
    found: Found,
    given: dict[str, str],
    words: Sequence[str],
    line: str | None = None,
    *,
    may_ask: bool = True,
) -> FilledPrompt:
    prompt = read_found(found)
    filled = fill(prompt, given, words, line=line)
    require_consent(env, found, prompt, may_ask=may_ask)
    for note in not_done(f"{prompt.system}\n{prompt.text}"):
        env.console.note(f"{found.name}: {note}")
    return filled


def not_done(text: str) -> list[str]:
    """Return a line for each thing that other tools do with a prompt and grok does not."""
    notes = []
    if re.search(_COMMAND, text, re.MULTILINE):
        notes.append("its shell commands are sent as text and not run; pipe in what they would print")
    if re.search(_FILE, text):
        notes.append("the files that it names with @ are not read; attach them with -f")
    return notes
