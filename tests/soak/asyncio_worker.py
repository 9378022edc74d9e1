"""A program of tasks: queries, cancelled tasks, early ends, submitted statements and sessions, in random order, in one loop.

asyncio_worker.py SERVERS TASKS
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import cases
import pyarrow as pa
from databricks_sql_kernel import KernelError, aio
from reporting import Job, Report, serve, server_arguments
from shared import OF_CLOSING, Lease, Shared

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SERVERS: Final = Path(sys.argv[1])
TASKS: Final = int(sys.argv[2])
NAMES: Final = ("links", "inline", "tls")

report = Report()
sessions: Shared[aio.Session] = Shared()


async def lease_of(job: Job) -> Lease[aio.Session]:
    """The shared session; a new one takes its place where there is none, and now and then."""
    lease = sessions.find(job.server)
    if lease is None or Random(job.seed).random() < 0.03:
        job.since = time.monotonic()
        session = await aio.connect(**server_arguments(SERVERS, job.server))
        before = sessions.put(job.server, session, job.since)
        lease = Lease(session, job.since) if (put := sessions.find(job.server)) is None else put
        if before is not None:
            await close(Job("close", job.server, job.seed, since=before.since), before)
    job.since = lease.since
    return lease


async def executed(session: aio.Session, case: cases.Case) -> aio.ExecutedStatement:
    """Runs the query of a case."""
    statement = session.statement()
    statement.set_sql(case.sql)
    for name, text, sql_type in case.parameters:
        statement.bind_named_param(name, text, sql_type)
    return await statement.execute()


async def query(job: Job, session: aio.Session, random: Random) -> None:
    """Any query, read in any of the ways."""
    case = cases.any_case(random)
    job.detail = case.sql
    try:
        async with await executed(session, case) as result:
            if random.random() < 0.5:
                answer = await result.fetch_all_arrow()
            else:
                batches = [batch async for batch in result]
                answer = pa.Table.from_batches(batches, await result.read_schema())
            judge(job, *case.verdict(answer))
    except KernelError as error:
        if case.sql_state is None or error.sql_state != case.sql_state:
            raise
        judge(job, error.code == "SqlError", f"a refusal with the code {error.code}")


def judge(job: Job, is_right: bool, message: str) -> None:  # noqa: FBT001
    """Counts an answer."""
    if is_right:
        report.right(job)
    else:
        report.wrong(job, message)


async def cancelled_task(job: Job, session: aio.Session, random: Random) -> None:
    """A task that is cancelled at some time: before its query has a name, while it runs, while its result is read, or after."""
    case = random.choice((cases.rows(random), cases.Case("long", cases.LONG_QUERY, None)))
    job.detail = f"cancelled: {case.sql}"
    outcome: list[tuple[bool, str]] = []

    async def read() -> None:
        async with await executed(session, case) as result:
            outcome.append(case.verdict(await result.fetch_all_arrow()))

    task = asyncio.ensure_future(read())
    # The time is what is random here.
    await asyncio.wait({task}, timeout=random.choice((0, 0.001, 0.01, 0.1, 1)) * random.random())
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    judge(job, *(outcome or [(True, "")])[0])


async def early_end(job: Job, session: aio.Session, random: Random) -> None:
    """A long result of which a part is read."""
    job.detail = f"{cases.ROWS} FROM range(300000) ORDER BY id"
    result = await session.execute(job.detail)
    read = 0
    async for row in result.rows():
        if row[0] != read:
            report.wrong(job, f"row {read} is {row}")
            return
        read += 1
        if random.random() < 0.0005:
            break
    if random.random() < 0.7:
        await result.close()
    report.right(job)


async def submitted(job: Job, session: aio.Session, random: Random) -> None:
    """A statement that is submitted and read."""
    case = cases.rows(random)
    job.detail = case.sql
    async with await session.submit(case.sql) as running, await running.await_result() as result:
        judge(job, *case.verdict(await result.fetch_all_arrow()))


async def metadata(job: Job, session: aio.Session, random: Random) -> None:
    """The tables of a schema."""
    arguments, names = cases.nations(random)
    job.detail = str(arguments)
    async with await session.metadata().list_tables(**arguments) as result:
        judge(job, [row[2] async for row in result.rows()] == names, "other tables")


async def own_session(job: Job, _: aio.Session, random: Random) -> None:
    """A session that is opened, used and closed."""
    job.since = time.monotonic()
    async with aio.connect(**server_arguments(SERVERS, job.server)) as own:
        await query(job, own, random)


WEIGHTS: Final[dict[Callable[[Job, aio.Session, Random], Awaitable[None]], int]] = {
    query: 50, cancelled_task: 15, early_end: 6, submitted: 8, metadata: 5, own_session: 6
}  # fmt: skip


async def do_one(seed: int) -> None:
    """One job: what it is, and everything in it, comes of the seed."""
    random = Random(seed)
    work = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    job = Job(work.__name__, random.choice(NAMES), seed)
    report.current[asyncio.current_task()] = job
    lease: Lease[aio.Session] | None = None
    try:
        lease = await lease_of(job)
        await work(job, lease.session, random)
    except KernelError as error:
        if lease is not None and lease.is_retired:
            job.excused |= OF_CLOSING
        report.error(job, error.code, str(error))
        if lease is not None:
            await close(job, sessions.retire(job.server, lease))
    except Exception as error:
        report.wrong(job, f"{type(error).__name__}: {error}")
    finally:
        report.current.pop(asyncio.current_task(), None)


async def close(job: Job, lease: Lease[aio.Session] | None) -> None:
    """Closes a session whose server may be gone."""
    try:
        if lease is not None:
            await lease.session.close()
    except KernelError as error:
        report.error(job, error.code, f"closing the session: {error}")


async def work_all(deadline: float, seed: int) -> None:
    """Does jobs in all tasks until the deadline, and closes what is open."""

    async def work(first: int) -> None:
        seeds = Random(first)
        while time.monotonic() < deadline:
            await do_one(seeds.randrange(2**32))

    working = {asyncio.ensure_future(work(seed + n)) for n in range(TASKS)}
    while working:
        ended, working = await asyncio.wait(working, timeout=1)
        for task in ended:
            task.result()
        report.look_for_hanging()
    for lease in sessions.retire_all():
        await close(Job("close", "", seed, since=lease.since), lease)


def run(deadline: float, seed: int) -> None:
    """Does jobs until the deadline in a loop of its own."""
    asyncio.run(work_all(deadline, seed))


if __name__ == "__main__":
    # For whoever looks at a worker that hangs: its stacks go to its errors.
    faulthandler.register(signal.SIGUSR1)
    serve(run, report)
