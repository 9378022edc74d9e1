"""Arrow C++ judges what the kernel lets through: a damaged chunk is an error or a table that it validates in full.

Rows have its values: `rows()` reads the same memory without it.
"""

from __future__ import annotations

import random
from decimal import Decimal
from io import BytesIO
from typing import Final

import child
import pytest

pytest.importorskip("pyarrow", reason="Arrow C++ judges")

import pyarrow as pa
from sea_server import SeaServer

ROWS: Final = 40
DAMAGES: Final = 1000
COLUMNS: Final = {
    "n": "BIGINT",
    "t": "STRING",
    "f": "BOOLEAN",
    "d": "DECIMAL(10,2)",
    "b": "BINARY",
    "l": "ARRAY<STRING>",
    "m": "MAP<STRING, INT>",
    "s": "STRUCT<a: INT, b: STRING>",
    "v": "VOID",
}
# In a process of its own: a crash must be seen.
READER: Final = """
import databricks_sql_kernel as kernel
with kernel.Session(**arguments["session"]) as session:
    for number in range(arguments["damages"]):
        statement = session.statement()
        statement.set_sql(str(number))
        try:
            table = statement.execute().fetch_all_arrow()
        except kernel.KernelError as error:
            assert error.code == "DataLoss", error
            tell(number=number, error=str(error))
        else:
            table.validate(full=True)
            assert table.num_rows == arguments["rows"], table.num_rows
            rows = repr([tuple(row.values()) for row in table.to_pylist()])
            assert repr(list(statement.execute().rows())) == rows
            tell(number=number, error=None)
"""


def whole() -> bytes:
    """A chunk with every layout that an array may have, NULLs, and text that is not ASCII."""
    rows = range(ROWS)
    table = pa.table(
        {
            "n": pa.array([None if row % 3 == 0 else row for row in rows], pa.int64()),
            "t": pa.array([None if row % 4 == 1 else "é" * (row % 5) for row in rows], pa.string()),
            "f": pa.array([row % 2 == 0 for row in rows], pa.bool_()),
            "d": pa.array([Decimal(row) / 4 for row in rows], pa.decimal128(10, 2)),
            "b": pa.array([bytes([row]) * (row % 3) for row in rows], pa.binary()),
            "l": pa.array([[str(element) for element in range(row % 3)] for row in rows], pa.list_(pa.string())),
            "m": pa.array([[("k", row)] for row in rows], pa.map_(pa.string(), pa.int32())),
            "s": pa.array([{"a": row, "b": "x"} for row in rows], pa.struct([("a", pa.int32()), ("b", pa.string())])),
            "v": pa.nulls(ROWS),
        }
    )
    sink = BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def damaged(chunk: bytes, number: int) -> bytes:
    """The chunk with one to three bytes changed; number 0 is whole."""
    draw = random.Random(number)  # noqa: S311 - the same damage each time
    changed = bytearray(chunk)
    for _ in range(min(number, draw.randint(1, 3))):
        changed[draw.randrange(len(changed))] = draw.choice([0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)])
    return bytes(changed)


def test_damaged_chunk_is_data_loss_or_a_table_that_arrow_validates() -> None:
    chunk = whole()
    with SeaServer(lambda sql: damaged(chunk, int(sql)), COLUMNS, ROWS) as server:
        arguments = {"session": server.connect_arguments, "damages": DAMAGES, "rows": ROWS}
        status, told, errors = child.run(READER, arguments)
    assert status == 0, f"after damage {told[-1:]}: {errors}"
    assert told[0]["error"] is None
    refused = sum(facts["error"] is not None for facts in told)
    assert 0 < refused < DAMAGES == len(told)
