"""Random documents: every construct, nested in every other, with the characters that break terminals."""

from __future__ import annotations

from hypothesis import strategies as st
from markdown_corpus import CORPUS

WORDS = st.sampled_from(
    [
        "word",
        "a",
        "considerably-longer-than-the-others",
        "**bold**",
        "*italic*",
        "~~gone~~",
        "`code`",
        "``a ` b``",
        "**open",
        "`open",
        "[a](http://e.x/p)",
        "[a](<b c> 'title')",
        "[ref][r]",
        "[r]",
        "<http://auto.link>",
        "<me@mail.example>",
        "![alt *x*](i.png)",
        "<b>",
        "</kbd>",
        "<br>",
        "https://x.example/__a__/b_c",
        "www.y.example/" + "p/" * 20,
        "[[1]](https://z.example/a)",
        "\\[1]",
        "$$ holds",
        "H<sub>2</sub>O",
        "<b>b</b>",
        "<img src='https://i.example' alt='i'>",
        "\\(\\frac{a}{b} \\times x_1\\)",
        "\u200fx",
        "\\(x^2\\)",
        "$y_1$",
        "$5",
        "&amp;",
        "&#27;",
        "\\*",
        "日本語の文章",
        "注意：",
        "한국어",
        "👩‍👩‍👧",
        "🇩🇪",
        "👍🏽",
        "e\u0301a\u0308",
        "❤️",
        "ไทย",
        "हिन्दी",
        "עברית",
        "—",
        "“q”",
        "\t",
        "\u00a0",
        "|",
        "x" * 90,
        "__u__",
        "***both***",
        "\u202e",
        "\u200b",
        "C:\\dir",
    ]
)
TEXT = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
CODE = st.sampled_from(
    [
        "def f(x):",
        '    """doc',
        "    string",
        '    """',
        "",
        "  /* open",
        "close */ int a = 1;",
        "// note",
        "\tif (x) { return 'y'; }",
        "key: [1, 2]",
        "<p class='a'>",
        "日本語 👍🏽",
        "y" * 200,
        "``",
        "# x",
        "- a",
        "<!-- c",
        "-->",
    ]
)
LANGUAGE = st.sampled_from(["", "python", "c", "css", "html", "yaml", "json", "bash", "no-such-language", "{.python}"])


@st.composite
def fences(draw) -> str:
    mark = draw(st.sampled_from(["```", "~~~", "````"]))
    lines = draw(st.lists(CODE, max_size=6))
    end = draw(st.sampled_from([mark, mark, mark, ""]))
    return "\n".join([mark + draw(LANGUAGE), *lines, end])


@st.composite
def tables(draw) -> str:
    columns = draw(st.integers(1, 5))
    count = draw(st.sampled_from([0, 1, 3, 3, 70]))
    cell = st.lists(WORDS, max_size=3).map(" ".join)
    head = "|".join(["", *(draw(cell) for _ in range(columns)), ""])
    rule = "|".join(["", *(draw(st.sampled_from(["---", ":-:", "--:", ":--"])) for _ in range(columns)), ""])
    row = "|".join(["", *(draw(cell) for _ in range(columns + draw(st.integers(-1, 1)))), ""])
    return "\n".join([head, rule, *[row] * count])


LEAVES = st.one_of(
    TEXT,
    st.lists(TEXT, min_size=2, max_size=4).map("\n".join),
    st.lists(TEXT, min_size=2, max_size=3).map("  \n".join),
    st.builds("{} {}".format, st.sampled_from(["#", "##", "###", "######"]), TEXT),
    st.builds("{}\n{}".format, TEXT, st.sampled_from(["===", "---", "-"])),
    st.sampled_from(
        [
            "---",
            "* * *",
            "[r]: http://ref.example/x 'title'",
            "[R]: <other>\n'more'",
            "<details>\n<summary>s</summary>\n\nb\n\n</details>",
            "<!-- a\n\nb -->",
            "$$\nx = \\frac{1}{2}\n$$",
            "\\[\n a_i \n\\]",
            "    indented\n\n      code",
            "- ",
            "1.",
            ">",
            "<think>\nhm\n</think>",
            "[!NOTE]\nx",
            "> [!TIP]\n> x",
            "$$ a_1\n+ b $$",
            "<p align='center'>\n<b>b</b><br>\n<a href='http://h.example'>h</a>\n</p>",
            "word **bold** " * 90,
            "a line of words that goes on\n" * 50,
            "- [ ] open\n- [x] done",
        ]
    ),
    fences(),
    tables(),
    st.sampled_from(CORPUS),
)


def _nest(children):
    blocks = st.lists(children, min_size=1, max_size=3).flatmap(
        lambda parts: st.sampled_from(["\n\n", "\n"]).map(lambda gap: gap.join(parts))
    )
    marks = st.sampled_from(
        [("> ", "> "), ("- ", "  "), ("1. ", "   "), ("10) ", "    "), ("* ", "  "), (">", ">"), ("- ", "")]
    )

    def indent(block: str, mark: tuple[str, str]) -> str:
        first, rest = mark
        lines = block.split("\n")
        return "\n".join([first + lines[0], *((rest + line).rstrip() if line else rest.rstrip() for line in lines[1:])])

    return st.builds(indent, blocks, marks)


BLOCKS = st.recursive(LEAVES, _nest, max_leaves=5)
GAPS = st.sampled_from(["\n\n", "\n\n", "\n", "\n\n\n", "\r\n", "\r\n\r\n", "\r"])


@st.composite
def documents(draw) -> str:
    text = ""
    for block in draw(st.lists(BLOCKS, min_size=1, max_size=6)):
        text += block + draw(GAPS)
    return text


@st.composite
def cuttings(draw, text: str) -> list[str]:
    """`text` in pieces: single characters, or cut at random places."""
    if draw(st.integers(0, 3)) == 0:
        return list(text)
    places = draw(st.lists(st.integers(0, len(text)), max_size=30).map(sorted))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
