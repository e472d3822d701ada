"""The records that the store returns: conversations, messages and search hits."""

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

    `model` is the one last used; `created` and `updated` are seconds since 1970; `messages` is the number of messages.
    `parent` is the id of the conversation that it was forked from, "" for none.
    `kind` is "image" or "video" for what was made from a prompt, "" for questions and answers.
    """

    id: str
    title: str
    model: str
    created: float
    updated: float
    messages: int
    parent: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message and its metadata.

    `message` is the message as it was stored. For an incomplete answer, it has the text so far and an additional key
    "interrupted" with the cause. `reason` is the server's finish reason for a complete answer, or that cause.
    `superseded` messages were replaced by an edit or a retry and are no longer part of the conversation.
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
    """A search result: a conversation, and the text around the match in its newest matching message.

    `message` is that message's id; `superseded` says whether it is no longer part of the conversation.
    """

    conversation: ConversationSummary
    message: int
    snippet: str
    superseded: bool
