"""The languages of `--as`: for each, a function that returns a program that sends a call and prints the answer.

The functions raise UsageError if the program cannot express the request.
"""

from __future__ import annotations

import json
import keyword
import pprint
import re
import shlex
from typing import TYPE_CHECKING, Any

from grokcli.client.wire.json_body import encode
from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grokcli.chat import Message
    from grokcli.turn.call import Call
    from grokcli.turn.image_code import ImageCall

# ---- curl


def curl(call: Call | ImageCall) -> str:
    """Return a curl command that sends `call`."""
    # A here-document, because Linux limits an argument to 128 KiB. No line of JSON can equal its delimiter.
    return (
        f"curl -sS{'N' if call.stream else ''} {shlex.quote(call.url)} \\\n"
        '  -H "Authorization: Bearer $XAI_API_KEY" \\\n'
        "  -H 'Content-Type: application/json' \\\n"
        "  --data-binary @- <<'EOF'\n"
        f"{as_json(call.body)}\n"
        "EOF\n"
    )


def as_json(value: object) -> str:
    """Return `value` as JSON with every unprintable character escaped, as in a Python literal."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return re.sub(r"[^\n -~]", lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


# ---- this library


def _python(call: Call) -> str:
    given: dict[str, Any] = {"messages": call.messages}
    if call.conversation:
        given["conversation"] = call.conversation
    given |= {name: value for name, value in call.options.items() if _is_argument(name, value)}
    others = {name: value for name, value in call.options.items() if not _is_argument(name, value)}
    show = 'for _, chunk in chat.stream():\n    print(chunk.content, end="", flush=True)\nprint()\n'
    return (
        "from grokcli import Client\n"
        "\n"
        f"client = Client(base_url={call.base_url!r}, api={call.api!r})\n"
        f"chat = client.chat.create(\n    {call.model!r},\n{arguments(given)}\n)\n"
        + (f"chat.options |= {literal(others)}\n" if others else "")
        + (show if call.stream else "print(chat.sample().content)\n")
    )


def _is_argument(name: str, value: object) -> bool:
    """Return whether `Chats.create` accepts this option as a keyword argument and passes it on unchanged."""
    if name == "tools":
        return isinstance(value, list) and all(isinstance(tool, dict) for tool in value)
    # Python normalises identifiers that are not ASCII.
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and name not in PARAMETERS_OF_CREATE


# The parameters of `Chats.create` that are not request fields, except those that no option can be named after.
PARAMETERS_OF_CREATE = ("self", "conversation")


def arguments(fields: Mapping[str, Any]) -> str:
    """Return keyword arguments, each on one or more lines."""
    return "\n".join(f"    {name}={literal(value, indent=len(name) + 5)}," for name, value in fields.items())


def literal(value: object, indent: int = 0) -> str:
    """Return `value` as a Python literal, whose further lines are indented by `indent` spaces."""
    return pprint.pformat(value, width=100, sort_dicts=False).replace("\n", "\n" + " " * indent)


# ---- OpenAI's SDKs

METHODS = {"chat": "chat.completions.create", "responses": "responses.create"}
# The fields for which every version of the Python SDK has a parameter; others go into `extra_body`.
OPENAI_PARAMETERS = {
    "chat": {
        *("model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "reasoning_effort"),
        *("response_format", "tools", "tool_choice", "parallel_tool_calls", "seed", "stop"),
    },
    "responses": {
        *("model", "input", "stream", "store", "include", "temperature", "top_p", "max_output_tokens", "reasoning"),
        *("text", "tools", "tool_choice", "parallel_tool_calls", "prompt_cache_key"),
    },
}
OPENAI_SHOWS = {
    ("chat", True): """\
for chunk in answer:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
""",
    ("chat", False): 'print(answer.choices[0].message.content or "")\n',
    ("responses", True): """\
for event in answer:
    if event.type == "response.output_text.delta":
        print(event.delta, end="", flush=True)
print()
""",
    ("responses", False): "print(answer.output_text)\n",
}
JS_SHOWS = {
    ("chat", True): """\
for await (const chunk of answer) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
console.log();
""",
    ("chat", False): 'console.log(answer.choices[0].message.content ?? "");\n',
    ("responses", True): """\
for await (const event of answer) {
  if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
}
console.log();
""",
    ("responses", False): "console.log(answer.output_text);\n",
}
# JavaScript rounds larger integers.
LARGEST_JS_INTEGER = 2**53 - 1


def _openai(call: Call) -> str:
    fields = {name: value for name, value in call.body.items() if name in OPENAI_PARAMETERS[call.api]}
    if others := {name: value for name, value in call.body.items() if name not in fields}:
        fields["extra_body"] = others
    return (
        "import os\n"
        "\n"
        "from openai import OpenAI\n"
        "\n"
        f'client = OpenAI(api_key=os.environ["XAI_API_KEY"], base_url={call.base_url!r})\n'
        f"answer = client.{METHODS[call.api]}(\n{arguments(fields)}\n)\n"
        f"{OPENAI_SHOWS[call.api, call.stream]}"
    )


def _js(call: Call) -> str:
    body = as_json(json.loads(call.content, parse_int=js_integer))
    # In an object literal, a plain "__proto__" sets the prototype.
    body = body.replace('"__proto__":', '["__proto__"]:')
    return (
        'import OpenAI from "openai";\n'
        "\n"
        f"const client = new OpenAI({{ apiKey: process.env.XAI_API_KEY, baseURL: {as_json(call.base_url)} }});\n"
        f"const answer = await client.{METHODS[call.api]}({body});\n"
        f"{JS_SHOWS[call.api, call.stream]}"
    )


def js_integer(digits: str) -> int:
    """Return a JSON integer. Raises UsageError for one that JavaScript cannot hold."""
    if abs(int(digits)) > LARGEST_JS_INTEGER:
        raise UsageError(f"--as js cannot send the number {digits}, which JavaScript rounds", hint="use --as openai")
    return int(digits)


# ---- Anthropic's SDK, for plain chats only: its endpoint has no equivalent of the other fields

# Fields with the same meaning. They go into `extra_body`, because not every version of the SDK has parameters for them.
ANTHROPIC_FIELDS = ("temperature", "top_p")
# Anthropic's API requires a limit in every request.
ANTHROPIC_MAX_TOKENS = 4096
DATA_URL = re.compile(r"data:([^;,]+);base64,(.*)", re.DOTALL)
ANTHROPIC_STREAM = """\
with client.messages.stream(
{arguments}
) as answer:
    for text in answer.text_stream:
        print(text, end="", flush=True)
print()
"""
# Without an explicit timeout, the SDK refuses requests that may take long.
ANTHROPIC_WHOLE = """\
answer = client.messages.create(
{arguments}
    timeout=3600,
)
print("".join(block.text for block in answer.content if block.type == "text"))
"""


def _anthropic(call: Call) -> str:
    if not call.base_url.endswith("/v1"):
        raise UsageError(
            f"Anthropic's SDK needs a base_url that ends in /v1, not {call.base_url!r}", hint="use --as openai"
        )
    show = ANTHROPIC_STREAM if call.stream else ANTHROPIC_WHOLE
    return (
        "import os\n"
        "\n"
        "from anthropic import Anthropic\n"
        "\n"
        f'client = Anthropic(api_key=os.environ["XAI_API_KEY"], base_url={call.base_url.removesuffix("/v1")!r})\n'
    ) + show.format(arguments=arguments(_anthropic_fields(call)))


def _anthropic_fields(call: Call) -> dict[str, Any]:
    """Return the fields for Anthropic's API, with a separate system prompt and a token limit. Raises UsageError."""
    options = {name: value for name, value in call.options.items() if value is not None}
    max_tokens = options.pop("max_tokens", ANTHROPIC_MAX_TOKENS)
    for name in options:
        if name not in ANTHROPIC_FIELDS:
            raise _cannot_send(f"the field {name!r}")
    said = [(message["role"], _anthropic_content(message)) for message in call.messages]
    prompts = [content for role, content in said if role == "system"]
    fields: dict[str, Any] = {"model": call.model, "max_tokens": max_tokens}
    if prompts:
        fields["system"] = prompts[-1]
    fields["messages"] = [{"role": role, "content": content} for role, content in said if role != "system"]
    if options:
        fields["extra_body"] = options
    sent: dict[str, Any] = json.loads(encode(fields))
    return sent


def _anthropic_content(message: Message) -> object:
    content = message["content"]
    if message["role"] == "tool" or "tool_calls" in message:
        raise _cannot_send("function calls")
    return [_anthropic_part(part) for part in content] if isinstance(content, list) else content


def _anthropic_part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "file":
        return _anthropic_document(part["file"])
    if part["type"] != "image_url":
        return part
    url = part["image_url"]["url"]
    data = DATA_URL.fullmatch(url)
    source = {"type": "base64", "media_type": data[1], "data": data[2]} if data else {"type": "url", "url": url}
    return {"type": "image", "source": source}


def _anthropic_document(file: dict[str, Any]) -> dict[str, Any]:
    if file.get("mime_type") != "application/pdf":
        raise _cannot_send(f"documents like {file.get('filename') or file.get('file_id')}")
    source = {"type": "base64", "media_type": "application/pdf", "data": file["file_data"]}
    return {"type": "document", "source": source}


def _cannot_send(what: str) -> UsageError:
    return UsageError(f"--as anthropic cannot send {what}", hint="leave it out, or use --as openai")


LANGUAGES = {"curl": curl, "python": _python, "openai": _openai, "anthropic": _anthropic, "js": _js}
