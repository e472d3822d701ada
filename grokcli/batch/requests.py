"""The requests for the questions of a batch, whichever way they are sent."""

from __future__ import annotations

import json
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from grokcli.chat import system
from grokcli.config.cache import RejectedFields
from grokcli.turn.request import Request, RequestOptions, build_request, check_context
from grokcli.turn.retry import OPTIONAL

if TYPE_CHECKING:
    from grokcli.batch.questions import Question
    from grokcli.chat import Message
    from grokcli.env import Env

# Requests that differ only in their messages share all else; lines rarely have more models and options than this.
KEPT_REQUESTS = 256


class Requests:
    """Turns questions into requests. Threads share one."""

    def __init__(self, env: Env, options: RequestOptions) -> None:
        """Ask as `options` say, where a line does not say otherwise."""
        self._env = env
        self._options = options
        self._lock = threading.Lock()
        self._shared = lru_cache(KEPT_REQUESTS)(self._new_shared)

    def build(self, question: Question) -> Request:
        """Return the request for a question. Raises UsageError, ConfigError."""
        with self._lock:
            shared = self._shared(question.model, json.dumps(question.options))
        messages = _with_system(question, shared.messages)
        request = shared._replace(messages=messages, options=dict(shared.options))
        check_context(request)
        return request

    def reject(self, model: str, name: str) -> None:
        """Leave out a field that a model rejects from all further requests, and remember it."""
        with self._lock:
            self._rejected_by(model).add(name)
            self._shared.cache_clear()

    def _new_shared(self, model: str | None, fields: str) -> Request:
        own = json.loads(fields)
        options = self._options._replace(
            model=model or self._options.model, fields={**self._options.fields, **own} if own else self._options.fields
        )
        request = build_request(self._env, [], options)
        for name in self._rejected_by(request.model).names:
            if request.options.get(name) is not None:
                self._env.console.note_once(f"{request.model} does not support {name}; asking without it")
            elif name not in OPTIONAL:
                continue
            request.options[name] = None
        return request

    def _rejected_by(self, model: str) -> RejectedFields:
        return RejectedFields(self._env.settings.paths.cache, self._env.settings.value("base_url"), model)


def _with_system(question: Question, prompt: list[Message]) -> list[Message]:
    """Return the messages of a question; a system prompt of its own wins over `prompt`, which all others have."""
    if any(message["role"] in ("system", "developer") for message in question.messages):
        return question.messages
    return [*([system(question.system)] if question.system else prompt), *question.messages]
