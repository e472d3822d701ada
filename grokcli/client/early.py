"""A TLS connection that is made while what sends requests on it is still being imported.

On it goes what the ordinary way would have sent, to a server that was verified as strictly; when it cannot be had, or
is not what the ordinary way would have made, that way is taken, and says what is wrong.
"""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from platform import system
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.files import expand

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
# Other hosts are written in several ways, which are for the ordinary way to sort out.
_PLAIN_URL = r"https://((?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63})(?::([1-9][0-9]{0,4}))?(?:/[^\s\\]*)?"
# What makes one TLS context as strict as another.
_STRICTNESS = (
    "protocol", "options", "verify_flags", "verify_mode", "check_hostname", "hostname_checks_common_name",
    "minimum_version", "maximum_version", "post_handshake_auth", "security_level", "keylog_filename",
)  # fmt: skip
# What a connection may have that this one has not.
_FURTHER = (
    "proxy", "ssl_context", "server_hostname", "assert_hostname", "assert_fingerprint", "ca_cert_data", "cert_file",
    "ssl_version", "ssl_minimum_version", "ssl_maximum_version",
)  # fmt: skip


class Target(NamedTuple):
    """A server, and the file or folder of the certificate authorities that may vouch for it."""

    host: str
    port: int
    ca_bundle: str


def told_ca_bundle(ca_bundle: str) -> str:
    """Return the file of certificate authorities that was set, or that the environment names, "" for the usual one."""
    told = [ca_bundle, *(os.environ.get(name) for name in CA_VARIABLES)]
    return str(expand(next(filter(None, told)))) if any(told) else ""


def connect_early(base_url: str, proxy: str, ca_bundle: str, seconds: float) -> EarlyConnection | None:
    """Begin to connect to the server of `base_url`, and return the connection to be; None where that is no use.

    `seconds` is how long each step may take. Nothing waits here, and nothing is sent but the handshake.
    """
    match = re.fullmatch(_PLAIN_URL, base_url) if base_url.startswith("https:") else None
    if match is None or int(match[2] or 443) > 65535 or proxy or _may_need_proxy():
        return None
    ca_bundle = told_ca_bundle(ca_bundle)
    if ca_bundle and not Path(ca_bundle).exists():
        return None
    return EarlyConnection(Target(match[1], int(match[2] or 443), ca_bundle), seconds)


def _may_need_proxy() -> bool:
    """Say whether the environment or the system names any proxy; whether it is for this server is not asked."""
    told = {name.lower() for name, value in os.environ.items() if value} - {"no_proxy"}
    if any(name.endswith("_proxy") for name in told):
        return True
    if system() not in ("Darwin", "Windows"):
        return False
    from urllib.request import getproxies

    return bool(getproxies())


class EarlyConnection:
    """A connection in the making, in threads of its own. It is taken by one user, or closed."""

    def __init__(self, target: Target, seconds: float) -> None:
        """Begin to connect."""
        import socket
        from threading import Thread

        self._began = time.monotonic()
        self._seconds = seconds
        self._target = target
        self._tcp: socket.socket | None = None
        self._tls: ssl.SSLSocket | None = None
        self._error: OSError | None = None
        self._is_closed = False
        self._ended = self._began
        # Modules are imported here: a thread would get its turn only when this one waits.
        self._reach = Thread(target=self._connect, args=(socket.create_connection,), name="connect", daemon=True)
        self._reach.start()
        self._context, self._target = _new_context(), target._replace(ca_bundle=target.ca_bundle or _usual_ca_bundle())
        self._shake = Thread(target=self._secure, name="TLS", daemon=True)
        self._shake.start()

    @property
    def seconds(self) -> float:
        """How long it took to connect: name, TCP and TLS together."""
        return self._ended - self._began

    def take(self, connection: Any) -> ssl.SSLSocket | None:
        """Return what `connection`, of urllib3, would make itself, None if that is not here.

        Waits until it is clear what becomes of it. What the handshake raised is raised here, and TCP's time limit, as
        urllib3 has it: another try would only take as long again.
        """
        self._shake.join()
        error, sock = self._error, self._tls
        if not self._fits(connection):
            sock = None
        elif error and sock:
            raise error
        elif isinstance(error, TimeoutError):
            from urllib3.exceptions import ConnectTimeoutError

            raise ConnectTimeoutError(connection, "the connection timed out") from error
        if sock is None or not _is_alive(sock):
            self.close()
            return None
        self._tcp = self._tls = None
        sock.settimeout(connection.timeout)
        return sock

    def close(self) -> None:
        """Close the connection unless it was taken, also while it is made."""
        self._is_closed = True
        sock = self._tls or self._tcp
        if sock is not None:
            import socket

            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes a handshake that waits
            sock.close()

    def _fits(self, connection: Any) -> bool:
        """Say whether `connection` would go to the same server, and be as strict with it."""
        from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs

        wanted = Target(connection.host, connection.port, connection.ca_certs or connection.ca_cert_dir)
        if wanted != self._target or any(getattr(connection, name) for name in _FURTHER):
            return False
        context = create_urllib3_context(cert_reqs=resolve_cert_reqs(connection.cert_reqs))
        same = all(getattr(context, name) == getattr(self._context, name) for name in _STRICTNESS)
        return same and context.get_ciphers() == self._context.get_ciphers()

    def _connect(self, create: Callable[..., socket.socket]) -> None:
        from socket import IPPROTO_TCP, TCP_NODELAY

        try:
            # A name in bytes needs no codec for international ones.
            self._tcp = create((self._target.host.encode(), self._target.port), self._seconds)
            self._tcp.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        except OSError as error:
            self._error = error
        if self._is_closed:
            self.close()

    def _secure(self) -> None:
        """Load the certificate authorities while the connection is made, and shake hands."""
        ca_bundle = self._target.ca_bundle
        try:
            is_folder = Path(ca_bundle).is_dir()
            self._context.load_verify_locations(**{"capath" if is_folder else "cafile": ca_bundle})
            self._reach.join()
            if self._tcp is not None and not self._is_closed:
                host = self._target.host
                self._tls = self._context.wrap_socket(self._tcp, server_hostname=host, do_handshake_on_connect=False)
                self._tls.do_handshake()
        except (OSError, ValueError) as error:
            self._error = error if isinstance(error, OSError) else OSError(str(error))
        self._ended = time.monotonic()
        if self._error or self._is_closed:
            self.close()


def _new_context() -> ssl.SSLContext:
    """Return a context as urllib3 makes it; whether it is one is asked once urllib3 is here."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.post_handshake_auth = True
    context.verify_mode, context.check_hostname = ssl.CERT_REQUIRED, True
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    return context


def _usual_ca_bundle() -> str:
    import certifi

    return certifi.where()


def _is_alive(sock: ssl.SSLSocket) -> bool:
    """Say whether the server still listens, and has said nothing before it was asked.

    What waits to be read may be TLS's own, so the socket cannot tell.
    """
    import ssl

    sock.settimeout(0)
    try:
        sock.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    return False
