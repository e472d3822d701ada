"""Files that a message names as @PATH: Tab completes them, and they are attached when the message is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grokcli.errors import UsageError
from grokcli.files import expand, matching_paths
from grokcli.repl.slash.attachments import attach
from grokcli.repl.slash.words import Completion
from grokcli.terminal.shell_words import is_plain, quoted, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.repl.session import Session

_MENTION = re.compile(r"""(?<!\S)@('[^'\n]+'|"[^"\n]+"|(?:\\.|[^\s\\'"])+)""")
_BEGUN = re.compile(r"""(?<!\S)@((?:'[^'\n]*'?|"[^"\n]*"?|(?:\\.|[^\s\\'"])*))$""")
_PUNCTUATION = ".,;:!?)"


def attach_mentioned(session: Session, text: str) -> None:
    """Attach the files and folders that `text` names; what does not exist is only text, as is what was pasted.

    Pasted text is often from others, who could name any file. Raises as reading the files does; then nothing is
    attached.
    """
    paths = [path for match in _MENTION.finditer(text) if (path := _existing(match, session.lines.pasted))]
    if paths:
        attach(session, list(dict.fromkeys(paths)))


def _existing(match: re.Match[str], pasted: Sequence[str]) -> str | None:
    if any(match[0] in one for one in pasted):
        return None
    path = split(match[1], "bash").current
    for candidate in (path, path.rstrip(_PUNCTUATION)):
        try:
            if candidate and expand(candidate).exists():
                return candidate
        except (OSError, UsageError):  # too long for a path, or ~somebody
            return None
    return None


def complete(before: str) -> list[Completion]:
    """Return the paths that fit the @PATH before the cursor, [] if there is none."""
    match = _BEGUN.search(before)
    return [] if match is None else path_completions(match[1])


def path_completions(raw: str) -> list[Completion]:
    """Return the paths that begin as `raw`, a word with its quotes; a folder stays open for more."""
    line = split(raw, "bash")
    found = []
    for path in matching_paths(line.current):
        quote = line.quote or ("" if is_plain(path) or "\\" in raw else "'")
        word = quoted(path, quote)
        found.append(Completion(word[:-1] if quote and path.endswith("/") else word, len(raw)))
    return found
