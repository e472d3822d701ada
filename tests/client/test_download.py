"""Pages and pictures that are fetched: from where, how much, how long, and what goes along."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from server import Server, answer, body

from grokcli.client import download, images
from grokcli.client.addresses import is_public, literal_address
from grokcli.input import files

PNG = b"\x89PNG\r\n\x1a\n-the rest"
METADATA = "http://169.254.169.254/latest/meta-data/"


@pytest.fixture
def web():
    """Another server than the API."""
    other = Server()
    yield other
    other.close()


@pytest.fixture
def names(monkeypatch):
    """What names stand for, one address a look-up; the last one stays."""
    told = {}
    original = socket.getaddrinfo

    def look_up(host, *more, **options):
        if host in told:
            host = told[host][0] if len(told[host]) == 1 else told[host].pop(0)
        return original(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return told


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def page(server, path="/page"):
    return f"http://127.0.0.1:{server.port}{path}"


def redirect(url, status=302):
    return body("", status, location=url, set_cookie="a=b; Path=/")


def test_what_the_user_types_may_be_private_and_may_redirect_there(grok, server, web):
    server.reply(answer("ok"))
    web.reply(redirect("/two"), redirect(page(web, "/three"), 301), body("the page"))
    assert grok("ask", "-f", page(web), "hi").code == 0
    assert "the page" in server.requests[0].json["messages"][0]["content"]
    assert [request.path for request in web.requests] == ["/page", "/two", "/three"]
    assert not [request for request in web.requests if {"cookie", "authorization"} & set(request.headers)]


@pytest.mark.parametrize(
    "target",
    [
        METADATA,
        "http://[fd00:ec2::254]/",
        "http://127.0.0.2:{port}/",
        "http://[::ffff:127.0.0.2]:{port}/",
        "http://2130706434:{port}/",
        "http://0x7f.2:{port}/",
        "http://0177.0.0.2:{port}/",
        "http://127.2:{port}/",
        "http://127.0.0.2:{port}\\@example.com/",
        "//0.0.0.0:{port}/",
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://[/",
    ],
)
@pytest.mark.parametrize("way", ["page", "picture"])
def test_a_redirect_leads_to_no_private_address(grok, server, web, target, way):
    target = target.replace("{port}", str(web.port))
    reply = redirect(target)
    if way == "page":
        server.reply(reply)
        code, out, err = grok("ask", "-f", page(server), "hi")
        assert len(server.requests) == 1
    else:
        server.reply(body({"data": [{"url": page(server)}]}), reply)
        code, out, err = grok("image", "x")
        assert len(server.requests) == 2
    assert (code, out, web.requests) == (6, "", [])
    assert "not a public address" in err or "was not followed" in err or "is not a URL" in err
    assert "bug in grok" not in err


@pytest.mark.parametrize("url", [METADATA.replace("http", "https"), "https://10.0.0.1/x.png", "https://[::1]/"])
def test_a_server_on_the_internet_names_no_private_address(url):
    with pytest.raises(download.APIError, match="not a public address") as caught:
        download.download(url, 1000, api_url="https://api.x.ai/v1")
    assert caught.value.hint == f"it stays on the server for a while: {url}"


@pytest.fixture
def inside():
    """A service on an address of this machine that nobody named, and what it heard."""
    try:
        listener = socket.create_server(("127.0.0.2", 0))
    except OSError:
        pytest.skip("this machine has one loopback address")
    heard = []

    def listen():
        with suppress(OSError):  # closed, because there was no connection
            connection, _ = listener.accept()
            with connection:
                heard.append(connection.recv(100))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    with listener:
        yield listener.getsockname()[1], heard, thread


@pytest.mark.parametrize("way", ["page", "picture", "redirect"])
@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["1.1.1.1", "127.0.0.2"]], ids=["private", "rebinding"])
def test_a_name_is_judged_by_its_address_and_by_the_one_that_is_connected_to(
    server, names, inside, way, addresses, monkeypatch
):
    """A private one is not connected to, and nothing is sent over a connection to another than was looked up."""
    port, heard, thread = inside
    monkeypatch.setattr(download, "PUBLIC_PORTS", (port,))
    names["rebind.example"] = list(addresses)
    url = f"https://rebind.example:{port}/"
    server.reply(redirect(url))
    with pytest.raises(download.APIError, match=r"refused to fetch '127\.0\.0\.2': it is not a public address"):
        if way == "page":
            download.fetch(page(server), 1000)
        else:
            named = url if way == "picture" else page(server)
            download.download(named, 1000, api_url=server.url)
    if len(addresses) > 1:
        thread.join(60)
    assert heard == [b""] * (len(addresses) - 1)


def test_a_server_names_no_other_service_of_a_host():
    with pytest.raises(download.APIError, match="this port is not used for web pages"):
        download.download("https://example.com:22/x.png", 1000, api_url="https://api.x.ai/v1")


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://127.0.0.1/x"])
def test_a_server_on_the_internet_names_nothing_on_loopback(url):
    with pytest.raises(download.APIError, match="which was not fetched"):
        download.download(url, 1000, api_url="https://api.x.ai/v1")


def test_the_body_of_a_redirect_is_not_read(grok, server, web):
    server.reply(answer("ok"))
    endless = threading.Event()

    def play(connection):
        connection.head(302, location="/two", transfer_encoding="chunked")
        while not endless.is_set():
            connection.chunk(bytes(1 << 16))

    web.reply(play, body("the page"))
    assert grok("ask", "-f", page(web), "hi").code == 0
    endless.set()


def test_redirects_end(grok, server, web):
    web.reply(redirect("/again"))
    code, _, err = grok("ask", "-f", page(web), "hi")
    assert (code, len(web.requests), server.requests) == (6, 6, [])
    assert "redirects more than 5 times" in err


def test_a_page_and_a_picture_have_limits_unpacked_too(grok, server, web, monkeypatch):
    monkeypatch.setattr(files, "MAX_PAGE_BYTES", 1 << 20)
    monkeypatch.setattr(images, "MAX_PICTURE_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(50 << 20))
    assert len(bomb) < 1 << 20
    packed = body(bomb, content_encoding="gzip")
    web.reply(packed)
    code, _, err = grok("ask", "-f", page(web), "hi")
    assert (code, server.requests) == (2, [])
    assert f"{page(web)} is larger than 1 MB" in err
    server.reply(body({"data": [{"url": page(server)}]}), packed)
    code, _, err = grok("image", "x")
    assert code == 6
    assert f"the picture is larger than 1 MB\nhint: it stays on the server for a while: {page(server)}\n" in err


def test_an_encoding_that_was_not_asked_for_is_not_unpacked(grok, web):
    web.reply(body(gzip.compress(gzip.compress(b"x")), content_encoding="gzip, gzip"))
    code, _, err = grok("ask", "-f", page(web), "hi")
    assert code == 6
    assert "unsupported content encoding" in err


def test_a_server_that_dawdles_is_given_up(grok, web, monkeypatch):
    monkeypatch.setattr(download, "MAX_SECONDS", 0.5)
    given_up = threading.Event()

    def dawdle(connection):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        while not given_up.wait(0.05):
            connection.send(b"x-more: 1\r\n")

    web.reply(dawdle)
    code, _, err = grok("ask", "-f", page(web), "hi")
    given_up.set()
    assert code == 5
    assert f"error: {page(web)} was not complete after 0.5 s\n" in err


def test_the_netrc_of_the_user_stays_at_home(run, server, web, home):
    home.mkdir(exist_ok=True)
    Path(home, ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    Path(home, ".netrc").chmod(0o600)
    server.reply(answer("ok"))
    web.reply(body("the page"))
    assert run("ask", "-f", page(web), "hi").code == 0
    assert "authorization" not in web.requests[0].headers


@pytest.mark.parametrize("way", ["flag", "setting"])
def test_pages_come_through_the_proxy(grok, server, environ, web, way):
    server.reply(answer("ok"))
    web.reply(redirect(METADATA), redirect("http://example.invalid/two"), body("the page"))
    words = ["--proxy", f"127.0.0.1:{web.port}"] if way == "flag" else []
    if way == "setting":
        environ["GROK_PROXY"] = f"127.0.0.1:{web.port}"
    code, _, err = grok("ask", *words, "-f", "http://example.invalid/page", "hi")
    assert (code, server.requests) == (6, [])
    assert "not a public address" in err
    assert grok("ask", *words, "-f", "http://example.invalid/page", "hi").code == 0
    assert [request.path for request in web.requests] == [
        "http://example.invalid/page",
        "http://example.invalid/page",
        "http://example.invalid/two",
    ]


@pytest.mark.parametrize("what", ["missing", "refused", "unknown"])
def test_the_hint_of_a_page_that_cannot_be_had_is_about_its_url(grok, server, web, what):
    web.reply(body("no", 404))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}/page"
    url = {"missing": page(web), "refused": closed, "unknown": "http://nosuchhost.invalid/page"}[what]
    code, out, err = grok("ask", "-f", url, "hi")
    assert (code, out, server.requests) == (6 if what == "missing" else 5, "", [])
    assert err.endswith("\nhint: check the URL, or save the page and attach the file\n")


@pytest.mark.parametrize("url", ["http://", "http://[", "https:///x"])
def test_what_is_no_url_is_told(grok, server, url):
    code, _, err = grok("ask", "-f", url, "hi")
    assert (code, server.requests) == (2, [])
    assert "invalid URL: " in err


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("64:ff9b::101:101", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:102:304:0:0:f5ff:fffe", False),
        ("fd00:ec2::254", False),
        ("fe80::1%1", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.1", "127.0.0.1"),
        ("\uff11\uff12\uff17\u30020.0.1", "127.0.0.1"),
        ("LOCALHOST.", "127.0.0.1"),
        ("a.localhost", "127.0.0.1"),
        ("::1", "::1"),
        ("1e100.net", ""),
        ("example.com", ""),
    ],
)
def test_every_way_to_write_an_address(host, address):
    assert literal_address(host) == address
