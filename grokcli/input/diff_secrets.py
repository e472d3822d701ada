"""Finding what looks like a secret in a diff, before it is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What issuers give their secrets to be found by; then what is called a secret in code and has a digit in it.
_KINDS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----",
    "an xAI key": r"\bxai-[A-Za-z0-9]{40}",
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22}",
    "a GitLab token": r"\bglpat-[\w-]{20}",
    "a Slack token": r"\bxox[abeprs]-[\w-]{10}",
    "a Google API key": r"\bAIza[\w-]{35}",
    "a Stripe key": r"\b[rs]k_live_\w{20}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}",
    "a PyPI token": r"\bpypi-[\w-]{50}",
    "an API key": r"\bsk-(?=[\w-]{0,99}\d)[\w-]{20}",
    "a JSON web token": r"\beyJ[\w-]{10,500}\.eyJ[\w-]{10}",
    "a login in a URL": r"://[^\s/:@\"'<>${]{1,100}:(?![$<{])[^\s/@\"'<>]{3,100}@",
    "a password or token": (
        r"(?i)(?:passw(?:or)?d|secret|token|api_?key)[\"']?\s{0,4}[:=]\s{0,4}"
        r"([\"'])(?=[^\"'\s]{0,100}\d)[^\"'\s${}<>]{8,200}\1"
    ),
}
_HUNK = r"@@ -\d+(?:,\d+)? \+(\d+)"


class Secret(NamedTuple):
    """What was found in which line of a file; of a removed line, the number is where it was."""

    file: str
    line: int
    kind: str

    def __str__(self) -> str:
        """Return the place and the kind, and nothing of the secret."""
        return f"{self.file}:{self.line}: {self.kind}"


def secrets_in(diff: str, keys: Sequence[str]) -> Iterator[Secret]:
    """Yield each line of a diff that seems to hold a secret; `keys` are known ones."""
    kinds = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
    file, number = "", 0
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            file = line.rpartition("b/")[2].strip('"')
        if hunk := re.match(_HUNK, line):
            number = int(hunk[1])
            continue
        if any(key in line for key in keys):
            yield Secret(file, number, "your API key")
        elif kind := next((kind for kind, pattern in kinds.items() if pattern.search(line)), ""):
            yield Secret(file, number, kind)
        number += not line.startswith("-")
