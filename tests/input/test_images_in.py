"""Images that go along with a question."""

from __future__ import annotations

import base64

import pytest
from language import Screen
from server import answer

from grokcli.input import images

PNG = b"\x89PNG\r\n\x1a\n-the rest"
JPEG = b"\xff\xd8\xff\xe0-the rest"


def sent_parts(server):
    return server.requests[-1].json["messages"][-1]["content"]


def data_url(kind, content):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_images_are_told_by_their_content_and_keep_their_order(grok, server, tmp_path):
    server.reply(answer("cats"))
    (tmp_path / "a.jpg").write_bytes(PNG)
    (tmp_path / "b").write_bytes(JPEG)
    url = "https://example.com/c.webp"
    assert grok("ask", "-i", f"{tmp_path}/a.jpg", "-i", url, "-i", f"{tmp_path}/b", "what?").code == 0
    text, *images = sent_parts(server)
    assert text == {"type": "text", "text": "what?"}
    assert [part["image_url"]["url"] for part in images] == [
        data_url("image/png", PNG),
        url,
        data_url("image/jpeg", JPEG),
    ]


def test_a_dash_is_an_image_on_stdin_which_is_then_no_text(grok, server):
    server.reply(answer("a cat"))
    assert grok("ask", "-i", "-", "what?", stdin=JPEG) == (0, "a cat\n", "")
    assert sent_parts(server)[0] == {"type": "text", "text": "what?"}
    assert sent_parts(server)[1]["image_url"]["url"] == data_url("image/jpeg", JPEG)


@pytest.mark.parametrize(
    ("words", "stdin", "reason"),
    [
        (["-i", "-", "hi"], None, "no image on stdin"),
        (["-i", "-", "hi"], b"text", "stdin is not a PNG, JPEG or WebP image"),
        (["-i", "-", "-i", "-", "hi"], PNG, "only one image can be read from stdin"),
        (["-i", "-"], PNG, "no question given"),
        (["-i", "/no/such.png", "hi"], None, "cannot read /no/such.png"),
        (["-i", "/", "hi"], None, "cannot read /: is a directory"),
    ],
)
def test_what_is_no_image_is_told_before_anything_is_sent(grok, server, words, stdin, reason):
    code, out, err = grok("ask", *words, stdin=stdin)
    assert (code, out, server.requests) == (2, "", [])
    assert reason in err


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"GIF89a", "GIF"),
        (b"II*\0\x08", "TIFF"),
        (b"BM123", "BMP"),
        (b"\0\0\0\x1cftypheic", "HEIC"),
    ],
)
def test_pictures_that_the_api_does_not_take_are_named_with_the_way_out(grok, server, tmp_path, content, name):
    (tmp_path / "x.png").write_bytes(content)
    code, _, err = grok("ask", "-i", f"{tmp_path}/x.png", "hi")
    assert (code, server.requests) == (2, [])
    assert f"x.png is {name}, but the API accepts only PNG, JPEG and WebP\nhint: convert it first: magick" in err


def test_webp_is_sent_as_it_is(grok, server, tmp_path):
    webp = b"RIFF\x10\0\0\0WEBPVP8 "
    (tmp_path / "x.webp").write_bytes(webp)
    server.reply(answer("ok"))
    assert grok("ask", "-i", f"{tmp_path}/x.webp", "hi").code == 0
    (_, part) = server.requests[0].json["messages"][0]["content"]
    assert part["image_url"]["url"] == f"data:image/webp;base64,{base64.b64encode(webp).decode()}"


def test_an_image_may_have_so_many_bytes(grok, server, tmp_path, monkeypatch):
    monkeypatch.setattr(images, "MAX_IMAGE_BYTES", 1 << 20)
    server.reply(answer("ok"))
    image = tmp_path / "x.png"
    image.write_bytes(PNG.ljust(1 << 20))
    assert grok("ask", "-i", str(image), "hi").code == 0
    image.write_bytes(PNG.ljust((1 << 20) + 1))
    code, _, err = grok("ask", "-i", str(image), "hi")
    assert code == 2
    assert "x.png is larger than 1 MiB" in err


def test_the_bytes_of_an_image_are_not_taken_for_the_tokens_of_a_text(grok, server, tmp_path):
    server.reply(answer("ok"))
    (tmp_path / "x.png").write_bytes(PNG.ljust(4 << 20))
    assert grok("ask", "-i", f"{tmp_path}/x.png", "hi").code == 0


def test_a_terminal_is_not_read_for_an_image(grok, server):
    class Terminal(Screen):
        """Somebody types."""

        def fileno(self):
            raise OSError

    assert grok("ask", "-i", "-", "hi", stdin=Terminal(tty=True)).code == 2
