"""Whoever issues tokens answers wrongly: RFC 6749, RFC 8414."""

from __future__ import annotations

import gzip
import json
from typing import Any

from case import RIGHT_ROWS as ROWS
from case import Case, Expectation, fails, right_or
from protocol import CLIENT_ID, CLIENT_SECRET, TOKEN, WRONG
from server import Reply
from wrong import Reaction, cuts, document, drips, drops, first, floods, framed, sends, sets, stalls, with_headers

GRANT = "RFC 6749, 5.1: access_token and token_type are strings and must be there"
BOUNDS = "What is read of a reply has bounds"
FRAMING = "RFC 9112, 6: a message is as long as its framing says"
REFUSAL = "RFC 6749, 5.2: a refusal has an error and a status of 400 or 401, and is not repeated"
DOCUMENT = "RFC 8414, 3.2: the metadata is a JSON object with status 200"
PLACE = "A secret goes to the host itself, or to one of the service's with TLS"
HTML = [("content-type", "text/html")]
REFUSED = fails("Unauthenticated")


def granted(**members: Any) -> Reply:
    """A token, with these members otherwise."""
    return Reply.of({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, **members})


def raw(body: bytes) -> Reaction:
    """This as a document."""
    return sends(Reply(200, [("content-type", "application/json")], body))


def refusal(error: Any, words: Any = "no", status: int = 400) -> Reaction:
    """A refusal of a token."""
    return sends(Reply.of({"error": error, "error_description": words}, status))


TOKENS: list[tuple[str, str, Reaction, Expectation]] = [
    ("no_token", GRANT, drops("access_token"), REFUSED),
    ("null", GRANT, sets(("access_token", None)), REFUSED),
    ("empty", GRANT, sets(("access_token", "")), REFUSED),
    ("number", GRANT, sets(("access_token", 7)), REFUSED),
    ("list", GRANT, sets(("access_token", [TOKEN])), REFUSED),
    ("with_a_line_break", "RFC 6750, 2.1: a token has no blanks", sets(("access_token", TOKEN + "\r\nX-Evil: 1")), REFUSED),
    ("with_a_blank", "RFC 6750, 2.1: a token has no blanks", sets(("access_token", f"{TOKEN} x")), REFUSED),
    ("with_a_zero", "RFC 6750, 2.1: a token has no control characters", sets(("access_token", f"{TOKEN}\0")), REFUSED),
    ("of_other_characters", "RFC 6750, 2.1: a token is ASCII", sets(("access_token", f"{TOKEN}ß")), REFUSED),
    ("of_3_mb", BOUNDS, sends(granted(access_token="t" * (3 << 20))), fails("Unauthenticated", "Internal", "Unknown")),
    ("type_mac", "RFC 6749, 7.1: an unknown type of token is not used", sets(("token_type", "mac")), REFUSED),
    ("type_in_capitals", "RFC 6749, 7.1: the type has no case", sets(("token_type", "BEARER")), ROWS),
    ("type_absent", GRANT, drops("token_type"), right_or("Unauthenticated")),
    ("type_number", GRANT, sets(("token_type", 1)), REFUSED),
    ("life_as_text", "Entra writes seconds as text", sets(("expires_in", "3599")), ROWS),
    ("life_absent", "RFC 6749, 5.1: expires_in may be left out", drops("expires_in"), ROWS),
    ("life_null", "RFC 6749, 5.1: expires_in may be left out", sets(("expires_in", None)), ROWS),
    ("life_of_nothing", "A token that ends at once is good for what it was asked for", sets(("expires_in", 0)), ROWS),
    ("life_negative", "A token that ends at once is good for what it was asked for", sets(("expires_in", -3600)), ROWS),
    ("life_without_end", "A wrong unit ends no program", sets(("expires_in", 1e300)), ROWS),
    ("life_of_words", "RFC 6749, 5.1: expires_in is a number", sets(("expires_in", "soon")), right_or("Unauthenticated")),
    ("life_a_list", "RFC 6749, 5.1: expires_in is a number", sets(("expires_in", [1])), right_or("Unauthenticated")),
    ("list_instead", GRANT, document(lambda right: [right]), REFUSED),
    ("page", "RFC 6749, 5.1: the answer is JSON", sends(Reply(200, HTML, b"<html><body>Sign in</body></html>")), REFUSED),
    ("nothing", "RFC 6749, 5.1: the answer is JSON", sends(Reply()), REFUSED),
    ("cut_json", "RFC 8259", raw(b'{"access_token": "' + TOKEN.encode()), REFUSED),
    ("nested", "RFC 8259, 9: a reader may limit the depth", raw(b'{"access_token": ' + b"[" * 100_000), REFUSED),
    ("twice_the_member", "RFC 8259, 4: names should be unique", raw(b'{"access_token": "a", "access_token": "b"}'), REFUSED),
    ("of_100_mb", BOUNDS, raw(b'{"more": "' + b"m" * (100 << 20)), fails("Unauthenticated", "Internal", "Unknown", "NetworkError")),
    (
        "without_end",
        BOUNDS,
        floods(b"HTTP/1.1 200 OK\r\n\r\n{", b" " * (1 << 16)),
        fails("Unauthenticated", "Internal", "Unknown", "NetworkError", "Timeout"),
    ),
    (
        "packed_small",
        BOUNDS,
        sends(Reply(200, [("content-encoding", "gzip")], gzip.compress(b'{"more": "' + b"m" * (200 << 20), 1))),
        fails("Unauthenticated", "Internal", "Unknown"),
    ),
    ("longer_than_it_is", FRAMING, framed("HTTP/1.1 200 OK\ncontent-length: {more}", cut=True), fails("NetworkError")),
    ("hangs", "What is waited for has a limit", stalls(b""), fails("Timeout", "NetworkError")),
    (
        "stalls_in_the_body",
        "What is waited for has a limit",
        stalls(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"),
        fails("Timeout", "NetworkError"),
    ),
    (
        "drips",
        "What is waited for has a limit",
        drips(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n", b" ", 0.5, 40),
        fails("Timeout", "NetworkError"),
    ),
    ("cut", "RFC 6749: what was not answered may be asked again", cuts(b""), fails("NetworkError")),
    ("cut_once", "RFC 6749: what was not answered may be asked again", first(1, cuts(b"")), ROWS),
    ("busy_once", "RFC 9110, 15.6.4: 503 may be asked again", first(1, sends(Reply(503))), ROWS),
    ("cookie", "RFC 6265: nobody here keeps cookies", with_headers(("set-cookie", "session=1; Path=/")), ROWS),
    ("error_with_200", REFUSAL, sends(Reply.of({"error": "invalid_client", "error_description": "unknown"})), REFUSED),
    ("invalid_client", REFUSAL, refusal("invalid_client", status=401), REFUSED),
    ("invalid_scope", REFUSAL, refusal("invalid_scope"), REFUSED),
    ("error_is_a_list", REFUSAL, refusal([TOKEN], {"a": 1}), REFUSED),
    ("error_of_1_mb", "What is shown of an error has bounds", refusal("invalid_client", "m" * (1 << 20)), REFUSED),
    (
        "secret_sent_back",
        "A secret that is sent back is not shown",
        refusal("invalid_client", f"{CLIENT_ID}:{CLIENT_SECRET}"),
        REFUSED,
    ),
    ("secret_as_the_error", "A secret that is sent back is not shown", refusal(CLIENT_SECRET, status=401), REFUSED),
    (
        "secret_in_a_page",
        "A secret that is sent back is not shown",
        sends(Reply(401, HTML, f"<p>client_secret={CLIENT_SECRET}</p>".encode())),
        REFUSED,
    ),
    ("secret_as_the_token", "A secret that is sent back is not shown", sends(granted(access_token=f"{CLIENT_SECRET} ")), REFUSED),
    *[
        (
            f"redirect_{status}",
            "RFC 6749: a secret does not follow a redirect",
            sends(Reply(status, [("location", "/elsewhere")])),
            REFUSED,
        )
        for status in (301, 302, 303, 307, 308)
    ],
]

DOCUMENTS: list[tuple[str, str, str, Reaction, Expectation]] = [
    ("discovery", "elsewhere", PLACE, sets(("token_endpoint", "https://evil.example/token")), REFUSED),
    ("discovery", "elsewhere_alike", PLACE, sets(("token_endpoint", "https://127.0.0.1.evil.example/token")), REFUSED),
    ("discovery", "with_a_user", PLACE, sets(("token_endpoint", "http://u:p@127.0.0.1/token")), REFUSED),
    ("discovery", "file", PLACE, sets(("token_endpoint", "file:///etc/passwd")), REFUSED),
    ("discovery", "no_endpoint", DOCUMENT, drops("token_endpoint"), REFUSED),
    ("discovery", "endpoint_is_a_number", DOCUMENT, sets(("token_endpoint", 7)), REFUSED),
    ("discovery", "page", DOCUMENT, sends(Reply(200, HTML, b"<html>")), REFUSED),
    ("discovery", "redirect", "RFC 8414: no redirect is meant", sends(Reply(302, [("location", "/elsewhere")])), REFUSED),
    ("discovery", "not_found", "A host from before it could be asked has the usual paths", sends(Reply.of({}, 404)), ROWS),
    ("discovery", "hangs", "What is waited for has a limit", stalls(b""), fails("Timeout", "NetworkError")),
    (
        "discovery",
        "of_100_mb",
        BOUNDS,
        raw(b'{"more": "' + b"m" * (100 << 20)),
        fails("Unauthenticated", "Internal", "Unknown", "NetworkError"),
    ),
    ("config", "elsewhere", PLACE, sets(("oidc_endpoint", "https://evil.example/oidc")), REFUSED),
    (
        "config",
        "page",
        "A host that does not know the question is as from before there was one",
        sends(Reply(200, HTML, b"<html>")),
        ROWS,
    ),
    (
        "config",
        "not_found",
        "A host that does not know the question is as from before there was one",
        sends(Reply.of({}, 404)),
        ROWS,
    ),
    ("config", "busy", "A host that does not answer the question is as from before there was one", sends(Reply(503)), ROWS),
    ("config", "of_another_shape", "Members that are not known are passed over", raw(json.dumps([1, 2]).encode()), ROWS),
    ("config", "account_of_dots", PLACE, sets(("oidc_endpoint", "{}"), ("account_id", "../..")), right_or("Unauthenticated")),
]

OPEN, QUERY = {"do": "open"}, {"do": "query", "sql": WRONG}
SETTINGS = {"access_token": None, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

CASES = [
    *[
        Case(
            name=f"sign_in/token/{name}",
            says=says,
            wrong={"token": reaction},
            expect=expect,
            settings=SETTINGS,
            step=QUERY if expect == ROWS else OPEN,
            trace="secret" in name,
            sample=name == "secret_sent_back",
        )
        for name, says, reaction, expect in TOKENS
    ],
    *[
        Case(
            name=f"sign_in/{kind}/{name}",
            says=says,
            wrong={kind: reaction},
            expect=expect,
            settings=SETTINGS,
            step=QUERY if expect == ROWS else OPEN,
            sample=(kind, name) == ("discovery", "elsewhere"),
        )
        for kind, name, says, reaction, expect in DOCUMENTS
    ],
]
