"""Addresses that a request can be sent to, and which of them may be given the key."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from grokcli.errors import ConfigError

MAX_LABEL = 63


def check_url(url: str) -> bool:
    """Say whether `url` leads to this machine. Raises ConfigError when a key must not be sent there."""
    host, netloc, scheme = _checked_parts(url)
    loopback = is_loopback(host)
    if scheme == "http" and not loopback:
        raise ConfigError(f"refused to send the key over plain http to {host}", hint=f"use https://{netloc}")
    return loopback


def _checked_parts(url: str) -> tuple[str, str, str]:
    """Return the host, the host with its port, and the scheme of a base URL. Raises ConfigError when it is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port  # which is where a number over 65535 is noticed
        if not (host.isascii() and all(0 < len(label) <= MAX_LABEL for label in host.rstrip(".").split("."))):
            host.encode("idna")  # loads tables, so the usual names are not asked
    except ValueError:
        parts, host, port = urlsplit(""), "", 0
    # urlsplit drops line breaks and tabs, where the request would not.
    if parts.scheme not in ("http", "https") or not host or port == 0 or not re.fullmatch(r"[^\s\\]+", url):
        raise ConfigError(f"invalid base URL: {url!r}", hint="for example: https://api.x.ai/v1")
    if parts.username or parts.password:
        raise ConfigError("the base URL contains a user name or password", hint="remove everything before the host")
    return host, parts.netloc, parts.scheme


def is_loopback(host: str) -> bool:
    """Say whether `host`, a name or an address, is this machine."""
    if host == "localhost":
        return True
    if not host[0].isdigit() and ":" not in host:
        return False
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_proxy(proxy: str) -> None:
    """Raise ConfigError when `proxy` is no address of one."""
    try:
        urlsplit(proxy if "//" in proxy else f"//{proxy}").port  # noqa: B018  # raises what the request would raise later
    except ValueError:
        raise ConfigError("invalid proxy URL", hint="for example: http://proxy.example:3128") from None
