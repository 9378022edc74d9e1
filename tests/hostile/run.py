"""Runs hostile cases through the wheel and the crate, and prints what came of each: `run.py RUST_CLIENT [--sample] [NAME]...`."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import importlib
import json
import os
import pkgutil
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import authority
import cases
from case import LIMITS, RIGHT_ROWS, Case
from protocol import API_BEHIND, NUMBERS, RIGHT, SECRETS, TOKEN, World
from server import Server

SAMPLE = 32
AT_ONCE = 2
# Beyond this a client is stopped by the system, for the machine's sake.
ADDRESS_SPACE = 16 << 30
# What stands in a client's errors when it did not end by an error of the kernel's.
CRASHES = ("panicked", "Traceback", "Fatal Python error", "Segmentation")


@dataclass
class Run:
    """What one client did."""

    case: Case
    client: str
    faults: list[str] = field(default_factory=list)
    came: str = ""
    seconds: float = 0
    mib: int = 0


def found() -> list[Case]:
    """All cases, by topic."""
    topics = sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    listed = [case for topic in topics for case in importlib.import_module(f"cases.{topic}").CASES]
    names = [case.name for case in listed]
    if len(names) != len(set(names)):
        raise ValueError(f"names that are given twice: {sorted({name for name in names if names.count(name) > 1})}")
    return listed


def steps(case: Case) -> list[dict[str, Any]]:
    """What a client does: the case's step in a session, then what shows that the session is sound."""
    asked = dict(case.step)
    if asked["do"] == "open":
        return [asked]
    sound = [{"do": "query", "sql": RIGHT}, {"do": "close"}] if case.goes_on else []
    return [{"do": "open"}, asked, *sound]


def run(case: Case, client: str, command: list[str]) -> Run:
    """Runs a case through one client, over servers of its own."""
    done = Run(case, client)
    world = World(case.result, case.shape, case.wrong, case.is_proxy)
    with contextlib.ExitStack() as servers:
        world.api = servers.enter_context(Server(world.answer, case.tls, case.greet))
        world.store = servers.enter_context(Server(world.answer, authority.right() if case.tls else None))
        session: dict[str, Any] = {
            **LIMITS,
            "host": world.api.url,
            "http_path": "/sql/1.0/warehouses/w",
            "access_token": TOKEN,
            **({"tls_ca_cert": authority.certificate()} if case.tls else {}),
            **({"host": API_BEHIND, "proxy_url": world.api.url} if case.is_proxy else {}),
            **case.settings,
        }
        job = {"session": session, "steps": steps(case), "trace": case.trace}
        status, output, errors = in_process(command, json.dumps(job), case.within, done)
    for server in (world.api, world.store):
        done.faults.extend(server.faults)
    for kind, most in case.at_most.items():
        sent = sum(count for (which, subject, _), count in world.counts.items() if (which, subject) == (kind, "wrong"))
        done.faults.extend([f"{kind} was sent {sent} times"] if sent > most else [])
    done.faults.extend(f"a secret is shown: {secret}" for secret in SECRETS if secret in output + errors)
    if status != 0:
        how = f"was stopped after {case.within} s" if status is None else f"ended with status {status}"
        done.faults.append(f"the client {how}: {errors[-2000:]}")
    elif any(word in errors for word in CRASHES):
        done.faults.append(f"the client crashed: {errors[-2000:]}")
    else:
        judge(done, json.loads(output))
    return done


def in_process(command: list[str], job: str, limit: float, done: Run) -> tuple[int | None, str, str]:
    """Runs a client to its end: its status, none when it had to be stopped, and what it printed."""
    began = time.monotonic()
    environment = {**os.environ, "RUST_BACKTRACE": "1", "NO_PROXY": "", "HTTP_PROXY": "", "HTTPS_PROXY": ""}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=errors, env=environment)
        # The client reads its job first.
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, 0))
        resource.prlimit(process.pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        status: int | None
        try:
            process.communicate(job.encode(), timeout=limit)
            status = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        done.seconds = time.monotonic() - began
        return status, text_of(output), text_of(errors)


def text_of(file: IO[bytes]) -> str:
    """All that was written to a file."""
    file.seek(0)
    return file.read().decode(errors="replace")


def judge(done: Run, told: dict[str, Any]) -> None:
    """Compares what a client tells with what the case expects."""
    case = done.case
    done.mib = told["grown_kib"] >> 10
    if done.mib > case.mib:
        done.faults.append(f"its memory grew by {done.mib} MiB, {case.mib} were allowed")
    for step, outcome in zip(steps(case), told["outcomes"], strict=False):
        if step == dict(case.step):
            done.came = shown(outcome)
            expected = case.result.rows if case.rows is None and step["do"] in {"query", "submit"} else case.rows
            done.faults.extend(differences(case.expect, outcome, expected))
        else:
            rows = NUMBERS.rows if step["do"] == "query" else None
            done.faults.extend(f"{step['do']} afterwards: {one}" for one in differences(RIGHT_ROWS, outcome, rows))


def differences(expect: Any, outcome: dict[str, Any], expected: Any) -> list[str]:
    """How an outcome is not what was expected."""
    if "error" not in outcome:
        if not expect.rows:
            return [f"it succeeded, expected: {expect}"]
        return [] if outcome["rows"] == expected else [f"other rows came: {str(outcome['rows'])[:500]}"]
    text = " ".join(str(part) for part in outcome["shown"])
    faults = []
    if outcome["error"] not in expect.codes or expect.word.lower() not in text.lower():
        faults.append(f"{outcome['error']}: {text[:600]}\n      expected: {expect}")
    read = outcome["read"]
    if isinstance(expected, list) and read != expected[: len(read)] and not is_beginning(read, expected):
        faults.append(f"what came before the error is not the beginning of the right rows: {str(read)[:300]}")
    return faults


def is_beginning(read: list[Any], expected: list[Any]) -> bool:
    """Whether a file came in part."""
    return len(read) == len(expected) == 1 and isinstance(read[0][0], str) and str(expected[0][0]).startswith(read[0][0])


def shown(outcome: dict[str, Any]) -> str:
    """One word for the table."""
    return str(outcome["error"]) if "error" in outcome else "rows"


def table(runs: list[Run]) -> str:
    """What came of each case, a line for each."""
    lines = [f"{'case':60} {'rust':>22} {'python':>22} {'s':>6} {'MiB':>5}"]
    by_case: dict[str, dict[str, Run]] = {}
    for run_ in runs:
        by_case.setdefault(run_.case.name, {})[run_.client] = run_
    for name, by_client in by_case.items():
        came = [
            ("FAULT " if by_client[client].faults else "") + by_client[client].came if client in by_client else "-"
            for client in ("rust", "python")
        ]
        seconds = max(run_.seconds for run_ in by_client.values())
        mib = max(run_.mib for run_ in by_client.values())
        lines.append(f"{name:60} {came[0]:>22} {came[1]:>22} {seconds:6.1f} {mib:5}")
    return "\n".join(lines)


def main() -> int:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rust", help="the program that rust/main.rs is built to")
    parser.add_argument("--sample", action="store_true", help=f"the fixed {SAMPLE} cases that make test runs")
    parser.add_argument("--client", choices=["rust", "python"], help="runs one of both alone")
    parser.add_argument("only", nargs="*", help="parts of names")
    options = parser.parse_intermixed_args()
    listed = found()
    if sum(case.sample for case in listed) != SAMPLE:
        raise ValueError(f"{sum(case.sample for case in listed)} cases are in the sample instead of {SAMPLE}")
    chosen = [case for case in listed if case.sample or not options.sample]
    chosen = [case for case in chosen if not options.only or any(part in case.name for part in options.only)]
    here = Path(__file__).parent
    clients = {"rust": [options.rust], "python": [sys.executable, "-X", "faulthandler", str(here / "client.py")]}
    began = time.monotonic()
    jobs = [(case, client) for case in chosen for client in clients if options.client in {None, client}]
    lock = threading.Lock()

    def one(job: tuple[Case, str]) -> Run:
        case, client = job
        try:
            done = run(case, client, clients[client])
        except Exception as error:
            done = Run(case, client, [f"the runner failed: {error!r}"])
        for fault in done.faults:
            with lock:
                print(f"{client}: {case.name}: {fault}\n      {case.says}", file=sys.stderr, flush=True)
        return done

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(pool.map(one, jobs))
    print(table(runs))
    wrong = {run_.case.name for run_ in runs if run_.faults}
    print(
        f"hostile: {len(chosen) - len(wrong)} of {len(chosen)} cases as the protocol wants it, in {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
