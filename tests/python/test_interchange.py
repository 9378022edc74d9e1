"""Results in other libraries: the Arrow PyCapsule interface."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from conftest import rows, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel import ResultStream, Session

LINES = "SELECT * FROM samples.tpch.lineitem"

READERS: dict[str, Callable[[ResultStream], int]] = {
    "polars": lambda result: pl.DataFrame(result).height,
    "to_polars": lambda result: result.to_polars().height,
    "to_pandas": lambda result: len(result.to_pandas()),
    "duckdb": lambda result: len(duckdb.from_arrow(result).fetchall()),
    "reader": lambda result: pa.RecordBatchReader.from_stream(result).read_all().num_rows,
    "table": lambda result: pa.table(result).num_rows,
}


@pytest.mark.parametrize("reader", READERS)
def test_other_libraries_read_a_result_directly(session: Session, reader: str) -> None:
    assert READERS[reader](run(session, LINES)) == rows(session, "SELECT count(*) AS n FROM samples.tpch.lineitem")[0]["n"]


def test_stream_has_the_values_and_goes_on_where_reading_stopped(session: Session) -> None:
    result = run(session, "SELECT id, CAST(id AS DECIMAL(10,2)) AS d, CAST(id AS STRING) AS s FROM range(25000) ORDER BY id")
    assert pa.schema(result).equals(result.arrow_schema(), check_metadata=True)
    first = result.fetch_next_batch()
    assert first is not None
    rest = pa.table(result)
    assert rest.schema.equals(result.arrow_schema(), check_metadata=True)
    assert [*first.column("id").to_pylist(), *rest.column("id").to_pylist()] == list(range(25_000))
    assert rest.column("d").to_pylist()[-1] == Decimal("24999.00")
    assert rest.column("s").to_pylist()[-1] == "24999"


@pytest.mark.parametrize(
    "read", [pa.table, pl.DataFrame, lambda result: duckdb.from_arrow(result).fetchall()], ids=["pyarrow", "polars", "duckdb"]
)
def test_short_result_is_an_error_there_too(session: Session, faults: Any, read: Callable[[ResultStream], object]) -> None:
    faults([{"on": "result", "do": {"result": {"missing_chunk": {"chunk": 1}}}}])
    with pytest.raises(Exception, match="chunk 1"):
        read(run(session, LINES))
