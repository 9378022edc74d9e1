"""A case: what the protocol says, the wrong answer, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from protocol import NUMBERS, WRONG, Exchange, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ssl import SSLContext

    from server import Connection

# What the client's limits are in every case that does not set its own.
LIMITS = {
    "connect_timeout_secs": 4.0,
    "request_timeout_secs": 4.0,
    "stall_timeout_secs": 2.0,
    "retry_min_wait_secs": 0.01,
    "retry_max_wait_secs": 0.05,
    "retry_max_attempts": 3,
    "retry_overall_timeout_secs": 8.0,
    "result_memory_bytes": 8 << 20,
    "max_chunk_bytes": 16 << 20,
}

# The server broke a rule of its own, or said what fits nothing.
BROKEN_RULE = ("Internal", "Unknown")


@dataclass(frozen=True)
class Expectation:
    """Either the right rows, where `rows` allows it, or an error of one of `codes` whose text has `word`."""

    rows: bool = False
    codes: tuple[str, ...] = ()
    word: str = ""

    def __str__(self) -> str:
        """In one line."""
        return " or ".join([*(["the right rows"] if self.rows else []), *self.codes]) + (
            f" with {self.word!r}" if self.word else ""
        )


RIGHT_ROWS = Expectation(rows=True)


def fails(*codes: str, word: str = "") -> Expectation:
    """An error."""
    return Expectation(codes=codes, word=word)


def right_or(*codes: str) -> Expectation:
    """The protocol leaves it open: the right rows, or an error."""
    return Expectation(rows=True, codes=codes)


@dataclass(frozen=True)
class Case:
    """One wrong answer.

    `says` is what the protocol says, with its source. `wrong` are the reactions to requests of a kind, in place of the right
    replies. `step` is what the client does, a query by default; `rows` what it must answer, by default those of `result`.
    Afterwards a right query must give its rows, and the session close, unless `goes_on` is off. `within` limits the client's
    whole run, in seconds, and `mib` how far its memory may grow; `at_most` is how often a request of a kind may be sent.
    `greet` replaces HTTP on the server's connections; `tls` makes the server's TLS, with a store that has a right one; with
    `is_proxy` the server is a proxy, behind which server and store have names.
    """

    name: str
    says: str
    wrong: Mapping[str, Callable[[Exchange], None]]
    expect: Expectation
    shape: str = "links"
    result: Result = NUMBERS
    step: Mapping[str, Any] = field(default_factory=lambda: {"do": "query", "sql": WRONG})
    rows: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    within: float = 25
    mib: int = 64
    at_most: Mapping[str, int] = field(default_factory=lambda: {"execute": 1})
    goes_on: bool = True
    trace: bool = False
    sample: bool = False
    greet: Callable[[Connection], None] | None = None
    tls: SSLContext | None = None
    is_proxy: bool = False
