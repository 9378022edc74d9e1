"""Lives by the thousand: what a process holds after one, after half and after all, and when what is idle has ended."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from cases import PRINCIPAL
from databricks_sql_kernel.testing import LocalWarehouse
from process import Figures, back_within, figures_of

HERE: Final = Path(__file__).parent
LIVES: Final = HERE / "lives.py"
EXITS: Final = HERE / "exits.py"
AT_ONCE: Final = 6
# The longest that a program with open queries may take to end is 8 s; the machine is busy.
EXIT_LIMIT: Final = 30.0


@dataclass(frozen=True)
class Life:
    """What is done over and over in one process.

    Attributes:
        name: As `lives.py` knows it.
        title: For the table.
        times: How often in 20 minutes.
        allowance: How much more than after the first time may be held at the end.
    """

    name: str
    title: str
    times: int
    allowance: Figures


LIVES_LED: Final = (
    Life("queries", "queries in one session", 10_000, Figures(2, 2, 16)),
    Life("sessions", "sessions", 1_000, Figures(2, 2, 16)),
    Life("renewals", "renewals of a token", 1_000, Figures(2, 2, 16)),
    Life("cancelled", "cancelled tasks", 400, Figures(2, 2, 16)),
    Life("forks", "forks under load", 10_000, Figures(2, 2, 16)),
)
EXITS_IN_ALL: Final = 1_000
# On the warehouse of these phases no query ends by itself, and none takes a processor's time.
SLOW_PHASES: Final = ("unanswered", "running")
SLOW: Final = [{"on": "result", "times": 1_000_000, "do": {"result": {"slow": {"milliseconds": 600_000}}}}]
PHASES: Final = ("unanswered", "running", "reading", "read", "idle", "opening", "submitted", "transfer")
LEAVING: Final = ("interrupt", "handler", "end", "exit", "exception")


def run_all(share: float, seed: int) -> list[str]:
    """Leads each life `share` of its times; prints the table, and answers what is wrong."""
    wrong: list[str] = []
    print("\nfiles, threads and MiB after the first, half and all, and at the end, when what is idle has ended\n")
    print("| what | times | files | threads | MiB | allowed more |\n|---|--:|---|---|---|---|", flush=True)
    principals = {PRINCIPAL["client_id"]: PRINCIPAL["client_secret"]}
    with LocalWarehouse(scale_factor=0.01, service_principals=principals) as warehouse:
        for life in LIVES_LED:
            wrong += _lead(life, max(10, round(life.times * share)), warehouse)
    with LocalWarehouse(scale_factor=0.01) as warehouse, LocalWarehouse(scale_factor=0.01) as slow:
        slow.plan_faults(SLOW)
        wrong += _exits(max(len(PHASES), round(EXITS_IN_ALL * share)), warehouse, slow, Random(seed))
    return wrong


def _lead(life: Life, times: int, warehouse: LocalWarehouse) -> list[str]:
    command = [sys.executable, str(LIVES), life.name, str(times), json.dumps(warehouse.connect_arguments())]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        held: list[Figures] = []
        # It stops at the first, in the middle and at the last, and goes on at a line.
        for line in process.stdout:
            if line.strip() == "closed":
                break
            held.append(figures_of(process.pid))
            process.stdin.write("\n")
            process.stdin.flush()
        wrong: list[str] = []
        if len(held) == 3:
            held.append(back_within(process.pid, held[0], life.allowance))
            if not held[-1].within(held[0], life.allowance):
                wrong.append(f"{times} {life.title}: began with {held[0]}, hold {held[-1]}")
        process.stdin.close()
        status = process.wait(60)
        errors.seek(0)
        said = errors.read().strip()
        if status or said:
            wrong.append(f"{times} {life.title}: ended with status {status} and said: {said[-2000:]}")
    allowed = f"{life.allowance.files}, {life.allowance.threads}, {life.allowance.mebibytes:g}"
    cells = [" → ".join(f"{getattr(at, name):.0f}" for at in held) for name in ("files", "threads", "mebibytes")]
    print(f"| {life.title} | {times} | {' | '.join(cells)} | {allowed} |", flush=True)
    return wrong


def _exits(times: int, warehouse: LocalWarehouse, slow: LocalWarehouse, random: Random) -> list[str]:
    """Programs that end in every phase, in every way, at a random moment; what the servers hold for them is given back."""
    kinds = [(PHASES[n % len(PHASES)], LEAVING[n // len(PHASES) % len(LEAVING)], random.random() ** 3) for n in range(times)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(lambda kind: _leave(slow if kind[0] in SLOW_PHASES else warehouse, *kind), kinds))
    wrong = [f"exit {kind}: {said}" for kind, (_, said) in zip(kinds, ends, strict=True) if said]
    # The session of a statement that was submitted is left on purpose: the server would stop the statement with it.
    submitted = sum(phase == "submitted" for phase, _, _ in kinds)
    for server, left in ((warehouse, submitted), (slow, 0)):
        requests = server.faults_report()["requests"]
        if requests.get("close_session", 0) + left < requests["open_session"]:
            wrong.append(f"{times} exits have left sessions open: {requests}")
    seconds = sorted(took for took, _ in ends)
    spread = " → ".join(f"{seconds[at]:.1f}" for at in (0, len(seconds) // 2, -1))
    print(f"| exits in every phase | {times} | {len(wrong)} wrong | | | {spread} s |", flush=True)
    return wrong


def _leave(warehouse: LocalWarehouse, phase: str, leaving: str, delay: float) -> tuple[float, str]:
    """Ends a program at a moment of a phase; answers in how many seconds it ended, and what is wrong with that."""
    command = [
        sys.executable,
        "-W",
        "ignore::ResourceWarning",
        str(EXITS),
        phase,
        leaving,
        json.dumps(warehouse.connect_arguments()),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        # The moment is what is random here.
        time.sleep(delay)
        began = time.monotonic()
        if leaving == "interrupt":
            process.send_signal(2)
        elif leaving == "handler":
            process.send_signal(15)
        try:
            _, errors = process.communicate("\n", timeout=EXIT_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            return EXIT_LIMIT, f"it did not end within {EXIT_LIMIT:g} s"
    took = time.monotonic() - began
    expected = {"interrupt": (-2, 1, 130), "exception": (1,)}.get(leaving, (0,))
    if process.returncode not in expected or "panicked" in errors or "KernelError" in errors:
        return took, f"status {process.returncode}: {errors[-1500:]}"
    return took, ""
