"""The tools of an MCP server as functions that the model may call.

All that a server says is hostile: names are brought into the form that the API takes, definitions that are too large or
too deep are left out, and results are cut. Descriptions lose the characters that only a model would see.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokcli.client.redact import redact
from grokcli.errors import GrokError, UsageError
from grokcli.terminal.sanitize import clean
from grokcli.tools.run import ToolResult, as_text, failed
from grokcli.tools.server_tools import SERVER_TOOLS

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from typing import TextIO

    from grokcli.client.mcp.session import Session
    from grokcli.config.mcp_servers import McpServer
    from grokcli.terminal.console import Console

MOST_TOOLS = 350  # in a request (API additions, section 8)
LONGEST_NAME = 64
LONGEST_DEFINITION = 50_000  # characters
DEEPEST_SCHEMA = 40
LONGEST_NOTE = 200


@dataclass(frozen=True)
class McpTool:
    """A tool of an MCP server: `name` is the model's name for it, `original` the server's.

    `secrets` are what the server was given to log in with, and are masked in its results.
    """

    name: str
    original: str
    description: str
    definition: dict[str, Any]
    session: Session
    secrets: tuple[str, ...] = ()

    @property
    def server(self) -> str:
        """The name of the server."""
        return self.session.name

    @property
    def origin(self) -> str:
        """What offers it, for messages."""
        return f"the MCP server {self.server}"

    @property
    def parameters(self) -> dict[str, Any]:
        """The schemas of its arguments by name."""
        properties = self.definition.get("properties")
        return properties if isinstance(properties, dict) else {}

    def schema(self) -> dict[str, Any]:
        """Return the tool definition in the format of the chat completions API."""
        described = {"description": self.description} if self.description else {}
        return {"type": "function", "function": {"name": self.name, **described, "parameters": self.definition}}

    def call(self, arguments: str, *, seconds: float, printed: TextIO | None = None) -> ToolResult:
        """Have the server call the tool with `arguments`, a JSON object as text, and return the result, or the error.

        Gives up after `seconds`.
        """
        try:
            given = json.loads(arguments or "{}")
        except (ValueError, RecursionError) as error:
            return failed(f"the arguments are not JSON: {error}")
        if not isinstance(given, dict):
            return failed("the arguments are not an object")
        try:
            result = self.session.call(self.original, given, seconds=seconds)
        except GrokError as error:
            return failed(self._masked(error.message))
        text, note = as_text(self._masked(_text_of(result)))
        if result.get("isError") is True:
            return ToolResult(f"error: {text}", f"failed: {' '.join(text.split())[:LONGEST_NOTE]}")
        return ToolResult(text, note)

    def _masked(self, text: str) -> str:
        return redact(text, self.secrets) if any(secret in text for secret in self.secrets) else text


def tools_of(
    console: Console, server: McpServer, session: Session, taken: set[str], secrets: Sequence[str]
) -> Iterator[McpTool]:
    """Yield the tools that `session` lists and `server` allows, under names that are not `taken`, and add these to it.

    Warns of what is left out. Raises UsageError for more tools than a request may have, McpError.
    """
    allowed = set(server.allowed_tools)
    listed = {name: tool for tool in session.tools() if isinstance(name := tool.get("name"), str) and name}
    for name in sorted(allowed - set(listed)):
        console.warn(f"the MCP server {server.name!r} has no tool {name!r}")
    wanted = {name: tool for name, tool in listed.items() if not allowed or name in allowed}
    if len(wanted) > MOST_TOOLS:
        what = f"the MCP server {server.name!r} has {len(wanted):,} tools (at most {MOST_TOOLS} can be offered)"
        raise UsageError(what, hint=f"name those that you need in allowed_tools of [mcp.{server.name}]")
    for original, tool in wanted.items():
        name = _free_name(server.name, original, taken)
        definition, description = tool.get("inputSchema"), tool.get("description")
        described = clean(description) if isinstance(description, str) else ""
        if not isinstance(definition, dict) or not _is_usable(definition, described):
            console.warn(f"left out the tool {original[:LONGEST_NAME]!r} of the MCP server {server.name!r}: bad schema")
            continue
        taken.add(name)
        yield McpTool(name, original, described, definition, session, tuple(secrets))


def _free_name(server: str, original: str, taken: Container[str]) -> str:
    """Return a name that the API takes: the server's own, behind that of the server if another tool has it already."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", original)
    name = plain[:LONGEST_NAME]
    number = 1
    while name in taken or name in SERVER_TOOLS:
        end = f"_{number}" if number > 1 else ""
        name = f"{server}_{plain}"[: LONGEST_NAME - len(end)] + end
        number += 1
    return name


def _is_usable(definition: dict[str, Any], description: str) -> bool:
    """Say whether a definition is one of an object, and neither too large nor too deep to be sent."""
    if definition.get("type") != "object" or _depth(definition) > DEEPEST_SCHEMA:
        return False
    try:
        return len(json.dumps(definition, allow_nan=False)) + len(description) <= LONGEST_DEFINITION
    except ValueError:  # NaN and the infinities, which Python reads and servers refuse
        return False


def _depth(value: object) -> int:
    """Return how many objects and lists lie in one another, as far as DEEPEST_SCHEMA."""
    level, depth = [value], 0
    while level and depth <= DEEPEST_SCHEMA:
        inside = [one for one in level if isinstance(one, (dict, list))]
        level = [part for one in inside for part in (one.values() if isinstance(one, dict) else one)]
        depth += bool(inside)
        if not inside:
            break
    return depth


def _text_of(result: dict[str, Any]) -> str:
    """Return a result as text; what is no text is named."""
    content = result.get("content")
    parts = [_part(block) for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    if not parts and "structuredContent" in result:
        return json.dumps(result["structuredContent"], ensure_ascii=False)
    return "\n".join(parts)


def _part(block: dict[str, Any]) -> str:
    kind = str(block.get("type"))[:LONGEST_NAME]
    if kind == "text":
        return str(block.get("text", ""))
    inside = block.get("resource")
    resource = inside if isinstance(inside, dict) else block
    named = f"{kind.replace('_link', '')} {resource.get('uri') or resource.get('name') or ''}".strip()
    if kind == "resource" and isinstance(resource.get("text"), str):
        return f"[{named}]\n{resource['text']}"
    data = resource.get("data", resource.get("blob"))
    size = f", {_size(data):,} bytes" if isinstance(data, str) else ""
    media_type = resource.get("mimeType")
    of_type = f", {media_type}" if isinstance(media_type, str) else ""
    return f"[{named}{of_type}{size}; only its name is passed on]"


def _size(data: str) -> int:
    try:
        return len(b64decode(data))
    except ValueError:
        return len(data)
