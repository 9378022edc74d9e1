"""What a worker tells the driver: a line of JSON for each failure, and at the end of a run what it did."""

from __future__ import annotations

import ctypes
import gc
import json
import select
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# A job that takes longer hangs: the longest wait of a job is its retries', 30 s, on a busy machine.
HANGS_AFTER = 150.0
# Retries end before a job counts as hanging, and are so short that a run sees many.
LIMITS: dict[str, Any] = {
    "request_timeout_secs": 10,
    "stall_timeout_secs": 5,
    "retry_min_wait_secs": 0.05,
    "retry_max_wait_secs": 0.5,
    "retry_max_attempts": 4,
    "retry_overall_timeout_secs": 30,
}


@dataclass
class Job:
    """One thing that is done.

    Attributes:
        kind: What it is.
        server: On which warehouse.
        detail: What is asked, for whoever looks for the cause.
        seed: What its random numbers come of.
        since: When its session was opened, on the machine's monotonic clock, as `started` is.
        excused: Codes that the job itself may bring about, such as those of a session that another thread closes.
    """

    kind: str
    server: str
    seed: int
    detail: str = ""
    since: float = field(default_factory=time.monotonic)
    started: float = field(default_factory=time.monotonic)
    excused: set[str] = field(default_factory=set)
    is_told: bool = False


class Report:
    """Counts jobs and tells failures. Any number of threads may use it."""

    def __init__(self) -> None:
        """Begins with nothing."""
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.current: dict[object, Job] = {}

    def right(self, job: Job) -> None:
        """The job's answer was right."""
        with self._lock:
            self._counts[f"right {job.kind}"] += 1

    def error(self, job: Job, code: str, message: str) -> None:
        """The job ended with an error of the kernel's; whether it may is the driver's to say."""
        with self._lock:
            self._counts[f"code {code}"] += 1
        if code not in job.excused:
            self._tell(what="error", code=code, message=message, **_facts(job))

    def wrong(self, job: Job, message: str) -> None:
        """The job's answer was wrong, or something came that is no error of the kernel's."""
        with self._lock:
            self._counts["wrong"] += 1
        self._tell(what="wrong", message=message, **_facts(job))

    def look_for_hanging(self) -> None:
        """Tells each job once that takes too long."""
        for job in list(self.current.values()):
            if not job.is_told and time.monotonic() - job.started > HANGS_AFTER:
                job.is_told = True
                self.wrong(job, f"it has not ended within {HANGS_AFTER:g} s")

    def settled(self) -> None:
        """A run is over and everything is closed."""
        give_back()
        with self._lock:
            counts, self._counts = dict(self._counts), Counter()
        self._tell(what="settled", counts=counts)

    def _tell(self, **facts: Any) -> None:
        with self._lock:
            sys.stdout.write(json.dumps(facts) + "\n")
            sys.stdout.flush()


def _facts(job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "server": job.server,
        "seed": job.seed,
        "detail": job.detail[:300],
        "since": job.since,
        "started": job.started,
        "ended": time.monotonic(),
    }


def server_arguments(servers: Path, name: str) -> dict[str, Any]:
    """How a warehouse is reached now: the driver writes it anew when it has started one again."""
    arguments: dict[str, Any] = json.loads(servers.read_text(encoding="utf-8"))[name]
    return {**arguments, **LIMITS}


def give_back() -> None:
    """Gives what was freed back to the system, so that what is left is what is held."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)


def lines() -> Iterator[str]:
    """The driver's lines; while it waits for what is idle to end, what that frees is given back."""
    while True:
        while not select.select([sys.stdin], [], [], 1)[0]:
            give_back()
        if not (line := sys.stdin.readline()):
            return
        yield line


def serve(run: Callable[[float, int], None], report: Report) -> None:
    """Does what the driver says, line by line: `run SECONDS SEED`, until there are no more lines."""
    for line in lines():
        _, seconds, seed = line.split()
        run(time.monotonic() + float(seconds), int(seed))
        report.settled()
