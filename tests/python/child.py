"""Python programs that a test runs beside itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# `arguments` are those of Session or of sql.connect.
PRELUDE = """
import json, sys, time
arguments = json.loads(sys.argv[1])
def tell(**facts):
    print(json.dumps(facts), flush=True)
"""


def start(program: str, arguments: Mapping[str, Any], *options: str) -> subprocess.Popen[str]:
    """Starts a program that tells facts, line by line, with `tell(name=value)`."""
    command = [sys.executable, *options, "-c", PRELUDE + program, json.dumps(dict(arguments))]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line that the program tells."""
    assert child.stdout is not None
    line = child.stdout.readline()
    assert line, f"the program ended: {child.communicate()[1]}"
    facts: dict[str, Any] = json.loads(line)
    return facts


def run(program: str, arguments: Mapping[str, Any], *options: str) -> tuple[int, list[dict[str, Any]], str]:
    """Runs a program to its end: its status, what it told, its errors."""
    with start(program, arguments, *options) as child:
        try:
            output, errors = child.communicate(timeout=60)
        finally:
            # One that hangs would go on asking the server that other tests use.
            child.kill()
    return child.returncode, [json.loads(line) for line in output.splitlines()], errors
