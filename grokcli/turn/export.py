"""A request as text in place of sending it: as it would be sent (`--dry-run`), or as code that sends it (`--as`).

The key is masked in the one and stays in the environment of the other.
"""

from __future__ import annotations

import json
import pprint
import shlex
from typing import TYPE_CHECKING, Any

from grokcli.client.redact import mask
from grokcli.client.wire import chat_completions as chat_wire
from grokcli.client.wire import format_for
from grokcli.client.wire.json_body import encode
from grokcli.errors import MissingKeyError
from grokcli.models import LOCAL_MODEL

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.turn.request import Request

# Anthropic's API wants a limit with every question.
ANTHROPIC_MAX_TOKENS = 4096

PYTHON = """\
from grokcli import Client

client = Client({url})
chat = client.chat.create({arguments})
for response, chunk in chat.stream():
    print(chunk.content, end="", flush=True)
print()
"""

OPENAI = """\
import os

from openai import OpenAI

client = OpenAI(api_key=os.environ["XAI_API_KEY"], base_url={url!r})
stream = client.chat.completions.create(
{arguments}
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
"""

ANTHROPIC = """\
import os

from anthropic import Anthropic

client = Anthropic(api_key=os.environ["XAI_API_KEY"], base_url={url!r})
with client.messages.stream(
{arguments}
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
print()
"""

JS = """\
import OpenAI from "openai";

const client = new OpenAI({{ apiKey: process.env.XAI_API_KEY, baseURL: {url} }});
const stream = await client.chat.completions.create({body});
for await (const chunk of stream) {{
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}}
console.log();
"""


def as_code(env: Env, request: Request, language: str) -> str:
    """Return a program that asks what `request` asks, through chat completions, and prints the streamed answer.

    `language` is one of LANGUAGES.
    """
    url = env.settings.value("base_url").rstrip("/")
    model = env.settings.value("model") if request.model == LOCAL_MODEL else request.model
    body = chat_wire.build_request(model, request.messages, request.options, stream=True)
    return LANGUAGES[language](url, body)


def as_request(env: Env, request: Request, *, stream: bool) -> str:
    """Return the request line, the headers with the key masked, and the body, each byte as it would be sent."""
    base_url = "http://127.0.0.1/v1" if request.model == LOCAL_MODEL else env.settings.value("base_url")
    api = "chat" if request.model == LOCAL_MODEL else env.settings.value("api", request.api)
    wire = format_for(api, base_url)
    body = wire.build_request(request.model, request.messages, request.options, stream=stream)
    return (
        f"POST {base_url.rstrip('/')}{wire.ENDPOINT}\n"
        f"Authorization: Bearer {_masked_key(env, request)}\n"
        "Content-Type: application/json\n"
        "\n"
        f"{encode(body).decode()}\n"
    )


def _masked_key(env: Env, request: Request) -> str:
    if request.model == LOCAL_MODEL:
        return "(made up for each run)"
    try:
        return mask(env.find_key().value)
    except MissingKeyError:
        return "(no key is set)"


def _curl(url: str, body: dict[str, Any]) -> str:
    data = shlex.quote(json.dumps(body, ensure_ascii=False))
    return (
        f"curl -sN {shlex.quote(url + chat_wire.ENDPOINT)} \\\n"
        '  -H "Authorization: Bearer $XAI_API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {data}\n"
    )


def _python(url: str, body: dict[str, Any]) -> str:
    return PYTHON.format(url=f"base_url={url!r}", arguments=f"\n{_arguments(_fields(body))}\n")


def _openai(url: str, body: dict[str, Any]) -> str:
    return OPENAI.format(url=url, arguments=_arguments(_fields(body)))


def _anthropic(url: str, body: dict[str, Any]) -> str:
    return ANTHROPIC.format(url=url.removesuffix("/v1"), arguments=_arguments(_for_anthropic(_fields(body))))


def _js(url: str, body: dict[str, Any]) -> str:
    text = json.dumps(_fields(body) | {"stream": True}, ensure_ascii=False, indent=2)
    return JS.format(url=json.dumps(url), body=text)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that a program sets; how it streams stands in the program itself."""
    return {name: value for name, value in body.items() if name not in ("stream", "stream_options")}


def _arguments(fields: dict[str, Any]) -> str:
    """Return keyword arguments, a line or more each."""
    lines = []
    for name, value in fields.items():
        text = pprint.pformat(value, width=96, sort_dicts=False).replace("\n", "\n    " + " " * (len(name) + 1))
        lines.append(f"    {name}={text},")
    return "\n".join(lines)


def _for_anthropic(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as Anthropic's API has them: the system prompt apart, and a limit."""
    messages = [message for message in fields["messages"] if message["role"] != "system"]
    behaviour = "\n\n".join(str(message["content"]) for message in fields["messages"] if message["role"] == "system")
    others = {name: value for name, value in fields.items() if name not in ("messages", "reasoning_effort")}
    changed: dict[str, Any] = {"max_tokens": ANTHROPIC_MAX_TOKENS, **others, "messages": messages}
    return changed | ({"system": behaviour} if behaviour else {})


LANGUAGES = {"curl": _curl, "python": _python, "openai": _openai, "anthropic": _anthropic, "js": _js}
