"""Proxies and certificate authorities: used when set, named when they fail, and never shown the key."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager, suppress

import pytest
from language import KEY
from server import Server, answer, body

HOST = "api.example.invalid"
PASSWORD = "hunter2secret"


class ConnectProxy:
    """A proxy that reads one request of each connection and does as it is told: `answer(connection)`."""

    def __init__(self, answer):
        self.heard = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                heard = b""
                while b"\r\n\r\n" not in heard and (piece := connection.recv(65536)):
                    heard += piece
                self.heard.append(heard)
                self._answer(self, connection)

    def hear_all(self, connection):
        """Take down everything that comes after an open tunnel."""
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        while piece := connection.recv(65536):
            self.heard[-1] += piece
            connection.sendall(b"this is no TLS\r\n")

    def close(self):
        self._listener.close()


@contextmanager
def proxy_that(answer):
    proxy = ConnectProxy(answer)
    yield proxy
    proxy.close()


def saying(text):
    return lambda _, connection: connection.sendall(text)


@pytest.fixture
def world(environ):
    """The environment of somebody whose server is far away: the proxies of whoever runs the tests are not in it."""
    environ["XAI_BASE_URL"] = f"https://{HOST}/v1"
    return environ


@pytest.mark.parametrize(
    ("answer", "tries", "said"),
    [
        (saying(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), 1, "407 Proxy Authentication Required"),
        (saying(b"HTTP/1.1 403 Forbidden\r\n\r\n"), 1, "403 Forbidden"),
        (saying(b"HTTP/1.1 503 Busy\r\n\r\n"), 4, "503 Busy"),
        (saying(b"\x00garbage\r\n\r\n"), 4, ""),
        (saying(b""), 4, ""),
        (ConnectProxy.hear_all, 1, "TLS with"),
    ],
)
def test_a_proxy_that_fails_is_named_and_never_sees_the_key(run, world, answer, tries, said):
    with proxy_that(answer) as proxy:
        world["HTTPS_PROXY"] = f"http://user:{PASSWORD}@{proxy.host}"
        code, out, err = run("ask", "--debug", "hi")
        assert (code, out, len(proxy.heard)) == (5, "", tries), err
        assert all(heard.startswith(f"CONNECT {HOST}:443 ".encode()) for heard in proxy.heard)
        assert KEY.encode() not in b"".join(proxy.heard)
        error = next(line for line in err.splitlines() if line.startswith("error: "))
        assert proxy.host in error
        assert said in error
        assert not {KEY, PASSWORD, "Traceback"} & set(err.split())
        assert PASSWORD not in err


def test_a_proxy_that_is_not_there(grok, world):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    code, _, err = grok("ask", "--proxy", f"http://{host}", "hi")
    assert code == 5
    assert err.count("retrying") == 3
    assert f"error: the proxy {host} failed: connection refused\nhint: check the proxy setting" in err


@pytest.mark.parametrize("way", ["flag", "setting", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_every_way_to_name_a_proxy(run, world, way):
    with proxy_that(saying(b"HTTP/1.1 407 No\r\n\r\n")) as proxy:
        words = ["--proxy", proxy.host] if way == "flag" else []
        if way != "flag":
            # What is set wins over what the environment says to every program.
            world |= (
                {"HTTPS_PROXY": "http://127.0.0.1:1", "GROK_PROXY": proxy.host}
                if way == "setting"
                else {way: proxy.host}
            )
        assert run("ask", *words, "hi").code == 5
        assert len(proxy.heard) == 1


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "GROK_PROXY"])
def test_no_proxy_holds(run, world, variable):
    with proxy_that(saying(b"")) as proxy:
        world |= {variable: f"http://{proxy.host}", "NO_PROXY": f"localhost,{HOST}"}
        code, _, err = run("ask", "hi")
        assert (code, proxy.heard) == (5, [])
        assert f"error: could not resolve {HOST}\n" in err


def test_what_is_meant_for_this_machine_needs_no_proxy(grok, server):
    server.reply(answer("Hello"))
    with proxy_that(saying(b"")) as proxy:
        assert grok("ask", "--proxy", f"http://{proxy.host}", "hi").out == "Hello\n"
        assert proxy.heard == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The paths of a certificate for 127.0.0.1 that signed itself, and of its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    folder = tmp_path_factory.mktemp("ca")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(cert), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture
def tls_server(certificate, environ):
    """The scripted server behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = Server(context)
    environ["XAI_BASE_URL"] = server.url
    yield server
    server.close()


@pytest.mark.parametrize("content", [None, "no certificate\n"])
@pytest.mark.parametrize("way", ["flag", "GROK_CA_BUNDLE"])
def test_a_ca_bundle_that_cannot_be_used_is_named(grok, environ, tls_server, tmp_path, content, way):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    if way != "flag":
        environ[way] = str(path)
    code, _, err = grok("ask", *(["--ca-bundle", str(path)] if way == "flag" else []), "hi")
    assert code in (2, 5)
    assert str(path) in err
    assert "retrying" not in err
    assert "ca_bundle" in err.splitlines()[-1]


@pytest.mark.parametrize("way", ["flag", "GROK_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_certificate_of_a_company_is_trusted_when_told(run, environ, tls_server, certificate, way):
    tls_server.reply(answer("Hello"))
    words = ["--ca-bundle", str(certificate[0])] if way == "flag" else []
    if way != "flag":
        environ[way] = str(certificate[0])
    assert run("ask", *words, "hi") == (0, "Hello\n", "")


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(grok, tls_server):
    code, _, err = grok("ask", "hi")
    assert (code, tls_server.requests) == (5, [])
    assert "certificate verify failed" in err
    assert "retrying" not in err
    assert "ca_bundle" in err


@pytest.mark.parametrize("way", ["flag", "GROK_CA_BUNDLE"])
def test_a_page_is_fetched_with_the_same_certificates(grok, environ, tls_server, certificate, server, way):
    environ["XAI_BASE_URL"] = server.url
    server.reply(answer("Hello"))
    tls_server.reply(body("the page"))
    page = tls_server.url + "/page"
    code, _, err = grok("ask", "-f", page, "hi")
    assert (code, server.requests) == (5, [])
    assert "certificate verify failed" in err
    words = ["--ca-bundle", str(certificate[0])] if way == "flag" else []
    if way != "flag":
        environ[way] = str(certificate[0])
    assert grok("ask", *words, "-f", page, "hi").code == 0
    assert "the page" in server.requests[0].json["messages"][0]["content"]
