"""One life, led over and over in this process: `lives.py NAME TIMES SESSION-ARGUMENTS`.

Stops after the first, in the middle and after the last, tells so by a line, and goes on when it gets one; then closes everything.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING, Any, Final

import databricks_sql_kernel as kernel
from cases import LONG_QUERY, PRINCIPAL
from databricks_sql_kernel import aio
from reporting import give_back, lines

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES: Final = int(sys.argv[2])
ARGUMENTS: Final[dict[str, Any]] = json.loads(sys.argv[3])
LINES: Final = lines()
# The first ones make what is made once.
WARM_UP: Final = 5


def halt(word: str = "at") -> None:
    """Lets the driver look at what is held, until it sends a line: what is freed meanwhile goes back to the system."""
    give_back()
    print(word, flush=True)
    next(LINES)


def often(live: Callable[[int], None]) -> None:
    """Lives so often, and stops three times."""
    for n in range(WARM_UP):
        live(n)
    halt()
    for n in range(TIMES):
        live(n)
        if n == TIMES // 2:
            halt()
    halt()


def ask(session: kernel.Session, n: int) -> None:
    """A small query; every hundredth has many rows."""
    rows = 200_000 if n % 100 == 0 else 3
    statement = session.statement()
    statement.set_sql(f"SELECT id FROM range({rows})")
    with statement.execute() as result:
        assert result.fetch_all_arrow().num_rows == rows


def queries() -> None:
    """Queries in one session."""
    with kernel.Session(**ARGUMENTS) as session:
        often(lambda n: ask(session, n))


def sessions() -> None:
    """Sessions with a query each."""

    def live(_: int) -> None:
        with kernel.Session(**ARGUMENTS) as session:
            ask(session, 1)

    often(live)


def renewals() -> None:
    """Tokens that are revoked, and renewed by the next query."""
    token = ARGUMENTS.pop("access_token")
    revoke = urllib.request.Request(  # noqa: S310
        f"{ARGUMENTS['host']}/_tokens", headers={"Authorization": f"Bearer {token}"}, method="DELETE"
    )

    def live(_: int) -> None:
        with urllib.request.urlopen(revoke):  # noqa: S310
            pass
        ask(session, 1)

    with kernel.Session(**ARGUMENTS, **PRINCIPAL) as session:
        often(live)


def cancelled() -> None:
    """Tasks that are cancelled while their queries run, all at once."""

    async def live(session: aio.Session, count: int) -> None:
        tasks = [asyncio.ensure_future(session.execute(LONG_QUERY)) for _ in range(count)]
        await asyncio.wait(tasks, timeout=0.5)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended

    async def main() -> None:
        async with aio.connect(**ARGUMENTS) as session:
            await live(session, WARM_UP)
            halt()
            await live(session, TIMES // 2)
            halt()
            await live(session, TIMES - TIMES // 2)
            halt()

    asyncio.run(main())


def forks() -> None:
    """Children forked while three threads ask: each is told that the session is its parent's, and some open one of their own."""
    ended = threading.Event()
    session = kernel.Session(**ARGUMENTS)

    def load() -> None:
        while not ended.is_set():
            ask(session, 1)

    def live(n: int) -> None:
        if (child := os.fork()) == 0:
            status = 1
            try:
                try:
                    ask(session, 1)
                except kernel.KernelError as error:
                    status = 0 if error.code == "InvalidState" else 2
                if n % 50 == 0:
                    with kernel.Session(**ARGUMENTS) as own:
                        ask(own, 1)
            except BaseException:
                status = 3
                raise
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        often(live)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        session.close()


if __name__ == "__main__":
    {"queries": queries, "sessions": sessions, "renewals": renewals, "cancelled": cancelled, "forks": forks}[sys.argv[1]]()
    halt("closed")
