"""TLS with wrong certificates, other versions, or none: RFC 8446, RFC 9110 4.3."""

from __future__ import annotations

import datetime as dt
import ssl
import struct
from typing import TYPE_CHECKING

import authority
import trustme
from case import RIGHT_ROWS as ROWS
from case import Case, fails
from wrong import cuts

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Connection

VERIFIED = "RFC 9110, 4.3.4: a client verifies the certificate's chain, its dates and its name, and tells nobody the token before"
SPOKEN = "RFC 9110, 4.2.2: https is HTTP over TLS and nothing else"
REFUSED = fails("NetworkError")
NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)


def of_version(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A right certificate, in this version of TLS alone."""
    context = authority.served()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


def without_certificate() -> ssl.SSLContext:
    """A server that has none."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


# What is wrong with a server that speaks TLS, and a word that the error must have.
WRONG: dict[str, tuple[ssl.SSLContext, str]] = {
    "expired": (authority.served(not_before=NOW - 10 * DAY, not_after=NOW - DAY), "expired"),
    "not_yet_valid": (authority.served(not_before=NOW + DAY, not_after=NOW + 10 * DAY), "not valid yet"),
    "of_another_host": (authority.served(name="other.example"), "another host"),
    "of_another_address": (authority.served(name="127.0.0.2"), "another host"),
    "of_an_unknown_authority": (authority.served(trustme.CA()), "not trusted"),
    "of_a_child_of_an_unknown_authority": (authority.served(trustme.CA().create_child_ca()), "not trusted"),
    "certificate_missing": (without_certificate(), "TLS"),
    "version_1_0": (of_version(ssl.TLSVersion.TLSv1), "TLS"),
    "version_1_1": (of_version(ssl.TLSVersion.TLSv1_1), "TLS"),
}


def greets(data: bytes, *, hold: bool = False) -> Callable[[Connection], None]:
    """A server that sends this to everybody, whatever it is asked."""

    def greet(connection: Connection) -> None:
        connection.stream.recv(1 << 16)
        connection.send(data)
        if hold:
            connection.hold()

    return greet


def record(kind: int, body: bytes) -> bytes:
    """A TLS record."""
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def floods(connection: Connection) -> None:
    """A handshake message of 16 MB, without end."""
    connection.send(record(22, b"\x0b\xff\xff\xff" + bytes(16_000)))
    connection.send_without_end(record(22, bytes(16_000)))


GREETINGS: dict[str, bytes] = {
    "plain_http": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "zeros": bytes(4096),
    "alert": record(21, b"\x02\x28"),
    "alert_of_no_kind": record(21, b"\x09\xff"),
    "empty_record": record(22, b""),
    "record_of_64_kb": b"\x16\x03\x03\xff\xff" + bytes(65535),
    "hello_cut": record(22, b"\x02\x00\x00\x50\x03\x03" + bytes(20)),
    "hello_of_no_cipher": record(22, b"\x02\x00\x00\x26\x03\x03" + bytes(32) + b"\x00\x00\x00\x00"),
    "end_of_stream": b"",
}
OPEN = {"do": "open"}

CASES = [
    Case(name="tls/right", says=VERIFIED, wrong={}, expect=ROWS, tls=authority.right()),
    *[
        Case(
            name=f"tls/{name}",
            says=VERIFIED,
            wrong={},
            expect=fails("NetworkError", word=word),
            step=OPEN,
            tls=context,
            at_most={"session": 0},
            sample=name == "expired",
        )
        for name, (context, word) in WRONG.items()
    ],
    *[
        Case(
            name=f"tls/instead/{name}",
            says=SPOKEN,
            wrong={},
            expect=REFUSED,
            step=OPEN,
            tls=authority.right(),
            greet=greets(data),
            sample=name == "plain_http",
        )
        for name, data in GREETINGS.items()
    ],
    Case(
        name="tls/instead/handshake_without_end",
        says="RFC 8446, 4: a handshake message has at most 2^24 bytes, and what is read of it has bounds",
        wrong={},
        expect=REFUSED,
        step=OPEN,
        tls=authority.right(),
        greet=floods,
    ),
    Case(
        name="tls/instead/silence",
        says="RFC 9112, 9.5: a client has a time-out for a connection that does not go on",
        wrong={},
        expect=fails("Timeout", "NetworkError"),
        step=OPEN,
        tls=authority.right(),
        greet=greets(b"", hold=True),
        within=60,
    ),
    Case(
        name="tls/plain_http_link",
        says="SEA 3.6: a link is an HTTPS URL where the server is HTTPS",
        wrong={
            "execute": lambda exchange: exchange.send(
                exchange.right.with_body(exchange.right.body.replace(b'"https://127', b'"http://127'))
            )
        },
        expect=fails("Internal", "Unknown", "DataLoss", word="plain HTTP"),
        tls=authority.right(),
    ),
    Case(
        name="tls/cut_without_close_notify",
        says="RFC 9112, 9.8: an end without close_notify in the middle of a message is an incomplete message",
        wrong={"link": cuts(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\x04\x22")},
        expect=fails("NetworkError"),
        tls=authority.right(),
    ),
]
