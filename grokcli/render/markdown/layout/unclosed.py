"""Markup whose end has not arrived yet, closed for the moment; so that the reader sees bold and no asterisks.

Only what is still live is shown like this. What is final is what CommonMark says.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from grokcli.render.markdown.layout.spans import Span
from grokcli.render.markdown.layout.wrap import wrap

_MARK = re.compile(
    r"\\.|https?://[^\s)]*[^\s)*_~]|(?P<code>`+)|(?P<emphasis>\*{1,3}|_{1,3}|~~)|"
    r"(?P<link>\[(?:[^\[\]]|\[[^\[\]]*\])*\]\([^)\s]*$)|(?P<note>\[\[(?P<number>\d*)\]{0,2}$)",
    re.DOTALL,
)

_BLANKS = str.maketrans("\n\t", "  ")
_LONGEST_UNSETTLED = 400  # characters; when so much waits for an end of its markup, none is likely to come


class InlineCache:
    """The lines of a text that grows: only what came since its markup was last complete is rendered and wrapped again.

    That the text before stays as it was is likely, not certain; so this too is only for what is live.
    """

    def __init__(self) -> None:
        """Begin with no text."""
        self._made_for: tuple[list[Span], int] | None = None
        self._settled = ""
        self._lines: list[list[Span]] = []  # those of the settled text, but for the last
        self._last: list[Span] = []

    def lines(self, lead: list[Span], text: str, render: Callable[[str], list[Span]], width: int) -> list[list[Span]]:
        """Return `lead` and `text` in lines of `width`; `text` usually begins with that of the last call."""
        if self._made_for != (lead, width) or not text.startswith(self._settled):
            self._made_for = lead, width
            self._settled, self._lines, self._last = "", [], lead
        start = len(self._settled)
        if len(text) - start > _LONGEST_UNSETTLED:
            return self._lines + wrap([*self._last, Span(text[start:].translate(_BLANKS))], width)
        end = len(
            text[: max(text.rfind(" "), 0)].rstrip(" ")
        )  # the blank begins what is not settled: wrapping drops it
        if end > start and _is_complete(text[start:end]):
            *lines, self._last = wrap([*self._last, *render(text[start:end])], width)
            self._lines += lines
            self._settled = text[:end]
            start = end
        return self._lines + wrap([*self._last, *render(text[start:])], width)


def _is_complete(text: str) -> bool:
    """Say whether no markup in `text` waits for its end."""
    return (
        close_markup(text) == text
        and text.count("$") % 2 == 0
        and all(text.count(opening) == text.count(closing) for opening, closing in ("[]", "()", "<>"))
    )


_MOST_TRIES = 12


def last_place_to_cut(text: str, first: int) -> int:
    """Return the last blank of `text`, from `first` on, that is in no markup; -1 if there is none."""
    open_marks: list[str] = []
    ends = [0]  # where a mark or a code span ends
    are_open = [False]  # whether markup is open from there on
    starts = [0]  # where the next one begins
    for match, end in _marks(text):
        if match["emphasis"]:
            _note_emphasis(text, match, open_marks)
        starts.append(match.start())
        ends.append(end)
        are_open.append(bool(open_marks))
    end = len(text)
    for _ in range(_MOST_TRIES):
        end = text.rfind(" ", first, end)
        if end < 0:
            break
        index = bisect_right(ends, end) - 1
        inside = index + 1 < len(starts) and starts[index + 1] < end
        if not (are_open[index] or inside or _has_open_brackets(text[:end])):
            return end
    return -1


def has_open_markup(text: str) -> bool:
    """Say whether markup that began in `text` may end behind it. Brackets alone are prose as often as links."""
    return close_markup(text) != text or _has_open_brackets(text)


def _has_open_brackets(text: str) -> bool:
    return (
        text.count("$") % 2 != 0
        or text.endswith(("\\", "  "))
        or text.count("[") > text.count("]")
        or text.rfind("](") > text.rfind(")")
        or text.rfind("<") > text.rfind(">")
        or text.count("\\(") != text.count("\\)")
    )


def _marks(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield what may begin or end markup, and where it ends: a code span is one mark, to the end if it has none."""
    position = 0
    while match := _MARK.search(text, position):
        position = match.end()
        if mark := match["code"]:
            end = re.compile(rf"(?<!`){mark}(?!`)").search(text, position)
            position = end.end() if end else len(text) + 1
        yield match, position


def close_markup(text: str) -> str:
    """Return `text` with its open code span, emphasis or link closed, and without a mark that just began."""
    open_marks: list[str] = []
    for match, end in _marks(text):
        if mark := match["code"]:
            if end > len(text):
                return _close_code(text, match.start(), mark, open_marks)
        elif match["emphasis"]:
            if end == len(text) and match[0] not in open_marks:
                return _close_emphasis(text[: match.start()], open_marks)
            _note_emphasis(text, match, open_marks)
        elif match["link"]:
            return _close_emphasis(text[: text.rindex("(")] + "()", open_marks)  # half a target is of no use
        elif match["note"]:  # `[[1]](...`, as citations are written: its outer brackets are never seen
            return _close_emphasis(
                text[: match.start()] + (f"[{match['number']}]" if match["number"] else ""), open_marks
            )
    return _close_emphasis(text, open_marks)


def _note_emphasis(text: str, match: re.Match[str], open_marks: list[str]) -> None:
    """Open or close what an emphasis mark opens or closes, judged by the characters around it."""
    mark = match[0]
    before = text[match.start() - 1 : match.start()] or " "
    after = text[match.end() : match.end() + 1] or " "
    if open_marks and open_marks[-1] == mark and not before.isspace():
        open_marks.pop()
    elif not after.isspace() and not (mark[0] == "_" and before.isalnum()):
        open_marks.append(mark)


def _close_code(text: str, start: int, mark: str, open_marks: list[str]) -> str:
    body = text[start + len(mark) :].strip("`")
    if not body.strip():
        return _close_emphasis(text[:start], open_marks)
    return _close_emphasis(text.rstrip("`") + mark, open_marks)


def _close_emphasis(text: str, open_marks: list[str]) -> str:
    if not open_marks:
        return text
    closed = text.rstrip()
    for mark in reversed(open_marks):
        # A mark whose own text is still to come is hidden, and so is the first half of one that is being closed.
        closed = closed.removesuffix(mark).rstrip() if closed.endswith(mark) else closed.rstrip(mark[0]) + mark
    return closed
