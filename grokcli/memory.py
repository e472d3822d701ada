"""What is remembered of a conversation while it goes on: each question before it is sent, each answer as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokcli.chat import Message
    from grokcli.render import Renderer


class Memory:
    """One conversation in the store, made when there is something to keep."""

    def question(self, message: Message, *, model: str) -> None:
        """Keep a question that is about to be sent."""

    def answer(self, *, model: str) -> list[Renderer]:
        """Return what keeps the answer to it: a renderer that writes into the store, or none."""
        return []

    def rewind(self, messages: list[Message]) -> None:
        """Let the conversation end with the last of `messages`."""

    def start_anew(self) -> None:
        """Let the next question begin another conversation."""
