"""The HTTP library: `XAI` and all that it takes to talk to a server. It prints nothing and knows no settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokcli.client.xai import XAI, Client

__all__ = ["XAI", "Client"]


def __getattr__(name: str) -> object:
    """Import the client on its first use: `grokcli.client.redact` and others are needed without requests."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grokcli.client import xai

    return getattr(xai, name)
