"""Statements that are in no state, in two, or somebody else's: SEA 2.2, 2.3 and 3.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import TOKEN, WRONG
from server import Reply
from wrong import Reaction, cuts, drops, first, sends, sets, stalls

if TYPE_CHECKING:
    from protocol import Exchange

STATES = "SEA 2.3: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, CLOSED; an unknown state is an error that names it"
IDS = "SEA 2.2: statement_id names the statement that was asked about"
MEANT = "SEA 2.2: statement_id and status.state are always there"
FAILED = "SEA 2.2 (i): FAILED is raised with its error"
POLLED = "SEA 3.1: a statement that has not ended is polled"


def status(state: Any, **more: Any) -> Reply:
    """A reply with nothing but a status."""
    return Reply.of({"statement_id": "wrong", "status": {"state": state, **more}})


def failed(**error: Any) -> Reply:
    """A statement that failed."""
    return status("FAILED", error=error)


EXECUTE: list[tuple[str, str, Reaction, Expectation]] = [
    ("unknown", STATES, sets(("status.state", "DREAMING")), fails(*BROKEN_RULE, word="DREAMING")),
    ("unknown_with_token", "A secret that the server sends back is not shown", sets(("status.state", TOKEN)), fails(*BROKEN_RULE)),
    ("unknown_of_1_mb", STATES, sets(("status.state", "D" * (1 << 20))), fails(*BROKEN_RULE, word="DDD")),
    ("lower_case", STATES, sets(("status.state", "succeeded")), right_or(*BROKEN_RULE)),
    ("number", STATES, sets(("status.state", 3)), fails(*BROKEN_RULE)),
    ("null", MEANT, sets(("status.state", None)), fails(*BROKEN_RULE)),
    ("missing", MEANT, drops("status.state"), fails(*BROKEN_RULE)),
    ("status_missing", MEANT, drops("status"), fails(*BROKEN_RULE)),
    ("status_is_text", MEANT, sets(("status", "SUCCEEDED")), fails(*BROKEN_RULE)),
    ("id_missing", MEANT, drops("statement_id"), fails(*BROKEN_RULE)),
    ("id_empty", MEANT, sets(("statement_id", "")), fails(*BROKEN_RULE)),
    ("id_null", MEANT, sets(("statement_id", None)), fails(*BROKEN_RULE)),
    ("id_number", "SEA 1.1: ids are strings", sets(("statement_id", 5)), fails(*BROKEN_RULE)),
    ("id_of_dots", "RFC 3986, 5.2.4: dots are no path segment that stays", sets(("statement_id", "..")), fails(*BROKEN_RULE)),
    ("pending_with_a_result", f"{POLLED}; a result comes only when it has succeeded", sets(("status.state", "PENDING")), ROWS),
    ("failed_with_a_result", FAILED, sets(("status.state", "FAILED")), fails("SqlError")),
    ("canceled_with_a_result", "SEA 2.3: CANCELED is raised", sets(("status.state", "CANCELED")), fails("Cancelled")),
    (
        "closed_with_links",
        "SEA 2.3: CLOSED with a result is a success, but further chunks are unavailable",
        sets(("status.state", "CLOSED")),
        right_or("DataLoss"),
    ),
    (
        "closed_without_a_result",
        "SEA 2.3: CLOSED without a result is an error",
        sends(status("CLOSED")),
        fails("InvalidStatementHandle"),
    ),
    (
        "succeeded_with_an_error",
        "SEA 2.3: the state says what it is",
        sets(("status.error", {"error_code": "INTERNAL_ERROR", "message": "no"})),
        right_or("SqlError", *BROKEN_RULE),
    ),
    ("failed_without_error", FAILED, sends(status("FAILED")), fails("SqlError")),
    ("failed_error_null", FAILED, sends(status("FAILED", error=None, sql_state=None)), fails("SqlError")),
    (
        "failed_error_is_text",
        "SEA 2.2 (i): error is an object",
        sends(status("FAILED", error="no")),
        fails("SqlError", *BROKEN_RULE),
    ),
    (
        "failed_message_of_1_mb",
        f"{FAILED}; what is shown of it has bounds",
        sends(failed(error_code="BAD_REQUEST", message="m" * (1 << 20))),
        fails("SqlError", word="mmm"),
    ),
    (
        "failed_message_with_token",
        "A secret that the server sends back is not shown",
        sends(failed(error_code=TOKEN, message=f"Bearer {TOKEN} is wrong")),
        fails("SqlError"),
    ),
    ("failed_code_is_a_number", FAILED, sends(failed(error_code=500, message="no")), fails("SqlError", *BROKEN_RULE)),
    ("failed_code_is_a_list", FAILED, sends(failed(error_code=[1], message="no")), fails("SqlError", *BROKEN_RULE)),
    (
        "failed_sql_state_of_1_mb",
        FAILED,
        sends(status("FAILED", sql_state="4" * (1 << 20), error={"message": "no"})),
        fails("SqlError"),
    ),
    (
        "failed_sql_state_is_a_number",
        "SEA 2.2 (i): sql_state is text",
        sends(status("FAILED", sql_state=42601)),
        fails("SqlError", *BROKEN_RULE),
    ),
    ("http_204", "SEA 2.2: a reply says something", sends(Reply(204, framed=False)), fails(*BROKEN_RULE)),
    (
        "http_206",
        "RFC 9110, 15.3.7: a part of a reply is no reply",
        lambda exchange: exchange.send(Reply(206, [("content-range", "bytes 0-9/10")], exchange.right.body)),
        fails("NetworkError", *BROKEN_RULE),
    ),
    (
        "http_304",
        "RFC 9110, 15.4.5: 304 answers a condition, and none was asked",
        sends(Reply(304, framed=False)),
        fails("InvalidArgument", "NetworkError", *BROKEN_RULE),
    ),
    ("http_599", "SEA 6.2: an unknown outcome", sends(Reply(599, [], b"what")), fails("Unavailable", *BROKEN_RULE)),
    (
        "http_999",
        "RFC 9110, 15: a code beyond 599 is treated as a server error",
        sends(Reply(999, [], b"what")),
        fails("Unavailable", *BROKEN_RULE),
    ),
    (
        "http_500_without_end",
        "SEA 6.3: an execution of unknown outcome is not repeated",
        sends(Reply(500, [], b"")),
        fails("Internal", "Unavailable", "Unknown"),
    ),
    (
        "http_503_without_retry_after",
        "SEA 6.3: without Retry-After it may have run, and is not repeated",
        sends(Reply(503, [], b"")),
        fails("Unavailable"),
    ),
]


def polled(*states: Reaction) -> Reaction:
    """One reaction for each poll; the last repeats."""
    return lambda exchange: states[min(exchange.count, len(states) - 1)](exchange)


def right(exchange: Exchange) -> None:
    """What is right."""
    exchange.send(exchange.right)


ANOTHER = sets(("statement_id", "right"))
POLL: list[tuple[str, str, Reaction, Expectation]] = [
    (
        "running_then_pending",
        "SEA 2.3: neither is terminal, whatever their order",
        polled(sends(status("RUNNING")), sends(status("PENDING")), right),
        ROWS,
    ),
    ("failed_after_running", FAILED, sends(failed(error_code="BAD_REQUEST", message="it did")), fails("SqlError", word="it did")),
    ("unknown", STATES, sends(status("DREAMING")), fails(*BROKEN_RULE, word="DREAMING")),
    ("another_statement", IDS, lambda exchange: exchange.send(Reply.of(exchange.world.succeeded("right"))), fails(*BROKEN_RULE)),
    ("another_id", IDS, polled(right, ANOTHER), fails(*BROKEN_RULE)),
    ("id_missing", MEANT, drops("statement_id"), fails(*BROKEN_RULE)),
    (
        "not_found",
        "SEA 6.2: 404 is an unknown statement",
        sends(Reply.of({"error_code": "NOT_FOUND", "message": "gone"}, 404)),
        fails("NotFound"),
    ),
    (
        "html_without_end",
        "SEA 6.3: a poll is repeated as often as the client's limit says",
        sends(Reply(502, [], b"<html>")),
        fails("Unavailable", *BROKEN_RULE),
    ),
    ("empty_object", MEANT, sends(Reply.of({})), fails(*BROKEN_RULE)),
    ("cut_then_right", "SEA 6.3: a poll is repeated on a network error", first(2, cuts(b"HTTP/1.1 2")), ROWS),
    ("stalls_then_right", "SEA 6.3: a poll is repeated on a network error", first(1, stalls(b"HTTP/1.1 200 OK\r\n")), ROWS),
    (
        "succeeded_without_manifest",
        "SEA 2.3: SUCCEEDED comes with its manifest",
        sends(status("SUCCEEDED")),
        fails("DataLoss", *BROKEN_RULE),
    ),
    ("closed", "SEA 2.3: CLOSED without a result is an error", sends(status("CLOSED")), fails("InvalidStatementHandle")),
    (
        "unauthorized",
        "SEA 1.3: 401 is raised",
        sends(Reply.of({"error_code": 401, "message": "no"}, 401)),
        fails("Unauthenticated"),
    ),
]
SAMPLE = {"another_statement", "id_of_dots"}

CASES = [
    *[
        Case(
            name=f"states/execute/{name}",
            says=says,
            wrong={"execute": reaction},
            expect=expect,
            trace="token" in name,
            sample=name in SAMPLE,
        )
        for name, says, reaction, expect in EXECUTE
    ],
    *[
        Case(name=f"states/poll/{name}", says=says, wrong={"poll": reaction}, expect=expect, shape="polled", sample=name in SAMPLE)
        for name, says, reaction, expect in POLL
    ],
    *[
        Case(
            name=f"states/submit/{name}",
            says=says,
            wrong={"poll": reaction},
            expect=expect,
            shape="polled",
            step={"do": "submit", "sql": WRONG},
        )
        for name, says, reaction, expect in POLL
        if name in {"running_then_pending", "another_statement", "unknown", "succeeded_without_manifest"}
    ],
    Case(
        name="states/poll/running_without_end",
        says="SEA 2.3: RUNNING is polled; the statement's own time limit ends it",
        wrong={"poll": sends(status("RUNNING"))},
        expect=fails("Timeout"),
        shape="polled",
        step={"do": "query", "sql": WRONG, "timeout": 1.5},
    ),
    Case(
        name="states/execute/answer_of_another_statement",
        says=f"{IDS}; a new statement has an id of its own, and here the rows are counted against another manifest",
        wrong={"execute": lambda exchange: exchange.send(Reply.of({**exchange.world.succeeded("wrong"), "statement_id": "right"}))},
        expect=ROWS,
    ),
    Case(
        name="states/close_stalls",
        says="SEA 3.3: errors on close are logged, not raised",
        wrong={"close": stalls(b"")},
        expect=ROWS,
        within=60,
    ),
    Case(
        name="states/close_fails",
        says="SEA 3.3: errors on close are logged, not raised",
        wrong={"close": sends(Reply.of({"error_code": "INTERNAL_ERROR", "message": TOKEN}, 500))},
        expect=ROWS,
        trace=True,
    ),
    Case(
        name="states/cancel_fails",
        says="SEA 3.2: cancelling only acknowledges; the time limit is the error",
        wrong={"poll": sends(status("RUNNING")), "cancel": sends(Reply(500, [], b"<html>")), "close": sends(Reply(400, [], b""))},
        expect=fails("Timeout"),
        shape="polled",
        step={"do": "query", "sql": WRONG, "timeout": 0.5},
    ),
]
