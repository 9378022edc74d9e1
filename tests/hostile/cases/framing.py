"""Where a reply begins and ends: RFC 9112."""

from __future__ import annotations

from typing import TYPE_CHECKING

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from wrong import Reaction, cuts, floods, framed, sends, stalls, turns

if TYPE_CHECKING:
    from protocol import Exchange

NETWORK = fails("NetworkError")
# A body that is short is damaged data where it is a result, and no JSON where it is a reply.
CUT = {"execute": fails("NetworkError", *BROKEN_RULE), "link": fails("NetworkError", "DataLoss")}

OK = "HTTP/1.1 200 OK\nContent-Type: application/octet-stream\n"
CHUNKED = OK + "Transfer-Encoding: chunked"

LENGTH_INVALID = (
    "RFC 9112, 6.3 (5): an invalid Content-Length is an unrecoverable error; the client must close and discard the reply"
)
INCOMPLETE = "RFC 9112, 8: a message whose end is missing is incomplete, and must not be taken for a whole one"
CHUNK_INVALID = "RFC 9112, 7.1: a chunk is a size in hexadecimal digits, CRLF, exactly so many bytes, CRLF"
STATUS_INVALID = "RFC 9112, 4: a reply begins with HTTP-version SP three digits SP"


def chunked(*chunks: tuple[str, str], end: str = "0\r\n\r\n", head: str = CHUNKED, cut: bool = True) -> Reaction:
    """The right body in halves, each with a size line in which `{length}` is the true one, and a text behind it."""

    def react(exchange: Exchange) -> None:
        body = exchange.right.body
        middle = len(body) // 2
        halves = (body[:middle], body[middle:])
        exchange.send((head.replace("\n", "\r\n") + "\r\n\r\n").encode())
        for half, (size, behind) in zip(halves, chunks, strict=True):
            sizes = {"length": f"{len(half):x}", "more": f"{len(half) + 3:x}", "less": f"{len(half) - 3:x}"}
            exchange.send(size.format(**sizes).encode() + b"\r\n" + half + behind.encode())
        exchange.send(end.encode())
        if cut:
            exchange.connection.end()

    return react


def half(*, stall: bool = False) -> Reaction:
    """The first half of the right reply."""

    def react(exchange: Exchange) -> None:
        whole = exchange.right.bytes()
        (stalls if stall else cuts)(whole[: len(whole) // 2])(exchange)

    return react


def half_without_length(exchange: Exchange) -> None:
    """The first half of the right body under a head that does not tell its length."""
    body = exchange.right.body
    cuts((OK.replace("\n", "\r\n") + "\r\n").encode() + body[: len(body) // 2])(exchange)


def byte_by_byte(exchange: Exchange) -> None:
    """The right reply, each byte sent for itself."""
    for byte in exchange.right.bytes():
        exchange.send(bytes([byte]))


RIGHT = ("{length}", "\r\n")
# What is sent in place of a reply to execute and to a link, and what must come of both.
BOTH: list[tuple[str, str, Reaction, Expectation | dict[str, Expectation]]] = [
    ("length_twice_different", LENGTH_INVALID, framed(OK + "Content-Length: {length}\nContent-Length: {less}"), NETWORK),
    ("length_list_different", LENGTH_INVALID, framed(OK + "Content-Length: {length}, {more}"), NETWORK),
    (
        "length_twice_equal",
        "RFC 9110, 8.6: equal repeated values may be refused or taken for one",
        framed(OK + "Content-Length: {length}\nContent-Length: {length}"),
        right_or("NetworkError"),
    ),
    ("length_negative", LENGTH_INVALID, framed(OK + "Content-Length: -1"), NETWORK),
    ("length_with_plus", LENGTH_INVALID, framed(OK + "Content-Length: +{length}"), NETWORK),
    ("length_no_number", LENGTH_INVALID, framed(OK + "Content-Length: all of it"), NETWORK),
    ("length_2_to_64", LENGTH_INVALID, framed(OK + "Content-Length: 18446744073709551616"), NETWORK),
    ("length_more_than_sent", INCOMPLETE, framed(OK + "Content-Length: {more}", cut=True), NETWORK),
    (
        "length_2_to_62",
        "RFC 9112, 8: incomplete; and nothing may be allocated for bytes that have not come",
        framed(OK + "Content-Length: 4611686018427387904", cut=True),
        fails("NetworkError", *BROKEN_RULE, "DataLoss"),
    ),
    (
        "length_less_than_sent",
        "RFC 9112, 6.3 (6): the body is so many bytes, and here one is missing",
        framed(OK + "Content-Length: {less}"),
        CUT,
    ),
    (
        "second_reply_unasked",
        "RFC 9112, 9.2: data on a connection without an outstanding request is never a reply",
        framed(OK + "Content-Length: {length}", tail=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        ROWS,
    ),
    (
        "length_beside_chunked",
        "RFC 9112, 6.3 (3): Transfer-Encoding overrides Content-Length, and the message may be refused",
        chunked(RIGHT, RIGHT, head=CHUNKED + "\nContent-Length: 3"),
        right_or("NetworkError"),
    ),
    ("chunked", "RFC 9112, 7.1: a client must be able to read chunked", chunked(RIGHT, RIGHT, cut=False), ROWS),
    (
        "chunk_extension",
        "RFC 9112, 7.1.1: unknown chunk extensions are ignored",
        chunked(('{length};a=b;c="d"', "\r\n"), RIGHT, cut=False),
        ROWS,
    ),
    ("chunk_size_too_large", CHUNK_INVALID, chunked(RIGHT, ("{more}", "\r\n")), CUT),
    ("chunk_size_too_small", CHUNK_INVALID, chunked(("{less}", "\r\n"), RIGHT), NETWORK),
    ("chunk_size_negative", CHUNK_INVALID, chunked(("-5", "\r\n"), RIGHT), NETWORK),
    ("chunk_size_with_prefix", CHUNK_INVALID, chunked(("0x{length}", "\r\n"), RIGHT), NETWORK),
    ("chunk_size_no_number", CHUNK_INVALID, chunked(("size", "\r\n"), RIGHT), NETWORK),
    ("chunk_size_2_to_68", CHUNK_INVALID, chunked(("FFFFFFFFFFFFFFFFF", "\r\n"), RIGHT), NETWORK),
    ("chunk_without_end_of_line", CHUNK_INVALID, chunked(("{length}", ""), RIGHT), NETWORK),
    ("chunks_without_last", INCOMPLETE, chunked(RIGHT, RIGHT, end=""), NETWORK),
    ("chunks_without_final_line", INCOMPLETE, chunked(RIGHT, RIGHT, end="0\r\n"), right_or("NetworkError")),
    (
        "trailers",
        "RFC 9112, 7.1.2: trailer fields may be discarded, and never change the framing",
        chunked(RIGHT, RIGHT, end="0\r\nContent-Length: 5\r\nX-Trailer: 1\r\n\r\n", cut=False),
        ROWS,
    ),
    (
        "trailers_of_1_mb",
        "RFC 9110, 5.4: a client may limit what it reads of fields",
        chunked(RIGHT, RIGHT, end="0\r\n" + "X-Trailer: 123456789\r\n" * 50_000 + "\r\n", cut=False),
        right_or("NetworkError", *BROKEN_RULE),
    ),
    (
        "transfer_encoding_unknown",
        "RFC 9112, 6.1: a coding that the client did not say it accepts must not be sent, and its bytes are not the content",
        chunked(RIGHT, RIGHT, head=OK + "Transfer-Encoding: gzip, chunked"),
        right_or("NetworkError", *BROKEN_RULE, "DataLoss"),
    ),
    (
        "transfer_encoding_not_chunked",
        "RFC 9112, 6.3 (4): a reply whose last coding is not chunked ends with the connection",
        framed(OK + "Transfer-Encoding: identity", cut=True),
        right_or("NetworkError", *BROKEN_RULE, "DataLoss"),
    ),
    (
        "no_length",
        "RFC 9112, 6.3 (8): without a length a reply ends with the connection",
        framed(OK, cut=True),
        right_or("NetworkError", "DataLoss"),
    ),
    (
        "no_length_cut",
        INCOMPLETE,
        half_without_length,
        CUT,
    ),
    ("cut_in_the_body", INCOMPLETE, half(), NETWORK),
    (
        "stalls_in_the_body",
        "RFC 9112, 9.5: a client has a time-out for a connection that does not go on",
        half(stall=True),
        fails("Timeout"),
    ),
    ("byte_by_byte", "RFC 9112, 2.2: a message is a sequence of octets, however the network cuts it", byte_by_byte, ROWS),
    (
        "http_1_0",
        "RFC 9112, 2.3: a reply of version 1.0 is read as such",
        framed("HTTP/1.0 200 OK\nContent-Length: {length}", cut=True),
        ROWS,
    ),
    ("http_0_9", STATUS_INVALID, turns(lambda exchange: exchange.right.body), NETWORK),
    ("http_2", STATUS_INVALID, cuts(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"), NETWORK),
    ("http_3_7", STATUS_INVALID, framed("HTTP/3.7 200 OK\nContent-Length: {length}"), NETWORK),
    ("status_of_two_digits", STATUS_INVALID, framed("HTTP/1.1 20 OK\nContent-Length: {length}"), NETWORK),
    ("status_of_four_digits", STATUS_INVALID, framed("HTTP/1.1 2000 OK\nContent-Length: {length}"), NETWORK),
    ("status_no_number", STATUS_INVALID, framed("HTTP/1.1 two OK\nContent-Length: {length}"), NETWORK),
    (
        "status_without_reason",
        "RFC 9112, 4: the reason phrase may be empty and means nothing",
        framed("HTTP/1.1 200 \nContent-Length: {length}"),
        ROWS,
    ),
    ("nothing", INCOMPLETE, cuts(b""), NETWORK),
    ("end_within_the_head", INCOMPLETE, cuts(b"HTTP/1.1 200 OK\r\nContent-Le"), NETWORK),
    ("random_bytes", STATUS_INVALID, cuts(bytes(range(256)) * 8), NETWORK),
    (
        "zeros_without_end",
        "RFC 9112, 4: no status line; and what a client reads of a head has a limit",
        floods(b"", bytes(4096)),
        fails("NetworkError", *BROKEN_RULE),
    ),
    (
        "informational_before",
        "RFC 9110, 15.2: a client must read past 1xx replies",
        turns(lambda exchange: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + exchange.right.bytes()),
        ROWS,
    ),
    (
        "informational_without_end",
        "RFC 9110, 15.2: 1xx replies are interim; the client's own time limit ends the wait for the final one",
        floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        fails("Timeout", "NetworkError", *BROKEN_RULE),
    ),
    (
        "switching_protocols",
        "RFC 9110, 15.2.2: 101 answers an Upgrade, and none was asked for",
        sends(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"),
        fails("NetworkError", "InvalidArgument", *BROKEN_RULE),
    ),
]
SAMPLE = {
    "framing/execute/length_twice_different",
    "framing/link/second_reply_unasked",
    "framing/link/chunks_without_last",
}
# These wait for a limit of the client's.
SLOW = {"stalls_in_the_body", "informational_without_end"}

CASES = [
    Case(
        name=f"framing/{kind}/{name}",
        says=says,
        wrong={kind: reaction},
        expect=expect[kind] if isinstance(expect, dict) else expect,
        sample=f"framing/{kind}/{name}" in SAMPLE,
        trace=kind == "link",
        within=45 if name in SLOW else 25,
    )
    for name, says, reaction, expect in BOTH
    for kind in ("execute", "link")
]
