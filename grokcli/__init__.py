"""grok: a command-line chat tool for xAI's Grok models, and the typed client library under it.

from grokcli import XAI

xai = XAI()  # the key comes from XAI_API_KEY
chat = xai.chat.create(model="grok-4.7")
"""

from __future__ import annotations

from importlib import import_module

# Not typing's own: that takes 20 ms to load, in which nothing meets a Ctrl-C, and under `python -m` a typing.py of the
# current folder would be imported before we can prevent it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from grokcli.chat import Chat, Response, assistant, image, system, tool_result, user
    from grokcli.client.xai import XAI
    from grokcli.errors import (
        APIError,
        AuthError,
        ConfigError,
        GrokError,
        IncompleteError,
        MissingKeyError,
        NetworkError,
        RateLimitError,
        RefusedError,
        StreamCutError,
        UsageError,
    )
    from grokcli.models import DEFAULT_MODEL

    Client = XAI

__version__ = "0.1.0"

# Where public names live that are not in `chat` or, as errors, in `errors`.
_HOMES = {"XAI": "client.xai", "Client": "client.xai", "DEFAULT_MODEL": "models"}

__all__ = [
    "DEFAULT_MODEL",
    "XAI",
    "APIError",
    "AuthError",
    "Chat",
    "Client",
    "ConfigError",
    "GrokError",
    "IncompleteError",
    "MissingKeyError",
    "NetworkError",
    "RateLimitError",
    "RefusedError",
    "Response",
    "StreamCutError",
    "UsageError",
    "assistant",
    "image",
    "system",
    "tool_result",
    "user",
]


def __getattr__(name: str) -> object:
    """Import the module that holds a public name on the name's first use: `import grokcli` costs next to nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name) or ("errors" if name.endswith("Error") else "chat")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]
