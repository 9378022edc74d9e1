"""A program that ends in the middle of something: `exits.py PHASE LEAVING SESSION-ARGUMENTS`.

PHASE is what it does when it ends, LEAVING how it ends. It tells by a line that it begins.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import databricks_sql_kernel as kernel
from cases import LONG_QUERY

if TYPE_CHECKING:
    from collections.abc import Callable

ARGUMENTS: Final[dict[str, Any]] = json.loads(sys.argv[3])


def begin() -> None:
    """Tells that what is to be broken off begins."""
    print("begins", flush=True)


def statement_of(session: kernel.Session, sql: str) -> kernel.Statement:
    """A statement, not yet run."""
    statement = session.statement()
    statement.set_sql(sql)
    return statement


def unanswered(session: kernel.Session) -> None:
    """A query that the server has not named."""
    begin()
    statement_of(session, LONG_QUERY).execute()


def reading(session: kernel.Session) -> None:
    """A long result, read over and over."""
    begin()
    while True:
        with statement_of(session, "SELECT id, CAST(id AS STRING) AS s FROM range(300000)").execute() as result:
            for _ in result:
                pass


def read(session: kernel.Session) -> None:
    """A result that was read and not closed."""
    result = statement_of(session, "SELECT 1").execute()
    result.fetch_all_arrow()
    begin()
    threading.Event().wait()


def idle(session: kernel.Session) -> None:
    """Nothing but a session."""
    assert session.session_id
    begin()
    threading.Event().wait()


def opening(_: kernel.Session) -> None:
    """Sessions, opened and closed over and over."""
    begin()
    while True:
        kernel.Session(**ARGUMENTS).close()


def submitted(session: kernel.Session) -> None:
    """Statements that are submitted and closed over and over."""
    begin()
    while True:
        statement_of(session, "SELECT 1").submit().close()


def transfer(session: kernel.Session) -> None:
    """A file that goes up and comes back over and over."""
    statement_of(session, "CREATE VOLUME IF NOT EXISTS main.default.exits").execute().close()
    path = f"/Volumes/main/default/exits/{session.session_id}"
    begin()
    while True:
        session.volume().put(bytes(5_000_000), path, overwrite=True)
        session.volume().get(path, io.BytesIO())


PHASES: Final[dict[str, Callable[[kernel.Session], None]]] = {
    "unanswered": unanswered, "running": unanswered, "reading": reading, "read": read, "idle": idle, "opening": opening,
    "submitted": submitted, "transfer": transfer,
}  # fmt: skip


def main() -> None:
    """Ends as it is told: in the phase itself, by a signal; or beside it, while a daemon thread is in it."""
    phase, leaving = sys.argv[1:3]
    # The server is asked to name a query at once when a reply is waited for briefly.
    limits: dict[str, Any] = {"request_timeout_secs": 9} if phase == "running" else {}
    session = kernel.Session(**ARGUMENTS, **limits)
    if leaving in ("interrupt", "handler"):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        PHASES[phase](session)
        return

    def work() -> None:
        with contextlib.suppress(kernel.KernelError):
            PHASES[phase](session)

    threading.Thread(target=work, daemon=True).start()
    sys.stdin.readline()
    if leaving == "exit":
        sys.exit()
    if leaving == "exception":
        raise ValueError("the program's own")


if __name__ == "__main__":
    main()
