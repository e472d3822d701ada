"""The man page: what `--help` says of each command, and the pages of `grokcli/help`, as man(7) macros.

python tests/manpage.py      writes grokcli/help/grok.1, which is installed with the package

The same program makes the same page, byte for byte. Markdown that no page has used so far is an error: `block` and
`inline` say what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import typer
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from typer.main import get_command

from grokcli import __version__
from grokcli.cli import app
from grokcli.commands.help import PAGES
from grokcli.commands.help_format import sections
from grokcli.config.settings import SETTINGS

MAN_PAGE = PAGES / "grok.1"
# No hyphenation, no stretched lines, one space after a sentence: what is typed looks as it is typed.
HEAD = f""".\\" Written by tests/manpage.py. Do not edit: run it again.
.TH GROK 1 "" "grok {__version__}" "User Commands"
.nh
.ad l
.ss 12 0
"""
# Sections that man pages have by custom, and our headings that they are made of.
CUSTOMARY = {"Exit codes": "EXIT STATUS", "What is stored on this machine": "FILES"}
# The pages in the order of the README, and the sections that they become.
ORDER = re.findall(r"(?m)^- \[.+\]\(grokcli/help/(.+)\.md\)", (PAGES.parents[1] / "README.md").read_text("utf-8"))
TEXTS = {name: (PAGES / f"{name}.md").read_text("utf-8") for name in ORDER}
HEADINGS = {name: text.partition("\n")[0].removeprefix("# ") for name, text in TEXTS.items()}
TITLES = {name: CUSTOMARY.get(heading, heading.upper()) for name, heading in HEADINGS.items()}
ABOUT = """\
`grok COMMAND --help` lists the options of a command. EXIT STATUS, FILES and the sections from ASK on come from the pages
that `grok help` lists and `grok help TOPIC` shows. Where another program is called `grok`, use `grokcli`: it is the same command.
"""
VARIABLES = """\
- `XAI_API_KEY`: API key; see [key](key.md)
- `GROKCLI_HOME`: folder for settings, data and cache
- `GROK_DEBUG`: `1` is `--debug` for any command
- `NO_COLOR`, `FORCE_COLOR`: respected while `GROK_COLOR` is `auto`
- `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`: proxy to use, and servers to reach without it
- `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, `SSL_CERT_FILE`: file of certificate authorities to trust
- `VISUAL`, `EDITOR`: editor to open
"""
HELP = ("-h, --help", "Show this help")  # every command has it

MARKDOWN = MarkdownIt("commonmark").enable("table")
# What man reads as markup, or replaces by signs that can be neither searched for nor pasted into a shell.
SPECIAL = {"\\": r"\(rs", "-": r"\-", "'": r"\(aq", '"': r"\(dq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", "…": "..."}
PLACEHOLDER = re.compile(r"(?<=[ [|:=@])[A-Z]+\b")
LINK = re.compile(r"(?:\b(see|in|as|of)\s)?\[([^]]+)\]\(([^)]+)\)")
# A list item that says what something is: `--name VALUE`, `other` (note): the description.
DEFINITION = re.compile(r"(`[^`]+`(?:,\s`[^`]+`)*(?: \([^)]*\))?)(?::\s(.+))?", re.DOTALL)


def escaped(text: str) -> str:
    """Return text that is shown as it is."""
    text = text.replace("¹⁰", "^10")  # without Unicode, a terminal shows neither
    return "".join(SPECIAL.get(one) or (one if one.isascii() else rf"\[u{ord(one):04X}]") for one in text)


def bold(text: str) -> str:
    """Return what is typed. In commands and options, what stands for something else is in italics."""
    text = escaped(text)
    if text.startswith((r"\-", "/", "grok ")):
        text = PLACEHOLDER.sub(r"\\fI\g<0>\\fB", text)
    return rf"\fB{text}\fR"


def lines(text: str) -> str:
    """Return text as lines, none of which is a request by accident."""
    return re.sub(r"(?m)^\.", r"\&.", text) + "\n"


def paragraphs(text: str) -> str:
    """Return plain text as paragraphs."""
    return "".join(f".PP\n{lines(escaped(' '.join(one.split())))}" for one in text.split("\n\n") if one)


def verbatim(text: str) -> str:
    """Return lines that stay as they are."""
    return f".PP\n.RS 2\n.nf\n{lines(escaped(text))}.fi\n.RE\n"


def tagged(rows: Sequence[Sequence[str]], *, compact: bool = False) -> str:
    """Return names or the like and what they mean; `compact` has no empty lines between them."""
    width = max(len(re.sub(r"\\f[BIR]|\\(?=-)", "", tag)) for tag, _ in rows) + 2 if compact else 7
    found = [f".TP {width}\n{lines(tag)}{lines(text) if text else ''}" for tag, text in rows]
    return f"{found[0]}.PD 0\n{''.join(found[1:])}.PD\n" if compact else "".join(found)


LEAVES: dict[str, Callable[[str], str]] = {"text": escaped, "code_inline": bold, "softbreak": lambda _: "\n"}
FONTS = {"strong": "B", "em": "I", **dict.fromkeys(("root", "inline", "paragraph", "heading", "td", "link"), "")}


def pages() -> dict[str, str]:
    """Return the sections that the pages become."""
    found: dict[str, str] = {}
    for name, title in TITLES.items():
        section = title
        for node in parsed(TEXTS[name]):
            if node.type == "heading":
                section = CUSTOMARY.get(inline(node), title)
            found[section] = found.get(section, "") + block(node)
    return found


def parsed(markdown: str) -> list[SyntaxTreeNode]:
    """Return the blocks of a markdown text. Links to pages become the names of sections, others keep their URL."""

    def name_section(link: re.Match[str]) -> str:
        before, text, target = link.groups()
        if "://" in target:
            return f"{before} {text} ({target})" if before else f"{text} ({target})"
        title = TITLES[target.removesuffix(".md")]
        return f"{before} {title}" if before else f"{text} (see {title})"

    return SyntaxTreeNode(MARKDOWN.parse(LINK.sub(name_section, markdown))).children


def prose(markdown: str) -> str:
    """Return a markdown text as macros."""
    return "".join(map(block, parsed(markdown)))


def block(node: SyntaxTreeNode) -> str:
    """Return a block as macros."""
    match node.type:
        case "heading":
            is_own_section = node.tag == "h1" or inline(node) in CUSTOMARY
            return "" if is_own_section else f'.SS "{inline(node)}"\n'
        case "paragraph":
            return f".PP\n{lines(inline(node))}"
        case "fence":
            return verbatim(node.content.rstrip("\n"))
        case "bullet_list":
            return "".join(item(one, r"\(bu 2") for one in node.children)
        case "ordered_list":
            return "".join(item(one, f"{number}. 4") for number, one in enumerate(node.children, 1))
        case "table":
            return tagged([[inline(cell) for cell in row.children] for row in node.children[1].children], compact=True)
        case other:
            raise ValueError(f"no macros for {other}")


def item(node: SyntaxTreeNode, mark: str) -> str:
    """Return an item of a list, which is one paragraph."""
    (paragraph,) = node.children
    if definition := DEFINITION.fullmatch(paragraph.children[0].content):
        return tagged([[inline(SyntaxTreeNode(MARKDOWN.parseInline(one))) for one in definition.groups("")]])
    return f".IP {mark}\n{lines(inline(paragraph))}"


def inline(node: SyntaxTreeNode) -> str:
    """Return what is inside of a block."""
    if node.type in LEAVES:
        return LEAVES[node.type](node.content)
    font, inside = FONTS[node.type], "".join(map(inline, node.children))
    return rf"\f{font}{inside}\fR" if font else inside


def walk(context: typer.Context) -> Iterator[typer.Context]:
    """Yield the subcommands, each followed by its own."""
    group: Any = context.command
    for name in group.list_commands(context) if hasattr(group, "list_commands") else ():
        inner = typer.Context(group.get_command(context, name), info_name=name, parent=context)
        yield inner
        yield from walk(inner)


def usage(context: typer.Context, *, options: bool) -> str:
    """Return how a command is called, with arguments in the capitals that they have below it."""
    pieces = " ".join(context.command.collect_usage_pieces(context)[not options :])
    return f"{context.command_path} {re.sub(r'[{}]|:<.*>', '', pieces).upper()}".strip()


def table(rows: list[tuple[str, str]], *, compact: bool = False) -> str:
    """Return rows of the help; a note such as [env: NAME] stays on one line."""
    notes = re.compile(r"\[(env|default): ")
    return tagged([(bold(name), notes.sub(r"[\1:\\ ", escaped(text))) for name, text in rows], compact=compact)


def command(context: typer.Context, ask: typer.Context) -> str:
    """Return what there is to say of a command. Options that are those of `grok ask` are only named."""
    of_ask = [(title, row) for title, rows in sections(ask) for row in rows] if context is not ask else []
    text = f'.SS "{escaped(usage(context, options=False))}"\n' + paragraphs(context.command.help or "")
    like_ask: list[str] = []
    for title, rows in sections(context):
        own = [row for row in rows if (title, row) not in of_ask and row != HELP]
        like_ask += [name for row in rows if row not in own and row != HELP for name in re.findall(r"--[\w-]+", row[0])]
        if own and title != "Commands":
            text += ("" if title in ("Arguments", "Options") else paragraphs(f"{title}:")) + table(own)
    return text + (f".PP\nAs for {bold('grok ask')}: {', '.join(map(bold, like_ask))}.\n" if like_ask else "")


def man_page() -> str:
    """Return the whole page."""
    group: Any = get_command(app)
    root = typer.Context(group, info_name="grok", **group.context_settings)
    of_root = dict(sections(root))
    commands = list(walk(root))
    top = [one for one in commands if one.parent is root]
    about, _, more = group.help.partition("\n\n")
    topics = pages()
    parts = {
        "NAME": f"grok, grokcli \\- {escaped(about[0].lower() + about[1:].rstrip('.'))}\n",
        "SYNOPSIS": ".br\n".join(f"{bold(usage(one, options=True))}\n" for one in top),
        "DESCRIPTION": paragraphs(more) + table(of_root["Commands"], compact=True) + prose(ABOUT),
        "EXAMPLES": verbatim("\n\n".join(one.command.epilog.strip() for one in commands if one.command.epilog)),
        "OPTIONS": table(of_root["Options"]),
        "COMMANDS": "".join(command(one, ask=top[0]) for one in commands),
        "ENVIRONMENT": prose(VARIABLES + "".join(f"- `{one.environment}`: {one.help}\n" for one in SETTINGS.values())),
        **{title: topics.pop(title) for title in CUSTOMARY.values()},
        **topics,
        "SEE ALSO": prose("**curl**(1), **jq**(1), <https://console.x.ai>"),
    }
    text = HEAD + "".join(f'.SH "{escaped(title)}"\n{body}' for title, body in parts.items())
    return re.sub(r"(?m)^(\.S[HS] .*\n)\.PP\n", r"\1", text)  # a heading begins a paragraph by itself


if __name__ == "__main__":
    MAN_PAGE.write_text(man_page(), "utf-8")
    print(f"wrote {MAN_PAGE}")
