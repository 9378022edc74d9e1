"""A worker's process: what it holds, what it is told and what it tells."""

from __future__ import annotations

import json
import queue
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The kernel's idle connections end after 90 s, threads that read and write files after 10 s.
IDLE_SECONDS: Final = 100.0
ENDS_WITHIN: Final = 30.0


@dataclass(frozen=True)
class Figures:
    """What a process holds: open files (sockets too), threads, and MiB of memory that are its own."""

    files: int
    threads: int
    mebibytes: float

    def most(self, other: Figures) -> Figures:
        """The larger of each."""
        return Figures(max(self.files, other.files), max(self.threads, other.threads), max(self.mebibytes, other.mebibytes))

    def within(self, other: Figures, allowance: Figures) -> bool:
        """Whether none is larger than the other's by more than the allowance."""
        return (
            self.files <= other.files + allowance.files
            and self.threads <= other.threads + allowance.threads
            and self.mebibytes <= other.mebibytes + allowance.mebibytes
        )


def figures_of(process_id: int) -> Figures:
    """What a process holds now."""
    place = Path(f"/proc/{process_id}")
    status = dict(line.split(":", 1) for line in (place / "status").read_text(encoding="ascii").splitlines())
    anonymous = int(status["RssAnon"].split()[0]) / 1024
    return Figures(len(list((place / "fd").iterdir())), int(status["Threads"]), anonymous)


def back_within(process_id: int, start: Figures, allowance: Figures) -> Figures:
    """Waits, by asking, until the figures are back where they were, for at most as long as what is idle is kept."""
    until = time.monotonic() + IDLE_SECONDS
    while not (now := figures_of(process_id)).within(start, allowance) and time.monotonic() < until:
        time.sleep(0.5)
    return now


class Worker:
    """A program that does jobs and tells about them, line by line."""

    def __init__(self, name: str, command: Sequence[str], allowance: Figures, tell: Callable[[str, dict[str, Any]], None]) -> None:
        """Starts it; `tell` is called with each failure that it tells, in a thread of its own."""
        self.name = name
        self.allowance = allowance
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.counts: dict[str, int] = {}
        self._settled: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._tell = tell
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def figures(self) -> Figures:
        """What it holds now.

        Raises:
            RuntimeError: It has ended; the text is what it said.
        """
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name}: {self.end()}")
        return figures_of(self.process.pid)

    def begin(self, seconds: float, seed: int) -> None:
        """Has it do jobs for that long."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"run {seconds} {seed}\n")
        self.process.stdin.flush()

    def settle(self, limit: float) -> bool:
        """Waits until its run is over and everything is closed; whether it is, within that many seconds."""
        try:
            return self._settled.get(timeout=limit)
        except queue.Empty:
            return False

    def end(self) -> str:
        """Has the program end; answers what is wrong with how it did."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            status = self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"it did not end within {ENDS_WITHIN:g} s"
        self.errors.seek(0)
        said = self.errors.read().strip()
        return "" if status == 0 and not said else f"it ended with status {status} and said: {said[-2000:]}"

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            told = json.loads(line)
            if told["what"] == "settled":
                self.counts = told["counts"]
                self._settled.put(True)  # noqa: FBT003
            else:
                self._tell(self.name, told)
        self._settled.put(False)  # noqa: FBT003
