"""Checks that every promise of SECURITY.md names its tests, and that each of them is in the file that is said."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What a function begins with in Rust, Python and Kotlin.
FUNCTION = r"\b(?:fn|def|fun) {}\("


def faults(page: str) -> list[str]:
    """What is wrong with the page's promises."""
    promised = page.partition("## Promises")[2].partition("## Dependencies")[0]
    promises = re.split(r"^- ", promised, flags=re.MULTILINE)[1:]
    found = [] if promises else ["there are no promises"]
    for promise in promises:
        text, *shown_by = re.split(r"^  - ", promise, flags=re.MULTILINE)
        if not shown_by:
            found.append(f"no test shows: {' '.join(text.split())}")
        for tests in shown_by:
            path, *names = re.findall(r"`([^`]+)`", tests)
            source = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).is_file() else ""
            found += [f"{path} has no test {name}" for name in names if not re.search(FUNCTION.format(name), source)]
            found += [] if names else [f"it names no test in {path}"]
    return found


if __name__ == "__main__":
    found = faults((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    sys.exit("\n".join(f"SECURITY.md: {fault}" for fault in found) or 0)
