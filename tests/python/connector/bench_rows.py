"""How fast rows are made: our adapter and `rows()` against the connector's own kernel backend, of the same record batches.

Prints rows per second of each, as medians of runs that alternate, and their ratio. What is measured begins when the batches, of
50,000 rows each, are in memory.
"""

from __future__ import annotations

import random
import sys
import time
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from databricks.sql.backend.kernel.result_set import KernelResultSet as Unmodified
from databricks_sql_kernel import Session
from databricks_sql_kernel.connector import KernelResultSet as Adapter

sys.path.append(str(Path(__file__).parents[1]))
from sea_server import SeaServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databricks_sql_kernel import ExecutedStatement

ROWS = 200_000
RUNS = 7


class Prepared:
    """A result that is in memory already."""

    def __init__(self, result: ExecutedStatement) -> None:
        self.schema = result.arrow_schema()
        self.pieces: list[Any] = list(iter(result._next_piece, None))
        self.batches: Iterator[pa.RecordBatch] = iter([piece.batch() for piece in self.pieces])
        self.left = iter(self.pieces)

    def arrow_schema(self) -> pa.Schema:
        return self.schema

    def _next_piece(self) -> Any:
        return next(self.left, None)

    def fetch_next_batch(self) -> pa.RecordBatch | None:
        return next(self.batches, None)

    def fetch_all_arrow(self) -> pa.Table:
        return pa.Table.from_batches(list(self.batches), schema=self.schema)

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


def fetched(kind: Any, prepared: Prepared) -> list[Any]:
    """What a cursor of a kind fetches."""
    connection: Any = SimpleNamespace(open=True, disable_pandas=False)
    rows: list[Any] = kind(connection, SimpleNamespace(), prepared, None, 1, 1).fetchall()
    return rows


def read(result: ExecutedStatement, prepared: Prepared) -> list[Any]:
    """The rows of the result itself."""
    result._unread.give_back(prepared.pieces)
    return list(result.rows())


def seconds(kind: Any, result: ExecutedStatement) -> float:
    """One run."""
    prepared = Prepared(result)
    start = time.perf_counter()
    rows = read(result, prepared) if kind is None else fetched(kind, prepared)
    needed = time.perf_counter() - start
    assert len(rows) == ROWS
    return needed


# What is measured: the connector's own backend first.
KINDS = {"connector's own backend": Unmodified, "our adapter": Adapter, "rows()": None}
TYPES = {"int64": "BIGINT", "int32": "INT", "double": "DOUBLE", "string": "STRING", "date32[day]": "DATE", "bool": "BOOLEAN"}


def main() -> None:
    """Measures and prints."""
    for name, table in tables().items():
        sink = BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=50_000)
        columns = {
            field.name: TYPES.get(str(field.type), str(field.type).replace("decimal128", "decimal")) for field in table.schema
        }
        columns = {name: "TIMESTAMP" if "timestamp" in text else text.upper() for name, text in columns.items()}
        with SeaServer(lambda _: sink.getvalue(), columns, ROWS) as server, Session(**server.connect_arguments) as session:  # noqa: B023
            runs = []
            for _ in range(RUNS):
                run = {}
                for kind, made_by in KINDS.items():
                    statement = session.statement()
                    statement.set_sql("x")
                    run[kind] = seconds(made_by, statement.execute())
                runs.append(run)
        print(name)  # noqa: T201
        medians = {kind: median(run[kind] for run in runs) for kind in KINDS}
        first, *_ = medians.values()
        for kind, needed in medians.items():
            print(f"    {kind:24}{ROWS / needed:>12,.0f} rows/s   {first / needed:.1f} times")  # noqa: T201


if __name__ == "__main__":
    main()
