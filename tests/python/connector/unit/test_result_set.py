"""The result set over handles that are made here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow", reason="record batches need pyarrow")

import pyarrow as pa
from databricks.sql.backend.types import CommandId, CommandState
from databricks.sql.exc import DataError, OperationalError
from databricks_sql_kernel.connector import KernelResultSet
from databricks_sql_kernel.errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = pa.schema([("n", pa.int64())])


class Piece:
    """Rows of a record batch, of which those that are named cannot be made."""

    def __init__(self, rows: pa.RecordBatch, beyond: tuple[int, ...] = ()) -> None:
        self.rows, self.beyond, self.count = rows, beyond, rows.num_rows

    def slice(self, offset: int, count: int | None = None) -> Piece:
        return Piece(self.rows.slice(offset, count), self.beyond)

    def batch(self) -> pa.RecordBatch:
        return self.rows

    def tuples(self) -> tuple[list[tuple[Any, ...]], str | None]:
        numbers = self.rows.column(0).to_pylist()
        good = next((index for index, number in enumerate(numbers) if number in self.beyond), self.count)
        made = list(zip(*self.rows.slice(0, good).to_pydict().values(), strict=True))
        return made, None if good == self.count else "column 'when' has a TIMESTAMP beyond the years 1 to 9999"


class Handle:
    """A result of batches of the given sizes, with the numbers 0, 1, 2, …; a size that is an error is raised."""

    def __init__(self, *sizes: int | Exception) -> None:
        self.steps = list(sizes)
        self.start = 0
        self.closed = 0
        self.fails_to_close = False

    def arrow_schema(self) -> pa.Schema:
        return SCHEMA

    def _next_piece(self) -> Piece | None:
        if not self.steps:
            return None
        size = self.steps.pop(0)
        if isinstance(size, Exception):
            raise size
        self.start += size
        return Piece(pa.record_batch([pa.array(range(self.start - size, self.start), pa.int64())], SCHEMA))

    def close(self) -> None:
        self.closed += 1
        if self.fails_to_close:
            raise KernelError("gone", code="NetworkError")


class Backend:
    def __init__(self) -> None:
        self.closed: list[str] = []

    def close_command(self, command_id: CommandId) -> None:
        self.closed.append(command_id.guid)


def result_of(handle: Handle, *, is_open: bool = True, statement_id: str | None = "s1") -> Any:
    command_id = None if statement_id is None else CommandId.from_sea_statement_id(statement_id)
    return KernelResultSet(SimpleNamespace(open=is_open), Backend(), handle, command_id, 10, 1000)  # type: ignore[arg-type,unused-ignore]


FETCHES: dict[str, Callable[[Any], list[int]]] = {
    "one": lambda result: [row.n for row in [result.fetchone()] if row is not None],
    "many": lambda result: [row.n for row in result.fetchmany(4)],
    "many arrow": lambda result: result.fetchmany_arrow(4).column(0).to_pylist(),
    "all": lambda result: [row.n for row in result.fetchall()],
    "all arrow": lambda result: result.fetchall_arrow().column(0).to_pylist(),
}


@pytest.mark.parametrize("last", ["all", "all arrow"])
@pytest.mark.parametrize("second", ["one", "many", "many arrow"])
@pytest.mark.parametrize("first", ["one", "many", "many arrow"])
@pytest.mark.parametrize("sizes", [(), (0,), (1,), (3, 0, 5, 1), (20,), (1500, 3)])
def test_every_row_comes_once_and_in_order(sizes: tuple[int, ...], first: str, second: str, last: str) -> None:
    result, seen = result_of(Handle(*sizes)), []
    for fetch in (first, second, first, "one", last):
        seen += FETCHES[fetch](result)
        assert result.rownumber == len(seen)
    assert seen == list(range(sum(sizes)))
    assert [FETCHES[fetch](result) for fetch in FETCHES] == [[], [], [], [], []]
    assert (result.has_more_rows, result.status) == (False, CommandState.SUCCEEDED)


def test_one_by_one_beyond_what_is_converted_ahead() -> None:
    result = result_of(Handle(2500, 700))
    assert [row.n for row in result] == list(range(3200))


def test_no_batch_is_read_before_it_is_needed() -> None:
    handle = Handle(5, 5, 5)
    result = result_of(handle)
    assert len(handle.steps) == 3
    result.fetchmany(0)
    assert len(handle.steps) == 3
    result.fetchmany(5)
    assert len(handle.steps) == 2


@pytest.mark.parametrize("fetch", ["fetchmany", "fetchmany_arrow"])
def test_negative_size_is_refused(fetch: str) -> None:
    with pytest.raises(ValueError, match="size must not be negative, and is -1"):
        getattr(result_of(Handle(1)), fetch)(-1)


def test_failed_fetch_is_mapped_and_loses_no_row() -> None:
    result = result_of(Handle(3, KernelError("cut", code="NetworkError"), 2))
    with pytest.raises(OperationalError, match="cut"):
        result.fetchall()
    assert [row.n for row in result.fetchall()] == [0, 1, 2, 3, 4]


YEAR = 31_556_952_000_000
DATES = pa.schema([("n", pa.int64()), ("when", pa.timestamp("us", "Asia/Tokyo"))])


class Dates(Handle):
    """Pieces of numbers with dates, of which row 4 is beyond Python's years."""

    def arrow_schema(self) -> pa.Schema:
        return DATES

    def _next_piece(self) -> Piece | None:
        piece = super()._next_piece()
        if piece is None:
            return None
        numbers = piece.rows.column(0)
        times = [(9000 if number.as_py() == 4 else 10) * YEAR for number in numbers]
        return Piece(pa.record_batch([numbers, pa.array(times, pa.int64()).cast(DATES.field("when").type)], DATES), (4,))


@pytest.mark.parametrize("sizes", [(7,), (4, 3), (5, 2), (1, 1, 1, 1, 1, 1, 1)])
def test_row_that_python_cannot_hold_is_an_error_and_no_row_is_lost(sizes: tuple[int, ...]) -> None:
    result = result_of(Dates(*sizes))
    refusal = "column 'when' has a TIMESTAMP beyond the years 1 to 9999"
    assert [row.n for row in result.fetchmany(1)] == [0]
    for fetch in (result.fetchall, lambda: result.fetchmany(5), result.fetchall):
        with pytest.raises(DataError, match=f"^row 4 of this fetch cannot be made: {refusal}"):
            fetch()
        assert result.rownumber == 1
    assert [row.n for row in result.fetchmany(1)] == [1]
    assert [result.fetchone().n for _ in range(2)] == [2, 3]
    for _ in range(2):
        with pytest.raises(DataError, match=f"^the next row cannot be made: {refusal}"):
            result.fetchone()
    assert result.fetchmany_arrow(1).column("n").to_pylist() == [4]
    assert [row.n for row in result.fetchall()] == [5, 6]
    assert (result.rownumber, result.fetchall()) == (7, [])


def test_schema_that_cannot_be_read_is_mapped() -> None:
    handle = Handle()
    handle.arrow_schema = lambda: (_ for _ in ()).throw(KernelError("gone", code="NetworkError"))  # type: ignore[method-assign]
    with pytest.raises(OperationalError, match="gone"):
        result_of(handle)


def test_close_tells_handle_and_backend_once() -> None:
    handle = Handle(3, 3)
    result = result_of(handle)
    result.fetchone()
    result.close()
    result.close()
    assert (handle.closed, result.backend.closed, result.status) == (1, ["s1"], CommandState.CLOSED)
    assert (result.fetchone(), result.fetchall(), result.fetchall_arrow().num_rows) == (None, [], 0)


def test_close_of_a_metadata_result_closes_no_statement() -> None:
    result = result_of(Handle(), statement_id=None)
    result.close()
    assert result.backend.closed == []


def test_close_after_the_connection_sends_nothing() -> None:
    handle = Handle(1)
    result = result_of(handle, is_open=False)
    result.close()
    assert (handle.closed, result.backend.closed, result.status) == (0, [], CommandState.CLOSED)


def test_close_that_fails_is_logged_and_swallowed(caplog: pytest.LogCaptureFixture) -> None:
    handle = Handle(1)
    handle.fails_to_close = True
    result = result_of(handle)
    result.close()
    assert "gone" in caplog.text
    assert result.status == CommandState.CLOSED
