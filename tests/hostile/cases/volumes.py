"""Files of volumes: links that are none, listings without end, stores that take half a file: SEA 9."""

from __future__ import annotations

from typing import Any

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import FILE, FILE_CONTENT, SIGNATURE, TOKEN
from server import Reply
from wrong import Reaction, cuts, first, floods, framed, sends, stalls, turns

FOLDER = "/Volumes/main/default/v"
GET = {"do": "get", "path": FILE}
PUT = {"do": "put", "path": FILE, "length": 3 << 20}
REMOVE = {"do": "remove", "path": FILE}
LIST = {"do": "list_files", "path": FOLDER}
CONTENT = [[FILE_CONTENT.decode("latin-1")]]

LINK = "SEA 9.2: url is an HTTPS URL (HTTP where the server is), headers its headers"
LISTED = "SEA 9.2: files has path, name, is_dir, file_size, modification_time; a page token names the next page"
STORED = "SEA 9.1: 200, 201, 202 and 204 are success; whether a file was written is told, or the error says that it is not known"
BOUNDED = "A list has an end, or the client ends it"
NO_LINK = fails("DataLoss", "InvalidArgument", *BROKEN_RULE)


def linked(url: Any, **more: Any) -> Reaction:
    """A link."""
    return turns(
        lambda exchange: Reply.of(
            {"url": url.replace("{store}", exchange.world.place("store")) if isinstance(url, str) else url, **more}
        )
    )


URL = f"{{store}}/f?X-Sig={SIGNATURE}"
LINKS: list[tuple[str, Reaction, Expectation]] = [
    ("file", linked("file:///etc/passwd"), NO_LINK),
    ("empty", linked(""), NO_LINK),
    ("number", linked(5), NO_LINK),
    ("missing", sends(Reply.of({})), NO_LINK),
    ("page", sends(Reply(200, [], b"<html>")), NO_LINK),
    ("user_in_it", linked("http://user:secret@127.0.0.1/f"), NO_LINK),
    ("line_break_in_it", linked("{store}/f?a=b\r\nX-Injected: 1"), NO_LINK),
    ("headers_are_a_number", linked(URL, headers=5), NO_LINK),
    ("headers_are_nested_text", linked(URL, headers='["[\\"[]\\"]"]'), right_or(*NO_LINK.codes)),
    ("headers_frame", linked(URL, headers={"Transfer-Encoding": "chunked"}), right_or(*NO_LINK.codes)),
    ("headers_length", linked(URL, headers={"Content-Length": "5"}), right_or(*NO_LINK.codes)),
    ("headers_expect", linked(URL, headers={"Expect": "100-continue"}), right_or(*NO_LINK.codes)),
    ("headers_injection", linked(URL, headers={"x-a": "b\r\nx-injected: 1"}), NO_LINK),
    ("of_2_mb", linked("{store}/f?" + "a" * (2 << 20)), NO_LINK),
]
OPERATIONS: dict[str, tuple[str, dict[str, Any], Any]] = {
    "get": ("download_url", GET, CONTENT),
    "put": ("upload_url", PUT, [[3 << 20]]),
    "remove": ("delete_url", REMOVE, []),
}


def files(*listed: Any, token: Any = None) -> Reply:
    """A page of a listing."""
    return Reply.of({"files": list(listed), **({"next_page_token": token} if token is not None else {})})


def file(name: str, **more: Any) -> dict[str, Any]:
    """A file of a listing."""
    return {"path": f"{FOLDER}/{name}", "name": name, "is_dir": False, "file_size": 1, **more}


def pages(listed: int) -> Reaction:
    """A page with so many files, and another page behind it, whichever is asked for."""
    return turns(
        lambda exchange: files(*[file(f"{exchange.count}-{number}") for number in range(listed)], token=f"page {exchange.count}")
    )


LISTINGS: list[tuple[str, str, Reaction, Expectation, Any]] = [
    ("same_page_without_end", BOUNDED, turns(lambda _: files(file("a"), token="again")), fails(*BROKEN_RULE), None),
    ("empty_pages_without_end", BOUNDED, pages(0), fails(*BROKEN_RULE, "ResourceExhausted"), None),
    (
        "empty_page_between",
        LISTED,
        first(1, turns(lambda _: files(token="p")), turns(lambda _: files(file("a")))),
        ROWS,
        [["a", False, 1]],
    ),
    ("token_is_a_number", LISTED, sends(files(token=5)), fails(*BROKEN_RULE), None),
    ("token_of_1_mb", LISTED, sends(files(token="t" * (1 << 20))), fails(*BROKEN_RULE), None),
    (
        "token_with_line_break",
        f"{LISTED}; RFC 3986, 2.1: it is escaped",
        first(1, sends(files(token="a\r\nb&c#d")), sends(files())),
        ROWS,
        [],
    ),
    ("files_null", LISTED, sends(Reply.of({"files": None})), right_or(*BROKEN_RULE), []),
    ("files_are_text", LISTED, sends(Reply.of({"files": "a"})), fails(*BROKEN_RULE), None),
    ("path_missing", LISTED, sends(files({"name": "a"})), right_or(*BROKEN_RULE), [["a", False, None]]),
    ("size_negative", LISTED, sends(files(file("a", file_size=-1))), right_or(*BROKEN_RULE), [["a", False, None]]),
    ("size_2_to_63", LISTED, sends(files(file("a", file_size=2**63))), fails(*BROKEN_RULE), None),
    (
        "modified_in_the_year_300_million",
        LISTED,
        sends(files(file("a", modification_time=2**63 - 1))),
        right_or(*BROKEN_RULE),
        [["a", False, 1]],
    ),
    (
        "modified_before_1970",
        LISTED,
        sends(files(file("a", modification_time=-(2**63)))),
        right_or(*BROKEN_RULE),
        [["a", False, 1]],
    ),
    (
        "not_found",
        "SEA 9.2: a missing one is 404",
        sends(Reply.of({"error_code": "NOT_FOUND", "message": TOKEN}, 404)),
        fails("NotFound"),
        None,
    ),
    (
        "of_20_mb",
        "What is read of a reply has bounds",
        sends(Reply(200, [], b'{"files": [], "x": "' + b"x" * (20 << 20) + b'"}')),
        right_or(*BROKEN_RULE),
        [],
    ),
]


UPLOADS: list[tuple[str, Reaction, Expectation]] = [
    ("nothing", cuts(b""), fails("NetworkError")),
    ("stalls", stalls(b""), fails("Timeout", "NetworkError")),
    ("cut_in_the_reply", cuts(b"HTTP/1.1 2"), fails("NetworkError")),
    ("http_100_alone", cuts(b"HTTP/1.1 100 Continue\r\n\r\n"), fails("NetworkError")),
    ("http_500", sends(Reply(500)), fails("Internal", "Unavailable")),
    ("http_503_without_retry_after", sends(Reply(503)), fails("Unavailable")),
    ("http_202", sends(Reply(202)), ROWS),
    ("http_206", sends(Reply(206)), right_or("NetworkError", *BROKEN_RULE)),
    ("http_412", sends(Reply(412, [], b"<Error><Code>ConditionNotMet</Code></Error>")), fails("InvalidArgument", "InvalidState")),
    (
        "body_of_an_error_in_a_success",
        sends(Reply(200, [], b"<Error><Code>InternalError</Code></Error>")),
        right_or("Internal", "Unknown", "NetworkError"),
    ),
    (
        "reply_without_end",
        floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        right_or("Timeout", "NetworkError", *BROKEN_RULE),
    ),
]
DOWNLOADS: list[tuple[str, Reaction, Expectation]] = [
    ("cut_without_end", turns(lambda exchange: exchange.right.head() + exchange.right.body[:-5]), fails("Timeout", "NetworkError")),
    ("longer_than_announced", framed("HTTP/1.1 200 OK\nContent-Length: {length}", tail=b"more"), ROWS),
    ("encoded", sends(Reply(200, [("content-encoding", "rot13")], FILE_CONTENT)), right_or("NetworkError", *BROKEN_RULE)),
    ("not_found", sends(Reply(404, [], b"<Code>NoSuchKey</Code>")), fails("NotFound")),
    ("no_content", sends(Reply(204, framed=False)), fails("DataLoss", "NetworkError", *BROKEN_RULE)),
]
SAMPLE = {"volumes/list/empty_pages_without_end"}

CASES = [
    *[
        Case(
            name=f"volumes/{operation}_link/{name}",
            says=LINK,
            wrong={kind: reaction},
            expect=expect,
            step=step,
            rows=rows,
            trace=True,
            sample=f"volumes/{operation}_link/{name}" in SAMPLE,
        )
        for name, reaction, expect in LINKS
        for operation, (kind, step, rows) in OPERATIONS.items()
    ],
    *[
        Case(
            name=f"volumes/list/{name}",
            says=says,
            wrong={"list": reaction},
            expect=expect,
            step=LIST,
            rows=rows,
            sample=f"volumes/list/{name}" in SAMPLE,
        )
        for name, says, reaction, expect, rows in LISTINGS
    ],
    *[
        Case(
            name=f"volumes/put/{name}",
            says=STORED,
            wrong={"put": reaction},
            expect=expect,
            step=PUT,
            rows=[[3 << 20]],
            at_most={"put": 1},
            within=45,
        )
        for name, reaction, expect in UPLOADS
    ],
    *[
        Case(
            name=f"volumes/get/{name}",
            says="SEA 2.1: what comes is whole or an error",
            wrong={"get": reaction},
            expect=expect,
            step=GET,
            rows=CONTENT,
            within=45,
        )
        for name, reaction, expect in DOWNLOADS
    ],
]
