"""`grok mcp`: the MCP servers that --mcp can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.config.mcp_servers import find_servers
from grokcli.terminal.columns import columns
from grokcli.terminal.sanitize import json_text
from grokcli.turn.mcp_servers import described, is_called_here, listed_tools

if TYPE_CHECKING:
    from grokcli.config.mcp_servers import McpServer
    from grokcli.env import Env

EXAMPLES = """
grok mcp list
grok mcp tools notes
grok ask --mcp github "which issues are new?"
"""

app = new_app("List MCP servers and their tools.", examples=EXAMPLES)


@app.command("list")
def list_servers(ctx: typer.Context, json: AsJSON = False) -> None:
    """List the servers of the settings and of .mcp.json; start none."""
    env: Env = ctx.obj
    servers = list(find_servers(env.settings))
    _mask_secrets(env, servers)
    if json:
        env.console.print(json_text({"servers": list(map(_document, servers))}, indent=2))
        return
    if not servers:
        env.console.note("no MCP servers; set up [mcp.NAME] with: grok config edit")
        return
    rows = [(one.name, _caller(one), described(one), one.source) for one in servers]
    for line in columns([("NAME", "CALLED BY", "SERVER", "FROM"), *rows]):
        env.console.print(line + "\n")


@app.command()
def tools(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME|URL", help="A server")],
    json: AsJSON = False,
) -> None:
    """List the tools of a server, which is started or called for this."""
    env: Env = ctx.obj
    found = listed_tools(env, name)
    if json:
        document = [
            {"name": tool.original, "description": tool.description, "parameters": tool.definition} for tool in found
        ]
        env.console.print(json_text({"tools": document}, indent=2))
        return
    if not found:
        env.console.note("the server has no tools")
        return
    for line in columns([(tool.original, tool.description.partition("\n")[0]) for tool in found]):
        env.console.print(line + "\n")


def _caller(server: McpServer) -> str:
    return "grok" if is_called_here(server) else "xAI"


def _document(server: McpServer) -> dict[str, Any]:
    return {
        "name": server.name,
        "called_by": _caller(server).lower(),
        "command": list(server.command) or None,
        "url": server.url or None,
        "variables": list(server.env),
        "headers": list(server.headers),
        "allowed_tools": list(server.allowed_tools) or None,
        "source": server.source,
        "asks_first": server.is_foreign,
    }


def _mask_secrets(env: Env, servers: list[McpServer]) -> None:
    for server in servers:
        env.console.secrets.extend(server.secrets())
