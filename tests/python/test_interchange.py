"""Results in other libraries: the Arrow PyCapsule interface."""

from __future__ import annotations

import gc
import time
import weakref
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from conftest import rows, run
from databricks_sql_kernel import ResultStream, Session
from extras import HAS_ARROW, needs_arrow

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel.testing import LocalWarehouse

if HAS_ARROW:
    # It reads what pyarrow has read.
    import duckdb
    import pyarrow as pa

LINES = "SELECT * FROM samples.tpch.lineitem"

READERS: dict[str, Callable[[ResultStream], int]] = {
    "polars": lambda result: pl.DataFrame(result).height,
    "to_polars": lambda result: result.to_polars().height,
    "to_pandas": lambda result: len(result.to_pandas()),
    "duckdb": lambda result: len(duckdb.from_arrow(result).fetchall()),
    "reader": lambda result: pa.RecordBatchReader.from_stream(result).read_all().num_rows,
    "table": lambda result: pa.table(result).num_rows,
}


@pytest.mark.parametrize("reader", [pytest.param(name, marks=[] if name == "polars" else needs_arrow) for name in READERS])
def test_other_libraries_read_a_result_directly(session: Session, reader: str) -> None:
    assert READERS[reader](run(session, LINES)) == rows(session, "SELECT count(*) AS n FROM samples.tpch.lineitem")[0]["n"]


@needs_arrow
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


@pytest.mark.parametrize("reader", [pytest.param(name, marks=[] if name == "polars" else needs_arrow) for name in READERS])
def test_short_result_is_an_error_there_too(session: Session, faults: Any, reader: str) -> None:
    faults([{"on": "result", "do": {"result": {"missing_chunk": {"chunk": 1}}}}])
    with pytest.raises(Exception, match="chunk 1"):
        READERS[reader](run(session, LINES))


def test_every_type_reaches_polars(session: Session) -> None:
    query = """
        SELECT id, CAST(id AS DECIMAL(10,2)) AS d, CAST(id AS STRING) AS s, DATE '2026-01-02' AS day, array(id) AS a,
               TIMESTAMP '2026-01-02 03:04:05.678901' AS t, named_struct('p', id, 'q', NULL) AS st, X'00FF' AS x, id = 1 AS b
        FROM range(3) ORDER BY id
    """
    assert pl.DataFrame(run(session, query)).rows() == list(run(session, query).rows())


def test_capsules_that_nobody_takes_are_freed(session: Session) -> None:
    result = run(session, LINES)
    capsules = [(result.__arrow_c_schema__(), result.__arrow_c_stream__()) for _ in range(1000)]
    alive = weakref.ref(result)
    del result
    gc.collect()
    assert alive() is not None
    capsules.clear()
    # It is forgotten on a thread of the kernel's.
    deadline = time.monotonic() + 10
    while alive() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        gc.collect()


def test_batches_that_others_took_outlive_result_and_session(warehouse: LocalWarehouse) -> None:
    with Session(**warehouse.connect_arguments()) as session:
        frame = pl.DataFrame(run(session, "SELECT id FROM range(200000) ORDER BY id"))
    gc.collect()
    assert frame["id"].to_list() == list(range(200_000))
