"""A conversation as a web page: one file that runs nothing, loads nothing, and prints well."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from grokcli.terminal.sanitize import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FIRST_HEADING = 3  # of a message: the page and each message have titles of their own
_KINDS = ("user", "assistant", "system", "tool")
_STYLE = """
:root { color-scheme: light dark; --text: #1f2328; --page: #fff; --soft: #f4f5f7; --line: #d6dae0; --faint: #59636e;
  --link: #0a5fb4; --comment: #59636e; --keyword: #a0288c; --name: #0a5fb4; --string: #14702c; --number: #8a4b00;
  --deleted: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e7eb; --page: #15181c; --soft: #1f242a; --line: #3a424b; --faint: #9aa5b1; --link: #7ab8ff;
    --comment: #9aa5b1; --keyword: #f29ae0; --name: #7ab8ff; --string: #7fd494; --number: #f0b26b; --deleted: #ff8d85 }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 48rem; padding: 1.5rem 1rem 4rem; color: var(--text); background: var(--page);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem }
h2 { font-size: 1rem; margin: 0 0 .5rem }
h3, h4, h5, h6 { font-size: 1.1rem; line-height: 1.3; margin: 1.4em 0 .5em }
h3 { font-size: 1.3rem }
article { border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1rem }
article.superseded { opacity: .65 }
time, .about, .faint, .math { color: var(--faint) }
time, .about { font-size: .875rem; font-weight: normal }
.typed { white-space: pre-wrap; background: var(--soft); border-radius: .5rem; padding: .75rem 1rem }
p, ul, ol, pre, table, blockquote { margin: .75em 0 }
li > p, li > ul, li > ol { margin: .25em 0 }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid var(--line) }
a { color: var(--link) }
hr { border: 0; border-top: 1px solid var(--line) }
code, pre { font: .875em/1.5 ui-monospace, monospace }
code { background: var(--soft); border-radius: .25rem; padding: .1em .3em }
pre { background: var(--soft); border-radius: .5rem; overflow-x: auto; padding: .75rem 1rem; tab-size: 4 }
pre code { background: none; font-size: 1em; padding: 0 }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { border: 1px solid var(--line); padding: .3em .6em; text-align: left; vertical-align: top }
.right { text-align: right }
.center { text-align: center }
.label { font-weight: bold }
.note { color: var(--link) }
.tip { color: var(--string) }
.important { color: var(--keyword) }
.warning { color: var(--number) }
.caution { color: var(--deleted) }
.comment { color: var(--comment); font-style: italic }
.keyword { color: var(--keyword) }
.name, .builtin { color: var(--name) }
.string { color: var(--string) }
.number { color: var(--number) }
.deleted { color: var(--deleted) }
@media print {
  :root { color-scheme: light; --text: #000; --page: #fff; --soft: #fff; --line: #999; --faint: #444; --link: #000;
    --comment: #444; --keyword: #000; --name: #000; --string: #000; --number: #000; --deleted: #000 }
  body { font-size: 10.5pt; max-width: none; padding: 0 }
  h1, h2, h3, h4, h5, h6 { break-after: avoid }
  pre, .typed { border: 1px solid var(--line); overflow: visible; white-space: pre-wrap }
  tr, li > p { break-inside: avoid }
  table { display: table }
  article a[title]::after { content: " (" attr(href) ")"; font-size: .85em }
}
"""


class Said(NamedTuple):
    """A message; `created` is in seconds since 1970, `superseded` after an edit or a retry."""

    role: str
    author: str
    text: str
    created: float
    superseded: bool = False


def conversation_page(title: str, about: str, messages: Iterable[Said], mask: Callable[[str], str]) -> str:
    """Return a page with the messages: answers rendered, all other text as it was typed.

    `about` stands below the title. `mask` takes the secrets out of a text.
    """

    def shown(text: str) -> str:
        return escape(mask(clean(text)))

    return f"""<!DOCTYPE html>
<html lang="">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="referrer" content="no-referrer"/>
<title>{shown(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{shown(title)}</h1>
<p class="about">{shown(about)}</p>
{"".join(_article(one, shown, mask) for one in messages)}</body>
</html>
"""


def _article(said: Said, shown: Callable[[str], str], mask: Callable[[str], str]) -> str:
    from grokcli.render.markdown import to_html

    if said.role == "assistant":
        text = to_html(mask(said.text), heading=_FIRST_HEADING, edit=mask)
    else:
        text = f'<div class="typed">{shown(said.text)}</div>'
    kind = said.role if said.role in _KINDS else "other"
    written = datetime.fromtimestamp(said.created, UTC)
    return f"""<article class="{kind}{" superseded" if said.superseded else ""}">
<h2>{shown(said.author)} <time datetime="{written:%Y-%m-%dT%H:%M:%SZ}">{written:%Y-%m-%d %H:%M} UTC</time></h2>
{text}
</article>
"""
