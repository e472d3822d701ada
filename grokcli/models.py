"""What is known about models before any server is asked.

Source: the API digest, section 10. A server that knows better is believed: these figures only stop questions that
cannot fit and name a living model in place of a dead one.
"""

from __future__ import annotations

DEFAULT_MODEL = "grok-4.7"
LOCAL_MODEL = "local"

# Tokens that question and answer may take together.
CONTEXT_WINDOWS = {
    "grok-4.7": 500_000,
    "grok-4.6": 500_000,
    "grok-4.5": 500_000,
    "grok-4.3": 1_000_000,
    "grok-4.20": 1_000_000,
    "grok-build-0.1": 256_000,
    LOCAL_MODEL: 4096,
}

# Retired names, by prefix, and what to use in their place.
SUCCESSORS = {
    "grok-beta": DEFAULT_MODEL,
    "grok-vision-beta": DEFAULT_MODEL,
    "grok-2": DEFAULT_MODEL,
    "grok-3": "grok-4.3",
    "grok-4-": "grok-4.3",
    "grok-code-fast": "grok-build-0.1",
}

# English runs at some 4.5 bytes a token, code at less. A little more, so that we refuse only what is surely too long.
BYTES_PER_TOKEN = 5


def context_window(model: str) -> int | None:
    """Return how many tokens `model` takes, or None when that is not known here."""
    matches = [name for name in CONTEXT_WINDOWS if model == name or model.startswith(f"{name}-")]
    return CONTEXT_WINDOWS[max(matches, key=len)] if matches else None


def successor(model: str) -> str | None:
    """Return the living model to use in place of `model`, or None when `model` is not known to be retired."""
    return next((new for old, new in SUCCESSORS.items() if model.startswith(old)), None)


def least_tokens(text: str) -> int:
    """Return a low estimate of the tokens in `text`."""
    return len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN


def is_same_model(asked: str, answered: str) -> bool:
    """Say whether `answered` is `asked` under its full or its dated name."""
    return not answered or answered == asked or answered.startswith(f"{asked}-") or asked == f"{answered}-latest"
