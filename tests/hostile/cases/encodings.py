"""Encodings of content and of text: RFC 9110, 8.4 (Content-Encoding), RFC 8259 (JSON)."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import TOKEN
from server import Reply
from wrong import Reaction, body, document, floods, sends, text, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocol import Exchange

CODING = "RFC 9110, 8.4: Content-Encoding names what was applied to the content, in order"
UNASKED = "RFC 9110, 12.5.3: a coding that the client does not know cannot be decoded, and its bytes are not the content"
UNREAD = fails("NetworkError", *BROKEN_RULE, "DataLoss")
NOTHING = gzip.compress(b"")


def coded(name: str, pack: Callable[[bytes], bytes]) -> Reaction:
    """The right reply, packed, under a name."""

    def change(exchange: Exchange) -> Reply:
        whole = exchange.right.body if exchange.kind == "execute" else exchange.world.chunk("wrong", exchange.index)
        return Reply(200, [("content-encoding", name)], pack(whole))

    return turns(change)


BOTH: list[tuple[str, str, Reaction, Expectation]] = [
    ("gzip", CODING, coded("gzip", gzip.compress), right_or("NetworkError")),
    (
        "gzip_of_members",
        CODING,
        coded("gzip", lambda data: gzip.compress(data[:50]) + NOTHING + gzip.compress(data[50:])),
        right_or("NetworkError"),
    ),
    ("gzip_cut", f"{CODING}; RFC 1952: its end is missing", coded("gzip", lambda data: gzip.compress(data)[:-9]), UNREAD),
    (
        "gzip_damaged",
        f"{CODING}; RFC 1952, 2.3.1: the checksum is of the content",
        coded("gzip", lambda data: gzip.compress(data)[:-8] + bytes(8)),
        UNREAD,
    ),
    ("gzip_that_is_none", CODING, coded("gzip", lambda data: data), UNREAD),
    ("gzip_twice_named_once", CODING, coded("gzip", lambda data: gzip.compress(gzip.compress(data))), UNREAD),
    ("gzip_named_twice", CODING, coded("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))), right_or(*UNREAD.codes)),
    (
        "gzip_then_more",
        f"{CODING}; RFC 1952, 2.2: what follows a member is a member",
        coded("gzip", lambda data: gzip.compress(data) + b"more"),
        UNREAD,
    ),
    ("identity", CODING, coded("identity", bytes), ROWS),
    ("empty_name", CODING, coded("", bytes), ROWS),
    ("brotli", UNASKED, coded("br", bytes), UNREAD),
    ("zstd", UNASKED, coded("zstd", bytes), UNREAD),
    ("deflate", UNASKED, coded("deflate", zlib.compress), right_or(*UNREAD.codes)),
    ("unknown", UNASKED, coded("x-" + TOKEN, bytes), UNREAD),
    ("name_of_100_kb", UNASKED, coded("a" * 100_000, bytes), UNREAD),
]


def gzip_of_zeros(size: int) -> bytes:
    """Few bytes that unpack to many."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)), packer.flush()])


def endless(piece: bytes) -> Reaction:
    """A gzip body without end."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    return floods(head, f"{len(piece):x}\r\n".encode() + piece + b"\r\n")


BOUNDED = "A few bytes that unpack to many, or many to nothing, have bounds: the client's limits on a chunk and on a reply"
JSON = "RFC 8259, 8.1: JSON between systems is UTF-8"
NO_JSON = fails(*BROKEN_RULE)


def encoded(encoding: str, mark: bytes = b"") -> Reaction:
    """The right JSON in another encoding."""
    return body(lambda data: mark + data.decode().encode(encoding))


def padded(before: bytes, behind: bytes) -> Reaction:
    """The right JSON with something around it."""
    return body(lambda data: before + data + behind)


def added(**keys: object) -> Reaction:
    """The right JSON with more keys."""
    return document(lambda reply: reply.update(keys))


STATE = '"state": "SUCCEEDED"'
TEXTS: list[tuple[str, str, Reaction, Expectation]] = [
    ("utf_16", JSON, encoded("utf-16"), NO_JSON),
    (
        "byte_order_mark",
        "RFC 8259, 8.1: a mark must not be sent; a reader may ignore it",
        padded(b"\xef\xbb\xbf", b""),
        right_or(*BROKEN_RULE),
    ),
    ("latin_1", JSON, body(lambda data: data.replace(b'"t"', b'"t\xe9"')), NO_JSON),
    ("nul_in_a_text", "RFC 8259, 7: control characters must be escaped", text(STATE, '"state": "SUCC\0EEDED"'), NO_JSON),
    (
        "escaped_nul_in_a_name",
        "RFC 8259, 7: any character may be escaped",
        text('"name": "t"', '"name": "t\\u0000t"'),
        right_or(*BROKEN_RULE, "DataLoss"),
    ),
    (
        "half_of_a_surrogate",
        "RFC 8259, 8.2: a half of a pair is no character",
        text('"name": "t"', '"name": "t\\ud800"'),
        right_or(*BROKEN_RULE),
    ),
    ("nul_behind", "RFC 8259, 2: a text is one value and blanks", padded(b"", b"\0"), NO_JSON),
    ("two_documents", "RFC 8259, 2: a text is one value and blanks", body(lambda data: data + data), NO_JSON),
    ("blanks_of_1_mb", "RFC 8259, 2: blanks may stand around a value", padded(b" \n" * 500_000, b"\t" * 500_000), ROWS),
    ("cut", "RFC 8259, 4: an object ends with a brace", body(lambda data: data[:-1]), NO_JSON),
    ("empty", "SEA: the reply to execute has statement_id and status", body(lambda _: b""), NO_JSON),
    (
        "page",
        "SEA 1.3: a login page instead of JSON",
        sends(Reply(200, [("content-type", "text/html")], b"<html><body>log in</body></html>")),
        NO_JSON,
    ),
    (
        "page_with_token",
        "A secret that a page sends back is not shown",
        sends(Reply(200, [], f"<html>{TOKEN}</html>".encode())),
        NO_JSON,
    ),
    ("array", "SEA: the reply to execute is an object", body(lambda data: b"[" + data + b"]"), NO_JSON),
    ("null", "SEA: the reply to execute is an object", body(lambda _: b"null"), NO_JSON),
    ("text_of_json", "SEA: the reply to execute is an object", body(lambda data: json.dumps(data.decode()).encode()), NO_JSON),
    (
        "nesting_unknown_100_thousand",
        "RFC 8259, 9: a reader may limit the depth; unknown keys mean nothing",
        text(STATE, STATE + ', "more": ' + "[" * 100_000 + "]" * 100_000),
        right_or(*BROKEN_RULE),
    ),
    ("nesting_100_thousand", "RFC 8259, 9: a reader may limit the depth", body(lambda _: b"[" * 100_000 + b"]" * 100_000), NO_JSON),
    ("nesting_without_end", "RFC 8259, 9: a reader may limit the depth", body(lambda _: b'{"status":' * 100_000), NO_JSON),
    (
        "key_twice",
        "RFC 8259, 4: names should be unique; what a repeated one means is not said",
        text(STATE, STATE + ', "state": "FAILED"'),
        right_or(*BROKEN_RULE, "SqlError"),
    ),
    ("key_of_1_mb", "SEA: a client ignores keys that it does not know", text(STATE, f'{STATE}, "{"k" * (1 << 20)}": 1'), ROWS),
    (
        "keys_100_thousand",
        "SEA: a client ignores keys that it does not know",
        added(**{f"k{number}": number for number in range(100_000)}),
        ROWS,
    ),
    (
        "numbers_too_large_unknown",
        "RFC 8259, 6: a reader may limit numbers; unknown keys mean nothing",
        text(STATE, STATE + ', "more": [1e400, -1e400, 18446744073709551616, 0.1e-400]'),
        right_or(*BROKEN_RULE),
    ),
    ("not_a_number", "RFC 8259, 6: NaN is no number", text(STATE, STATE + ', "more": NaN'), NO_JSON),
    ("comment", "RFC 8259 has no comments", padded(b"/* a */", b""), NO_JSON),
    ("trailing_comma", "RFC 8259, 4: no comma before the brace", text(STATE, STATE + ","), NO_JSON),
    ("single_quotes", "RFC 8259, 7: texts stand in double quotes", body(lambda data: data.replace(b'"', b"'")), NO_JSON),
]

CASES = [
    *[
        Case(
            name=f"encodings/{kind}/{name}",
            says=says,
            wrong={kind: reaction},
            expect=expect,
            sample=(kind, name) == ("execute", "gzip_cut"),
        )
        for name, says, reaction, expect in BOTH
        for kind in ("execute", "link")
    ],
    Case(
        name="encodings/execute/gzip_bomb",
        says=BOUNDED,
        wrong={"execute": sends(Reply(200, [("content-encoding", "gzip")], gzip_of_zeros(2 << 30)))},
        expect=fails(*BROKEN_RULE, "NetworkError"),
        # A reply has at most 160 MiB, in memory that doubles as it grows.
        mib=520,
        within=150,
        settings={"request_timeout_secs": 60.0, "retry_overall_timeout_secs": 120.0},
    ),
    Case(
        name="encodings/link/gzip_bomb",
        says=BOUNDED,
        wrong={"link": sends(Reply(200, [("content-encoding", "gzip")], gzip_of_zeros(1 << 30)))},
        expect=fails("DataLoss", "NetworkError"),
        within=60,
    ),
    *[
        Case(
            name=f"encodings/{kind}/gzip_of_nothing_without_end",
            says=BOUNDED,
            wrong={kind: endless(NOTHING * 1000)},
            expect=fails("NetworkError", "DataLoss", "Timeout", *BROKEN_RULE),
            within=45,
        )
        for kind in ("execute", "link")
    ],
    *[
        Case(
            name=f"encodings/json/{name}",
            says=says,
            wrong={"execute": reaction},
            expect=expect,
            trace=name == "page_with_token",
            sample=name == "page_with_token",
        )
        for name, says, reaction, expect in TEXTS
    ],
]
