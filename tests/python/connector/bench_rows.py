"""How fast rows are made of Arrow: our adapter against the connector's own kernel backend, on the same record batches.

Prints rows per second of both, as medians of runs that alternate, and their ratio. Nothing is sent: the batches are made here,
50,000 rows each.
"""

from __future__ import annotations

import random
import time
from decimal import Decimal
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from databricks.sql.backend.kernel.result_set import KernelResultSet as Unmodified
from databricks_sql_kernel.connector import KernelResultSet as Adapter

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 200_000
RUNS = 7


class Prepared:
    """A result that is in memory already."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.batches: Iterator[pa.RecordBatch] = iter(table.to_batches(max_chunksize=50_000))

    def arrow_schema(self) -> pa.Schema:
        return self.table.schema

    def fetch_next_batch(self) -> pa.RecordBatch | None:
        return next(self.batches, None)

    def fetch_all_arrow(self) -> pa.Table:
        return pa.Table.from_batches(list(self.batches), schema=self.table.schema)

    def close(self) -> None:
        """Nothing to free."""


def tables() -> dict[str, pa.Table]:
    """The same columns each time; one value in fifty is NULL."""
    chance = random.Random(1)  # noqa: S311 - not a secret

    def column(make: Any, data_type: pa.DataType) -> pa.Array:
        return pa.array([None if chance.random() < 0.02 else make() for _ in range(ROWS)], data_type)

    plain = pa.table(
        {
            "bigint": column(lambda: chance.randrange(2**60), pa.int64()),
            "int": column(lambda: chance.randrange(2**31), pa.int32()),
            "double": column(chance.random, pa.float64()),
            "string": column(lambda: f"customer {chance.randrange(10**6)}", pa.string()),
            "date": column(lambda: chance.randrange(20_000), pa.int32()).cast(pa.date32()),
            "boolean": column(lambda: chance.random() < 0.5, pa.bool_()),
        }
    )
    decimals = column(lambda: Decimal(chance.randrange(10**10)).scaleb(-2), pa.decimal128(12, 2))
    timestamps = column(lambda: chance.randrange(10**15), pa.int64()).cast(pa.timestamp("us", "Etc/UTC"))
    return {
        "BIGINT, INT, DOUBLE, STRING, DATE, BOOLEAN": plain,
        "with DECIMAL and TIMESTAMP": plain.append_column("decimal", decimals).append_column("timestamp", timestamps),
    }


def seconds(kind: Any, table: pa.Table) -> float:
    """One run."""
    connection: Any = SimpleNamespace(open=True, disable_pandas=False)
    result = kind(connection, SimpleNamespace(), Prepared(table), None, 1, 1)
    start = time.perf_counter()
    rows = result.fetchall()
    needed = time.perf_counter() - start
    assert len(rows) == ROWS
    return needed


def main() -> None:
    """Measures and prints."""
    for name, table in tables().items():
        runs = [(seconds(Unmodified, table), seconds(Adapter, table)) for _ in range(RUNS)]
        unmodified, adapter = (median(run[kind] for run in runs) for kind in (0, 1))
        print(name)  # noqa: T201
        print(f"    connector's own backend {ROWS / unmodified:>12,.0f} rows/s")  # noqa: T201
        print(f"    our adapter             {ROWS / adapter:>12,.0f} rows/s   {unmodified / adapter:.1f} times")  # noqa: T201


if __name__ == "__main__":
    main()
