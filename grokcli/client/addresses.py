"""Which addresses are public, and connections that are checked before anything is sent over them."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

# Networks that carry IPv4 in their last 32 bits (NAT64, RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Say whether `address` is one of the internet at large, whatever it is wrapped in."""
    given = ipaddress.ip_address(address)
    if isinstance(given, ipaddress.IPv6Address):
        teredo = given.teredo[1] if given.teredo else None
        nat64 = ipaddress.IPv4Address(int(given) & 0xFFFFFFFF) if given in _NAT64 else None
        given = given.ipv4_mapped or given.sixtofour or teredo or nat64 or given
    is_site_local = isinstance(given, ipaddress.IPv6Address) and given.is_site_local
    return given.is_global and not (given.is_multicast or given.is_reserved or is_site_local)


def literal_address(host: str) -> str:
    """Return the address that `host` is one way of writing, "" when it is a name.

    Systems take 2130706433, 0x7f.1 and 0177.0.0.1 for 127.0.0.1, and localhost is looked up nowhere.
    """
    # As names are prepared for look-up: fullwidth digits and dots are digits and dots.
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if host[:1].isdigit() else ""
    except OSError:
        return ""


def guard(session: requests.Session, check: Callable[[str], None]) -> requests.Session:
    """Return `session` with direct connections that `check` is given the addresses of, and may raise what it likes.

    It is asked before a connection is made, and once more about the one that was made: names may change meanwhile.
    """

    def checked(connect: Callable[[], socket.socket], host: str, port: int | None) -> socket.socket:
        for *_, address in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM):
            check(str(address[0]))
        connection = connect()
        try:
            check(str(connection.getpeername()[0]))
        except BaseException:
            connection.close()
            raise
        return connection

    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return checked(super()._new_conn, self.host, self.port)

    class TLSConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return checked(super()._new_conn, self.host, self.port)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TLSPool(HTTPSConnectionPool):
        ConnectionCls = TLSConnection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TLSPool}

    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())
    return session
