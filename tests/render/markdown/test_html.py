"""Markdown as HTML: from the same parser, well-formed, and whatever the text is, nothing of it is markup of ours."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_corpus import CORPUS
from markdown_documents import documents

from grokcli.render.markdown import to_html

ATTRIBUTES = {
    "a": {"href", "title", "rel"}, "li": {"value"}, "span": {"class"}, "pre": {"class"}, "p": {"class"},
    "td": {"class"}, "th": {"class"},
}  # fmt: skip
ELEMENTS = {
    *ATTRIBUTES, "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br", "code", "strong", "em", "del", "ul", "ol",
    "blockquote", "table", "thead", "tbody", "tr", "b", "i", "cite", "var", "u", "ins", "s", "kbd", "samp", "mark",
}  # fmt: skip
# What XML cannot hold, and HTML can.
NOT_XML = re.compile("[\ufffe\uffff]")


def parsed(text: str) -> ElementTree.Element:
    """Return the elements of a document, all of which are among those that are harmless."""
    root = ElementTree.fromstring(f"<body>{to_html(NOT_XML.sub('', text))}</body>")
    for element in list(root.iter())[1:]:
        assert element.tag in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set())
        assert re.match(r"https?://|mailto:", element.get("href", "mailto:"), re.IGNORECASE)
    return root


def shown(root: ElementTree.Element) -> str:
    """Return all that can be read, also the targets of links."""
    return "".join([*root.itertext(), *(element.get("title", "") for element in root.iter())])


@given(documents())
def test_any_document_is_well_formed_and_harmless(text):
    root = parsed(text)
    gone = r"&#?\w+;|</?\w+(?: \w+='[^']*')*>|\\[a-z]+|```.*|~~~.*"  # what has a look, or is none
    written = re.findall(r"[a-z]{2,}", re.sub(gone, "", text))
    assert [word for word in written if word not in shown(root)] == []


@given(st.text(alphabet="<>&\"'`*_[]()!#-|\\\n ab:/$~="))
def test_any_marks_are_well_formed_and_harmless(text):
    parsed(text)


def test_every_construct_is_well_formed():
    for text in CORPUS:
        parsed(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A *b*", "<h1>A <em>b</em></h1>"),
        ("a  \nb<br>c", "<p>a<br/>b<br/>c</p>"),
        ("~~a~~ **b** `<c>` \\(x<y\\)", '<p><del>a</del> <strong>b</strong> <code>&lt;c&gt;</code> <span class="math">'),
        ("3. a\n4. b", '<ol>\n<li value="3">\n<p>a</p>\n</li>\n<li value="4">\n<p>b</p>\n</li>\n</ol>'),
        ("- [x] a\n- [ ] b", "<p>☑ a</p>\n</li>\n<li>\n<p>☐ b</p>"),
        ("> a\n>\n> - b", "<blockquote>\n<p>a</p>\n<ul>\n<li>\n<p>b</p>\n</li>\n</ul>\n</blockquote>"),
        ("-", "<ul>\n<li>\n</li>\n</ul>"),
        ("|a|b|\n|--|-:|\n|c|d|", '<tbody>\n<tr><td class="left">c</td><td class="right">d</td></tr>\n</tbody>'),
        ("```\n<a>&\n```", "<pre><code>&lt;a&gt;&amp;</code></pre>"),
        ("```python\nreturn 1\n```", '<span class="keyword">return</span> <span class="number">1</span>'),
        ("<div>\na\n</div>", "<p>a</p>"),
        ("<pre>\na\n</pre>", '<pre class="faint"><code>&lt;pre&gt;\na\n&lt;/pre&gt;</code></pre>'),
        ("<details>\n<summary>A</summary>\nb", "<p><strong>A</strong><br/>\nb</p>"),
        ('<a href="https://x.ai">b</a>', '<p><a href="https://x.ai" title="https://x.ai" rel="noreferrer">b</a></p>'),
        ('<a href="javascript:x">b</a>', "<p>b (javascript:x)</p>"),
        ("H<sub>2</sub>O <kbd>*A*</kbd> <b>c", "<p>H₂O <kbd><em>A</em></kbd> <span class=\"faint\">&lt;b&gt;</span>c</p>"),
        ("> [!Tip]\n> a\n>\n> [!NOTE]\n> b", '<p class="label tip">Tip</p>\n<p>a</p>\n<p>[!NOTE]\nb</p>'),
        ("$$\n\\frac{a}{b} \\le x^2\n$$", '<pre class="math"><code>a/b ≤ x²</code></pre>'),
        ("[a][b]\n\n[b]: https://late.example", '<a href="https://late.example" title="https://late.example" rel='),
        ("<https://x.ai>", '<p><a href="https://x.ai" rel="noreferrer">https://x.ai</a></p>'),
        ("[](https://x.ai)", '<a href="https://x.ai" title="https://x.ai" rel="noreferrer">https://x.ai</a>'),
        ("[a](/b \"c\")", "<p>a (/b &quot;c&quot;)</p>"),
        ("![a](https://x.ai/p.png)", '<p>[image: a] (<a href="https://x.ai/p.png" rel="noreferrer">https://x.ai/p.png'),
        ("a\r\nb\x1b[2J\u202e", "<p>a\nb␛[2J\ufffd</p>"),
    ],
)  # fmt: skip
def test_what_becomes_of(text, expected):
    assert expected in to_html(text)
    parsed(text)


def test_a_formula_of_any_length_is_whole():
    """One that is very long has no plain form: to look for it would take too long."""
    assert parsed("$$\n" + "x_1 + y\n" * 5000 + "$$").findtext("pre/code").count("x_1 + y\n") == 5000


def test_a_key_in_a_formula_is_masked_before_it_looks_otherwise():
    assert "₁" not in to_html("\\(key_1\\)", edit=lambda piece: piece.replace("key_1", "…"))


def test_a_link_that_looks_like_another_shows_where_it_leads():
    (link,) = parsed("[x.example](https://evil.example/x.example)").iter("a")
    assert link.get("title") == "https://evil.example/x.example"


@pytest.mark.parametrize(
    "text",
    [
        "[a](javascript:alert(1))", "[a](JaVaScRiPt&colon;alert(1))", "[a](<java\tscript:alert(1)>)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)", "[a](vbscript:x)", "[a](file:///etc/passwd)", "<javascript:alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]", "![a](javascript:alert(1))", '[a](https://x.ai/"onmouseover="alert(1))',
        "[a](https://x.ai 'b\" onmouseover=\"alert(1)')", '![" onerror="alert(1)](x)', "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>", "a <svg onload=alert(1)> b", '```"><script>alert(1)</script>\nx\n```',
        "```html\n<script>alert(1)</script>\n```", "`</code><script>`", "$$\n</pre><script>\n$$", "\\(<script>\\)",
        "&lt;script&gt;", "&#60;script&#62;", "|<script>|\n|-|\n|</td><script>|", "# </h1><script>", "-->", "]]>",
        "</article></body></html>", "[<script>](https://x.ai)", "https://x.ai/<script>", "https://x.ai/'onclick='x",
        "\x00<script>", "<scr\x00ipt>", "&#0;", "\ud800",
    ],
)  # fmt: skip
def test_attacks_are_text(text):
    root = parsed(text)
    assert all(element.get("href", "").startswith(("https://x.ai", "")) for element in root.iter("a"))


def test_what_is_edited_is_edited_before_it_is_escaped():
    text = '[a](https://x.ai/SECRET "SECRET") `SECRET` &#83;ECRET\n\n```python\nx = "SECRET"\n```\n\n<b>SECRET</b>'
    edited = to_html(f"{text}\n\n|SECRET|\n|-|\n", edit=lambda piece: piece.replace("SECRET", "<…>"))
    assert "SECRET" not in edited
    assert edited.count("&lt;…&gt;") == 8


def test_hostile_lengths_take_linear_work():
    """Pieces bound what the inline rules see; a test that hangs is a test that fails."""
    for mark in ("[", "![", "*a **b", "<", "`" * 7 + " ", "$a", "&"):
        assert len(to_html(mark * (40_000 // len(mark)))) > 30_000
