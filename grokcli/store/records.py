"""What is read from the store: conversations, messages, and what a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from grokcli.chat import Message
    from grokcli.events import Usage

Status = Literal["whole", "streaming", "interrupted"]


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A conversation without its messages.

    `model` was asked last; `created` and `updated` are seconds since 1970; `messages` is how many there are.
    """

    id: str
    title: str
    model: str
    created: float
    updated: float
    messages: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message and what is known about it.

    `message` is what was stored; of an answer that was not finished it is what came, and holds one key more,
    "interrupted", with the reason. `reason` is the server's finish reason of a whole answer, and that reason of another
    one. `superseded` messages were replaced by an edit or a retry and are not part of the conversation any more.
    """

    id: int
    message: Message
    model: str
    created: float
    status: Status
    reason: str
    usage: Usage | None
    superseded: bool


@dataclass(frozen=True, slots=True)
class SearchHit:
    """What a search found: a conversation, and the words of its newest matching message around the match.

    `message` is that message's id; `superseded` says that it is not part of the conversation any more.
    """

    conversation: ConversationSummary
    message: int
    snippet: str
    superseded: bool
