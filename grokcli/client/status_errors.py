"""Error statuses as our errors, which code that was written for requests can catch as its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from requests import exceptions as errors

from grokcli.client.wire import is_xai
from grokcli.client.wire.error_bodies import NEUTRAL_HINTS, error_from
from grokcli.errors import APIError, AuthError, RateLimitError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests


class HTTPStatusError(APIError, errors.HTTPError):
    """An error status. Code that was written for requests can catch it as `requests.HTTPError`."""


class HTTPAuthError(AuthError, HTTPStatusError):
    """An error status that means: the key is refused."""


class HTTPRateLimitError(RateLimitError, HTTPStatusError):
    """An error status that means: too many requests, or no credits."""


class HTTPRefusedError(RefusedError, HTTPStatusError):
    """An error status that means: the server will not answer this."""


_STATUS_ERRORS: dict[type[APIError], type[HTTPStatusError]] = {
    APIError: HTTPStatusError,
    AuthError: HTTPAuthError,
    RateLimitError: HTTPRateLimitError,
    RefusedError: HTTPRefusedError,
}


def status_error(response: requests.Response, body: bytes) -> HTTPStatusError:
    """Return the error that an answer outside 2xx stands for, of whose `body` the beginning was read."""
    if response.is_redirect:
        return HTTPStatusError(
            f"the server redirects to {response.headers['location']}; the key is not sent there",
            hint="set base_url to the address of the API",
            status=response.status_code,
        )
    plain = error_from(response.status_code, response.headers, body)
    error = _STATUS_ERRORS[type(plain)](plain.message, hint=plain.hint)
    vars(error).update(vars(plain), response=response, request=response.request)
    return error


@contextmanager
def hints_for(base_url: str) -> Iterator[None]:
    """Let the hints of errors speak of xAI's console and status page for xAI's servers only."""
    try:
        yield
    except APIError as error:
        if error.hint and not is_xai(base_url):
            error.hint = NEUTRAL_HINTS.get(error.hint, error.hint)
        raise
