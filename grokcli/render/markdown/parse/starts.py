"""Which block, if any, a line begins.

Each function looks at the line from its cursor on and returns the block it begins, having moved the cursor past the
mark; or None, having moved nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from grokcli.render.markdown.parse.cursor import LineCursor
from grokcli.render.markdown.parse.nodes import Container, Fence, Heading, Html, Item, Leaf, Math, Quote, Rule
from grokcli.render.markdown.parse.syntax import (
    ATX_HEADING,
    FENCE,
    HTML_STARTS,
    LIST_MARK,
    NEVER_INTERRUPTS,
    RULE,
    display_math_end,
    heading_text,
)


class OpenParagraph(Enum):
    """Whether the line would otherwise go on with a paragraph: some blocks cannot interrupt one."""

    NONE = 0
    HERE = 1  # in the same container
    LAZY = 2  # in a container that the line does not go on with


Start = Callable[[LineCursor, OpenParagraph], Container | Leaf | None]


def _quote(cursor: LineCursor, _paragraph: OpenParagraph) -> Quote:
    cursor.skip_quote_mark()
    return Quote()


def _heading(cursor: LineCursor, _paragraph: OpenParagraph) -> Heading | None:
    match = ATX_HEADING.match(cursor.text)
    if match is None:
        return None
    return Heading(len(match[1]), heading_text(cursor.text[match.end() :]))


def _fence(cursor: LineCursor, _paragraph: OpenParagraph) -> Fence | None:
    match = FENCE.match(cursor.text)
    return match and Fence(match[0], cursor.indent, cursor.text[match.end() :].strip())


def _html(cursor: LineCursor, paragraph: OpenParagraph) -> Html | None:
    for kind, pattern in enumerate(HTML_STARTS):
        if pattern.match(cursor.text) and (kind != NEVER_INTERRUPTS or paragraph is OpenParagraph.NONE):
            return Html(kind)
    return None


def _math(cursor: LineCursor, paragraph: OpenParagraph) -> Math | None:
    end = display_math_end(cursor.text, interrupts=paragraph is not OpenParagraph.NONE)
    return Math(end) if end else None


def _rule(cursor: LineCursor, _paragraph: OpenParagraph) -> Rule | None:
    return Rule() if RULE.match(cursor.text) else None


def _item(cursor: LineCursor, paragraph: OpenParagraph) -> Item | None:
    match = LIST_MARK.match(cursor.text)
    if match is None:
        return None
    number, delimiter = match[1], match[2]
    if paragraph is OpenParagraph.HERE and not (cursor.text[match.end() :].strip() and number in (None, "1")):
        return None
    indent = cursor.indent
    cursor.skip_blanks()
    cursor.skip_characters(match.end())
    padding = 1 if cursor.blank or cursor.indent > 4 else cursor.indent
    cursor.skip_columns(padding)
    return Item(
        ordered=number is not None,
        mark=delimiter or match[0],
        number=int(number or 0),
        indent=indent + match.end() + padding,
    )


STARTS: dict[str, tuple[Start, ...]] = {
    ">": (_quote,),
    "#": (_heading,),
    "`": (_fence,),
    "~": (_fence,),
    "<": (_html,),
    "$": (_math,),
    "\\": (_math,),
    "*": (_rule, _item),
    "-": (_rule, _item),
    "_": (_rule,),
    "+": (_item,),
    **dict.fromkeys("0123456789", (_item,)),
}
"""By the first character of the line, in the order in which they are asked."""
