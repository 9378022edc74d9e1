"""Programs in three styles at once on warehouses that fail, for minutes: every answer is right or one of the errors that may come.

soak.py JAVA-OPTION… (the class path of the Kotlin worker); `MINUTES` and `SEED` in the environment.

At the end each program holds no more files, threads and memory than at its beginning. Then each kind of life is led by the
thousand (`counts.py`). Prints tables, and ends with 1 when something is wrong.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, Final

import counts
import jni
from process import Figures, Worker, back_within
from servers import Servers, Trouble

HERE: Final = Path(__file__).parent
# Of the whole time, the part with faults; what is counted takes about as long.
MIXED_SHARE: Final = 0.5
WARM_UP_SECONDS: Final = 12.0
# Of each minute, in the machine that checks the use of JNI.
JNI_SECONDS: Final = 2.0
# A job may take that much longer than the run: the end of its retries.
LAST_JOBS: Final = 200.0
PYTHON_ALLOWANCE: Final = Figures(files=2, threads=2, mebibytes=32)
# The virtual machine compiles, and grows its heap and its own threads, as long as it runs.
JVM_ALLOWANCE: Final = Figures(files=8, threads=8, mebibytes=96)


class Soak:
    """The workers, the warehouses and what was told."""

    def __init__(self, servers: Servers, java: list[str]) -> None:
        """Starts the workers."""
        self.servers = servers
        self.told: list[tuple[str, dict[str, Any]]] = []
        self._lock = threading.Lock()
        python, place = sys.executable, str(servers.path)
        self.workers = [
            Worker("Python, threads", [python, str(HERE / "blocking_worker.py"), place, "6"], PYTHON_ALLOWANCE, self._hear),
            Worker("Python, asyncio", [python, str(HERE / "asyncio_worker.py"), place, "12"], PYTHON_ALLOWANCE, self._hear),
            Worker("Kotlin", ["java", *java, "SoakKt", place, "3", "8"], JVM_ALLOWANCE, self._hear),
        ]

    def run(self, seconds: float, random: Random) -> list[str]:
        """Lets them run, with trouble in between; answers the rows of the table."""
        self._run(WARM_UP_SECONDS, random, trouble=False)
        start = [self._steady(worker) for worker in self.workers]
        most = self._run(seconds, random, trouble=True)
        rows = []
        for worker, began, highest in zip(self.workers, start, most, strict=True):
            end = back_within(worker.process.pid, began, worker.allowance)
            if not end.within(began, worker.allowance):
                self._hear(worker.name, {"what": "held", "message": f"it began with {began} and holds {end}"})
            rows.append(_row(worker, began, highest, end))
            if said := worker.end():
                self._hear(worker.name, {"what": "ended", "message": said})
        return rows

    def faults(self) -> list[str]:
        """What must not have been, as text."""
        return [f"{name}: {told}{self._met_by(told)}" for name, told in self.told if not self._may_be(told)]

    def _met_by(self, told: dict[str, Any]) -> str:
        met = {trouble.name for trouble in self.servers.troubles if "started" in told and trouble.is_met(told, told["started"])}
        return f"; there were {sorted(met)}" if met else ""

    def _run(self, seconds: float, random: Random, *, trouble: bool) -> list[Figures]:
        for worker in self.workers:
            worker.begin(seconds, random.randrange(2**32))
        most = [worker.figures() for worker in self.workers]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if trouble:
                self.servers.trouble(random)
            rest = time.monotonic() + random.random() * 2
            while time.monotonic() < min(rest, until):
                most = [worker.figures().most(one) for worker, one in zip(self.workers, most, strict=True)]
                time.sleep(0.1)
        self.servers.calm()
        for worker in self.workers:
            if not worker.settle(LAST_JOBS):
                self._hear(worker.name, {"what": "hangs", "message": _stacks(worker)})
        return most

    def _steady(self, worker: Worker) -> Figures:
        """What it holds when what is idle for short is gone."""
        lowest = worker.figures()
        until = time.monotonic() + 12
        while time.monotonic() < until:
            now = worker.figures()
            if now.files < lowest.files or now.threads < lowest.threads:
                lowest = now
            time.sleep(0.5)
        return lowest

    def _hear(self, name: str, told: dict[str, Any]) -> None:
        with self._lock:
            self.told.append((name, told))
        if told["what"] != "error":
            print(f"    {name}: {told}", flush=True)
            if "hangs" in told["message"] or "has not ended" in told["message"]:
                worker = next(worker for worker in self.workers if worker.name == name)
                print(_stacks(worker), flush=True)

    def _may_be(self, told: dict[str, Any]) -> bool:
        return told["what"] == "error" and any(trouble.excuses(told) for trouble in self.servers.troubles)


def _stacks(worker: Worker) -> str:
    """Where the threads of a worker are, where gdb is installed."""
    command = ["gdb", "--batch", "--pid", str(worker.process.pid), "--eval-command", "thread apply all backtrace 30"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout[-20_000:]
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no stacks: {error}"


def _row(worker: Worker, start: Figures, most: Figures, end: Figures) -> str:
    right = sum(count for name, count in worker.counts.items() if name.startswith("right "))
    errors = sum(count for name, count in worker.counts.items() if name.startswith("code "))
    held = " | ".join(
        f"{values[0]:.0f} → {values[1]:.0f} → {values[2]:.0f}"
        for values in (
            (start.files, most.files, end.files),
            (start.threads, most.threads, end.threads),
            (start.mebibytes, most.mebibytes, end.mebibytes),
        )
    )
    return f"| {worker.name} | {right + errors} | {right} | {errors} | {worker.counts.get('wrong', 0)} | {held} |"


def _print_mixed(soak: Soak, rows: list[str], troubles: list[Trouble], seconds: float) -> None:
    print(f"\nmixed jobs for {seconds:.0f} s; files, threads and MiB at the beginning, at most and at the end\n")
    print("| program | jobs | right | typed errors | wrong | files | threads | MiB |\n|---|--:|--:|--:|--:|---|---|---|")
    print("\n".join(rows))
    codes: Counter[str] = Counter()
    for worker in soak.workers:
        codes.update({name.removeprefix("code "): n for name, n in worker.counts.items() if name.startswith("code ")})
    print("\nerrors: " + ", ".join(f"{code} {count}" for code, count in codes.most_common()))
    names = Counter(trouble.name for trouble in troubles)
    print("trouble: " + ", ".join(f"{name} {count}" for name, count in names.most_common()), flush=True)


def main() -> int:
    """Runs all and prints it."""
    minutes = float(os.environ.get("MINUTES") or 20)
    seed = int(os.environ.get("SEED") or SystemRandom().randrange(2**32))
    print(f"MINUTES={minutes:g} SEED={seed}", flush=True)
    seconds = minutes * 60 * MIXED_SHARE
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder))
        try:
            soak = Soak(servers, sys.argv[1:])
            rows = soak.run(seconds, Random(seed))
        finally:
            servers.stop()
    _print_mixed(soak, rows, servers.troubles, seconds)
    faults = soak.faults()
    print(f"errors that nothing explains, and what else is wrong: {len(faults)}")
    print("".join(f"- {fault}\n" for fault in faults), end="", flush=True)
    wrong = faults + counts.run_all(minutes / 20, seed) + jni.check(sys.argv[1:], minutes * JNI_SECONDS, seed)
    print(f"\n{len(wrong)} things are wrong" if wrong else "\nevery answer was right or an error that may come; nothing is held")
    for text in wrong:
        print(f"- {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
