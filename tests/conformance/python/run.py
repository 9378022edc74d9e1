"""Runs the conformance cases through the Python package: `run.py [--aio] [--record FILE] [--only NAME]...`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import traceback
from pathlib import Path
from typing import Any

from databricks_sql_kernel.testing import LocalWarehouse
from steps import MismatchError, Run

ROOT = Path(__file__).resolve().parents[1]
# Many small chunks and links for what is not tiny.
WAREHOUSE = ["--chunk-rows", "100000", "--inline-bytes", "65536"]


def cases(engine: str, only: list[str]) -> dict[str, dict[str, Any]]:
    """The cases for an engine, by name: the path below `cases` without its ending."""
    folder = ROOT / "cases"
    found = {}
    for file in sorted(folder.rglob("*.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        name = str(file.relative_to(folder).with_suffix(""))
        if case.get("engine", "embedded") == engine and (not only or any(part in name for part in only)):
            found[name] = case
    return found


async def main() -> int:
    """Runs them, one after the other, and says how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--aio", action="store_true")
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--show", action="store_true", help="prints what was answered")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    surface = "python aio" if options.aio else "python"
    chosen = cases(options.engine, options.only)
    outcomes = {}
    engine = ["--engine", options.engine] if options.engine != "embedded" else []
    with LocalWarehouse(scale_factor=0.01, arguments=[*WAREHOUSE, *engine]) as shared:
        for name, case in chosen.items():
            try:
                with contextlib.ExitStack() as own:
                    warehouse = shared
                    if "warehouse" in case:
                        warehouse = own.enter_context(LocalWarehouse(scale_factor=0.01, arguments=[*case["warehouse"], *engine]))
                    await Run(case, warehouse, is_async=options.aio, show=options.show).all()
                outcomes[name] = "ok"
            except Exception as error:
                outcomes[name] = str(error) if isinstance(error, MismatchError) else traceback.format_exc(limit=-2)
                print(f"{surface}: {name}: {outcomes[name]}", file=sys.stderr)
    if options.record:
        options.record.write_text(json.dumps(outcomes))
    passed = sum(outcome == "ok" for outcome in outcomes.values())
    print(f"{surface}: ran {passed} of {len(chosen)} cases")
    return 0 if passed == len(chosen) > 0 else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
