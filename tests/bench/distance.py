"""A server as far away as the real one: TLS with a certificate authority made for the run, and a proxy that delays.

All on loopback sockets, so that nobody needs to be root.
"""

from __future__ import annotations

import queue
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import certifi


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path] | None:
    """Return what a server on 127.0.0.1 shows, and the usual bundle with one authority more; None without openssl."""
    if shutil.which("openssl") is None:
        return None
    cert, key, bundle = (folder / name for name in ("cert.pem", "key.pem", "bundle.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(cert), "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + cert.read_bytes())
    return context, bundle


class DelayingProxy:
    """Passes bytes on to a port of this machine, as if it were so many seconds away, there and back."""

    def __init__(self, port: int, seconds: float) -> None:
        self._target = port
        self._seconds = seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            # The kernel has said yes at once, where a far one takes a round trip: nothing goes out before that is over.
            connected = time.perf_counter() + self._seconds
            far = socket.create_connection(("127.0.0.1", self._target))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._carry(one, other, connected)

    def _carry(self, source: socket.socket, target: socket.socket, connected: float) -> None:
        """Carry what comes from `source`, each piece half of the way's time later."""
        pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

        def read() -> None:
            piece = b"?"
            while piece:
                try:
                    piece = source.recv(65536)
                except OSError:
                    piece = b""
                pieces.put((max(time.perf_counter(), connected) + self._seconds / 2, piece))

        def write() -> None:
            with suppress(OSError):
                while True:
                    due, piece = pieces.get()
                    time.sleep(max(0.0, due - time.perf_counter()))
                    if not piece:
                        target.shutdown(socket.SHUT_WR)
                        return
                    target.sendall(piece)

        for work in (read, write):
            threading.Thread(target=work, daemon=True).start()
