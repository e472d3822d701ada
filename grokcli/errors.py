"""Every error that grok raises on purpose.

    GrokError                  exit 1   anything else
    ├── UsageError             exit 2   flags, an empty prompt, input that cannot be used
    │   └── SecretError        exit 2   what would be sent holds a key
    ├── ConfigError            exit 2   a settings file or value that cannot be used
    ├── MissingKeyError        exit 3   no API key anywhere
    ├── NetworkError           exit 5   DNS, TLS, refused, timeout
    │   └── StreamCutError     exit 5   the answer stopped before its end
    ├── APIError               exit 6   the server answered, with an error
    │   ├── AuthError          exit 3   the key is refused
    │   ├── RateLimitError     exit 4   too many requests, or no credits
    │   └── RefusedError       exit 7   the server will not answer this
    ├── BudgetError            exit 4   a limit of the user's on the cost is reached
    ├── IncompleteError        exit 7   the answer was cut by a limit, or refused
    ├── LocalModelError        exit 1   the embedded model cannot run
    └── StoreError             exit 1   the stored conversations cannot be read, or have no such one

An error says what happened (`message`) and what to do next (`hint`). The command line turns it into two lines on
stderr and an exit code in exactly one place, `grokcli.cli.main`.
"""

from __future__ import annotations


class GrokError(Exception):
    """An error with one line that says what happened, and perhaps one that says what to do next.

    `retryable` says whether the same request may succeed in a moment; whoever makes the error knows, nobody else does.
    """

    exit_code = 1
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep `message` (one line, no final period) and `hint` (one line, imperative)."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GrokError):
    """What the user typed or piped cannot be used; nothing was sent."""

    exit_code = 2


class SecretError(UsageError):
    """What would be sent holds a key; nothing was sent, and nothing is to be kept."""


class ConfigError(GrokError):
    """A settings file or a setting's value cannot be used."""

    exit_code = 2


class MissingKeyError(GrokError):
    """There is no API key anywhere."""

    exit_code = 3


class NetworkError(GrokError):
    """The server could not be reached, or the connection failed."""

    exit_code = 5

    def __init__(self, message: str, *, hint: str | None = None, retryable: bool = False) -> None:
        """Keep what happened, and whether it may pass by itself."""
        super().__init__(message, hint=hint)
        self.retryable = retryable


class StreamCutError(NetworkError):
    """The stream ended before the event that ends an answer; what came before it is kept."""


class APIError(GrokError):
    """The server answered with an error.

    `status` is the HTTP status (200 when the error came inside a stream), `code` the server's own code when it sent
    one, `request_id` its `x-request-id` header when there was one, `retry_after` the seconds it asked us to wait.
    """

    exit_code = 6

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int = 200,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep what the server said; see the class for the units."""
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after


class AuthError(APIError):
    """The key is refused."""

    exit_code = 3


class RateLimitError(APIError):
    """Too many requests, the model is at capacity, or there are no credits left."""

    exit_code = 4


class RefusedError(APIError):
    """The server will not answer this question: it breaks the usage guidelines."""

    exit_code = 7


class BudgetError(GrokError):
    """A limit that the user set on the cost is reached; nothing more was sent."""

    exit_code = 4


class IncompleteError(GrokError):
    """The answer was cut by a limit or withheld by a filter."""

    exit_code = 7


class LocalModelError(GrokError):
    """The embedded model cannot be fetched or started."""


class StoreError(GrokError):
    """The stored conversations cannot be read or changed, or the one that was asked for is not among them."""


def reason(error: OSError) -> str:
    """Return the system's reason for an error, as the end of a message of ours: "no such file or directory"."""
    return (error.strerror or str(error)).lower()
