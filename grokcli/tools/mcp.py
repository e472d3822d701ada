"""MCP servers, which xAI's server calls by itself, as the tools of a request.

Source: the API digest, section 6. Only the Responses API has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from grokcli.errors import UsageError


def tools(urls: Sequence[str]) -> list[dict[str, Any]]:
    """Return a tool for each server, labelled with the name of its host. Raises UsageError for what is no URL."""
    labels: set[str] = set()
    found = []
    for url in dict.fromkeys(urls):
        label = _label(url)
        number = 1
        while label in labels:
            number += 1
            label = f"{_label(url)}_{number}"
        labels.add(label)
        found.append({"type": "mcp", "server_url": url, "server_label": label})
    return found


def _label(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f"--mcp {url!r} is not the URL of a server", hint="for example: --mcp https://mcp.example.com/mcp"
        )
    return re.sub(r"[^A-Za-z0-9]+", "_", host).strip("_") or "mcp"
