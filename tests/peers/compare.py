"""Runs every client on one local warehouse and compares their answers with ours, case by case.

A client is a program that prints one line of JSON for each case. The first is ours; another client agrees when it gives the
same answer. What a client cannot do by its nature it says itself, with the reason, and that is printed; it is never passed over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent

Lines = dict[str, dict[str, Any]]


@contextmanager
def warehouses() -> Iterator[dict[str, str]]:
    """The environment that the clients read: one warehouse over HTTP, one over TLS."""
    engine: dict[str, Any] = {"arguments": ["--engine", os.environ.get("WAREHOUSE_ENGINE", "embedded")], "start_limit": 180}
    with LocalWarehouse(**engine) as plain, LocalWarehouse(tls=True, **engine) as secure:
        yield os.environ | {
            "WAREHOUSE_URL": plain.url,
            "WAREHOUSE_TOKEN": plain.token,
            "WAREHOUSE_PATH": plain.http_path,
            "WAREHOUSE_TLS_URL": secure.url,
            "WAREHOUSE_TLS_TOKEN": secure.token,
            "WAREHOUSE_CA": str(secure.ca_file),
        }


def answers(command: list[str], environment: dict[str, str]) -> Lines:
    """A client's lines by case. JDBC's driver prints lines of its own, so its are marked."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    lines: Lines = {}
    for line in done.stdout.splitlines():
        text = line.removeprefix("PEER ")
        if text.startswith('{"case"'):
            parsed = json.loads(text)
            lines[parsed["case"]] = parsed
    if done.returncode != 0 or not lines:
        sys.exit(f"{command[-1]} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return lines


def verdict(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[bool, str]:
    """Whether they agree, and what to print."""
    if "cannot" in theirs:
        return True, f"left out: {theirs['cannot']}"
    if "failed" in theirs or "failed" in ours:
        return False, f"theirs {theirs.get('failed', 'answered')} | ours {ours.get('failed', 'answered')}"
    if ours["answer"] != theirs["answer"]:
        return False, f"theirs {str(theirs['answer'])[:300]} | ours {str(ours['answer'])[:300]}"
    return True, "agrees"


def main(clients: list[str]) -> int:
    """Each argument is `NAME=COMMAND`; the first is ours."""
    failed = passed = left_out = 0
    with warehouses() as environment:
        commands = {name: command.split() for name, command in (client.split("=", 1) for client in clients)}
        lines = {name: answers(command, environment) for name, command in commands.items()}
    ours = lines.pop(next(iter(commands)))
    for case, line in ours.items():
        if "failed" in line:
            failed += 1
            print(f"ours       {case}: {line['failed']}")
    for name, theirs in lines.items():
        for case, line in theirs.items():
            # JDBC's markers are positional: the same question as our first named one.
            reference = ours["named" if case == "positional" else case] if case != "metadata" else {}
            agrees, text = verdict(reference, line)
            passed += agrees and "cannot" not in line
            left_out += "cannot" in line
            failed += not agrees
            print(f"{name:<10} {case}: {text}")
        print()
    print(f"{passed} passed, {failed} failed, {left_out} skipped")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
