"""The picture in the README, and the pictures that `picture.py` can draw."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import pyte
import pytest
from picture import DARK, LIGHT, SESSION, Picture, Screen, masked, session

pytest.importorskip("pty", reason="a pty is needed")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*output: str, palette=DARK) -> ElementTree.Element:
    """Return the picture of a small terminal that was sent `output`."""
    screen = Screen(20, 3)
    pyte.Stream(screen).feed("".join(output))
    return ElementTree.fromstring(Picture(screen, "a < b", palette).svg())


def texts(svg: ElementTree.Element) -> dict[str, dict[str, str]]:
    return {text.text: text.attrib for text in svg.iter(f"{SVG}text")}


def test_the_picture_in_the_readme_shows_this_program():
    assert masked(SESSION.read_text("utf-8")) == masked(session().svg()), f"run: {sys.executable} tests/picture.py"


def test_the_picture_loads_nothing_and_runs_nothing():
    svg = ElementTree.parse(SESSION).getroot()
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {
        "svg", "title", "rect", "circle", "path", "text",
    }  # fmt: skip
    assert not any("href" in name or name.startswith("on") for element in svg.iter() for name in element.attrib)


def test_only_the_seconds_are_masked():
    line = '<text x="20" textLength="8.4" fill="#fff">usage: 3 out · $0.01 · {} s</text>'
    assert masked(line.format("0.1")) == masked(line.format("12.9").replace("8.4", "16.8"))
    assert masked(line.format("0.1")) != masked(line.format("0.1").replace("3 out", "4 out"))


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_each_run_of_cells_has_its_place_and_its_look(palette):
    svg = drawn(
        "\x1b[2mdim\x1b[22m x\x1b[1;31mbold\x1b[0m\r\n", "漢\x1b[4;38;2;1;2;3mz \x1b[0m\x1b[7mr\x1b[0m", palette=palette
    )
    found = texts(svg)
    assert found["dim"]["fill-opacity"] == "0.6"
    assert (found["x"]["x"], found["x"]["fill"]) == ("53.6", palette.foreground)
    assert "fill-opacity" not in found["x"]
    assert (found["bold"]["font-weight"], found["bold"]["fill"]) == ("bold", palette.colors["red"])
    assert (found["漢"]["textLength"], found["漢"]["y"]) == ("16.8", "75")
    assert (found["z "]["x"], found["z "]["fill"], found["z "]["text-decoration"]) == ("36.8", "#010203", "underline")
    assert found["r"]["fill"] == palette.background
    assert [rect.get("fill") for rect in svg.iter(f"{SVG}rect")] == [palette.background, palette.foreground]


def test_lines_of_tables_are_drawn_and_markup_is_escaped():
    svg = drawn("<&>│\r\n───┼")
    assert list(texts(svg)) == ["<&>"]
    assert len(list(svg.iter(f"{SVG}path"))) == 2
    assert svg.find(f"{SVG}title").text == "a < b"
