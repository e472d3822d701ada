"""What is fetched from elsewhere than the API: pages to send along, pictures that were made. No key goes along."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
import urllib3
from requests import exceptions as errors

from grokcli import __version__
from grokcli.client.network_errors import Route, network_error
from grokcli.client.status_errors import HTTPStatusError
from grokcli.client.transport import is_loopback
from grokcli.errors import APIError, NetworkError, UsageError


def download(url: str, limit: int) -> bytes:
    """Return what is at `url`, which a server named: over https or from this machine only, and nowhere else.

    No key goes along. Raises APIError for other URLs, else as fetch does.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "-")):
        raise APIError(f"the server names {url[:200]}, which is not fetched", hint="only https URLs are")
    try:
        return fetch(url, limit, redirects=False)
    except (NetworkError, APIError) as error:
        error.hint = f"the server keeps it for a while: {url}"
        raise


def fetch(url: str, limit: int, *, redirects: bool = True) -> bytes:
    """Return what is at `url`, a page that has nothing to do with the API: no key goes along.

    Raises UsageError for more than `limit` bytes, HTTPStatusError, NetworkError.
    """
    headers = {"User-Agent": f"grokcli/{__version__}"}
    try:
        with requests.get(url, headers=headers, timeout=30, stream=True, allow_redirects=redirects) as response:
            if response.status_code != requests.codes.ok:
                raise HTTPStatusError(f"{url} answered HTTP {response.status_code}", status=response.status_code)
            content = bytes(response.raw.read(limit + 1, decode_content=True))
    except errors.HTTPError:
        raise
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise network_error(error, Route(url)) from error
    if len(content) > limit:
        raise UsageError(f"{url} has more than {limit >> 20} MB")
    return content
