"""What a command opens of the store: a conversation, or only what counts its requests."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from grokcli.store.conversation import Conversation
from grokcli.store.ledger import NOT_COUNTED, Ledger
from grokcli.store.store import FILE_NAME, Store

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.terminal.console import Console


def open_conversation(
    env: Env,
    command: str,
    *,
    continue_latest: bool = False,
    resume: str | None = None,
    fork: bool = False,
    keep: bool = True,
    kind: str = "",
) -> Conversation:
    """Return a new conversation, or the latest one, or the one that `resume` names; `command` is what asks in it.

    With `fork`, the question begins a fork of it. With `keep` off nothing is written but numbers; a conversation that
    is continued is read all the same. A new one is of the kind `kind`; the latest one is never one of pictures or
    videos. Raises StoreError.
    """
    store = _open_store(env) if keep else _open_store(env, lost=NOT_COUNTED)
    conversation = Conversation(store, Ledger(store, command), kind=kind)
    if resume is not None or continue_latest:
        conversation.load(store.find(resume) if resume is not None else store.latest(kind=""))
    if fork:
        conversation.fork()
    if not keep:
        conversation.store = None
    return conversation


def open_ledger(env: Env, command: str, *, grouped: bool = False) -> Ledger:
    """Return what counts the requests of a command that has no conversation; many are counted `grouped`."""
    ledger = Ledger(_open_store(env, lost=NOT_COUNTED), command, grouped=grouped)
    env.on_close(ledger.flush)
    return ledger


def _open_store(env: Env, **more: Any) -> Store:
    store = Store(env.settings.paths.data / FILE_NAME, partial(_warn, env.console), **more)
    env.on_close(store.close)
    return store


def _warn(console: Console, text: str) -> None:
    """Warn of what the store could not do; where that may be a bug of ours, --debug shows it."""
    console.warn(text)
    if console.debug:
        import traceback

        for line in traceback.format_exc().splitlines():
            console.error_line(line)
