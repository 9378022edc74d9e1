"""What pyarrow, pandas or polars cannot hold is an error of the kernel's that says what to do, and loses no row."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow", reason="reads results as Arrow")

import polars as pl
import pyarrow as pa
from conftest import run
from databricks_sql_kernel import KernelError, Session, _arrow
from databricks_sql_kernel._unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel.testing import LocalWarehouse

MONTHS = "open the session with intervals_as_string=True, read it as Arrow, or CAST it to STRING in the SQL"


def stream(version: Any = pa.ipc.MetadataVersion.V5) -> bytes:
    """An IPC stream of the numbers 1 and 2."""
    sink = pa.BufferOutputStream()
    batch = pa.record_batch([pa.array([1, 2])], names=["n"])
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(metadata_version=version)) as writer:
        writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def foreign_stream() -> bytes:
    """The same in a version of the format that there is not."""
    older = stream(pa.ipc.MetadataVersion.V4)
    return bytes(byte if byte == other else 7 for byte, other in zip(stream(), older, strict=True))


def chunk(data: bytes) -> Any:
    memory = pa.py_buffer(data)
    array = pa.Array.from_buffers(pa.uint8(), memory.size, [None, memory])
    owner = SimpleNamespace(export_to=array._export_to_c, batch_row_counts=lambda: [2])
    return SimpleNamespace(address=memory.address, length=memory.size, row_count=2, owner=owner)


def of_months() -> pa.RecordBatch:
    """A column of year-month intervals, which pyarrow reads and has no class for: made of numbers, by the C data interface."""
    numbers = pa.record_batch([pa.array([1, 2]), pa.array([14, None], pa.int32())], names=["n", "months"])
    array, schema = ctypes.create_string_buffer(80), ctypes.create_string_buffer(72)
    numbers._export_to_c(ctypes.addressof(array), ctypes.addressof(schema))
    words = ctypes.POINTER(ctypes.c_void_p)
    # The sixth word of a schema are its children, the first of each its format.
    children = ctypes.cast(ctypes.cast(schema, words)[5], words)
    ctypes.cast(children[1], words)[0] = ctypes.cast(FORMAT, ctypes.c_void_p).value
    return pa.RecordBatch._import_from_c(ctypes.addressof(array), ctypes.addressof(schema))


FORMAT = ctypes.create_string_buffer(b"tiM")


def refusal(call: Callable[[], object]) -> KernelError:
    with pytest.raises(KernelError) as raised:
        call()
    return raised.value


def test_chunk_that_pyarrow_cannot_read_is_never_passed_over() -> None:
    unread = Unread()
    for data in (stream(), foreign_stream(), stream()):
        unread.add(chunk(data))
    assert unread.next_batch().to_pydict() == {"n": [1, 2]}  # type: ignore[union-attr]
    for read in (unread.next_batch, unread.next_batch):
        error = refusal(read)
        assert error.code == "DataLoss"
        assert error.message.startswith(
            f"pyarrow {pa.__version__} cannot read the result (ArrowInvalid: Unsupported future Metadata"
        )
        assert error.message.endswith("a newer pyarrow may, or CAST the column in the SQL")
    assert refusal(lambda: _arrow.schema_of(foreign_stream())).code == "DataLoss"


def test_batches_of_another_schema_make_no_table() -> None:
    batch = pa.record_batch([pa.array([1])], names=["n"])
    assert refusal(lambda: _arrow.table_of([batch], pa.schema([("m", pa.int64())]))).code == "DataLoss"


@pytest.mark.parametrize(
    ("library", "take"),
    [("pandas", lambda table: table.to_pandas()), ("polars", pl.DataFrame)],
    ids=["pandas", "polars"],
)
def test_year_month_interval_names_its_column_and_the_way_out(library: str, take: Callable[[pa.Table], Any]) -> None:
    table = pa.Table.from_batches([of_months()])
    error = refusal(lambda: _arrow.given_to(library, table, take))
    assert error.code == "InvalidArgument"
    assert "column 'months' " in error.message
    assert error.message.endswith(MONTHS)


def test_year_month_interval_of_a_result(session: Session) -> None:
    result = run(session, "SELECT 1 AS n, INTERVAL '1-2' YEAR TO MONTH AS months")
    for read in (lambda: list(result.rows()), result.to_pandas, result.to_polars, lambda: next(result.rows())):
        assert refusal(read).message.endswith(MONTHS)
    assert result.fetch_all_arrow().num_rows == 1


def test_rows_before_one_that_python_cannot_hold_are_returned_and_none_is_lost(warehouse: LocalWarehouse) -> None:
    query = """
        SELECT id, TIMESTAMP '9999-12-31 23:59:59' + CASE WHEN id = 40000 THEN INTERVAL '1' DAY ELSE INTERVAL '-1' DAY END AS later
        FROM range(50000) ORDER BY id
    """
    with Session(**warehouse.connect_arguments(), session_conf={"TIMEZONE": "America/New_York"}) as session:
        result = run(session, query)
        read: list[int] = []

        def read_on() -> None:
            for row in result.rows():
                read.append(row[0])  # noqa: PERF401 - what comes before an error counts

        for _ in range(3):
            error = refusal(read_on)
            assert error.message.startswith("the next row cannot be made: column 'later' has a TIMESTAMP beyond the years")
            assert read == list(range(40_000))
        assert result.fetch_all_arrow().column("id").to_pylist() == list(range(40_000, 50_000))


def test_local_times_at_the_edges_are_returned(warehouse: LocalWarehouse) -> None:
    for zone, time in (("America/New_York", "9999-12-31 23:59:59.999999"), ("Asia/Tokyo", "0001-01-01 00:00:00")):
        with Session(**warehouse.connect_arguments(), session_conf={"TIMEZONE": zone}) as session:
            [[value]] = run(session, f"SELECT TIMESTAMP '{time}' AS t").rows()
            assert str(value).startswith(time)


def test_option_that_pandas_does_not_have_is_named_and_no_row_is_lost(session: Session) -> None:
    result = run(session, "SELECT id FROM range(100)")
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        result.to_pandas(colour="red")
    assert len(result.to_pandas()) == 100


def test_schema_that_a_capsule_cannot_have_is_an_invalid_argument(session: Session) -> None:
    result = run(session, "SELECT id FROM range(100)")
    other = pa.schema([("x", pa.int8())]).__arrow_c_schema__()
    for wrong in (other, 5):
        assert refusal(lambda wrong=wrong: result.__arrow_c_stream__(wrong)).code == "InvalidArgument"  # type: ignore[misc]
    assert pa.table(result).num_rows == 100
