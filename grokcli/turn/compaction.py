"""Having the server compact a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import APIError, UsageError
from grokcli.models import LOCAL_MODEL
from grokcli.turn.documents import with_documents
from grokcli.turn.retry import with_retries
from grokcli.turn.secrets import refuse_secrets
from grokcli.turn.uploads import with_uploads

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.events import Usage
    from grokcli.store.conversation import Conversation
    from grokcli.turn.limits import Limits
    from grokcli.turn.request import Request

NOT_THERE = (404, 405, 501)


def compact(
    env: Env, request: Request, conversation: Conversation, limits: Limits, *, allow_secrets: bool
) -> Usage | None:
    """Have the messages of `request` compacted, and add the compaction to `conversation`; return what it cost.

    The messages stay in the conversation. Raises UsageError if the server is known to have no compactions, SecretError
    and BudgetError before anything is sent, and as the client does; then the conversation is as it was.
    """
    from grokcli.client.wire import compaction, resolve

    base_url = env.settings.value("base_url")
    if request.model == LOCAL_MODEL or resolve(env.settings.value("api", request.api), base_url) != "responses":
        where = "the local model" if request.model == LOCAL_MODEL else f"{base_url}, used with chat completions,"
        raise UsageError(f"{where} cannot compact conversations", hint="use /new to start over, or /fork N")
    request = with_documents(env, request)
    env.require_key(request.model)
    if budget := limits.budget(env, conversation.ledger, request.model):
        budget.check()
    if not allow_secrets:
        refuse_secrets(env, request.messages, {"model": request.model})
    client = env.connect(request.model, request.api, request.network)
    body = compaction.build_request(request.model, with_uploads(env, client, request).messages)
    with env.console.status("compacting"):
        try:
            answer = with_retries(env, lambda: client.request("POST", compaction.ENDPOINT, body))
        except APIError as error:
            if error.status not in NOT_THERE:
                raise
            raise APIError(
                "the server cannot compact conversations",
                hint="use /new to start over, or /fork N",
                status=error.status,
            ) from None
    message, usage = compaction.read_response(request.model, request.messages, answer)
    conversation.compact(message, usage, model=request.model)
    return usage
