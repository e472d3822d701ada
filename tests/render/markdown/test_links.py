"""Addresses in a text: which of them are links, where these end, and what is printed of them."""

from __future__ import annotations

import re

import pytest
from emulated_terminal import show


def links(text: str) -> list[str]:
    """Every target that can be clicked, once for each place."""
    return re.findall("\x1b]8;;([^\x1b]+)\x1b", show(text, 300).output)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("at https://x.example/a/__init__.py and", "https://x.example/a/__init__.py"),
        ("(https://x.example/a_(b))", "https://x.example/a_(b)"),
        ("https://x.example/a*b*c?d=_e_&f=1.", "https://x.example/a*b*c?d=_e_&f=1"),
        ("**https://x.example/a**", "https://x.example/a"),
        ("~~https://x.example~~, b", "https://x.example"),
        ("http://localhost:8000/x!", "http://localhost:8000/x"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("HTTPS://X.EXAMPLE/a", "HTTPS://X.EXAMPLE/a"),
        ("見https://x.example/a。次", "https://x.example/a"),
        ("[not a link: https://x.example/a]", "https://x.example/a"),
        ("https://x.example/?a=b&amp;", "https://x.example/?a=b"),
        ("<b>https://x.example</b>", "https://x.example"),
        ("`x`https://x.example", "https://x.example"),
    ],
)
def test_bare_urls_are_links(text, url):
    assert links(text) == [url]
    assert url in show(text, 300).text()


def test_a_bare_url_without_a_scheme():
    assert links("see www.x.example/a_b_c.") == ["http://www.x.example/a_b_c"]
    assert show("see www.x.example/a_b_c.").lines() == ["see www.x.example/a_b_c."]


@pytest.mark.parametrize(
    "text",
    ["`https://x.example`", "xhttps://x.example", "https://", "http://.", "a.www.x.example", "$https://x.example$"],
)
def test_what_is_no_bare_url(text):
    assert links(text) == []


def test_a_url_in_a_table_keeps_its_underscores():
    assert "https://x.example/__a__/b" in show("| a |\n|---|\n| https://x.example/__a__/b |").text()


def test_each_row_of_a_long_url_leads_to_all_of_it():
    url = "https://x.example/" + "path/" * 30
    output = show(f"see {url} now", 40).output
    assert set(re.findall("\x1b]8;;([^\x1b]+)\x1b", output)) == {url}
    assert output.count("\x1b]8;;h") > 3


@pytest.mark.parametrize(
    "text",
    [
        "[https://x.example](https://x.example/)",
        "[x.example/a](https://x.example/a)",
        "[https://x.example/ä](https://x.example/%C3%A4)",
        "https://x.example/ä",
        "<https://x.example/ä>",
    ],
)
def test_an_address_is_not_shown_twice(text):
    assert show(text).text().count("x.example") == 1
    assert len(links(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "[https://bank.example](https://evil.example)",
        "[bank.example](https://bank.example.evil.example)",
        "https://bаnk.example",
        "[bаnk.example](https://bаnk.example)",
        "[bank.example](https://bank.example@evil.example)",
    ],
)
def test_a_host_that_could_deceive_is_shown_as_it_is(text):
    shown = show(text, 120).text()
    assert re.search(r"evil\.example|xn--", shown)
    assert all(re.search(r"evil\.example|xn--", link) for link in links(text))


@pytest.mark.parametrize(
    ("target", "site"),
    [
        ("https://bank.example@evil.example/x", "evil.example"),
        ("https://bank.example:443@evil.example:8443/@bank.example", "evil.example:8443"),
        ("https://evil.example/https://bank.example", "evil.example"),
        ("https://evil.example?bank.example/", "evil.example"),
        ("https://bаnk.example/x", "xn--bnk-6cd.example"),
        ("HTTPS://WWW.Evil.example", "evil.example"),
    ],
)
def test_the_site_of_a_citation_is_where_it_leads(target, site):
    assert show(f"[[1]](<{target}>)").lines() == [f"[1] ({site})"]
