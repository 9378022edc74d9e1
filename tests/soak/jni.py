"""What `-Xcheck:jni` says of the Kotlin worker: warnings are counted by whose native code made the call."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from servers import Servers

if TYPE_CHECKING:
    from collections.abc import Sequence

# The machine checks each call, so that it is slow; it tells beside the worker's own lines.
CHECKED: Final = ("-Xcheck:jni", "-XX:+DisplayVMOutputToStderr")
ENDS_WITHIN: Final = 300.0
# The native methods of the bindings are JNA's code, which it puts behind each method of a class that is registered with it.
OF_JNA: Final = re.compile(r"at com\.(sun\.jna|databricks\.sql\.kernel\.internal\.UniffiLib)\.|C +\[jna")
# Of Java's frames, or of native ones where no Java is on the stack.
FRAME: Final = re.compile(r"at |[CVJ] +\[")


def check(java: Sequence[str], seconds: float, seed: int) -> list[str]:
    """Runs the Kotlin worker so on warehouses that do not fail; prints a line, and answers what is wrong."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+", errors="replace") as said:
        servers = Servers(Path(folder))
        try:
            command = ["java", *CHECKED, *java, "SoakKt", str(servers.path), "1", "1"]
            given = f"run {seconds} {seed}\n"
            ended = subprocess.run(
                command, input=given, stdout=subprocess.PIPE, stderr=said, text=True, timeout=seconds + ENDS_WITHIN, check=False
            )
        finally:
            servers.stop()
        said.seek(0)
        owners, fatal = _owners(said)
    told = [line for line in ended.stdout.splitlines() if '"wrong"' in line and '"settled"' not in line]
    counts = ", ".join(f"{owners[owner]} {owner}" for owner in ("of JNA's calls", "of others", "cut up by another thread's"))
    print(f"\nthe JVM with -Xcheck:jni for {seconds:.0f} s: warnings {counts}")
    wrong = [f"-Xcheck:jni: {text}" for text in (*fatal, *told)]
    if owners["of others"] or not owners["of JNA's calls"]:
        wrong.append(f"-Xcheck:jni: {owners} instead of JNA's warnings alone")
    if ended.returncode:
        wrong.append(f"-Xcheck:jni: the program ended with status {ended.returncode}")
    return wrong


def _owners(said: IO[str]) -> tuple[Counter[str], list[str]]:
    lines = [line.strip() for line in said]
    fatal = [line for line in lines if "FATAL ERROR" in line]
    starts = [number for number, line in enumerate(lines) if "WARNING" in line and "JNI" in line]
    stacks = [lines[start + 1 : end] for start, end in pairwise([*starts, len(lines)])]
    return Counter(_owner([line for line in stack if FRAME.match(line)]) for stack in stacks), fatal


def _owner(frames: list[str]) -> str:
    """Whose the native code on top is; threads write at once, so that a stack may be another warning's rest."""
    of_libraries = [frame for frame in frames if not frame.startswith("V")]
    top = of_libraries[0] if of_libraries else ""
    if OF_JNA.match(top) or any("com.sun.jna." in frame for frame in frames):
        return "of JNA's calls"
    return "of others" if "(Native Method)" in top or top.startswith("C") else "cut up by another thread's"
