"""How each thing looks: a small table of named styles, and the colours of code.

Colours are the terminal's own 16, without black, white, yellow, blue and the bright ones: what is left reads on dark
and on light backgrounds; plain blue is close to black in many palettes. Comments are dim, not grey, because some
palettes make "bright black" the background.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, Literal

from pygments.styles import get_all_styles
from pygments.token import Token
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, PygmentsSyntaxTheme

from grokcli.render.markdown.layout.theme_file import ThemeError, is_theme_file, read_theme_file

Links = Literal["full", "host", "hidden"]
Tables = Literal["columns", "lines"]
TokenType = Any  # pygments types its tokens as tuples that have attributes

_MARKDOWN = {
    "heading1": "bold underline magenta",
    "heading2": "bold magenta",
    "heading3": "magenta",
    "heading4": "italic magenta",
    "heading5": "bold italic",
    "heading6": "italic",
    "strong": "bold",
    "emphasis": "italic",
    "struck": "strike",
    "code": "cyan",
    "math": "italic",
    "link": "underline",
    "target": "dim",
    "image": "italic",
    "html": "dim",
    "underlined": "underline",
    "note_number": "dim",
    "note": "bold cyan",
    "tip": "bold green",
    "important": "bold magenta",
    "warning": "bold red",
    "caution": "bold red",
    "faint": "dim",
    "bullet": "bold cyan",
    "number": "cyan",
    "done": "green",
    "open": "dim",
    "quote": "dim",
    "table_head": "bold",
}

_CODE = {
    Token.Comment: "dim italic",
    Token.Comment.Preproc: "magenta",
    Token.Keyword: "magenta",
    Token.Keyword.Constant: "cyan",
    Token.Keyword.Type: "cyan",
    Token.Operator.Word: "magenta",
    Token.Name.Builtin: "cyan",
    Token.Name.Builtin.Pseudo: "italic",
    Token.Name.Function: "bold",
    Token.Name.Class: "bold cyan",
    Token.Name.Exception: "bold red",
    Token.Name.Decorator: "magenta",
    Token.Name.Tag: "magenta",
    Token.Name.Attribute: "cyan",
    Token.Name.Variable: "red",
    Token.Literal.String: "green",
    Token.Literal.String.Doc: "green",
    Token.Literal.String.Escape: "cyan",
    Token.Literal.Number: "cyan",
    Token.Generic.Heading: "bold",
    Token.Generic.Subheading: "bold magenta",
    Token.Generic.Deleted: "red",
    Token.Generic.Inserted: "green",
    Token.Generic.Error: "red",
    Token.Generic.Emph: "italic",
    Token.Generic.Strong: "bold",
    Token.Generic.Prompt: "dim",
}


class UnknownThemeError(ThemeError):
    """There is no such theme; the hint names the closest that there is."""

    def __init__(self, name: str) -> None:
        """Look for what may have been meant by `name`."""
        close = difflib.get_close_matches(name, ["default", "marks", "mono", *sorted(get_all_styles())], n=1)
        hint = f"did you mean {close[0]}?" if close else "use default, marks, mono, or a Pygments style such as monokai"
        super().__init__(f"there is no theme called {name!r}", hint)


class Theme:
    """The styles of one theme: `theme["strong"]`, and `theme.code_style(token_type)`.

    `links` is what is shown behind the text of a link: its whole target, the target's host, or nothing. `tables` have
    columns, or a line for each cell.
    """

    def __init__(self, name: str = "default", links: Links = "full", tables: Tables = "columns") -> None:
        """Take "default", "marks" (the same, with code between its backticks), "mono" (no colours), the name of a
        Pygments style, which then colours the code, or a file.

        The name of a file ends with .toml. Raises ThemeError for a file that cannot be used, UnknownThemeError for
        other names.
        """
        self.links: Links = links
        self.tables: Tables = tables
        self.has_rules = name != "marks"  # around code, in place of its backticks
        if name == "marks":
            name = "default"
        name, changes = read_theme_file(name, _MARKDOWN) if is_theme_file(name) else (name, {})
        colorless = name == "mono"
        self._styles = {key: _style(definition, colorless) for key, definition in (_MARKDOWN | changes).items()}
        self._find_code_style = _code_styles(name)
        self._code_styles: dict[TokenType, Style] = {}

    def __getitem__(self, key: str) -> Style:
        """Return the style of one kind of markdown."""
        return self._styles[key]

    def code_style(self, token: TokenType) -> Style:
        """Return the style of one kind of code token; never a background, so that code copies and reads anywhere."""
        style = self._code_styles.get(token)
        if style is None:
            found = self._find_code_style(token)
            style = Style(color=found.color, bold=found.bold, italic=found.italic, underline=found.underline) + Style(
                dim=found.dim
            )
            self._code_styles[token] = style
        return style


def _style(definition: str, colorless: bool) -> Style:
    style = Style.parse(definition)
    return style.without_color if colorless else style


def _code_styles(name: str) -> Callable[[TokenType], Style]:
    if name in ("default", "mono"):
        table = {token: _style(definition, name == "mono") for token, definition in _CODE.items()}
        return ANSISyntaxTheme(table).get_style_for_token
    if name not in get_all_styles():
        raise UnknownThemeError(name)
    return PygmentsSyntaxTheme(name).get_style_for_token
