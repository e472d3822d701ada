"""The connection that is made while requests is imported: as strict as the ordinary one, and never without a request."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading
from contextlib import suppress

import pytest
from language import KEY, Screen, piped, until
from server import Server, answer, whole

from grokcli.chat import user
from grokcli.client.early import _STRICTNESS, _new_context, connect_early
from grokcli.env import Env
from grokcli.errors import GrokError
from grokcli.models import DEFAULT_MODEL
from grokcli.terminal.console import Console

EXTENSIONS = "authorityKeyIdentifier=keyid:always\nbasicConstraints=CA:FALSE\nsubjectAltName="
NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    """The proxies of whoever runs the tests are not in it."""
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with an authority, and certificates of it and of another one."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    folder = tmp_path_factory.mktemp("ca")
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", *NEW_KEY, "-days", "2", "-keyout", f"{name}.key", "-out", f"{name}.pem",
                "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    kinds = {"good": ("ca", "127.0.0.1", "2"), "untrusted": ("other", "127.0.0.1", "2"),
             "expired": ("ca", "127.0.0.1", "-1"), "wrong host": ("ca", "127.0.0.2", "2")}  # fmt: skip
    for kind, (authority, address, days) in kinds.items():
        folder.joinpath("extensions").write_text(f"{EXTENSIONS}IP:{address}\n")
        openssl(folder, "req", *NEW_KEY, "-keyout", f"{kind}.key", "-out", "request", "-subj", f"/CN={kind}")
        openssl(folder, "x509", "-req", "-in", "request", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                "-days", days, "-extfile", "extensions", "-CAcreateserial", "-out", f"{kind}.pem")  # fmt: skip
    return folder


def context_of(folder, kind):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{kind}.pem", folder / f"{kind}.key")
    return context


@pytest.fixture
def start(folder, environ):
    """Start the scripted server behind TLS, with a certificate of some kind."""
    servers = []

    def start(kind="good", server=Server):
        servers.append(server(context_of(folder, kind)))
        environ.update(XAI_BASE_URL=servers[-1].url, GROK_CA_BUNDLE=str(folder / "ca.pem"))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def env(environ):
    with piped(None) as stdin:
        env = Env(Console(stdin, Screen(tty=False), Screen(tty=False)), environ)
        yield env
        env.close()


def ask(client):
    return client.chat.create(DEFAULT_MODEL, messages=[user("hi")]).sample().content


def test_the_connection_is_there_before_the_request_and_carries_it(env, start):
    server = start()
    client = env.connect(DEFAULT_MODEL)
    until(lambda: server.connections)
    assert server.requests == []
    server.reply(whole("Hello"))
    assert (ask(client), server.connections) == ("Hello", 1)


def test_a_connection_that_is_not_used_is_closed(env, start):
    over = threading.Event()

    class Patient(Server):
        def _serve(self, connection):
            with connection.sock, connection.file, suppress(OSError):
                assert connection.file.read() == b""
            over.set()

    server = start(server=Patient)
    env.connect(DEFAULT_MODEL)
    until(lambda: server.connections)
    env.close()
    assert over.wait(60)


def test_the_next_turn_uses_it_again(run, start):
    server = start()
    server.reply(answer("one"), answer("two"))
    code, _, err = run("chat", "--debug", stdin="hi\nho\n")
    assert (code, server.connections, [request.connection for request in server.requests]) == (0, 1, [1, 1])
    assert err.count("* connected to 127.0.0.1") == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ask", "--dry-run", "hi"], 0),
        (["ask", "--as", "curl", "hi"], 0),
        (["chat"], 0),
        (["ask"], 2),
        (["ask", "--oops", "hi"], 2),
        (["ask", "-f", "no such file", "hi"], 2),
        (["ask", "--effort", "wild", "hi"], 2),
        (["ask", "-r", "nothing", "hi"], 1),
        (["ask", "--ca-bundle", "no such file", "hi"], 2),
        (["ask", KEY], 2),
        (["image", KEY], 2),
        (["ask", "-m", "local", "hi"], 1),
        (["ask", "hi"], 3),
    ],
    ids=str,
)
def test_nothing_is_connected_to_unless_a_request_is_sent(run, environ, start, words, code):
    server = start()
    environ["GROK_LOCAL_MODEL"] = "/no/such/model"
    if code == 3:
        environ.update(XAI_API_KEY="", GROK_API_KEY_COMMAND="false")
    assert run(*words).code == code
    socket.create_connection(("127.0.0.1", server.port)).close()
    until(lambda: server.connections)
    assert server.connections == 1  # our own


@pytest.fixture(params=["early", "ordinary"])
def way(request, environ):
    """Both ways in: where a proxy is named, if only for others, nothing is done early."""
    if request.param == "ordinary":
        environ["HTTP_PROXY"] = "http://127.0.0.1:1"
    return request.param


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("untrusted", "unable to get local issuer certificate"),
        ("expired", "certificate has expired"),
        ("wrong host", "ip address mismatch, certificate is not valid for '127.0.0.1'"),
    ],
)
def test_a_bad_certificate_is_refused(run, start, way, kind, said):
    server = start(kind)
    code, out, err = run("ask", "hi")
    assert (code, out, server.requests) == (5, "", [])
    assert said in err
    assert "retrying" not in err
    assert "ca_bundle" in err.splitlines()[-1]


def test_a_good_one_is_not(run, start, way):
    server = start()
    server.reply(answer("Hello"))
    assert run("ask", "hi") == (0, "Hello\n", "")
    assert server.connections == 1


def silent(connection):
    connection.recv(65536)
    connection.recv(1)


def closed(connection):
    connection.recv(65536)


def reset(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def plain(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.fixture
def listen(environ):
    """Accept connections and do something with them; return the list of them."""
    listeners = []

    def listen(play):
        listener, accepted = socket.create_server(("127.0.0.1", 0)), []
        listeners.append(listener)

        def serve(connection):
            with connection, suppress(OSError):
                play(connection)

        def accept():
            with suppress(OSError):
                while True:
                    accepted.append(listener.accept()[0])
                    threading.Thread(target=serve, args=(accepted[-1],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        environ["XAI_BASE_URL"] = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        return accepted

    yield listen
    for listener in listeners:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


FAULTS = [
    (silent, 0, "error: no data from 127.0.0.1:"),
    (closed, 0, "eof occurred in violation of protocol"),
    (reset, 3, "error: could not reach 127.0.0.1:{port}: connection reset by peer\nhint: check your connection\n"),
    (plain, 0, "error: TLS with 127.0.0.1:{port} failed"),
]


@pytest.mark.parametrize("early", [True, False], ids=["early", "ordinary"])
@pytest.mark.parametrize(("play", "retries", "said"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_server_that_fails_is_reported_as_ever(grok, environ, listen, monkeypatch, early, play, retries, said):
    monkeypatch.setattr("grokcli.env.CONNECT_SECONDS", 0.3)
    if not early:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    accepted = listen(play)
    code, out, err = grok("ask", "hi")
    port = environ["XAI_BASE_URL"].rpartition(":")[2].partition("/")[0]
    assert (code, out, err.count("retrying")) == (5, "", retries)
    assert said.format(port=port) in err
    assert len(accepted) == 1 + retries


@pytest.mark.parametrize("early", [True, False], ids=["early", "ordinary"])
def test_a_server_that_refuses_is_reported_as_ever(grok, environ, monkeypatch, early):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
    if not early:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    environ["XAI_BASE_URL"] = f"https://{host}/v1"
    code, _, err = grok("ask", "hi")
    assert (code, err.count("retrying")) == (5, 3)
    assert f"error: could not reach {host}: connection refused\nhint: check that a server is running there" in err


def test_a_server_that_never_accepts_is_given_up_in_time(env, environ, monkeypatch):
    """The system takes in so many connections for a program that accepts none, and leaves others without an answer."""
    monkeypatch.setattr("grokcli.env.CONNECT_SECONDS", 0.3)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        others = [socket.socket() for _ in range(3)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        environ["XAI_BASE_URL"] = f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        with pytest.raises(GrokError, match="did not accept the connection in time"):
            ask(env.connect(DEFAULT_MODEL))
        for other in others:
            other.close()


def test_a_connection_that_was_closed_meanwhile_is_made_anew(env, start):
    gone = threading.Event()

    class Impatient(Server):
        def _serve(self, connection):
            if connection.number > 1:
                super()._serve(connection)
                return
            connection.sock.do_handshake()
            connection.file.close()
            connection.sock.close()
            gone.set()

    server = start(server=Impatient)
    server.reply(whole("Hello"))
    client = env.connect(DEFAULT_MODEL)
    assert gone.wait(60)
    assert (ask(client), server.connections) == ("Hello", 2)


def test_the_context_is_as_strict_as_that_of_urllib3():
    from urllib3.util.ssl_ import create_urllib3_context

    ours, theirs = _new_context(), create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    assert [getattr(ours, name) for name in _STRICTNESS] == [getattr(theirs, name) for name in _STRICTNESS]
    assert ours.get_ciphers() == theirs.get_ciphers()
    assert ours.check_hostname
    assert ours.verify_mode == ssl.CERT_REQUIRED


def test_a_connection_that_is_not_as_the_ordinary_one_is_not_used(run, environ, start, tmp_path):
    """Here urllib3 would have kept the secrets of TLS in a file."""
    server = start()
    server.reply(answer("Hello"))
    environ["SSLKEYLOGFILE"] = str(tmp_path / "keys")
    assert run("ask", "hi").out == "Hello\n"
    assert (tmp_path / "keys").read_text()
    assert server.requests[0].connection == 2


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_nothing_is_connected_to_early_beside_a_proxy(monkeypatch, name):
    url = "https://api.example.invalid/v1"
    assert connect_early(url, "http://proxy.example.invalid:3128", "", 1.0) is None
    monkeypatch.setenv(name, "http://proxy.example.invalid:3128")
    assert connect_early(url, "", "", 1.0) is None


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/v1", "https://u:p@a.b/v1", "https://[::1]/v1", "https://a.b:0/v1", "https://a.b:65536/v1",
     "https://a.b./v1", "https://ä.b/v1", "https:///v1", "https://a..b/v1", "https://a.b\\@c.d/v1", "https://a.b/v 1"],
)  # fmt: skip
def test_urls_that_can_be_read_in_several_ways_are_left_to_the_ordinary_way(url):
    assert connect_early(url, "", "", 1.0) is None
