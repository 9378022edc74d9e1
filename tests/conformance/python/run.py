"""Runs the conformance cases through the Python package: `run.py [--record FOLDER] [NAME]...`.

Where pyarrow is installed, results are read as Arrow; where it is not, row by row, and what asks for Arrow is skipped by name.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import traceback
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from answers import by_arrow, by_rows
from databricks_sql_kernel.testing import LocalWarehouse
from steps import MismatchError, Run

ROOT = Path(__file__).resolve().parents[1]
HAS_ARROW = find_spec("pyarrow") is not None
SURFACES = {
    "python": (by_arrow, False),
    "python aio": (by_arrow, True),
    "python rows": (by_rows, False),
    "python aio rows": (by_rows, True),
}
# Many small chunks and links for what is not tiny.
WAREHOUSE = ["--chunk-rows", "100000", "--inline-bytes", "65536"]


def cases(only: list[str]) -> dict[str, dict[str, Any]]:
    """The cases by name: the path below `cases` without its ending."""
    folder = ROOT / "cases"
    files = {str(file.relative_to(folder).with_suffix("")): file for file in sorted(folder.rglob("*.json"))}
    chosen = {name: file for name, file in files.items() if not only or any(part in name for part in only)}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in chosen.items()}


class Warehouses(contextlib.ExitStack):
    """One warehouse for each engine, started for the first case that needs it, and those that cases have for themselves."""

    def __init__(self) -> None:
        """Starts nothing."""
        super().__init__()
        self.shared: dict[str, LocalWarehouse] = {}

    def of(self, case: dict[str, Any], own: contextlib.ExitStack) -> LocalWarehouse:
        """The one for a case. When it is its own, `own` stops it."""
        engine = case.get("engine", "embedded")
        if "warehouse" in case:
            return own.enter_context(self.start(engine, case["warehouse"]))
        if engine not in self.shared:
            self.shared[engine] = self.enter_context(self.start(engine, WAREHOUSE))
        return self.shared[engine]

    @staticmethod
    def start(engine: str, flags: list[str]) -> LocalWarehouse:
        """A warehouse on an engine."""
        return LocalWarehouse(scale_factor=0.01, arguments=["--engine", engine, *flags])


async def run(surface: str, chosen: dict[str, dict[str, Any]], warehouses: Warehouses, *, show: bool) -> dict[str, str]:
    """Runs the cases, one after the other, and says how each went."""
    outcomes = {}
    read, is_async = SURFACES[surface]
    for name, case in chosen.items():
        try:
            with contextlib.ExitStack() as own:
                await Run(case, warehouses.of(case, own), read, is_async=is_async, show=show).all()
            outcomes[name] = "ok"
        except Exception as error:
            outcomes[name] = str(error) if isinstance(error, MismatchError) else traceback.format_exc(limit=-2)
            print(f"{surface}: {name}: {outcomes[name]}", file=sys.stderr)
    return outcomes


async def main() -> int:
    """Runs them through both surfaces."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", type=Path, help="a folder for the outcomes")
    parser.add_argument("--show", action="store_true", help="prints what was answered")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    chosen = cases(options.only)
    complete = True
    with Warehouses() as warehouses:
        for surface in [name for name, (read, _) in SURFACES.items() if (read is by_arrow) is HAS_ARROW]:
            outcomes = await run(surface, chosen, warehouses, show=options.show)
            if options.record:
                (options.record / f"{surface}.json").write_text(json.dumps(outcomes))
            passed = sum(outcome == "ok" for outcome in outcomes.values())
            print(f"{surface}: ran {passed} of {len(chosen)} cases")
            complete = complete and passed == len(chosen) > 0
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
