"""`/NAME`: using a saved prompt in a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import UsageError
from grokcli.repl.session import Prompt

if TYPE_CHECKING:
    from grokcli.repl.session import Session


def use(session: Session, name: str, line: str) -> Prompt | None:
    """Return the saved prompt `name`, filled with the words of `line`, to be sent; None if there is none.

    Its model and options hold for this message. A system prompt is part of the message, because in the place of the
    conversation's it would change what all later messages mean. Raises UsageError.
    """
    from grokcli.input.prompts.places import find_prompt
    from grokcli.input.prompts.use import use_in_line
    from grokcli.turn.prompt_defaults import with_prompt
    from grokcli.turn.request import RequestOptions

    env = session.env
    try:
        found = find_prompt(env.settings.paths, env.environ, name)
    except UsageError:
        return None
    filled = use_in_line(env, found, line)
    if filled.schema is not None:
        raise UsageError(f"the prompt {name!r} has a schema, which a chat cannot show", hint=f"grok ask -P {name}")
    options = with_prompt(env, RequestOptions(), filled)
    text = "\n\n".join(filter(None, (filled.system, filled.text)))
    if not text:
        raise UsageError(f"the prompt {name!r} is empty")
    return Prompt(text, model=options.model, fields=dict(options.fields))
