"""A store that sends parts that were not asked for, other content, more, less, or never an end: RFC 9110, 13 and 14; SEA 3.6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import streams
from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import FILE, FILE_CONTENT, Result
from server import Reply
from wrong import Reaction, cuts, drips, first, floods, of_chunk, sends, stalls, turns, with_headers

if TYPE_CHECKING:
    from protocol import Exchange

PART = "RFC 9110, 15.3.7: 206 answers a range, and Content-Range says which part it is"
VERSION = "RFC 9110, 8.8.3: another entity tag is another content, and parts of two are not put together"
WHOLE = "SEA 2.1: a result is whole or an error"
LOST = fails("DataLoss", "NetworkError", *BROKEN_RULE)


def part(content_range: str | None) -> Reaction:
    """The whole body as a part."""
    headers = [("content-range", content_range)] if content_range is not None else []
    return turns(lambda exchange: Reply(206, headers, exchange.right.body))


def larger(exchange: Exchange) -> Reply:
    """More than was announced: the body, twice."""
    return exchange.stored(exchange.world.chunk("wrong", exchange.index) * 2)


SMALL: list[tuple[str, str, Reaction, Expectation]] = [
    (
        "part_unasked",
        PART,
        turns(
            lambda exchange: Reply(
                206, [("content-range", f"bytes 0-{len(exchange.right.body) - 1}/{len(exchange.right.body)}")], exchange.right.body
            )
        ),
        right_or(*LOST.codes),
    ),
    ("part_without_range", PART, part(None), LOST),
    ("part_of_another_unit", PART, part("rows 0-3/12"), LOST),
    ("part_that_is_none", PART, part("bytes */12"), LOST),
    ("part_of_unknown_length", PART, part("bytes 0-9/*"), LOST),
    ("part_negative", PART, part("bytes -5-9/10"), LOST),
    ("part_reversed", PART, part("bytes 9-0/10"), LOST),
    ("part_beyond_the_end", PART, part("bytes 0-99/50"), LOST),
    ("part_of_2_to_64", PART, part("bytes 0-18446744073709551615/18446744073709551616"), LOST),
    ("part_of_2_to_64_less_1", PART, part("bytes 0-18446744073709551614/18446744073709551615"), LOST),
    (
        "part_of_many",
        "RFC 9110, 14.6: several parts are asked for as such",
        sends(Reply(206, [("content-type", "multipart/byteranges; boundary=b")], b"--b\r\n\r\n")),
        LOST,
    ),
    (
        "range_not_satisfiable",
        "RFC 9110, 15.5.17: 416 answers a range, and none was asked",
        sends(Reply(416, [("content-range", "bytes */0")])),
        fails("InvalidArgument", *LOST.codes),
    ),
    ("no_content", WHOLE, sends(Reply(204, framed=False)), LOST),
    ("reset_content", WHOLE, sends(Reply(205)), LOST),
    ("multi_status", "RFC 4918, 11.1: 207 is no content", sends(Reply(207, [], b"<multistatus/>")), LOST),
    ("body_empty", WHOLE, sends(Reply(200)), LOST),
    ("body_is_a_page", WHOLE, sends(Reply(200, [("content-type", "text/html")], b"<html>sorry</html>")), LOST),
    ("body_twice", "Arrow IPC: nothing follows the end marker", turns(larger), LOST),
    (
        "body_of_another_result",
        "SEA 4.2: the chunk's types are those of the manifest",
        sends(Reply(200, [], streams.compressed(streams.ipc(pa.table({"x": [1.5, 2.5, 3.5, 4.5, 5.5]}))))),
        LOST,
    ),
    ("ranges_of_rows", "RFC 9110, 14.3: Accept-Ranges names a unit", with_headers(("accept-ranges", "rows")), ROWS),
    ("etag_weak", "RFC 9110, 8.8.1: a weak tag does not say that bytes are the same", with_headers(("etag", 'W/"1"')), ROWS),
    ("etag_of_100_kb", "RFC 9110, 8.8.3: a tag is opaque", with_headers(("etag", "e" * 100_000)), ROWS),
    (
        "cut_once",
        "SEA 3.6: a truncated body is downloaded again",
        first(1, cuts(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\x04\x22")),
        ROWS,
    ),
    ("unavailable_once", "SEA 6.3: a download is repeated", first(1, sends(Reply(503, [("retry-after", "0")]))), ROWS),
    (
        "unavailable_without_end",
        "SEA 6.3: a download is repeated as often as the client's limit says",
        sends(Reply(503, [("retry-after", "0")])),
        fails("Unavailable"),
    ),
    (
        "damaged_once",
        "SEA 3.6: a chunk that cannot be decoded is downloaded again",
        first(1, sends(Reply(200, [], b"\x04\x22\x4d\x18damaged"))),
        ROWS,
    ),
    (
        "stalls_once",
        "SEA 3.6: a body has a time limit, and is downloaded again",
        first(1, stalls(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\x04")),
        ROWS,
    ),
    ("stalls_before_the_head", "SEA 3.6: a body has a time limit", stalls(b""), fails("Timeout")),
    (
        "stalls_in_an_error",
        "SEA 3.6: a body has a time limit",
        stalls(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\n<Er"),
        fails("PermissionDenied", "Timeout"),
    ),
    (
        "error_without_end",
        "What is read of an error has bounds",
        floods(b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"<" * 4096 + b"\r\n"),
        fails("InvalidArgument"),
    ),
    (
        "drips",
        "SEA 3.6: bytes that come within the time limit are waited for",
        lambda exchange: exchange.connection.send_slowly(
            [exchange.right.bytes()[at : at + 100] for at in range(0, len(exchange.right.bytes()), 100)], 0.2
        ),
        ROWS,
    ),
    (
        "drips_a_head_without_end",
        "SEA 3.6: a reply that does not begin has a time limit",
        drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1, 1000),
        fails("Timeout", "NetworkError", *BROKEN_RULE),
    ),
]

# About 6 MB that do not compress, so that a body is fetched in parts.
DIGITS = pa.array([f"{(number * 2654435761) % 2**64:x}{(number * 40503 * 2654435761) % 2**64:x}" for number in range(200_000)])
LARGE = Result([("t", "STRING")], [pa.table({"t": DIGITS})])
BODY = LARGE.body(0)


def large(exchange: Exchange) -> Reply:
    """What is right of the large body; made once, for it takes time."""
    return exchange.stored(BODY)


def ranged(change: Reaction) -> Reaction:
    """This in place of parts; the whole is right."""
    return lambda exchange: change(exchange) if exchange.request.header("range") else exchange.send(large(exchange))


def another_part(exchange: Exchange) -> Reply:
    """The right head with the bytes of another part."""
    right = large(exchange)
    return right.with_body(BODY[: len(right.body)])


def shifted(exchange: Exchange) -> Reply:
    """A part that begins a byte later and says so."""
    right = large(exchange)
    start = int((exchange.request.header("range") or "bytes=0-")[6:].split("-")[0]) + 1
    return Reply(206, [("content-range", f"bytes {start}-{start + len(right.body) - 1}/{len(BODY) + 1}")], right.body)


def other_version(exchange: Exchange) -> Reply:
    """A part with a tag of its own."""
    right = large(exchange)
    tag = f'"{exchange.count}-{exchange.request.header("range")}"'
    return Reply(right.status, [(name, tag if name == "etag" else value) for name, value in right.headers], right.body)


def other_total(exchange: Exchange) -> Reply:
    """A part of a whole that has another length each time."""
    right = large(exchange)
    headers = [
        (name, value.split("/")[0] + f"/{len(BODY) + int(value[6:].split('-')[0]) + 1}" if name == "content-range" else value)
        for name, value in right.headers
    ]
    return Reply(right.status, headers, right.body)


def shorter(exchange: Exchange) -> Reply:
    """A part that is a byte shorter than its head says, in a frame that fits."""
    right = large(exchange)
    return right.with_body(right.body[:-1])


PARTS: list[tuple[str, str, Reaction, Expectation]] = [
    ("right", PART, turns(large), ROWS),
    (
        "ignored",
        "RFC 9110, 14.2: a server may ignore Range and send the whole",
        turns(lambda _: Reply(200, [("etag", '"1"')], BODY)),
        ROWS,
    ),
    (
        "ignored_and_announced",
        "RFC 9110, 14.2: a server may ignore Range and send the whole",
        turns(lambda _: Reply(200, [("etag", '"1"'), ("accept-ranges", "bytes")], BODY)),
        ROWS,
    ),
    (
        "bytes_of_another_part",
        f"{WHOLE}: the checks of LZ4 and Arrow, or the whole in one reply",
        ranged(turns(another_part)),
        right_or(*LOST.codes),
    ),
    ("shifted_by_a_byte", PART, ranged(turns(shifted)), right_or(*LOST.codes)),
    ("of_changing_versions", VERSION, ranged(turns(other_version)), right_or(*LOST.codes)),
    ("of_changing_totals", PART, ranged(turns(other_total)), right_or(*LOST.codes)),
    ("one_byte_short", PART, ranged(turns(shorter)), right_or(*LOST.codes)),
    (
        "refused",
        "RFC 9110, 15.5.17: 416 answers a range; the whole is there",
        ranged(sends(Reply(416, [("content-range", f"bytes */{len(BODY)}")]))),
        right_or("InvalidArgument", *LOST.codes),
    ),
    (
        "forbidden",
        "SEA 3.6: 403 asks for a new link; the whole is there",
        ranged(sends(Reply(403))),
        right_or("PermissionDenied", *LOST.codes),
    ),
    (
        "stall",
        "SEA 3.6: a body has a time limit, and is downloaded again",
        ranged(stalls(b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-99/1000\r\n")),
        right_or("Timeout", *LOST.codes),
    ),
]

GET = {"do": "get", "path": FILE}
CONTENT = [[FILE_CONTENT.decode("latin-1")]]


def broken_off(resumed: Reaction) -> Reaction:
    """The first half of the file; this for what follows it."""

    def react(exchange: Exchange) -> None:
        if exchange.request.header("range"):
            resumed(exchange)
        elif exchange.count == 0:
            cuts(exchange.right.head() + FILE_CONTENT[: len(FILE_CONTENT) // 2])(exchange)
        else:
            exchange.send(exchange.right)

    return react


HALF, FULL = len(FILE_CONTENT) // 2, len(FILE_CONTENT)
RESUMED: list[tuple[str, str, Reaction, Expectation]] = [
    ("right", PART, turns(lambda exchange: exchange.right), ROWS),
    (
        "the_whole_again",
        "RFC 9110, 14.2: a server may ignore Range and send the whole",
        turns(
            lambda exchange: Reply(200, [header for header in exchange.right.headers if header[0] != "content-range"], FILE_CONTENT)
        ),
        ROWS,
    ),
    (
        "another_version",
        VERSION,
        turns(
            lambda _: Reply(206, [("etag", '"other"'), ("content-range", f"bytes {HALF}-{FULL - 1}/{FULL}")], bytes(FULL - HALF))
        ),
        fails("DataLoss"),
    ),
    ("another_whole", VERSION, turns(lambda _: Reply(200, [("etag", '"other"')], bytes(FULL))), fails("DataLoss")),
    (
        "another_length",
        PART,
        turns(
            lambda exchange: Reply(
                206, [exchange.right.headers[1], ("content-range", f"bytes {HALF}-{FULL}/{FULL + 1}")], bytes(FULL - HALF + 1)
            )
        ),
        fails("DataLoss"),
    ),
    (
        "another_part",
        PART,
        turns(
            lambda exchange: Reply(
                206, [exchange.right.headers[1], ("content-range", f"bytes 0-{HALF - 1}/{FULL}")], FILE_CONTENT[:HALF]
            )
        ),
        fails("DataLoss"),
    ),
    ("nothing", "SEA 6.3: as often as the client's limit says", cuts(b""), fails("NetworkError")),
]
SAMPLE = {"store/parts/of_changing_versions", "store/file_resumed/another_version"}

CASES = [
    *[
        Case(
            name=f"store/{name}",
            says=says,
            wrong={"link": of_chunk(1, reaction)},
            expect=expect,
            trace=True,
            within=45,
            sample=f"store/{name}" in SAMPLE,
        )
        for name, says, reaction, expect in SMALL
    ],
    *[
        Case(
            name=f"store/parts/{name}",
            says=says,
            wrong={"link": reaction},
            expect=expect,
            result=LARGE,
            within=60,
            mib=300,
            sample=f"store/parts/{name}" in SAMPLE,
        )
        for name, says, reaction, expect in PARTS
    ],
    *[
        Case(
            name=f"store/file_resumed/{name}",
            says=says,
            wrong={"get": broken_off(reaction)},
            expect=expect,
            step=GET,
            rows=CONTENT,
            sample=f"store/file_resumed/{name}" in SAMPLE,
        )
        for name, says, reaction, expect in RESUMED
    ],
    Case(
        name="store/file_of_unknown_length",
        says="RFC 9112, 8: without a length nobody knows whether it is whole",
        wrong={"get": turns(lambda _: b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FILE_CONTENT)},
        expect=right_or("DataLoss", "NetworkError", "Timeout"),
        step=GET,
        rows=CONTENT,
        within=45,
    ),
]
