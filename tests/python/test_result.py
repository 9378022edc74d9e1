"""Results: schema, batches, types, memory."""

from __future__ import annotations

import gc
import os
import sys
import time
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="reads results as Arrow")

import pyarrow as pa
from conftest import code_of, rows, run
from databricks_sql_kernel import KernelError, Session
from databricks_sql_kernel.testing import LocalWarehouse

LINES = "SELECT * FROM samples.tpch.lineitem"


def test_schema_is_known_first_and_is_that_of_every_batch(session: Session) -> None:
    result = run(session, LINES)
    schema = result.arrow_schema()
    assert schema.names[:2] == ["l_orderkey", "l_partkey"]
    assert schema.field("l_quantity").type == pa.decimal128(18, 2)
    count = 0
    while (batch := result.fetch_next_batch()) is not None:
        assert batch.schema.equals(schema, check_metadata=True)
        count += batch.num_rows
    assert count == result.total_row_count == rows(session, "SELECT count(*) AS n FROM samples.tpch.lineitem")[0]["n"]
    assert result.fetch_next_batch() is None


def test_fields_say_their_sql_type(session: Session) -> None:
    field = run(session, "SELECT CAST(1 AS DECIMAL(9,2)) AS d, 'x' AS s").arrow_schema().field("d")
    assert field.metadata[b"databricks.type_name"] == b"DECIMAL"
    assert field.metadata[b"databricks.type_text"] == b"DECIMAL(9,2)"
    assert field.metadata[b"Spark:DataType:SqlName"] == b"DECIMAL(9,2)"


def test_empty_result_has_its_schema(session: Session) -> None:
    result = run(session, f"{LINES} WHERE l_orderkey < 0")
    assert result.total_row_count == 0
    assert result.fetch_next_batch() is None
    assert result.fetch_all_arrow().schema.equals(result.arrow_schema(), check_metadata=True)
    assert result.arrow_schema().equals(run(session, LINES).arrow_schema(), check_metadata=True)


def test_all_the_ways_to_read_give_the_same(session: Session) -> None:
    query = f"{LINES} ORDER BY l_orderkey, l_linenumber"
    whole = run(session, query).fetch_all_arrow()
    assert pa.Table.from_batches(list(run(session, query))).equals(whole)
    mixed = run(session, query)
    first = mixed.fetch_next_batch()
    assert first is not None
    rest = mixed.fetch_all_arrow()
    assert pa.concat_tables([pa.Table.from_batches([first]), rest]).equals(whole)
    assert mixed.fetch_all_arrow().num_rows == 0


def test_values_of_each_type(session: Session) -> None:
    query = """
        SELECT true AS b, CAST(-128 AS TINYINT) AS i8, CAST(2 AS SMALLINT) AS i16, 3 AS i32, 4L AS i64,
               CAST(0.5 AS FLOAT) AS f32, 0.25D AS f64, CAST('12.30' AS DECIMAL(38, 2)) AS d, 'tschüß' AS s, X'00FF' AS x,
               DATE '0001-01-01' AS day, TIMESTAMP '2026-01-02 03:04:05.678901' AS t, NULL AS v, CAST(NULL AS INT) AS n,
               array(1, 2) AS a, map('k', 1) AS m, named_struct('p', 1, 'q', 'r') AS st
    """
    [row] = rows(session, query)
    assert row == {
        "b": True,
        "i8": -128,
        "i16": 2,
        "i32": 3,
        "i64": 4,
        "f32": 0.5,
        "f64": 0.25,
        "d": Decimal("12.30"),
        "s": "tschüß",
        "x": b"\x00\xff",
        "day": date(1, 1, 1),
        "t": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc),
        "v": None,
        "n": None,
        "a": [1, 2],
        "m": [("k", 1)],
        "st": {"p": 1, "q": "r"},
    }


def test_complex_types_as_json_and_intervals_as_text(warehouse: LocalWarehouse) -> None:
    arguments = {**warehouse.connect_arguments(), "complex_types_as_json": True, "intervals_as_string": True}
    with Session(**arguments) as session:
        result = run(session, "SELECT array(1, 2) AS a, named_struct('p', 1) AS s, INTERVAL '3' DAY AS i")
        assert [str(field.type) for field in result.arrow_schema()] == ["string", "string", "string"]
        assert result.fetch_all_arrow().to_pylist() == [{"a": "[1,2]", "s": '{"p":1}', "i": "3 00:00:00.000000000"}]


def test_batches_outlive_result_and_session(warehouse: LocalWarehouse) -> None:
    with Session(**warehouse.connect_arguments()) as session:
        result = run(session, "SELECT id FROM range(200000) ORDER BY id")
        batches = [batch for batch in result if batch.num_rows]
        result.close()
    del result, session
    gc.collect()
    table = pa.Table.from_batches(batches)
    assert table.column("id").to_pylist() == list(range(200000))


def test_batches_that_are_kept_are_not_written_over_by_later_chunks(warehouse: LocalWarehouse) -> None:
    # Chunks of several megabytes, whose memory is used again for the chunks behind them.
    with Session(**warehouse.connect_arguments()) as session:
        result = run(session, "SELECT id, id + 1 AS a, id + 2 AS b, id + 3 AS c FROM range(4000000) ORDER BY id")
        kept, read = [], 0
        for batch in result:
            first = batch.column(0)[0].as_py()
            assert first == read
            if read % 3 == 0:
                kept.append((first, batch))
            read += batch.num_rows
    del result, batch
    gc.collect()
    assert read == 4_000_000
    for first, batch in kept:
        expected = pa.array(range(first, first + batch.num_rows))
        assert batch.column(0).equals(expected)
        assert batch.column(3).equals(pa.array(range(first + 3, first + 3 + batch.num_rows)))


def test_memory_is_the_kernels_and_is_freed_with_the_last_view() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    # Chunks of 2 MB: the C library would keep the memory of smaller ones.
    with LocalWarehouse(scale_factor=0.01) as warehouse, Session(**warehouse.connect_arguments()) as session:
        allocated = pa.total_allocated_bytes()
        table = run(session, "SELECT id, id + 1 AS a FROM range(4000000) ORDER BY id").fetch_all_arrow()
        assert pa.total_allocated_bytes() - allocated < table.nbytes / 2
        views = [batch.column("id").slice(5, 1) for batch in table.to_batches()]
        size = table.nbytes
        del table
        gc.collect()
        held = resident()
        assert views[0].to_pylist() == [5]
        views.clear()
        # It goes back on a thread of the kernel's.
        deadline = time.monotonic() + 30
        while (back := held - resident()) < size * 3 / 4:
            assert time.monotonic() < deadline, f"of {size} bytes {back} came back"
            time.sleep(0.01)


def test_memory_goes_back_without_python_code(session: Session) -> None:
    batch = run(session, "SELECT id FROM range(1000)").fetch_next_batch()
    gc.collect()
    seen: list[str] = []
    sys.setprofile(lambda _frame, event, _argument: seen.append(event))
    batch = None
    sys.setprofile(None)
    # Only the call that ends the watch: in a destructor of C++ a thread that the interpreter's end stops takes the process along.
    assert (batch, seen) == (None, ["c_call"])


def test_closed_result_raises_and_keeps_its_schema(session: Session) -> None:
    result = run(session, LINES)
    with result as entered:
        assert entered is result
        assert result.fetch_next_batch() is not None
    result.close()
    assert code_of(result.fetch_next_batch) == "InvalidStatementHandle"
    assert code_of(result.fetch_all_arrow) == "InvalidStatementHandle"
    assert result.arrow_schema().names[0] == "l_orderkey"
    assert repr(result) == f"<ExecutedStatement {result.statement_id}>"


@pytest.mark.parametrize(
    "fault",
    [{"result": {"total_rows": {"add": 5}}}, {"result": {"missing_chunk": {"chunk": 1}}}, {"result": "foreign_schema"}],
    ids=str,
)
def test_short_or_foreign_result_is_data_loss_and_never_an_end(session: Session, faults: Any, fault: dict[str, Any]) -> None:
    faults([{"on": "result", "do": fault}])
    with pytest.raises(KernelError) as raised:
        run(session, "SELECT * FROM samples.tpch.lineitem").fetch_all_arrow()
    assert raised.value.code == "DataLoss"
    assert raised.value.query_id
