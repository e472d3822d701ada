"""Every error that grok raises on purpose.

    GrokError                  exit 1   anything else
    ├── UsageError             exit 2   flags, an empty prompt, input that cannot be used
    │   └── SecretError        exit 2   the request would contain an API key
    ├── ConfigError            exit 2   a settings file or value that cannot be used
    ├── MissingKeyError        exit 3   no API key is set
    ├── NetworkError           exit 5   DNS, TLS, refused, timeout
    │   └── StreamCutError     exit 5   the stream ended before the answer was complete
    ├── APIError               exit 6   the server answered, with an error
    │   ├── AuthError          exit 3   the server rejected the key
    │   ├── RateLimitError     exit 4   too many requests, or no credits
    │   └── RefusedError       exit 7   the server refused to answer the prompt
    ├── BudgetError            exit 4   a limit of the user's on the cost is reached
    ├── IncompleteError        exit 7   the answer was cut off by a limit, or withheld by a filter
    ├── LocalModelError        exit 1   the embedded model cannot run
    ├── McpError               exit 1   an MCP server that grok calls itself does not work
    └── StoreError             exit 1   stored conversations cannot be read, or the one asked for does not exist

An error says what happened (`message`) and what to do next (`hint`). `grokcli.cli.main`, and nothing else, turns it
into two lines on stderr and an exit code.
"""

from __future__ import annotations


class GrokError(Exception):
    """The base class: a one-line message that says what happened, and an optional hint on what to do next.

    `retryable` says whether the same request may succeed if it is sent again soon; the code that raises the error sets
    it.
    """

    exit_code = 1
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Set `message` (one line, no full stop) and `hint` (one line, imperative)."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GrokError):
    """The arguments or the input cannot be used; nothing was sent."""

    exit_code = 2


class SecretError(UsageError):
    """The request would contain an API key; nothing was sent, and the prompt must not be stored."""


class ConfigError(GrokError):
    """A settings file or a setting's value cannot be used."""

    exit_code = 2


class MissingKeyError(GrokError):
    """No API key is set."""

    exit_code = 3


class NetworkError(GrokError):
    """The server could not be reached, or the connection failed."""

    exit_code = 5

    def __init__(self, message: str, *, hint: str | None = None, retryable: bool = False, unsent: bool = False) -> None:
        """Set the message, the hint, and whether sending the request again may help.

        `unsent` says that there was no connection, so the server cannot have acted on the request.
        """
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.unsent = unsent


class StreamCutError(NetworkError):
    """The stream ended without its final event; the text received so far is kept."""


class APIError(GrokError):
    """The server answered with an error.

    `status` is the HTTP status (200 if the error was sent within a stream), `code` the server's own error code,
    `request_id` its `x-request-id` header, and `retry_after` the seconds it asked to wait; each of the last three is
    None if the server did not send it.
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
        """Set what the server reported; the class describes the attributes."""
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after


class AuthError(APIError):
    """The server rejected the key."""

    exit_code = 3


class RateLimitError(APIError):
    """There were too many requests, the model is at capacity, or no credits are left."""

    exit_code = 4


class RefusedError(APIError):
    """The server refused to answer the prompt, because it violates the usage guidelines."""

    exit_code = 7


class BudgetError(GrokError):
    """A limit that the user set on the cost is reached; nothing more was sent."""

    exit_code = 4


class IncompleteError(GrokError):
    """The answer was cut off by a limit or withheld by a filter."""

    exit_code = 7


class LocalModelError(GrokError):
    """The embedded model cannot be downloaded or started."""


class McpError(GrokError):
    """An MCP server that grok calls itself cannot be started, does not answer, or answers nonsense."""


class StoreError(GrokError):
    """The stored conversations cannot be read or changed, or the one asked for does not exist."""


def reason(error: OSError) -> str:
    """Return the system's reason for an error, to end a message with: "no such file or directory"."""
    return (error.strerror or str(error)).lower()
