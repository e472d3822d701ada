"""`/prompt NAME` and `/NAME`: using a saved prompt in a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.errors import UsageError
from grokcli.repl.session import Prompt
from grokcli.repl.slash.words import Offer
from grokcli.terminal.sanitize import one_line

if TYPE_CHECKING:
    from grokcli.input.prompts.places import Listed
    from grokcli.repl.session import Session


def prompt(session: Session, argument: str) -> Prompt | None:
    """Use a saved prompt, or list them."""
    env = session.env
    name, _, line = argument.partition(" ")
    if name:
        from grokcli.input.prompts.places import find_prompt

        find_prompt(env.settings.paths, env.environ, name)
        return use(session, name, line.strip())
    for one in prompt_names(session):
        env.console.error_line(one_line(f"  {one.value}  {one.help}".rstrip()))
    return None


def prompt_names(session: Session) -> list[Offer]:
    """Return the names of the saved prompts, which Tab offers behind a slash and behind /prompt."""
    return [Offer(one.name, one.problem or one.description) for one in _listed(session)]


def prompt_values(session: Session, before: str) -> list[Offer]:
    """Return what Tab offers behind /prompt and the words `before` the cursor: names, or the arguments of a prompt."""
    if not before.strip():
        return prompt_names(session)
    return prompt_arguments(session, before.split()[0])


def prompt_arguments(session: Session, name: str) -> list[Offer]:
    """Return the arguments of a saved prompt as KEY=, with their defaults."""
    arguments = [argument for one in _listed(session) if one.name == name for argument in one.arguments]
    return [Offer(f"{one.name}=", f"default: {one.default}" if one.default else "") for one in arguments]


def _listed(session: Session) -> list[Listed]:
    from grokcli.input.prompts.places import list_prompts

    env = session.env
    return [one for one in list_prompts(env.settings.paths, env.environ) if not one.hidden]


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
