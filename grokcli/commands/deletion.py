"""How `grok history delete` and `prune` delete: shown, and asked about."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import typer

from grokcli.errors import StoreError, UsageError
from grokcli.terminal.confirm import can_confirm, confirm, present
from grokcli.terminal.sanitize import reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.env import Env
    from grokcli.store.records import ConversationSummary
    from grokcli.store.store import Store

LONGEST_TITLE = 60
LISTED = 10
SHORTEST_PREFIX = 4
_UNITS = {"h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
_AGES = ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "m"))


def named_by_id(store: Store, word: str) -> ConversationSummary:
    """Return what `word` names to be deleted: an id, or so much of one that a typing error is unlikely to be another.

    Raises UsageError for less and for a title, StoreError for what is neither.
    """
    if len(word.strip()) < SHORTEST_PREFIX:
        raise UsageError(
            f"too short to delete by: {word!r}",
            hint=f"give at least {SHORTEST_PREFIX} characters of the id; grok history list shows it",
        )
    try:
        return store.find(word, by_title=False)
    except StoreError:
        titled = store.find(word)
        hint = f"a title matches; its id: grok history delete {titled.id}"
        raise UsageError(f"delete takes ids, not titles: {word!r}", hint=hint) from None


def delete_asked(env: Env, store: Store, found: Sequence[ConversationSummary], *, yes: bool) -> None:
    """Delete conversations once the user has agreed, or at once with `yes`, and show which.

    Raises UsageError without a terminal, typer.Exit when the answer is not yes.
    """
    count = _count(len(found), "conversation")
    if found and not yes:
        _confirm(env, found, count)
    kept = store.delete(one.id for one in found) if found else 0
    if yes:
        _present(env, found)
    env.console.note(f"deleted {count}" + (f"; forks keep {_count(kept, 'message')} that they share" if kept else ""))


def _confirm(env: Env, found: Sequence[ConversationSummary], count: str) -> None:
    """Ask whether to delete. Raises UsageError without a terminal, typer.Exit when the answer is not yes."""
    console = env.console
    if not can_confirm(console):
        raise UsageError("cannot ask for confirmation: no terminal", hint="use --yes to delete without asking")
    _present(env, found)
    if not confirm(console, f"Delete {count} permanently?"):
        console.error_line("nothing was deleted")
        raise typer.Exit(1)


def _present(env: Env, found: Sequence[ConversationSummary]) -> None:
    """Write ids, ages, numbers of messages and titles to stderr, so that nothing of a title is hidden."""
    for one in found[:LISTED]:
        label = f"{one.id}  {age(time.time() - one.updated):>4}  {_count(one.messages, 'message'):>12}  "
        present(env.console, label, _abridged(reveal(one.title)))
    if len(found) > LISTED:
        env.console.error_line(f"… and {len(found) - LISTED} more")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _abridged(title: str) -> str:
    """Return a title with its beginning and its end: ten of them must fit a screen."""
    if len(title) <= LONGEST_TITLE:
        return title
    half = LONGEST_TITLE // 2
    return f"{title[:half]} [{len(title) - 2 * half:,} more] {title[-half:]}"


def age_in_seconds(age: str) -> float:
    """Return the seconds that an age such as 30d stands for. Raises UsageError."""
    match = re.fullmatch(r"(\d{1,6})([hdwy])", age.strip().lower())
    if match is None:
        raise UsageError(f"invalid age: {age!r}", hint="use hours, days, weeks or years: 12h, 30d, 8w, 1y")
    return int(match[1]) * _UNITS[match[2]]


def age(seconds: float) -> str:
    """Return so many seconds as an age in one unit: 5m, 3d."""
    return next((f"{int(seconds // size)}{unit}" for size, unit in _AGES if seconds >= size), "now")
