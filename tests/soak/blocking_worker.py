"""A program of threads: queries, cancels, early ends, files, submitted statements, sessions and forks, in random order.

blocking_worker.py SERVERS THREADS
"""

from __future__ import annotations

import faulthandler
import io
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import cases
import databricks_sql_kernel as kernel
from reporting import Job, Report, serve, server_arguments
from shared import OF_CLOSING, Lease, Shared

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

SERVERS: Final = Path(sys.argv[1])
THREADS: Final = int(sys.argv[2])
NAMES: Final = ("links", "inline", "tls")
VOLUME: Final = "/Volumes/main/default/soak"
# How long a forked child may take, in milliseconds: as long as a job.
CHILD_LIMIT: Final = 120_000

report = Report()
sessions: Shared[kernel.Session] = Shared()


def opened(server: str) -> kernel.Session:
    """A new session, in which the volume exists."""
    session = kernel.Session(**server_arguments(SERVERS, server))
    statement = session.statement()
    statement.set_sql("CREATE VOLUME IF NOT EXISTS main.default.soak")
    try:
        statement.execute().close()
    except BaseException:
        session.close()
        raise
    return session


def lease_of(job: Job) -> Lease[kernel.Session]:
    """The shared session; a new one takes its place where there is none, and now and then."""
    lease = sessions.find(job.server)
    if lease is None or Random(job.seed).random() < 0.03:
        since = time.monotonic()
        job.since = since
        before = sessions.put(job.server, opened(job.server), since)
        if before is not None:
            close(Job("close", job.server, job.seed, since=before.since), before)
        lease = sessions.find(job.server) or Lease(opened(job.server), since)
    job.since = lease.since
    return lease


def executed(session: kernel.Session, case: cases.Case) -> kernel.ExecutedStatement:
    """Runs the query of a case."""
    statement = session.statement()
    statement.set_sql(case.sql)
    for name, text, sql_type in case.parameters:
        statement.bind_named_param(name, text, sql_type)
    return statement.execute()


def judge(job: Job, is_right: bool, message: str) -> None:  # noqa: FBT001
    """Counts an answer."""
    if is_right:
        report.right(job)
    else:
        report.wrong(job, message)


def query(job: Job, session: kernel.Session, random: Random) -> None:
    """Any query, read in any of the ways."""
    case = cases.any_case(random)
    job.detail = case.sql
    try:
        with executed(session, case) as result:
            judge(job, *case.verdict(_read(result, random)))
    except kernel.KernelError as error:
        if case.sql_state is None or error.sql_state != case.sql_state:
            raise
        judge(job, error.code == "SqlError", f"a refusal with the code {error.code}")


def _read(result: kernel.ExecutedStatement, random: Random) -> pa.Table:
    import pyarrow as pa

    if random.random() < 0.5:
        return result.fetch_all_arrow()
    return pa.Table.from_batches(list(result), result.arrow_schema())


def early_end(job: Job, session: kernel.Session, random: Random) -> None:
    """A long result of which a part is read."""
    case = cases.Rows("rows", f"{cases.ROWS} FROM range(300000) ORDER BY id", cases.COLUMNS)
    job.detail = case.sql
    result = executed(session, case)
    batches = [batch for _ in range(random.randrange(4)) if (batch := result.fetch_next_batch()) is not None]
    if random.random() < 0.7:
        result.close()
    del result
    seen = [number for batch in batches for number in batch.column("id").to_pylist()]
    judge(job, seen == list(range(len(seen))), "the rows that were read are not the first ones")


def cancel(job: Job, session: kernel.Session, random: Random) -> None:
    """A query that another thread cancels at some time, or that has a limit."""
    job.detail = cases.LONG_QUERY
    statement = session.statement()
    statement.set_sql(cases.LONG_QUERY)
    code = random.choice(("Cancelled", "Timeout"))
    timer = threading.Timer(random.random(), statement.canceller().cancel)
    if code == "Timeout":
        statement.set_timeout(0.2 + random.random())
    else:
        timer.start()
    try:
        statement.execute()
        report.wrong(job, "it has ended by itself")
    except kernel.KernelError as error:
        if error.code != code:
            raise
        report.right(job)
    finally:
        timer.cancel()
        if code == "Cancelled":
            timer.join()


def submitted(job: Job, session: kernel.Session, random: Random) -> None:
    """A statement that is submitted, attached to and read."""
    case = cases.rows(random)
    job.detail = case.sql
    statement = session.statement()
    statement.set_sql(case.sql)
    with statement.submit() as running:
        taken = session.attach_async_statement(running.statement_id) if random.random() < 0.5 else running
        with taken.await_result() as result:
            judge(job, *case.verdict(result.fetch_all_arrow()))


def metadata(job: Job, session: kernel.Session, random: Random) -> None:
    """The tables of a schema."""
    arguments, names = cases.nations(random)
    job.detail = str(arguments)
    with session.metadata().list_tables(**arguments) as result:
        judge(job, [row[2] for row in result.rows()] == names, "other tables")


def files(job: Job, session: kernel.Session, random: Random) -> None:
    """A file that is uploaded, listed, downloaded and removed."""
    content = random.randbytes(random.choice((0, 1, 100_000, 3_000_000)))
    name = f"{os.getpid()}-{threading.get_ident()}-{job.seed}"
    job.detail = f"{len(content)} bytes as {name}"
    volume = session.volume()
    volume.put(content, f"{VOLUME}/{name}", overwrite=True)
    listed = any(file.name == name and file.size_bytes == len(content) for file in volume.list(VOLUME))
    target = io.BytesIO()
    volume.get(f"{VOLUME}/{name}", target)
    volume.remove(f"{VOLUME}/{name}")
    judge(job, listed and target.getvalue() == content, "the file came back otherwise")


def own_session(job: Job, _: kernel.Session, random: Random) -> None:
    """A session that is opened, used and closed."""
    job.since = time.monotonic()
    with opened(job.server) as own:
        query(job, own, random)


def fork(job: Job, session: kernel.Session, random: Random) -> None:
    """A child, forked while the other threads are in the kernel: it is told that the session is its parent's, and opens its own."""
    job.detail = "fork"
    job.since = time.monotonic()
    told, telling = os.pipe()
    os.set_blocking(told, False)
    if (child := os.fork()) == 0:
        _in_child(job, session, random, telling)
    os.close(telling)
    ended = os.pidfd_open(child)
    try:
        poller = select.poll()
        poller.register(ended, select.POLLIN)
        if not poller.poll(CHILD_LIMIT):
            report.wrong(job, f"the forked child {child} hangs")
            return
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        code, _, message = os.read(told, TOLD_BYTES).decode(errors="replace").partition(" ") if status == 1 else ("", "", "")
    finally:
        os.close(ended)
        os.close(told)
    if code:
        report.error(job, code, f"in a forked child: {message}")
    else:
        judge(job, status == 0, f"the forked child ended with status {status}: {CHILD_STATUSES.get(status, 'it ended otherwise')}")


# How much a child tells of an error: what a pipe takes without a reader.
TOLD_BYTES: Final = 4096
CHILD_STATUSES: Final = {100: "an exception", 101: "its parent's session did not refuse it", 102: "a wrong answer"}


def _in_child(job: Job, session: kernel.Session, random: Random, telling: int) -> None:
    status = 100
    try:
        try:
            executed(session, cases.any_case(random))
        except kernel.KernelError as error:
            status = 0 if error.code in ("InvalidState", "InvalidStatementHandle") else 101
        if random.random() < 0.3 and status == 0:
            with opened(job.server) as own:
                case = cases.rows(random)
                status = 0 if case.is_right(executed(own, case).fetch_all_arrow()) else 102
    except kernel.KernelError as error:
        os.write(telling, f"{error.code} {error}".encode(errors="replace")[:TOLD_BYTES])
        status = 1
    finally:
        os._exit(status)


WEIGHTS: Final[dict[Callable[[Job, kernel.Session, Random], None], int]] = {
    query: 50, early_end: 8, cancel: 5, submitted: 8, metadata: 5, files: 6, own_session: 6, fork: 8
}  # fmt: skip


def do_one(seed: int) -> None:
    """One job: what it is, and everything in it, comes of the seed."""
    random = Random(seed)
    work = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    job = Job(work.__name__, random.choice(NAMES), seed)
    report.current[threading.get_ident()] = job
    lease: Lease[kernel.Session] | None = None
    try:
        lease = lease_of(job)
        work(job, lease.session, random)
    except kernel.KernelError as error:
        if lease is not None and lease.is_retired:
            job.excused |= OF_CLOSING
        report.error(job, error.code, str(error))
        if lease is not None:
            close(job, sessions.retire(job.server, lease))
    except Exception as error:
        report.wrong(job, f"{type(error).__name__}: {error}")
    finally:
        report.current.pop(threading.get_ident(), None)


def close(job: Job, lease: Lease[kernel.Session] | None) -> None:
    """Closes a session whose server may be gone."""
    try:
        if lease is not None:
            lease.session.close()
    except kernel.KernelError as error:
        report.error(job, error.code, f"closing the session: {error}")


def run(deadline: float, seed: int) -> None:
    """Does jobs in all threads until the deadline, and closes what is open."""

    def work(first: int) -> None:
        seeds = Random(first)
        while time.monotonic() < deadline:
            do_one(seeds.randrange(2**32))

    threads = [threading.Thread(target=work, args=(seed + n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
            report.look_for_hanging()
    for lease in sessions.retire_all():
        close(Job("close", "", seed, since=lease.since), lease)


if __name__ == "__main__":
    # For whoever looks at a worker that hangs: its stacks go to its errors.
    faulthandler.register(signal.SIGUSR1)
    serve(run, report)
