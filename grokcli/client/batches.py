"""Batches: thousands of requests in one file, which xAI answers in its own time and at a lower price.

Source: API additions, section 1.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from grokcli.client.wire.batches import Batch, Row, read_batch, read_rows
from grokcli.client.wire.json_body import as_list, as_object, as_text
from grokcli.errors import APIError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grokcli.client.xai import XAI

ENDPOINT = "/batches"
# Up to 1000 would be allowed; but answers may be long, and a page is held in memory.
PAGE = 100
MAX_ID = 200


class BatchPage(NamedTuple):
    """Batches, and the token of the next page, "" after the last one."""

    batches: list[Batch]
    token: str


class ResultPage(NamedTuple):
    """Results, and the token of the next page, "" after the last one."""

    rows: list[Row]
    token: str


class Batches:
    """What a client does with batches. Everything here raises as XAI.request does, and UsageError for an invalid id."""

    def __init__(self, client: XAI) -> None:
        """Take the client that the requests go through."""
        self._client = client

    def create(self, input_file_id: str, name: str) -> Batch:
        """Have the requests in an uploaded file answered, and return the batch.

        The file has a request on each line: `{"custom_id": …, "method": "POST", "url": "/v1/chat/completions", "body":
        {…}}`. It is checked after the answer: a file that is refused shows as `Batch.refusal`.
        """
        return read_batch(self._client.request("POST", ENDPOINT, {"name": name, "input_file_id": input_file_id}))

    def get(self, batch_id: str) -> Batch:
        """Return how far a batch is."""
        with _hints():
            return read_batch(self._client.request("GET", _path(batch_id)))

    def list(self, token: str = "") -> BatchPage:
        """Return a page of the team's batches: the first one, or the one that `token` stands for."""
        page = self._client.request("GET", f"{ENDPOINT}?{_query(token)}")
        batches = [read_batch(one) for one in map(as_object, as_list(page.get("batches"))) if one.get("batch_id")]
        return BatchPage(batches, _next(page, batches))

    def results(self, batch_id: str, token: str = "") -> ResultPage:
        """Return a page of results, which can be read before the batch is done.

        They are in no order that is of use. A batch that is not done has fewer than it has requests.
        """
        with _hints():
            page = self._client.request("GET", f"{_path(batch_id)}/results?{_query(token)}")
        rows = read_rows(page)
        return ResultPage(rows, _next(page, as_list(page.get("results"))))

    def cancel(self, batch_id: str) -> Batch:
        """Cancel what is not answered yet. Some of what the answer counts as cancelled may still be answered."""
        with _hints():
            return read_batch(self._client.request("POST", f"{_path(batch_id)}:cancel", {}))


def _path(batch_id: str) -> str:
    if not batch_id.strip(".") or len(batch_id) > MAX_ID or not batch_id.isprintable():
        raise UsageError(f"invalid batch id: {batch_id[:MAX_ID]!r}", hint="list them with: grok batch list")
    return f"{ENDPOINT}/{quote(batch_id, safe='')}"


def _query(token: str) -> str:
    return urlencode({"limit": PAGE, **({"pagination_token": token} if token else {})})


def _next(page: dict[str, object], found: list[Batch] | list[object]) -> str:
    """Return the token of the next page; one that comes with an empty page leads nowhere."""
    return as_text(page.get("pagination_token")) if found else ""


@contextmanager
def _hints() -> Iterator[None]:
    """Let hints speak of batches, where those of questions would mislead."""
    try:
        yield
    except APIError as error:
        if error.status == 404:
            error.hint = "list the batches with: grok batch list"
        raise
