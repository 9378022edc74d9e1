"""Headers that are too many, too long, or mean something else than they say."""

from __future__ import annotations

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import TOKEN
from server import Reply
from wrong import Reaction, first, floods, framed, sends, with_headers

LIMIT = "RFC 9110, 5.4: a client may discard or refuse fields that are larger than it wants to process"
TOO_LARGE = fails(*BROKEN_RULE, "NetworkError")
OK = "HTTP/1.1 200 OK\nContent-Length: {length}\n"

BOTH: list[tuple[str, str, Reaction, Expectation]] = [
    ("of_1_mb", LIMIT, with_headers(("x-long", "a" * (1 << 20))), TOO_LARGE),
    ("a_100_thousand", LIMIT, with_headers(*[(f"x-{number}", "1") for number in range(100_000)]), TOO_LARGE),
    ("without_end", LIMIT, floods(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 100), TOO_LARGE),
    ("one_without_end", LIMIT, floods(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 4096), TOO_LARGE),
    ("name_without_end", LIMIT, floods(b"HTTP/1.1 200 OK\r\n", b"a" * 4096), fails(*BROKEN_RULE, "NetworkError")),
    ("reason_without_end", LIMIT, floods(b"HTTP/1.1 200 ", b"a" * 4096), fails(*BROKEN_RULE, "NetworkError")),
    ("without_colon", "RFC 9112, 5: a field line is a name, a colon and a value", framed(OK + "no colon"), fails("NetworkError")),
    ("without_name", "RFC 9110, 5.1: a field name is a token, which is not empty", framed(OK + ": value"), fails("NetworkError")),
    (
        "nul_in_a_value",
        "RFC 9110, 5.5: a value with CR, LF or NUL is refused, or they are replaced by blanks",
        framed(OK + "X-A: a\0b"),
        right_or("NetworkError"),
    ),
    (
        "bytes_above_127",
        "RFC 9110, 5.5: bytes above 127 are opaque data",
        framed(OK + "X-A: \xff\xfe\x80"),
        ROWS,
    ),
    (
        "folded_line",
        "RFC 9112, 5.2: a folded line in a reply is refused, or read as one line",
        framed("HTTP/1.1 200 OK\nX-A: a\n b\nContent-Length: {length}"),
        right_or("NetworkError"),
    ),
    (
        "blank_before_the_colon",
        "RFC 9112, 5.1: no blank is allowed there",
        framed("HTTP/1.1 200 OK\nContent-Length : {length}"),
        right_or("NetworkError"),
    ),
    (
        "set_cookie",
        "Presigned links and the API take no cookies: a client that keeps none sends none",
        with_headers(("set-cookie", "a=b; Path=/; Domain=127.0.0.1"), ("set-cookie", "c=" + "d" * 4000)),
        ROWS,
    ),
    (
        "location_of_a_success",
        "RFC 9110, 10.2.2: Location redirects a 3xx reply alone",
        with_headers(("location", "/elsewhere"), ("refresh", "0; url=/elsewhere"), ("content-location", "/elsewhere")),
        ROWS,
    ),
    (
        "connection_close_and_upgrade",
        "RFC 9110, 7.8: a server may name other protocols; the client goes on with this one",
        with_headers(("upgrade", "h2c, websocket"), ("connection", "close, upgrade")),
        ROWS,
    ),
    (
        "alternative_service",
        "RFC 7838, 2.4: a client may ignore alternative services, and here the address is nobody's",
        with_headers(("alt-svc", 'h3=":1"; ma=86400, h2="127.0.0.1:1"')),
        ROWS,
    ),
    (
        "token_sent_back",
        "A secret that the server sends back is not shown",
        with_headers(("x-request-id", TOKEN), ("x-" + TOKEN, TOKEN), ("server", TOKEN), ("etag", TOKEN)),
        ROWS,
    ),
    ("request_id_of_100_kb", "An id that is handed on has bounds", with_headers(("x-request-id", "r" * 100_000)), ROWS),
    (
        "content_type_is_html",
        "RFC 9110, 8.3: the type does not change the bytes, and these are right",
        framed(OK + "Content-Type: text/html"),
        ROWS,
    ),
    (
        "content_md5_wrong",
        "RFC 9110, B: Content-MD5 is not a part of HTTP any more",
        with_headers(("content-md5", "AAAA"), ("digest", "sha-256=AAAA"), ("x-amz-checksum-crc32", "AAAA==")),
        ROWS,
    ),
]

RETRY_AFTER = "RFC 9110, 10.2.3: Retry-After is a number of seconds or a date; the client's own limit on waits is obeyed first"


def busy(*values: str, status: int = 429) -> Reply:
    """The server wants to be asked later."""
    document = Reply.of({"error_code": "RESOURCE_EXHAUSTED", "message": "later"}, status)
    return document.with_headers(*[("retry-after", value) for value in values])


WAITS = {
    "of_a_billion": ("1000000000",),
    "of_2_to_64": ("18446744073709551616",),
    "negative": ("-1",),
    "fractional": ("0.5",),
    "no_number": ("soon",),
    "in_the_past": ("Sun, 06 Nov 1994 08:49:37 GMT",),
    "in_the_year_9999": ("Fri, 31 Dec 9999 23:59:59 GMT",),
    "of_no_date": ("Mon, 99 Foo 2026 99:99:99 GMT",),
    "twice": ("1000000000", "1"),
    "of_1_mb": ("9" * 100_000,),
}

CASES = [
    *[
        Case(
            name=f"headers/{kind}/{name}",
            says=says,
            wrong={kind: reaction},
            expect=expect,
            trace=True,
            sample=(kind, name) == ("execute", "without_end"),
        )
        for name, says, reaction, expect in BOTH
        for kind in ("execute", "link")
    ],
    *[
        Case(
            name=f"headers/retry_after/{name}",
            says=RETRY_AFTER,
            wrong={"execute": first(1, sends(busy(*values)))},
            expect=ROWS,
            at_most={"execute": 2},
            sample=name == "of_a_billion",
        )
        for name, values in WAITS.items()
    ],
    *[
        Case(
            name=f"headers/retry_after/{status}_without_end",
            says="RFC 9110, 15.6.4 and 6585, 4: the request was not run, and the client's limit on attempts ends it",
            wrong={"execute": sends(busy("1", status=status))},
            expect=fails(code),
            at_most={"execute": 3},
        )
        for status, code in ((429, "ResourceExhausted"), (503, "Unavailable"))
    ],
]
