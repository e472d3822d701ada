"""Tools that xAI's server runs itself: web and X search, and collections.

Source: the API digest, section 6. Only the Responses API has them. A search takes either the domains to include or
those to exclude.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grokcli.errors import UsageError

# The names of the server's own tools; it would mistake a function of the same name for one of them.
SERVER_TOOLS = frozenset(
    (
        *("web_search", "x_search", "code_interpreter", "code_execution", "file_search", "collections_search"),
        *("mcp", "image_generation", "view_image", "view_x_video", "document_search", "attachment_search"),
        *("x_keyword_search", "x_semantic_search", "x_user_search", "x_thread_fetch", "browse_page"),
    )
)
MAX_DOMAINS = 5
MAX_HANDLES = 20
MAX_COLLECTIONS = 10
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?\Z")
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True)
class Search:
    """The options of a search; `since` is the first day of posts, `until` the first day excluded (YYYY-MM-DD).

    With `images` and `videos`, the model sees those that the search finds, not only the text around them.
    """

    web: bool = False
    x: bool = False
    domains: Sequence[str] = ()
    excluded_domains: Sequence[str] = ()
    handles: Sequence[str] = ()
    since: str | None = None
    until: str | None = None
    excluded_handles: Sequence[str] = ()
    images: bool = False
    videos: bool = False

    def tools(self) -> list[dict[str, Any]]:
        """Return the tools for a request; none if neither `web` nor `x` is set.

        Raises UsageError, which names the command-line options, for a combination that the server would reject.
        """
        self._require_target()
        tools: list[dict[str, Any]] = []
        seen = {"enable_image_understanding": True} if self.images else {}
        if self.web:
            tools.append({"type": "web_search", **self._web_fields(), **seen})
        if self.x:
            seen |= {"enable_video_understanding": True} if self.videos else {}
            tools.append({"type": "x_search", **self._x_fields(), **seen})
        return tools

    def _require_target(self) -> None:
        if (self.domains or self.excluded_domains) and not self.web:
            flag = "--domain" if self.domains else "--exclude-domain"
            raise UsageError(f"{flag} needs a web search", hint="add --web or --search")
        if self.images and not (self.web or self.x):
            raise UsageError("--search-images needs a search", hint="add --search, --web or --x")
        handles = (("--handle", self.handles), ("--exclude-handle", self.excluded_handles))
        dates = (("--since", self.since), ("--until", self.until))
        for flag, value in (*handles, *dates, ("--search-videos", self.videos)):
            if value and not self.x:
                raise UsageError(f"{flag} needs a search of X", hint="add --x or --search")

    def _web_fields(self) -> dict[str, Any]:
        if self.domains and self.excluded_domains:
            raise UsageError("--domain cannot be used with --exclude-domain", hint="leave out one of them")
        if self.domains:
            return {"filters": {"allowed_domains": _domains("--domain", self.domains)}}
        if self.excluded_domains:
            return {"filters": {"excluded_domains": _domains("--exclude-domain", self.excluded_domains)}}
        return {}

    def _x_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if self.handles and self.excluded_handles:
            raise UsageError("--handle cannot be used with --exclude-handle", hint="leave out one of them")
        if self.handles:
            fields["allowed_x_handles"] = _handles("--handle", self.handles)
        if self.excluded_handles:
            fields["excluded_x_handles"] = _handles("--exclude-handle", self.excluded_handles)
        since, until = _date("--since", self.since), _date("--until", self.until)
        if since and until and since >= until:
            raise UsageError(
                f"--since {since} is not before --until {until}", hint="--until is the first day that is excluded"
            )
        return fields | {name: day for name, day in (("from_date", since), ("to_date", until)) if day}


def _handles(flag: str, names: Sequence[str]) -> list[str]:
    handles = [name.removeprefix("@") for name in names]
    for handle in handles:
        if not _HANDLE.match(handle):
            raise UsageError(f"invalid value for {flag}: {handle!r}", hint=f"for example: {flag} xai")
    return _limited(flag, handles, MAX_HANDLES)


def _domains(flag: str, domains: Sequence[str]) -> list[str]:
    for domain in domains:
        if not _DOMAIN.match(domain):
            raise UsageError(f"invalid value for {flag}: {domain!r}", hint=f"for example: {flag} x.ai")
    return _limited(flag, domains, MAX_DOMAINS)


def _limited(flag: str, values: Sequence[str], limit: int) -> list[str]:
    unique = list(dict.fromkeys(values))
    if len(unique) > limit:
        raise UsageError(
            f"too many values for {flag}: {len(unique)} (at most {limit})", hint=f"give {flag} at most {limit} times"
        )
    return unique


def _date(flag: str, text: str | None) -> str | None:
    from datetime import date

    if text is None:
        return None
    try:
        # fromisoformat() also accepts other formats, which the server does not.
        date.fromisoformat(text if _DATE.match(text) else "")
    except ValueError:
        raise UsageError(f"invalid value for {flag}: {text!r}", hint=f"for example: {flag} 2026-01-31") from None
    return text


def collection_tools(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the tool that searches these collections. Raises UsageError for what cannot be the id of one."""
    for one in ids:
        if not re.fullmatch(r"[\w.:-]+", one):
            raise UsageError(
                f"invalid value for --collection: {one!r}", hint="for example: --collection collection_3be0eec8"
            )
    return [{"type": "file_search", "vector_store_ids": _limited("--collection", ids, MAX_COLLECTIONS)}]
