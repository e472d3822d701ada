"""Running git: without a shell, without the API key, and with output that is the same for every user's settings."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from grokcli.errors import GrokError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A line of a diff may be a whole minified file.
MOST_BYTES_AT_ONCE = 1 << 16
# What is not finished, by the file that git has for it.
_UNFINISHED = {"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert"}


class Git:
    """The repository of the current folder."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Run git with `environ`, which holds no key. Raises UsageError outside of a repository, and without git."""
        self._environ = environ
        if self._run("rev-parse", "--is-inside-work-tree").stdout.strip() != b"true":
            raise UsageError("this is not a git repository", hint="change to a folder of one, or run: git init")

    def text(self, *words: str, stdin: str | None = None) -> str:
        """Return what git prints; bytes that are not UTF-8 are replaced. Raises GrokError if git fails."""
        done = self._run(*words, stdin=stdin)
        if done.returncode:
            reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise GrokError(f"git {words[0]} failed: {reason or f'exit code {done.returncode}'}")
        return done.stdout.decode("utf-8", "replace")

    def text_or_none(self, *words: str) -> str | None:
        """Return what git prints, None if it fails."""
        done = self._run(*words)
        return None if done.returncode else done.stdout.decode("utf-8", "replace")

    def pieces(self, *words: str) -> Iterator[str]:
        """Yield what git prints line by line; the pieces of a line that is too long, one by one."""
        process = subprocess.Popen(
            ["git", *words],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process, process.stdout as stdout:  # type: ignore[union-attr]  # None without PIPE
            while piece := stdout.readline(MOST_BYTES_AT_ONCE):
                yield piece.decode("utf-8", "replace")
        if process.returncode:
            raise GrokError(f"git {words[0]} failed: exit code {process.returncode}")

    def path(self, name: str) -> Path:
        """Return the path of one of git's own files or folders, in worktrees and with core.hooksPath too."""
        done = self._run("rev-parse", "--git-path", name)
        return Path.cwd() / done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    def unfinished(self) -> str:
        """Return what has begun and is not finished, such as "merge"; "" for nothing."""
        return next((what for name, what in _UNFINISHED.items() if self.path(name).exists()), "")

    def comment_mark(self) -> str:
        """Return what begins a comment in a commit message."""
        mark = (self.text_or_none("config", "--get", "core.commentChar") or "#").strip()
        return "#" if mark in ("", "auto") else mark

    def commit(self, words: Sequence[str]) -> int:
        """Run `git commit` on the user's own terminal, for its hooks and signatures; return its exit code."""
        return subprocess.run(["git", "commit", *words], env=self._environ, check=False).returncode

    def _run(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", *words],
                env=self._environ,
                input=(stdin or "").encode("utf-8", "replace"),
                capture_output=True,
                check=False,
            )
        except OSError:
            raise UsageError("cannot run git", hint="install git, or check PATH") from None
