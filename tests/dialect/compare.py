"""Runs the statements of this folder on both engines of the local warehouse, through the kernel, and compares what they answer.

For each statement the embedded engine must give the schema and the values that Apache Spark gives, fail with the same error class
and SQLSTATE, or refuse it by name (SQLSTATE 0A000). Any other answer is a failure. Each file runs from top to bottom in a session
and an empty schema of its own.

    compare.py [--smoke] [--seed N] [--report FILE] [FILE.sql ...]
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel as kernel
import generated
import pyarrow as pa
from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
STATEMENTS = HERE / "statements"
TPCH = HERE.parent / "tpch" / "queries"
REFUSED = "0A000"
RESULTS = ("equal", "refused", "different")
SCALE_FACTOR = 0.01
# Where its part of the report begins.
HEADING = "## The statements of tests/dialect"
# A line before a statement that gives it a parameter: `-- :name TYPE = value`, or `-- ? TYPE = value` for the next `?`.
PARAMETER = re.compile(r"^-- (:\w+|\?) ([^=]+?) =[ ]?(.*)\n", re.MULTILINE)
CHANGES = re.compile(r"(?:INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|TRUNCATE|COMMENT|SET|USE)\b", re.IGNORECASE)
# How many generated statements are part of the smoke set, and what they are made from.
GENERATED = 200
SEED = 14
# The first statements of these files make the smoke set.
SMOKE = {
    "literals": 12,
    "arithmetic": 12,
    "casts": 10,
    "strings": 6,
    "dates": 6,
    "nested": 8,
    "queries": 14,
    "changes": 12,
    "catalogs": 12,
    "parameters": 10,
}


@dataclass
class Outcome:
    """What one engine made of one statement: columns and rows, or an error's class and SQLSTATE."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    error: tuple[str, str] | None = None

    def __str__(self) -> str:
        """In one line."""
        if self.error:
            return f"error {self.error[0]} {self.error[1]}"
        columns = ", ".join(f"{name} {sql_type}" for name, sql_type in self.columns)
        return f"{columns}: {self.rows[:4]}{'…' if len(self.rows) > 4 else ''}"


@dataclass
class Verdict:
    """One statement's comparison."""

    file: str
    sql: str
    result: str
    embedded: Outcome
    spark: Outcome


def statements(path: Path) -> list[str]:
    """A file's statements; each ends with a semicolon at the end of a line."""
    texts = re.split(r";[ \t]*(?:\n|$)", path.read_text(encoding="utf-8"))
    return [text.strip() for text in texts if text.strip()]


class Engine:
    """A warehouse on one engine, with one session."""

    def __init__(self, arguments: list[str]) -> None:
        """Starts it."""
        self.warehouse = LocalWarehouse(scale_factor=SCALE_FACTOR, arguments=arguments, start_limit=180)
        self.warehouse.start()
        self.session = kernel.Session(**self.warehouse.connect_arguments(), intervals_as_string=True)

    def restart_session(self) -> None:
        """A new session in an empty schema."""
        self.session.close()
        self.session = kernel.Session(**self.warehouse.connect_arguments(), intervals_as_string=True)
        for text in (
            "DROP SCHEMA IF EXISTS main.default CASCADE",
            "CREATE SCHEMA IF NOT EXISTS main.default",
            "DROP SCHEMA IF EXISTS main.s1 CASCADE",
        ):
            outcome = self.run(text)
            if outcome.error:
                sys.exit(f"{text}: {outcome}")

    def run(self, text: str) -> Outcome:
        """Runs one statement and reads all of its answer."""
        try:
            statement = self.session.statement()
            statement.set_sql(PARAMETER.sub("", text))
            for place, (marker, kind, value) in enumerate(PARAMETER.findall(text), 1):
                given = None if value == "NULL" else value
                if marker == "?":
                    statement.bind_param(place, given, kind)
                else:
                    statement.bind_named_param(marker[1:], given, kind)
            executed = statement.execute()
            table = executed.fetch_all_arrow()
            executed.close()
        except kernel.KernelError as error:
            named = re.match(r"\[([A-Z0-9_.]+)\]", error.message)
            return Outcome(error=(named.group(1) if named else "", error.sql_state or ""))
        columns = [(name, sql_type(table.schema.field(at))) for at, name in enumerate(table.column_names)]
        values = [column_values(column) for column in table.columns]
        return Outcome(columns=columns, rows=list(zip(*values, strict=True)))

    def stop(self) -> None:
        """Ends the session and the warehouse."""
        self.session.close()
        self.warehouse.stop()


def sql_type(column: pa.Field) -> str:
    """The SQL type that the manifest told, and the Arrow type."""
    told = (column.metadata or {}).get(b"databricks.type_text", b"").decode()
    return f"{told} ({column.type})"


def column_values(column: pa.ChunkedArray) -> list[Any]:
    """Values that compare by equality; a timestamp is its microseconds."""
    if pa.types.is_timestamp(column.type):
        return list(column.cast(pa.int64()).to_pylist())
    try:
        return [comparable(value) for value in column.to_pylist()]
    except (ValueError, OverflowError, pa.ArrowException):
        return [str(value) for value in column]


def comparable(value: Any) -> Any:
    """Nested values as tuples; floats by their text, so that NaN equals NaN and 0.0 is not -0.0."""
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value)
    if isinstance(value, list | tuple):
        return tuple(comparable(item) for item in value)
    if isinstance(value, dict):
        return tuple((key, comparable(item)) for key, item in value.items())
    return value


def refused(outcome: Outcome) -> bool:
    """Whether the embedded engine says that it has not what the statement takes."""
    return outcome.error is not None and outcome.error[1] == REFUSED


def changes(text: str) -> bool:
    """Whether a statement may change something."""
    return bool(CHANGES.match(PARAMETER.sub("", text)))


def judge(text: str, embedded: Outcome, spark: Outcome) -> str:
    """equal, refused or different. Rows count in their order only where the statement asks for one."""
    if refused(embedded) and (embedded.error != spark.error or changes(text)):
        return "refused"
    if embedded.error or spark.error:
        return "equal" if embedded.error == spark.error else "different"
    if embedded.columns != spark.columns:
        return "different"
    ours, theirs = embedded.rows, spark.rows
    if not re.search(r"\border\s+by\b", text, re.IGNORECASE):
        ours, theirs = sorted(ours, key=repr), sorted(theirs, key=repr)
    return "equal" if ours == theirs else "different"


def files(names: list[Path], *, smoke: bool, seed: int) -> Iterator[tuple[str, list[str]]]:
    """The files' names and statements, TPC-H's and the generator's last."""
    for path in names or sorted(STATEMENTS.glob("*.sql")):
        texts = statements(path)
        if not smoke:
            yield path.stem, texts
        elif path.stem in SMOKE:
            yield path.stem, texts[: SMOKE[path.stem]]
    if not names:
        queries = sorted(TPCH.glob("q*.sql"))
        yield "tpch", ["USE samples.tpch", *(query.read_text(encoding="utf-8") for query in (queries[:2] if smoke else queries))]
        made = generated.statements(seed)
        yield "generated", made[:GENERATED] if smoke else made


def counts(results: list[str]) -> list[int]:
    """How many are equal, refused and different."""
    return [results.count(result) for result in RESULTS]


def summary(results: list[str]) -> str:
    """The same in words."""
    return ", ".join(f"{count} {result}" for count, result in zip(counts(results), RESULTS, strict=True))


def report(verdicts: list[Verdict]) -> str:
    """What is equal and what is refused, as Markdown."""
    equal, refusals, different = counts([verdict.result for verdict in verdicts])
    lines = [
        HEADING,
        "",
        "Written by `make dialect`, which runs every statement of `tests/dialect/` and the 22 TPC-H queries on both engines",
        f"through the kernel. Of {len(verdicts)} statements {equal} are answered with the same schema and values or fail with the",
        f"same error class and SQLSTATE, {refusals} are refused by name (SQLSTATE 0A000), {different} are answered differently.",
        "",
        "| area | equal | refused | different |",
        "|---|--:|--:|--:|",
    ]
    for name in dict.fromkeys(verdict.file for verdict in verdicts):
        of_file = counts([verdict.result for verdict in verdicts if verdict.file == name])
        lines.append(f"| {name} | {' | '.join(map(str, of_file))} |")
    return "\n".join(lines) + "\n"


def write_report(path: Path, text: str) -> None:
    """Writes the report as the last part of a file, behind what `make golden` has written there."""
    before = path.read_text(encoding="utf-8").partition(HEADING)[0] if path.exists() else ""
    path.write_text(before + text, encoding="utf-8")


def main() -> int:
    """Runs, prints, and fails when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few statements of each file")
    parser.add_argument("--seed", type=int, default=SEED, help="what the generated statements are made from")
    parser.add_argument("--report", type=Path, help="where to write the report")
    parser.add_argument("files", nargs="*", type=Path, help="files to run instead of all")
    options = parser.parse_args()
    verdicts: list[Verdict] = []
    started = time.monotonic()
    print("    starting both engines", flush=True)
    embedded, spark = Engine([]), Engine(["--engine", "spark"])
    try:
        for name, texts in files(options.files, smoke=options.smoke, seed=options.seed):
            embedded.restart_session()
            spark.restart_session()
            for text in texts:
                ours = embedded.run(text)
                # What the embedded engine refuses to change is left unchanged on Spark too, so that what follows can be compared.
                theirs = ours if refused(ours) and changes(text) else spark.run(text)
                verdict = Verdict(name, text, judge(text, ours, theirs), ours, theirs)
                verdicts.append(verdict)
                if verdict.result == "different":
                    print(f"different  {name}: {' '.join(text.split())}\n  embedded {ours}\n  spark    {theirs}", flush=True)
            results = [verdict.result for verdict in verdicts if verdict.file == name]
            print(f"{name:<12} {summary(results)}", flush=True)
    finally:
        embedded.stop()
        spark.stop()
    results = [verdict.result for verdict in verdicts]
    print(f"{len(results)} statements: {summary(results)}, in {time.monotonic() - started:.0f} s")
    if options.report:
        write_report(options.report, report(verdicts))
    return 1 if "different" in results else 0


if __name__ == "__main__":
    sys.exit(main())
