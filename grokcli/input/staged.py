"""What is staged for the next commit, as a text for a model: the diff, or so much of it as makes sense to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grokcli.input.git import Git

# Some 50,000 tokens. No message needs more, and a change of that size is mostly generated.
MOST_CHARACTERS = 200_000
# What a file is shown of at least, in a change that is too large.
LEAST_CHARACTERS = 400
MOST_FILES_LISTED = 1000
SUBJECTS = 10
MOST_OF_A_SUBJECT = 100
# Programs that the settings or .gitattributes name for diffs are not run.
DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/")


class Change(NamedTuple):
    """A change; with `statistics` (lines of git's numstat), `diff` has only the beginning of each file's."""

    diff: str
    statistics: str = ""

    def documents(self, subjects: Iterable[str]) -> list[tuple[str, str]]:
        """Return it as documents of a message, beside the subjects of recent commits."""
        named = (("recent-subjects", "\n".join(subjects)), ("statistics", self.statistics), ("diff", self.diff))
        return [(tag, text) for tag, text in named if text]


def staged_change(git: Git, *, everything: bool = False) -> Change:
    """Return what is staged; `everything` that has changed in files that git knows, as `git commit -a` takes it.

    Raises UsageError if there is nothing, GrokError if git fails.
    """
    has_commits = git.text_or_none("rev-parse", "--verify", "--quiet", "HEAD") is not None
    which = "HEAD" if everything and has_commits else "--cached"
    statistics = git.text(*DIFF, "--numstat", which)
    if not statistics:
        if everything:
            raise UsageError("nothing has changed in files that git knows", hint="stage new files: git add FILE")
        raise UsageError("nothing is staged", hint="stage what to commit: git add FILE, or use -a")
    listed = statistics.splitlines()
    share = max(LEAST_CHARACTERS, MOST_CHARACTERS // len(listed))
    whole, heads = _collected(git.pieces(*DIFF, which), share)
    if whole is not None:
        return Change(whole)
    more = len(listed) - MOST_FILES_LISTED
    left = [f"[{more:,} more files]"] if more > 0 else []
    return Change(heads, "\n".join([*listed[:MOST_FILES_LISTED], *left]))


def recent_subjects(git: Git) -> list[str]:
    """Return the subjects of the last commits, the latest first."""
    words = ("-c", "log.showSignature=false", "log", f"-{SUBJECTS}", "--no-merges", "--format=%s")
    lines = (git.text_or_none(*words) or "").splitlines()  # fails where there is no commit yet
    return [line[:MOST_OF_A_SUBJECT] for line in lines if line.strip()]


def _collected(pieces: Iterable[str], share: int) -> tuple[str | None, str]:
    """Return the whole diff, None if it is too large, and the first `share` characters of each file's."""
    whole: list[str] | None = []
    heads: list[str] = []
    size = size_of_heads = of_file = hidden = 0
    for piece in pieces:
        size += len(piece)
        if whole is not None:
            whole.append(piece)
        if size > MOST_CHARACTERS:
            whole = None
        if piece.startswith("diff --git "):
            heads += _gap(hidden)
            of_file = hidden = 0
        of_file += len(piece)
        if of_file > share or size_of_heads > MOST_CHARACTERS:
            hidden += 1
        else:
            heads.append(piece)
            size_of_heads += len(piece)
    return None if whole is None else "".join(whole), "".join([*heads, *_gap(hidden)])


def _gap(hidden: int) -> list[str]:
    return [f"[{hidden:,} more lines]\n"] if hidden else []
