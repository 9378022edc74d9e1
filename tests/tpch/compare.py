"""Runs the 22 TPC-H queries through the connector and the kernel, and on DuckDB over the same tables; the answers must agree.

The tables come from the local warehouse through the kernel as Arrow, so DuckDB sees exactly the same data. Sums of DECIMAL must be
equal to the last digit. Averages and ratios, which DuckDB computes as DOUBLE, must agree to 1e-9 after rounding to the scale of our
DECIMAL.
"""

from __future__ import annotations

import math
import sys
import time
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from databricks import sql
from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    import pyarrow as pa

QUERIES = sorted((Path(__file__).parent / "queries").glob("q*.sql"))
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
TOLERANCE = 1e-9

Row = tuple[Any, ...]


def rows_of(table: pa.Table) -> list[Row]:
    """The table's rows as Python values."""
    columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns, strict=True))


def sort_key(row: Row) -> tuple[str, ...]:
    """An order that both answers share: texts, dates and whole numbers, which are equal in both, before computed ones."""
    return tuple(str(value) for value in row if isinstance(value, str | date | int))


def agree(ours: Any, theirs: Any) -> bool:
    """Whether two cells are the same answer."""
    if ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, Decimal) and isinstance(theirs, Decimal | int):
        return ours == Decimal(theirs)
    if isinstance(ours, Decimal) and isinstance(theirs, float):
        scale = Decimal(1).scaleb(int(ours.as_tuple().exponent))
        rounded = Decimal(theirs).quantize(scale, rounding=ROUND_HALF_UP)
        # DuckDB's own rounding error may fall on the other side of a half.
        return rounded == ours or math.isclose(float(ours), theirs, rel_tol=TOLERANCE, abs_tol=0.5000001 * float(scale))
    if isinstance(ours, float):
        return math.isclose(ours, float(theirs), rel_tol=TOLERANCE)
    return bool(ours == theirs)


def compare(ours: pa.Table, theirs: pa.Table) -> str | None:
    """What differs; `None` when nothing does."""
    if ours.column_names != theirs.column_names:
        return f"columns {ours.column_names} against {theirs.column_names}"
    if ours.num_rows != theirs.num_rows:
        return f"{ours.num_rows} rows against {theirs.num_rows}"
    pairs = zip(sorted(rows_of(ours), key=sort_key), sorted(rows_of(theirs), key=sort_key), strict=True)
    for number, (our_row, their_row) in enumerate(pairs):
        if not all(agree(a, b) for a, b in zip(our_row, their_row, strict=True)):
            return f"row {number}: {our_row} against {their_row}"
    return None


def main() -> int:
    """Prints one line a query; answers how many differ."""
    failed = 0
    with (
        LocalWarehouse() as warehouse,
        sql.connect(**warehouse.connector_arguments(), catalog="samples", schema="tpch") as connection,
    ):
        reference = duckdb.connect()
        for name in TABLES:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT * FROM {name}")
                reference.register(name, cursor.fetchall_arrow())
        for path in QUERIES:
            text = path.read_text()
            started = time.perf_counter()
            with connection.cursor() as cursor:
                cursor.execute(text)
                ours = cursor.fetchall_arrow()
            seconds = time.perf_counter() - started
            difference = compare(ours, reference.sql(text).arrow().read_all())
            failed += difference is not None
            print(
                f"{path.stem}  {ours.num_rows:>5} rows  {seconds:6.2f} s  {'equal' if difference is None else difference}",
                flush=True,
            )
    print(f"{len(QUERIES) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
