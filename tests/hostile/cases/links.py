"""Links that lead elsewhere, to nowhere, back, or to another chunk: SEA 3.5 and 3.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import SIGNATURE
from server import Reply
from wrong import Reaction, document, drops, first, of_chunk, sends, sets, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocol import Exchange

LOST = fails("DataLoss")
MISSING = "SEA 2.4: every key may be missing; a chunk without a link is asked for by its index, or an error"
BYTE_FOR_BYTE = "SEA 3.6: a link is an HTTPS URL (HTTP where the server is), used byte for byte"
NEXT = "SEA 3.5: the last link names the next chunk, and the last of all names none"
ASKED = "SEA 3.5: a chunk call answers the chunk that was asked for"
HEADERS = "SEA 3.6: exactly http_headers is sent, a map of text"
NO_LINK = fails("DataLoss", *BROKEN_RULE)
NOT_REACHED = fails("NetworkError", "Timeout", *BROKEN_RULE)


def linked(change: Callable[[dict[str, Any], Exchange], Any]) -> Reaction:
    """The right reply with its first link changed."""

    def changed(exchange: Exchange) -> Reply:
        reply = exchange.right.json()
        change(reply["result"]["external_links"][0], exchange)
        return Reply.of(reply)

    return turns(changed)


def url(text: Any) -> Reaction:
    """The first link's URL; `{store}` is the store's address, `{host}` the same without a scheme."""

    def change(link: dict[str, Any], exchange: Exchange) -> None:
        store = exchange.world.place("store")
        link["external_link"] = (
            text.replace("{store}", store).replace("{host}", store.partition("//")[2]) if isinstance(text, str) else text
        )

    return linked(change)


def headers(value: Any) -> Reaction:
    """The first link's headers."""
    return linked(lambda link, _: link.update(http_headers=value))


SIGNED = f"?X-Sig={SIGNATURE}"
URLS: list[tuple[str, str, Reaction, Expectation]] = [
    ("file", BYTE_FOR_BYTE, url("file:///etc/passwd"), NO_LINK),
    ("ftp", BYTE_FOR_BYTE, url("ftp://{host}/r/wrong/0"), NO_LINK),
    ("data", BYTE_FOR_BYTE, url("data:application/octet-stream;base64,BCJNGGBw"), NO_LINK),
    ("javascript", BYTE_FOR_BYTE, url("javascript:alert(1)"), NO_LINK),
    ("without_scheme", BYTE_FOR_BYTE, url("{host}/r/wrong/0" + SIGNED), NO_LINK),
    ("path_alone", BYTE_FOR_BYTE, url("/r/wrong/0" + SIGNED), NO_LINK),
    ("empty", MISSING, url(""), right_or(*NO_LINK.codes)),
    ("number", BYTE_FOR_BYTE, url(7), NO_LINK),
    ("null", MISSING, url(None), right_or(*NO_LINK.codes)),
    ("without_host", BYTE_FOR_BYTE, url("http:///r/wrong/0"), right_or(*NOT_REACHED.codes, "DataLoss")),
    (
        "user_in_it",
        "RFC 9110, 4.2.4: a URL from outside with a user name in it is treated with suspicion",
        url("http://user:secret@{host}/r/wrong/0" + SIGNED),
        NO_LINK,
    ),
    ("blank_in_it", BYTE_FOR_BYTE, url("{store}/r/wrong/0 0" + SIGNED), NO_LINK),
    ("line_break_in_it", BYTE_FOR_BYTE, url("{store}/r/wrong/0?a=b\r\nX-Injected: 1"), NO_LINK),
    ("not_ascii", BYTE_FOR_BYTE, url("{store}/r/wrong/0?a=\u00e9\u4e2d"), NO_LINK),
    ("nul_in_it", BYTE_FOR_BYTE, url("{store}/r/wrong/0?a=\0"), NO_LINK),
    ("backslashes", BYTE_FOR_BYTE, url("http:\\\\{host}\\r\\wrong\\0"), NO_LINK),
    ("dots_in_the_path", BYTE_FOR_BYTE, url("{store}/r/other/../wrong/0" + SIGNED), NO_LINK),
    ("port_0", BYTE_FOR_BYTE, url("http://127.0.0.1:0/r/wrong/0" + SIGNED), NOT_REACHED),
    ("port_99999", BYTE_FOR_BYTE, url("http://127.0.0.1:99999/r/wrong/0" + SIGNED), NO_LINK),
    (
        "nobody_listens",
        "SEA 3.6: a link that cannot be reached is an error",
        url("http://127.0.0.1:1/r/wrong/0" + SIGNED),
        NOT_REACHED,
    ),
    (
        "unknown_host",
        "SEA 3.6: a link that cannot be reached is an error",
        url("http://store.invalid/r/wrong/0" + SIGNED),
        NOT_REACHED,
    ),
    (
        "broadcast",
        "SEA 3.6: a link that cannot be reached is an error",
        url("http://255.255.255.255/r/wrong/0" + SIGNED),
        NOT_REACHED,
    ),
    ("of_60_kb", BYTE_FOR_BYTE, url("{store}/r/wrong/0?a=" + "a" * 60_000), ROWS),
    ("of_1_mb", BYTE_FOR_BYTE, url("{store}/r/wrong/0?a=" + "a" * (1 << 20)), right_or(*NO_LINK.codes)),
    ("escapes", BYTE_FOR_BYTE, url("{store}/r/wrong/0?a=%2f%2F%25&b=+%20()*~!$;:@"), ROWS),
    ("apostrophe", f"{BYTE_FOR_BYTE}, or not at all", url("{store}/r/wrong/0?a='b'"), right_or(*NO_LINK.codes)),
    ("fragment", "RFC 3986, 3.5: a fragment is not sent", url("{store}/r/wrong/0" + SIGNED + "#a"), ROWS),
    (
        "headers_of_the_connection",
        f"{HEADERS}; RFC 9112, 6: those that frame a message are the client's alone",
        headers({"Content-Length": "50"}),
        right_or(*NO_LINK.codes),
    ),
    (
        "headers_chunked",
        f"{HEADERS}; RFC 9112, 6: those that frame a message are the client's alone",
        headers({"Transfer-Encoding": "chunked"}),
        right_or(*NO_LINK.codes),
    ),
    (
        "headers_expect",
        f"{HEADERS}; RFC 9110, 10.1.1: a client that sends Expect must have a body",
        headers({"Expect": "100-continue"}),
        right_or(*NO_LINK.codes),
    ),
    ("headers_host", f"{HEADERS}; RFC 9112, 3.2: there is one Host", headers({"Host": "other.example"}), right_or(*NO_LINK.codes)),
    (
        "headers_upgrade",
        f"{HEADERS}; RFC 9110, 7.8: the client speaks no other protocol",
        headers({"Connection": "upgrade", "Upgrade": "h2c"}),
        right_or(*NO_LINK.codes),
    ),
    (
        "headers_range",
        f"{HEADERS}; which part is wanted is the client's alone",
        headers({"Range": "bytes=0-9"}),
        right_or(*NO_LINK.codes, "NetworkError"),
    ),
    ("headers_injection", f"{HEADERS}; RFC 9110, 5.5: no line break in a value", headers({"x-a": "b\r\nx-injected: 1"}), NO_LINK),
    ("headers_name_with_blank", f"{HEADERS}; RFC 9110, 5.1: a name is a token", headers({"x a": "b"}), NO_LINK),
    ("headers_value_is_a_number", HEADERS, headers({"x-a": 5}), right_or(*NO_LINK.codes)),
    ("headers_are_a_list", HEADERS, headers([["x-a", "b"]]), NO_LINK),
    (
        "headers_100_thousand",
        f"{HEADERS}; what is sent has bounds",
        headers({f"x-{number}": "v" for number in range(100_000)}),
        NO_LINK,
    ),
    ("index_negative", ASKED, linked(lambda link, _: link.update(chunk_index=-1)), LOST),
    ("index_2_to_62", ASKED, linked(lambda link, _: link.update(chunk_index=2**62)), right_or("DataLoss")),
    ("index_2_to_63", ASKED, linked(lambda link, _: link.update(chunk_index=2**63)), NO_LINK),
    (
        "index_missing",
        "SEA 2.4: every key may be missing: links are in order",
        linked(lambda link, _: link.pop("chunk_index")),
        right_or("DataLoss"),
    ),
    (
        "rows_contradict_the_manifest",
        "SEA 2.2: the link's row_count is the manifest's",
        linked(lambda link, _: link.update(row_count=3)),
        right_or("DataLoss"),
    ),
    ("rows_negative", "SEA 2.2: a count is not negative", linked(lambda link, _: link.update(row_count=-4)), LOST),
    (
        "expired",
        "SEA 3.6: an expired link is asked for again",
        linked(lambda link, _: link.update(expiration="2001-01-01T00:00:00.000Z")),
        ROWS,
    ),
    (
        "expires_never",
        "SEA 3.6: expiration is a time in RFC 3339; this is none",
        linked(lambda link, _: link.update(expiration="never")),
        ROWS,
    ),
    (
        "expires_in_the_year_99999",
        "SEA 3.6: expiration is a time in RFC 3339; this is none",
        linked(lambda link, _: link.update(expiration="99999-01-01T00:00:00Z")),
        ROWS,
    ),
    (
        "expiration_is_a_number",
        "SEA 3.6: expiration is text",
        linked(lambda link, _: link.update(expiration=1)),
        right_or(*BROKEN_RULE),
    ),
]

TWICE = document(lambda reply: reply["result"]["external_links"].append(reply["result"]["external_links"][0]))
SWAPPED = document(lambda reply: reply["result"]["external_links"].reverse())


def another(exchange: Exchange) -> Reply:
    """The link of another chunk than the one that was asked for."""
    return Reply.of({"external_links": [exchange.world.link("wrong", (exchange.index + 1) % 3)]})


def bodies_of_another(exchange: Exchange) -> Reply:
    """The right links, of which the second has the URL of the first."""
    reply = exchange.right.json()
    first_link, second_link = reply["result"]["external_links"]
    second_link["external_link"] = first_link["external_link"]
    return Reply.of(reply)


def endless_chain(exchange: Exchange) -> Reply:
    """Whatever is asked for, a chunk of five rows and a link to the next."""
    link = {**exchange.world.link("wrong", 1), "chunk_index": exchange.index, "next_chunk_index": exchange.index + 1}
    return Reply.of({"external_links": [link]})


COUNTS = ("manifest.total_chunk_count", "manifest.chunks")
SECOND = "result.external_links.1"
UNCOUNTED = sets(without=COUNTS)

CHAINS: list[tuple[str, str, dict[str, Reaction], Expectation]] = [
    ("twice_in_a_reply", "SEA 3.5: consecutive links, each chunk once", {"execute": TWICE}, right_or("DataLoss")),
    ("in_another_order", "SEA 3.5: links are keyed by chunk_index", {"execute": SWAPPED}, right_or("DataLoss")),
    (
        "none_in_the_reply",
        "SEA 3.5: a chunk that was not linked is asked for",
        {"execute": sets(("result.external_links", []))},
        ROWS,
    ),
    ("of_another_chunk", ASKED, {"chunk": turns(another)}, LOST),
    (
        "to_another_chunks_body",
        "SEA 2.2: the chunk has as many rows as were announced, and these are others",
        {"execute": turns(bodies_of_another)},
        LOST,
    ),
    ("none_in_a_chunk_call", ASKED, {"chunk": sends(Reply.of({"external_links": []}))}, LOST),
    ("nothing_in_a_chunk_call", ASKED, {"chunk": sends(Reply.of({}))}, LOST),
    (
        "chunk_call_not_found",
        "SEA 6.2: a chunk that is gone is lost",
        {"chunk": sends(Reply.of({"error_code": "NOT_FOUND", "message": "gone"}, 404))},
        LOST,
    ),
    ("chunk_call_of_a_page", "SEA 1.3: a page instead of JSON", {"chunk": sends(Reply(200, [], b"<html>"))}, fails(*BROKEN_RULE)),
    ("next_is_itself", NEXT, {"execute": UNCOUNTED, "chunk": sets(("external_links.0.next_chunk_index", 2))}, right_or("DataLoss")),
    ("next_is_before", NEXT, {"execute": UNCOUNTED, "chunk": sets(("external_links.0.next_chunk_index", 0))}, right_or("DataLoss")),
    (
        "next_leaves_one_out",
        NEXT,
        {"execute": sets((f"{SECOND}.next_chunk_index", 3), without=COUNTS)},
        LOST,
    ),
    (
        "next_is_negative",
        NEXT,
        {"execute": sets((f"{SECOND}.next_chunk_index", -2), without=COUNTS)},
        LOST,
    ),
    (
        "next_is_2_to_63_less_1",
        NEXT,
        {"execute": sets((f"{SECOND}.next_chunk_index", 2**63 - 1), without=COUNTS)},
        LOST,
    ),
    (
        "next_missing",
        f"{NEXT}; and the rows that were announced are missing",
        {"execute": drops(*COUNTS, f"{SECOND}.next_chunk_index", f"{SECOND}.next_chunk_internal_link")},
        LOST,
    ),
    (
        "next_without_end",
        f"{NEXT}; the rows that were announced end it",
        {"execute": drops(*COUNTS, SECOND), "chunk": turns(endless_chain)},
        LOST,
    ),
    (
        "expired_without_end",
        "SEA 3.6: a link that is new is used, for clocks differ",
        {
            "execute": sets(("result.external_links.0.expiration", "2001-01-01T00:00:00Z")),
            "chunk": sets(("external_links.0.expiration", "2001-01-01T00:00:00Z")),
        },
        ROWS,
    ),
    (
        "refused_then_right",
        "SEA 3.6: 403 asks for a new link",
        {"link": first(1, sends(Reply(403, [], b"<Error><Code>AccessDenied</Code></Error>")))},
        ROWS,
    ),
    (
        "refused_without_end",
        "SEA 3.6: 403 asks for a new link, as often as the client's limit says",
        {"link": sends(Reply(403, [], b"<Error><Code>AccessDenied</Code></Error>"))},
        fails("PermissionDenied", word="AccessDenied"),
    ),
    (
        "gone_without_end",
        "SEA 3.6: 404 asks for a new link, as often as the client's limit says",
        {"link": of_chunk(1, sends(Reply(404)))},
        fails("NotFound"),
    ),
    (
        "errors_page_of_1_mb",
        "What is read of an error has bounds",
        {"link": sends(Reply(400, [], b"<Code>" + b"A" * (1 << 20)))},
        fails("InvalidArgument"),
    ),
    (
        "errors_page_with_signature",
        "A secret that the store sends back is not shown",
        {"link": sends(Reply(400, [], f"<Code>{SIGNATURE}</Code><Url>?X-Sig={SIGNATURE}</Url>".encode()))},
        fails("InvalidArgument"),
    ),
]
SAMPLE = {"file", "headers_of_the_connection", "of_another_chunk"}

CASES = [
    *[
        Case(name=f"links/{name}", says=says, wrong={"execute": reaction}, expect=expect, trace=True, sample=name in SAMPLE)
        for name, says, reaction, expect in URLS
    ],
    *[
        Case(name=f"links/{name}", says=says, wrong=wrong, expect=expect, trace=True, sample=name in SAMPLE)
        for name, says, wrong, expect in CHAINS
    ],
    Case(
        name="links/headers_frame_many_chunks",
        says=f"{HEADERS}; and the next request on the connection is a request",
        wrong={
            "execute": document(
                lambda reply: (
                    [link.update(http_headers={"Content-Length": "300"}) for link in reply["result"]["external_links"]] and None
                )
            ),
            "chunk": sets(("external_links.0.http_headers", {"Transfer-Encoding": "chunked"})),
        },
        expect=right_or(*NO_LINK.codes),
    ),
]
