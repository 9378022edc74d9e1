"""Prints one table of what the runners recorded: cases down, languages across."""

from __future__ import annotations

import json
import sys
from pathlib import Path

SURFACES = ("rust", "python", "python aio", "python rows", "python aio rows", "kotlin", "kotlin suspend")


def main() -> int:
    """Reads each surface's record in the folder that is named; fails when a case is missing anywhere or did not pass."""
    files = {surface: Path(sys.argv[1], f"{surface}.json") for surface in SURFACES}
    records = {surface: json.loads(file.read_text()) if file.exists() else {} for surface, file in files.items()}
    names = sorted({name for record in records.values() for name in record})
    width = max(map(len, names), default=0)
    print(" " * width, *records, sep="  ")
    for name in names:
        marks = ["ok" if (found := record.get(name)) == "ok" else "failed" if found else "not run" for record in records.values()]
        print(name.ljust(width), *(mark.ljust(len(title)) for mark, title in zip(marks, records, strict=True)), sep="  ")
    passed = sum(all(record.get(name) == "ok" for record in records.values()) for name in names)
    print(f"{passed} of {len(names)} cases have the same answer in {', '.join(records)}")
    return 0 if passed == len(names) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
