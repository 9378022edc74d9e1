"""A proxy on the way that answers in a server's place: RFC 9110, 9.3.6 and 15.5.8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from case import BROKEN_RULE, Case, Expectation, fails
from protocol import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Connection

OPEN = {"do": "open"}
TUNNEL = "RFC 9110, 9.3.6: a 2xx reply to CONNECT makes a tunnel, and any other reply is the proxy's own"


def answers(data: bytes, *, floods: bytes = b"", hold: bool = False) -> Callable[[Connection], None]:
    """A proxy that answers everything with this."""

    def greet(connection: Connection) -> None:
        connection.stream.recv(1 << 16)
        connection.send(data)
        if floods:
            connection.send_without_end(floods)
        if hold:
            connection.hold()

    return greet


REFUSED = fails("NetworkError", "Timeout", "Unavailable", *BROKEN_RULE)
ANSWERS: list[tuple[str, Callable[[Connection], None], Expectation]] = [
    (
        "authentication",
        answers(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        fails("NetworkError", "InvalidArgument", word="password"),
    ),
    ("forbidden", answers(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), fails("NetworkError", "PermissionDenied")),
    ("page", answers(b"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"), REFUSED),
    ("nothing", answers(b""), REFUSED),
    ("zeros", answers(bytes(4096)), REFUSED),
    ("silence", answers(b"", hold=True), fails("Timeout", "NetworkError")),
    ("headers_without_end", answers(b"HTTP/1.1 200 OK\r\n", floods=b"X-More: more\r\n" * 100), REFUSED),
    ("redirect", answers(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n"), REFUSED),
    (
        "token_in_the_reason",
        answers(f"HTTP/1.1 403 {TOKEN}\r\nContent-Length: 0\r\n\r\n".encode()),
        fails("NetworkError", "PermissionDenied"),
    ),
    (
        "tunnel_that_is_plain",
        answers(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        REFUSED,
    ),
]

CASES = [
    Case(
        name=f"proxies/{scheme}/{name}",
        says=TUNNEL,
        wrong={},
        expect=expect,
        step=OPEN,
        settings={"host": f"{scheme}://warehouse.example"},
        greet=greet,
        is_proxy=True,
        trace=True,
        within=60,
    )
    for name, greet, expect in ANSWERS
    for scheme in ("http", "https")
    # Over plain HTTP the reply would be the warehouse's.
    if (scheme, name) != ("http", "tunnel_that_is_plain")
]
