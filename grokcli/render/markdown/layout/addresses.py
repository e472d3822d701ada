"""Addresses as they are shown: never so that they could be taken for others."""

from __future__ import annotations

import re
import unicodedata

from grokcli.render.markdown.layout.markup import normal_url

_ADDRESS = re.compile(r"(?P<scheme>https?://)?(?P<host>[^\s/?#@]+\.[^\s/?#@]+)(?:[/?#]\S*)?$", re.IGNORECASE)
# The host as browsers find it: behind what looks like a user's name, before a backslash too. Only letters that cannot
# deceive: others are punycode by now.
_HOST = re.compile(r"https?://(?:[^/?#\\]*@)?([a-z0-9.-]+(?::\d+)?)(?=[/?#\\]|$)", re.IGNORECASE)
_ENCODED = re.compile(r"(?:%[89a-f][0-9a-f])+", re.IGNORECASE)


def is_same_url(label: str, target: str) -> bool:
    """Say whether `label` is the address `target` itself, written as people do: without what goes without saying.

    Not with a host of letters that could pass for others: the target has these in a form that cannot deceive.
    """
    match = _ADDRESS.match(label)
    if match is None or not match["host"].isascii():
        return False
    written = label if match["scheme"] else f"{target.partition('://')[0]}://{label}"
    return normal_url(written).rstrip("/") == target.rstrip("/")


def site(target: str) -> str:
    """Return the host that a target leads to, or the target itself if it is no plain one."""
    match = _HOST.match(target)
    return match[1].lower().removeprefix("www.") if match else readable(target)


def readable(target: str) -> str:
    """Return a target with its letters decoded, where these are letters that run from left to right."""
    return _ENCODED.sub(_decoded, target)


def _decoded(match: re.Match[str]) -> str:
    try:
        text = bytes.fromhex(match[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return match[0]
    is_plain = all(character.isalnum() and unicodedata.bidirectional(character) == "L" for character in text)
    return text if is_plain else match[0]
