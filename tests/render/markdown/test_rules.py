"""One test for each rule of how things look, and for each thing that must not be lost."""

from __future__ import annotations

import re

import pytest
from emulated_terminal import show, stream


def lines(text: str, columns: int = 80, rows: int = 24, **options) -> list[str]:
    return show(text, columns, rows, **options).lines()


def test_blank_rows_between_blocks():
    text = "# Title\ntext\n- a\n- b\n\n\nmore\n***\n> q\n```\nx\n```"
    expected = ["Title", "", "text", "", "  • a", "  • b", "", "more", "", "─" * 40, "", "│ q", "", "──", "x", "──"]
    assert lines(text) == expected


def test_items_are_as_loose_as_they_were_written():
    assert lines("- a\n- b\n\n- c\n- d") == ["  • a", "  • b", "", "  • c", "  • d"]


def test_nested_lists():
    assert lines("- a\n  - b\n    1. c\n\n       d") == ["  • a", "      ◦ b", "         1. c", "", "            d"]


def test_numbers_line_up_and_never_move():
    text = "\n".join(f"{number}. x" for number in range(8, 12))
    assert lines(text) == [" 8. x", " 9. x", "10. x", "11. x"]
    assert lines("99. a\n100. b") == ["99. a", "100. b"]


def test_task_lists():
    assert lines("- [ ] open\n- [x] done\n- [y] neither") == ["[ ] open", "[✓] done", "  • [y] neither"]
    assert lines("1. [x] a\n   - [ ] b") == [" 1. [✓] a", "    [ ] b"]


def test_an_empty_item_shows_its_mark():
    assert lines("- a\n-\n- c") == ["  • a", "  •", "  • c"]


def test_quotes_keep_their_bar():
    assert lines("> a\n>\n> - b\n>   > c") == ["│ a", "│", "│   • b", "│     │ c"]


def test_code_copies_clean():
    code = ["def f():", "    return 1  ", "", "        # " + "long " * 40]
    shown = show("```python\n" + "\n".join(code) + "\n```").lines()
    assert shown[0] == "── python"
    assert shown[-1] == "──"
    assert shown[1:4] == ["def f():", "    return 1", ""]
    written = re.sub("\x1b\\[[0-9;]*m", "", show("```python\n" + "\n".join(code) + "\n```").output)
    assert code[3].rstrip() in written  # one logical line: it is the terminal that wraps it


@pytest.mark.parametrize("mark", ["", "- ", "> - ", "1. - "])
def test_code_keeps_the_blanks_at_its_ends(mark):
    code = ["a  ", "", "   ", "  b", "    "]
    indentation = mark.replace("-", " ").replace("1.", "  ")
    text = "\n".join([f"{mark}```", *(indentation + line for line in code), f"{indentation}```"])
    rows = re.sub("\x1b\\[[0-9;]*m", "", show(text).output).split("\r\n")[1:-2]
    margin = rows[0][: rows[0].index("a")]
    assert rows == [margin + line if line else margin.rstrip() for line in code]


def test_nothing_is_padded():
    output = show("# a\n\ntext\n\n- b\n\n| c | d |\n|---|---|\n| e |  |\n\n```\nx\n```").output
    rows = re.sub("\x1b\\[[0-9;]*m", "", output).split("\r\n")
    assert [row for row in rows if row.endswith(" ")] == []


def test_long_code_lines_are_not_cut():
    line = "x" * 5000
    assert "".join(lines(f"```\n{line}\n```")[1:-1]) == line


def test_unclosed_fences_are_closed():
    assert lines("~~~~python\nx") == ["── python", "x", "──"]
    assert lines("- ```\n  x\n\ny") == ["  • ──", "    x", "", "    ──", "", "y"]


def test_a_theme_shows_the_marks_around_code():
    assert lines("~~~~python\nx", theme="marks") == ["~~~~python", "x", "~~~~"]


def test_tabs_in_code_are_four_columns():
    assert lines("```\n\tx\na\ty\n```")[1:3] == ["    x", "a   y"]


def test_tables_fit_the_width():
    wide = " ".join(["word"] * 40)
    for columns in (20, 40, 80, 200):
        shown = lines(f"| a | b | c |\n|---|:-:|--:|\n| {wide} | x | {wide} |", columns)
        assert max(map(len, shown)) < columns
        assert " ".join(shown).count("word") + sum(line.count("wor") for line in shown) >= 80


def test_a_table():
    text = "| Name | Qty | Note |\n|:-----|----:|:----:|\n| apple | 3 | ok |\n| 日本語 | 100 | x |"
    assert lines(text) == [
        "Name   │ Qty │ Note",
        "───────┼─────┼─────",
        "apple  │   3 │  ok",
        "日本語 │ 100 │  x",
    ]


def test_cells_beyond_the_head_are_not_lost():
    assert "c | d" in "\n".join(lines("| a | b |\n|---|---|\n| x | c | d |"))


def test_a_table_too_narrow_for_columns_becomes_records():
    head = "|" + "|".join(f" h{n} " for n in range(6)) + "|\n|" + "---|" * 6
    row = "|" + "|".join(f" v{n} " for n in range(6)) + "|"
    shown = lines(f"{head}\n{row}\n{row}", 20)
    assert shown == [*(f"h{n}: v{n}" for n in range(6)), "────", *(f"h{n}: v{n}" for n in range(6))]


def test_long_tables_keep_their_widths_after_the_first_rows():
    rows = [f"| {n} | {'x' * (n % 7)} |" for n in range(100)]
    text = "| a | b |\n|---|---|\n" + "\n".join(rows) + "\n| 100 | far too wide for that column |"
    shown = lines(text, 80, 200)
    assert shown[2:102] == [f"{n:<2} │ {'x' * (n % 7)}".rstrip() for n in range(100)]
    assert "".join(line.split("│")[-1].strip() for line in shown[102:]) == "fartoowideforthatcolumn"


def test_links_show_their_target_once():
    text = '[a](http://x.example/p "T") <http://y.example> <m@z.example> ![i](p.png)'
    shown = show(text, 120)
    assert shown.lines() == ['a (http://x.example/p "T") http://y.example m@z.example i (p.png)']
    assert shown.output.count("\x1b]8;;http") == 2
    assert "\x1b]8;;mailto:m@z.example\x1b\\" in shown.output


def test_no_hyperlinks_where_the_terminal_has_none():
    assert "\x1b]8" not in show("<http://y.example>", hyperlinks=False).output


def test_references_resolve_backwards_only():
    assert lines("[a]\n\n[a]: http://x\n\n[a]") == ["[a]", "", "[a]: http://x", "", "a (http://x)"]


def test_definitions_above_an_underlined_heading_define():
    assert lines("[a]: http://x\nb\n===\n[a]") == ["[a]: http://x", "", "b", "", "a (http://x)"]


def test_html_that_has_no_look_is_shown_as_it_is():
    text = "<custom>\n<summary>s</summary> <p class='x'>\n\nx </kbd> <b>y <!-- z -->\n\n<think>\nhm\n</think>"
    assert lines(text) == [
        "<custom>",
        "s <p class='x'>",
        "",
        "x </kbd> <b>y <!-- z -->",
        "",
        "<think>",
        "hm",
        "</think>",
    ]


def test_common_html_is_readable():
    text = (
        '<div align="center">\n<img src="https://e.example/i.png" alt="Logo" width="9">\n'
        '<a href="https://e.example/p"><img src="https://b.example/x.svg" alt="v1"></a>\n</div>\n\n'
        "<details>\n<summary>More</summary>\n\nPress <kbd>Ctrl</kbd>, <b>bold</b> <i>it</i><br>\nend\n\n</details>"
    )
    shown = ["Logo (e.example)", "v1 (b.example) (https://e.example/p)", "", "More", "", "Press Ctrl, bold it", "end"]
    assert lines(text) == shown
    assert show("<b>x</b>").cells()[0][0][4 - 1] is True


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("H<sub>2</sub>O", "H₂O"),
        ("10<sup>-3</sup>", "10⁻³"),
        ("4<sup>th</sup>", "4ᵗʰ"),
        ("x<sub>maximum</sub>", "x_maximum"),
        ("a<sub>*b*</sub>", "a<sub>b</sub>"),
    ],
)
def test_letters_above_and_below_the_line(text, plain):
    assert lines(text) == [plain]


@pytest.mark.parametrize("label", ["NOTE", "tip", "IMPORTANT", "Warning", "CAUTION"])
def test_labels_of_quotes(label):
    shown = show(f"> [!{label}]\n> text\n>\n> [!NOTE]")
    assert shown.lines() == [f"│ {label.capitalize()}", "│ text", "│", "│ [!NOTE]"]
    assert shown.cells()[0][2][1] != "default"
    assert lines(f"> [!{label}] text") == [f"│ [!{label}] text"]
    assert lines(f"> [!{label}]\n> - a") == [f"│ {label.capitalize()}", "│   • a"]


def test_images_show_their_site_where_all_of_the_address_is_under_it():
    shown = show("![a chart](https://www.e.example/c.png) ![](https://e.example/d.png)")
    assert shown.lines() == ["a chart (e.example) image (e.example)"]
    assert "\x1b]8;;https://www.e.example/c.png\x1b\\e.example" in shown.output
    assert lines("![a](https://e.example/c.png)", hyperlinks=False) == ["a (https://e.example/c.png)"]


def test_citations_show_their_site():
    url = "https://www.reuters.com/a/b?c=d"
    shown = show(f"so [[1]]({url})[[12]]({url}), [1]({url}) and [text]({url})", 200)
    assert shown.lines() == [f"so [1] (reuters.com)[12] (reuters.com), 1 (reuters.com) and text ({url})"]
    assert shown.output.count(f"\x1b]8;;{url}\x1b") == 4
    assert lines(f"[[1]]({url})", hyperlinks=False) == [f"[1] ({url})"]


def test_targets_are_shown_with_their_letters():
    shown = show("[Köln](https://de.example/wiki/K%C3%B6ln%20%E2%80%AE%D7%90) https://de.example/K%C3%B6ln", 120)
    assert shown.lines() == ["Köln (https://de.example/wiki/Köln%20%E2%80%AE%D7%90) https://de.example/Köln"]
    assert "8;;https://de.example/K%C3%B6ln\x1b" in shown.output


def test_long_addresses_in_cells_are_notes_below_the_table():
    one, two = (f"https://{name}.example/{'path/' * 9}" for name in ("one", "two"))
    text = f"| a | b |\n|---|---|\n| [x]({one}) | {two} |\n| [y]({one}) | [z](http://s.example) |\n\nend"
    shown = show(text, 120)
    assert shown.lines() == [
        "a  │ b",
        "───┼─────────────────────",
        "x¹ │ two.example²",
        "y¹ │ z (http://s.example)",
        f"¹ {one}",
        f"² {two}",
        "",
        "end",
    ]
    assert stream(list(text), 120).cells() == shown.cells()


def test_a_table_of_addresses_shows_all_of_them():
    rows = [f"| https://host.example/{'path/' * 5}{n}. |" for n in range(300)]
    shown = "".join(lines("| a |\n|---|\n" + "\n".join(rows), 120, 900))
    assert [n for n in range(300) if f"/path/{n}" not in shown] == []


def test_columns_keep_their_longest_words():
    text = f"| a | b |\n|---|---|\n| internationalisation | {'word ' * 40} |"
    assert "internationalisation │" in "\n".join(lines(text, 40))


def test_a_rule_separates_rows_where_one_of_them_wraps():
    rows = ["| a | b |", "|---|---|", "| 1 | x |", "| 2 | {} |", "| 3 | z |"]
    rule = "──┼──"
    assert sum(line.startswith(rule) for line in lines("\n".join(rows).format("word " * 9), 30)) == 3
    assert sum(line.startswith(rule) for line in lines("\n".join(rows).format("word"), 30)) == 1
    long = "\n".join([*rows, *["| 4 | y |"] * 70]).format("word " * 9)
    assert sum(line.startswith(rule) for line in lines(long, 30, 200)) == 1
    assert stream(list(long), 30, 200).cells() == show(long, 30, 200).cells()


def test_line_breaks():
    assert lines("a<br>\nb <br> c<br>  \nd") == ["a", "b", "c", "", "d"]
    assert lines("a\nb  \nc\\\nd<br>e<br/>f") == ["a b", "c", "d", "e", "f"]


@pytest.mark.parametrize(
    ("math", "plain"),
    [
        (r"\(17.5 \times 60\)", "17.5 × 60"),
        (r"\(a_1^2\)", "a₁²"),
        (r"\[x \le y\]", "x ≤ y"),
        ("$x_1$", "x₁"),
        ("$$y$$", "y"),
        (r"$\frac{a}{b}$", "a/b"),
        (r"$\frac{a+b}{2}$", "(a+b)/2"),
        (r"\(\left( a \right)\)", "( a )"),
        (r"$\alpha \to \infty$", "α → ∞"),
        (r"$\sqrt{2} \in \mathbb{R}$", "√2 ∈ ℝ"),
        (r"$e^{-x^2/2}$", "e^(-x²/2)"),
        (r"$x_{max}$", "x_max"),
        (r"$O(n \log n)$", "O(n log n)"),
        (r"$\text{a b} = 5\%$", "a b = 5%"),
        (r"$90^\circ$", "90°"),
    ],
)
def test_latex_has_a_plain_form(math, plain):
    assert lines(f"so {math} holds") == [f"so {plain} holds"]


@pytest.mark.parametrize(
    "math",
    [
        r"\(\begin{pmatrix} a & b \end{pmatrix}\)",
        r"$\unknown{x}$",
        r"$x^$",
        r"$\frac{1}$",
        "$a_{b$",
        "$a}$",
        r"$\sqrt[3]{x}$",
        "$a & b_1$",
        "$" + "{" * 50 + "x" + "}" * 50 + "$",
    ],
)
def test_latex_without_a_plain_form_stays_as_it_was_written(math):
    assert lines(f"so {math} holds", 150) == [f"so {math} holds"]


def test_displayed_latex():
    text = "as\n$$\na_1 \\cdot b_2 \\\\\n c\n$$\nand\n\n\\[\n\\begin{x}\n\\]"
    assert lines(text) == ["as", "", "  a₁ · b₂", "  c", "", "and", "", "\\[", "\\begin{x}", "\\]"]


@pytest.mark.parametrize(
    "text", [r"\[1] a **b** c", r"\[1\] a **b** c", r"\[see 2] a **b** c", "$$ holds for **b** c", r"\[ is **b** c"]
)
def test_what_only_looks_like_latex_does_not_swallow_markup(text):
    shown = lines(f"{text}\n- d\n\n\\] $$")
    assert "b c" in shown[0]
    assert "  • d" in shown


@pytest.mark.parametrize("formula", [r"\[ x = \text{if so}", r"$$ a_1 + b", r"\[ [0, 1) \cup (1, 2]"])
def test_a_formula_may_begin_behind_its_mark(formula):
    end = "\\]" if formula[0] == "\\" else "$$"
    assert lines(f"{formula}\n\\unknown * c *\n{end}") == [formula, "\\unknown * c *", end]


def test_money_is_not_latex():
    assert lines("from $5 to **$10**") == ["from $5 to $10"]
    assert lines("$5 and $10.\nx $20") == ["$5 and $10. x $20"]


def test_wide_characters_break_between_each_other():
    text = "日本語の文章は、単語の間に空白がありません。" * 3
    shown = show(text, 20)
    for row in shown.cells():
        assert str(row[0][0]) not in "、。"
    assert "".join(cell[0] for row in shown.cells() for cell in row) == text


@pytest.mark.parametrize("text", ["**注意：**正文", "文**“引用”**后", "これは**「重要」**です", "~~旧：~~新"])
def test_emphasis_beside_wide_characters(text):
    assert lines(text) == [text.replace("**", "").replace("~~", "")]


def test_combining_characters_stay_with_their_letters():
    word = "e\u0301" * 30
    assert all(not line.startswith("\u0301") for line in lines(word, 20))


def test_long_words_are_cut_and_whole():
    assert "".join(lines("x" * 300, 40)) == "x" * 300


def test_blanks_inside_a_line_stay():
    assert lines("a  b `c  d`") == ["a  b c  d"]


def test_ideographic_blanks_that_indent_a_paragraph_stay():
    assert show("  　　首先").text().startswith("　")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_the_same(newline):
    assert lines(newline.join(["# a", "b", "", "- c", "```", "d", "", "e", "```"])) == lines(
        "# a\nb\n\n- c\n```\nd\n\ne\n```"
    )


def test_deep_nesting_leaves_room_for_text():
    text = "> " * 30 + "deep words here"
    shown = lines(text, 20, 6)
    assert "".join(line.strip("│ ") for line in shown).replace(" ", "") == "deepwordshere"
    assert max(map(len, shown)) < 20


def test_headings_differ_in_style():
    looks = {tuple(show("#" * level + " x").cells()[0][0][1:]) for level in range(1, 7)}
    assert len(looks) >= 5


def test_highlighting_knows_what_came_before():
    docstring, comment = show('```python\n"""a\nb = 1\n"""\n```'), show("```css\n/* a\nb: c */\n```")
    assert docstring.cells()[2][0][1] == docstring.cells()[1][0][1] != "default"
    assert len({cell[1:] for cell in comment.cells()[1] + comment.cells()[2]}) == 1


def test_every_word_is_shown():
    blocks = [
        "# {} *{}* `{}`",
        '{} [{}](http://{}.x "{}") ![{}]({}) <http://{}.y>',
        "- {}\n- {}\n  > {}",
        "```{} {}\n{}\n```",
        "    {}",
        "| {} | {} |\n|---|---|\n| {} | {} | {} |",
        "<div {}='{}'>{}</div>",
        "[{}]: {} '{}'",
        "{}\n---",
        "$$\n{}\n$$",
        "{} <b>{}</b> [{}][no]",
    ]
    template = "\n\n".join(blocks)
    words = [f"w{n}" for n in range(template.count("{}"))]
    text = template.format(*words)
    shown = show(text, 200).text()
    assert [word for word in words if not re.search(rf"\b{word}\b", shown)] == []


def test_narrow_and_tiny_terminals():
    text = "# Title\n\n- item with words\n  1. nested `code`\n\n| a | b |\n|---|---|\n| c | d |\n\n```\nlong line\n```"
    for columns, rows in [(10, 4), (5, 3), (2, 2), (1, 1)]:
        assert stream(list(text), columns, rows).text()


def test_without_styles_there_is_no_escape_sequence():
    assert "\x1b[3" not in show("# a **b** `c`\n\n```python\nx = 1\n```", colors="none").output
    plain = show(
        "# a **b**\n\n- c <http://d.example>", styled=False, addressable=False, hyperlinks=False, synchronized=False
    )
    assert "\x1b" not in plain.output
    assert plain.output == "a b\n\n  • c http://d.example\n"


def test_without_a_cursor_rows_are_printed_when_they_are_final():
    shown = stream(["one\n", "\ntw", "o\n\n```\na\n", "b\n"], styled=False, addressable=False)
    assert shown.sent == ["one\n", "\ntwo\n\n──\na\n", "b\n", "──\n"]


@pytest.mark.parametrize("joint", [" ", "\n"], ids=repr)
def test_a_long_paragraph_looks_like_any_other(joint):
    """It is made final in pieces: these end in the middle of a row, but the next goes on there."""
    words = [f"**bold {n}** `code` {'日本語' * (n % 3)}" for n in range(200)]
    shown = lines(joint.join(words), 60, 300)
    assert "".join(shown).replace(" ", "") == re.sub(r"[*` ]", "", "".join(words))
    assert [line for line in shown[:-1] if len(line) < 30] == []


def test_markup_is_not_cut_where_a_piece_of_a_long_paragraph_ends():
    for before in range(150, 250):
        text = "word " * before + "**" + "bold " * 180 + "end**" + " [some link](http://x.example) `some code`" * 9
        shown = "".join(lines(text, 80, 300))
        assert [mark for mark in ("**", "[", "`") if mark in shown] == []


def test_a_table_may_follow_a_long_paragraph_without_a_blank_line():
    for words in range(195, 215):
        assert "─┼─" in "\n".join(lines("word " * words + "\n| a | b |\n|---|---|\n| c | d |", 80, 300))
        assert "─┼─" in "\n".join(lines("some word\n" * (words // 2) + "| a | b |\n|---|---|\n| c | d |", 80, 300))


@pytest.mark.parametrize(("opening", "closing"), [("$$", "$$"), ("\\[", "\\]")])
def test_a_formula_of_any_length_is_shown_whole(opening, closing):
    formula = [f"x_{n} + y" for n in range(1000)]
    assert lines("\n".join([opening, *formula, closing, "", "end"]), 80, 2000) == [
        opening,
        *formula,
        closing,
        "",
        "end",
    ]


def test_columns_line_up_where_the_terminal_counts_cells_otherwise():
    """Emulators disagree about keycaps and joined emoji; the separators stand where we say, whatever came before."""
    table = (
        "| a | b |\n|---|---|\n| \U0001f468\u200d\U0001f469\u200d\U0001f467 | x |\n| 1\ufe0f\u20e3 | y |\n| word | z |"
    )
    shown = show(table)
    buffer = shown.screen.buffer
    places = [[at for at in range(80) if buffer[row][at].data in ("│", "┼")] for row in range(5)]
    assert places == [[5]] * 5
    assert "\x1b[5G" in shown.output
    assert "\x1b[5G" not in show(table, addressable=False).output
