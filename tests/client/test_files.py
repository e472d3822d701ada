"""Files on the server: what the client sends, and what it makes of the answers."""

from __future__ import annotations

import re
import socket
import threading

import pytest
from language import KEY
from server import body

from grokcli import XAI, APIError, UsageError
from grokcli.client.files import MAX_UPLOAD_BYTES, StoredFile

FILE = {
    "id": "file_0190-a1",
    "object": "file",
    "bytes": 4,
    "created_at": 1790000000,
    "expires_at": 1790003600,
    "filename": "report.pdf",
    "purpose": "",
}
STORED = StoredFile("file_0190-a1", "report.pdf", 4, 1790000000, 1790003600)


@pytest.fixture
def files(server):
    client = XAI(KEY, base_url=server.url)
    yield client.files
    client.close()


def parts(request):
    """Return the parts of a multipart body in their order: the header lines and the content."""
    kind, boundary = request.headers["content-type"].split("; boundary=")
    assert kind == "multipart/form-data"
    first, *found, last = request.body.split(b"--" + boundary.encode())
    assert (first, last) == (b"", b"--\r\n")
    split = (part.removeprefix(b"\r\n").removesuffix(b"\r\n").split(b"\r\n\r\n", 1) for part in found)
    return [(head.decode().split("\r\n"), content) for head, content in split]


def test_every_field_stands_before_the_file(files, server, tmp_path):
    server.reply(body(FILE))
    assert files.upload(b"%PDF", "report.pdf", expires_after=3600) == STORED
    assert parts(server.requests[0]) == [
        (['Content-Disposition: form-data; name="expires_after"'], b"3600"),
        (
            ['Content-Disposition: form-data; name="file"; filename="report.pdf"', "Content-Type: application/pdf"],
            b"%PDF",
        ),
    ]
    path = tmp_path / 'a "b".tar\n.bin'
    path.write_bytes(b"\r\n--\r\n")
    files.upload(path)
    ((head, content),) = parts(server.requests[1])
    assert head[0] == 'Content-Disposition: form-data; name="file"; filename="a_b_.tar_.bin"'
    assert content == b"\r\n--\r\n"
    assert [one.path for one in server.requests] == ["/v1/files"] * 2


def test_names_are_plain(files, server):
    server.reply(body(FILE))
    for name, sent in {
        "../../etc/passwd": "passwd",
        "..": "file",
        "": "file",
        ".env": "env",
        r"C:\Users\me\x.csv": "x.csv",
        "Übersicht 2.pdf": "Übersicht_2.pdf",
        "a\udcff\x1b]0;x\x07.txt": "a_0_x_.txt",
    }.items():
        files.upload(b"x", name)
        disposition = parts(server.requests[-1])[0][0][0]
        assert re.search('filename="(.*)"', disposition)[1] == sent


def test_nothing_is_sent_that_cannot_be_taken(files, server, tmp_path):
    for send in (
        lambda: files.upload(bytes(MAX_UPLOAD_BYTES + 1), "large.bin"),
        lambda: files.upload(b"x", "x", expires_after=3599),
        lambda: files.upload(b"x", "x", expires_after=2_592_001),
        lambda: files.upload(tmp_path / "missing"),
        *(lambda one=one: files.show(one) for one in ("", "..", "a/b", "a b", "a?b", "x" * 300)),
    ):
        with pytest.raises(UsageError):
            send()
    assert not server.requests


def test_pages_are_read_until_one_is_short(files, server):
    full = [{**FILE, "id": f"file_{number}"} for number in range(100)]
    server.reply(
        body({"data": full, "pagination_token": "file_99"}),
        body({"data": [full[99], FILE, {"id": "../x"}, None], "pagination_token": "file_z"}),
    )
    assert [one.id for one in files.list()] == [*(one["id"] for one in full), FILE["id"]]
    query = "limit=100&order=desc&sort_by=created_at"
    assert [one.path for one in server.requests] == [
        f"/v1/files?{query}",
        f"/v1/files?{query}&pagination_token=file_99",
    ]


def test_the_same_page_for_ever_ends(files, server):
    server.reply(body({"data": [{**FILE, "id": f"file_{number}"} for number in range(100)], "pagination_token": "x"}))
    assert len(list(files.list())) == 100
    assert len(server.requests) == 2


def test_one_file(files, server):
    server.reply(
        body(FILE),
        body(b"\x00{", content_type="application/octet-stream"),
        body("Profits doubled.", content_type="application/octet-stream"),
        body({"id": FILE["id"], "deleted": True, "object": "file"}),
        body({"id": FILE["id"], "deleted": False}),
    )
    assert files.show(FILE["id"]) == STORED
    assert files.content(FILE["id"]) == b"\x00{"
    assert files.content(FILE["id"], "text") == b"Profits doubled."
    files.delete(FILE["id"])
    with pytest.raises(APIError, match="did not delete"):
        files.delete(FILE["id"])
    path = f"/v1/files/{FILE['id']}"
    assert [(one.method, one.path) for one in server.requests] == [
        ("GET", path),
        ("GET", f"{path}/content?format=original"),
        ("GET", f"{path}/content?format=text"),
        ("DELETE", path),
        ("DELETE", path),
    ]


def test_errors_speak_of_files(files, server):
    server.reply(
        body({"code": "not-found", "error": "File not found"}, 404),
        body({"error": "too large"}, 413),
        body("nope", 404),
        body({"id": "../../x"}),
    )
    errors = []
    for send in (lambda: files.show("file_x"), *[lambda: files.upload(b"x", "x")] * 3):
        with pytest.raises(APIError) as caught:
            send()
        errors.append(f"{caught.value.message}; {caught.value.hint}")
    assert errors == [
        "the server said: File not found; it may have expired or been deleted; list the files: grok files list",
        "the server said: too large; files are limited to 50 MB",
        "the server said: nope; this server may not store files",
        "the server sent no file id; check the base_url setting: it should end in /v1",
    ]


def test_a_slow_line_has_time_for_a_large_upload():
    """The time limit for connecting was one for sending the whole request, however large."""
    listener = socket.create_server(("127.0.0.1", 0))
    received = []

    def serve():
        with listener.accept()[0] as sock:
            threading.Event().wait(0.3)  # longer than the client may take to connect
            while sum(received) < MAX_UPLOAD_BYTES:
                received.append(len(sock.recv(1 << 20)))
            sock.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"id":"file_1"}')
            sock.recv(1 << 20)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client = XAI(KEY, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout=(0.1, 60))
    assert client.files.upload(bytes(MAX_UPLOAD_BYTES), "large.bin").id == "file_1"
    client.close()
    thread.join(60)
    listener.close()
