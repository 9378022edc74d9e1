"""Sessions without an id, with a strange one, and such as never end: SEA 1.1 and 1.2."""

from __future__ import annotations

from typing import Any

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import TOKEN
from server import Reply
from wrong import Reaction, cuts, sends, stalls

ID = "SEA 1.1: session_id is a string that names the session, and opaque"
CLOSE = "SEA 1.2: what a server answers to the end of a session does not matter, and a session that is gone is closed"
NONE = fails(*BROKEN_RULE)


def identified(value: Any) -> Reaction:
    """A session with this id."""
    return sends(Reply.of({"session_id": value}))


OPENED: list[tuple[str, str, Reaction, Expectation]] = [
    ("id_missing", ID, sends(Reply.of({})), NONE),
    ("id_empty", ID, identified(""), NONE),
    ("id_null", ID, identified(None), NONE),
    ("id_number", ID, identified(7), NONE),
    ("id_of_dots", "RFC 3986, 5.2.4: dots are no path segment that stays", identified(".."), NONE),
    ("reply_is_a_list", ID, sends(Reply.of([{"session_id": "s"}])), NONE),
    (
        "reply_is_a_page",
        "SEA 1.3: a login page instead of JSON",
        sends(Reply(200, [("content-type", "text/html")], b"<html>")),
        NONE,
    ),
    ("reply_is_empty", ID, sends(Reply()), NONE),
    (
        "reply_of_2_mb",
        "What is read of a reply has bounds",
        sends(Reply(200, [], b'{"session_id": "s", "more": "' + b"m" * (2 << 20) + b'"}')),
        right_or(*BROKEN_RULE),
    ),
    ("nothing_without_end", "SEA 6.3: opening is repeated as often as the client's limit says", cuts(b""), fails("NetworkError")),
    (
        "not_found",
        "SEA 6.2: 404 is an unknown warehouse",
        sends(Reply.of({"error_code": "NOT_FOUND", "message": "no warehouse"}, 404)),
        fails("NotFound", word="no warehouse"),
    ),
    (
        "error_of_1_mb",
        "What is shown of an error has bounds",
        sends(Reply.of({"message": "m" * (1 << 20)}, 400)),
        fails("InvalidArgument", word="mmm"),
    ),
    (
        "error_of_100_mb",
        "What is read of an error has bounds",
        sends(Reply(400, [], b'{"message": "' + b"m" * (100 << 20))),
        fails("InvalidArgument", "NetworkError"),
    ),
    (
        "error_of_nested_lists",
        "RFC 8259, 9: a reader may limit the depth",
        sends(Reply(400, [], b'{"message": "m", "details": ' + b"[" * 100_000)),
        fails("InvalidArgument"),
    ),
    (
        "error_code_is_a_list",
        "SEA 1.3: error_code is a number, a string or absent",
        sends(Reply.of({"error_code": [TOKEN], "message": {"a": 1}}, 400)),
        fails("InvalidArgument"),
    ),
]

# Ids that are odd, and are used as they are.
USED = {
    "slash": "a/b",
    "query": "a?b=c&d#e",
    "percent": "a%2fb%",
    "blank_and_line_break": "a b\r\nX-Injected: 1",
    "not_ascii": "s\u00e9ance\u4e2d",
    "quotes": "a\"b'c\\d",
    "nul": "a\0b",
    "of_10_kb": "s" * 10_000,
    "token": TOKEN,
}

CASES = [
    *[
        Case(
            name=f"sessions/{name}",
            says=says,
            wrong={"session": reaction},
            expect=expect,
            step={"do": "open"},
            trace=True,
            sample=name == "error_of_100_mb",
        )
        for name, says, reaction, expect in OPENED
    ],
    *[
        Case(
            name=f"sessions/id/{name}",
            says=f"{ID}; RFC 3986, 2.1: in a path it is escaped",
            wrong={"session": identified(text)},
            expect=ROWS,
        )
        for name, text in USED.items()
    ],
    Case(
        name="sessions/id/of_900_kb",
        says=f"{ID}; one that no URL can hold names nothing",
        wrong={"session": identified("s" * 900_000)},
        expect=right_or(*BROKEN_RULE),
        step={"do": "open"},
    ),
    *[
        Case(
            name=f"sessions/close/{name}",
            says=CLOSE,
            wrong={"delete_session": reaction},
            expect=expect,
            step={"do": "close"},
            goes_on=False,
            within=45,
        )
        for name, reaction, expect in [
            ("not_found", sends(Reply.of({"error_code": "NOT_FOUND", "message": "gone"}, 404)), ROWS),
            ("page", sends(Reply(200, [], b"<html>")), ROWS),
            ("empty", sends(Reply(204, framed=False)), ROWS),
            ("fails", sends(Reply.of({"message": TOKEN}, 500)), right_or("Internal", "Unavailable")),
            ("stalls", stalls(b""), right_or("Timeout")),
            ("cut", cuts(b"HTTP/1.1 2"), right_or("NetworkError")),
            ("of_2_mb", sends(Reply(200, [], b" " * (2 << 20))), right_or(*BROKEN_RULE)),
        ]
    ],
    Case(
        name="sessions/program_ends_while_the_server_is_silent",
        says="A program ends, whether or not the server acknowledges it",
        wrong={"close": stalls(b""), "delete_session": stalls(b""), "cancel": stalls(b"")},
        expect=ROWS,
        goes_on=False,
        within=45,
    ),
]
