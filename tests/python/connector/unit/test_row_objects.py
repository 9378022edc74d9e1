"""The rows that are made of a result's pieces are the connector's."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from databricks.sql.exc import DataError
from databricks.sql.types import Row
from databricks_sql_kernel.connector.rows import first_rows_of, row_class, rows_of


class Piece:
    """Numbers and texts, from one on; what is not a text cannot be made."""

    def __init__(self, *values: Any, start: int = 1) -> None:
        self.values, self.start, self.count = values, start, len(values)

    def slice(self, offset: int, count: int) -> Piece:
        return Piece(*self.values[offset : offset + count], start=self.start + offset)

    def tuples(self) -> tuple[list[tuple[Any, ...]], str | None]:
        good = next((index for index, value in enumerate(self.values) if value is ...), self.count)
        made = [(self.start + index, value) for index, value in enumerate(self.values[:good])]
        return made, None if good == self.count else "column 'b' has none"


KIND = row_class(("a", "b"))


def test_rows_are_rows_of_the_connector() -> None:
    rows = rows_of([Piece("x", None), Piece("x", None)], KIND)  # type: ignore[list-item]
    assert rows == [(1, "x"), (2, None), (1, "x"), (2, None)]
    row, expected = rows[0], Row("a", "b")(1, "x")
    assert isinstance(row, Row)
    assert (repr(row), row.asDict(), row.a, row["b"], "a" in row) == (repr(expected), expected.asDict(), 1, "x", True)
    assert row.__fields__ == expected.__fields__
    for other in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):  # noqa: S301 - our own bytes
        assert (other, other.asDict()) == (row, {"a": 1, "b": "x"})
    with pytest.raises(RuntimeError, match="read-only"):
        row.a = 2


def test_row_that_cannot_be_made_is_counted_and_those_before_it_are_made() -> None:
    piece: Any = Piece("x", "y", ..., "z")
    assert first_rows_of(piece, KIND) == [(1, "x"), (2, "y")]
    with pytest.raises(DataError, match=r"^row 5 of this fetch cannot be made: column 'b' has none; those before it can be"):
        rows_of([piece.slice(0, 2), piece], KIND)
    with pytest.raises(DataError, match=r"^the next row cannot be made: column 'b' has none$"):
        first_rows_of(piece.slice(2, 2), KIND)


def test_many_rows_are_made_group_by_group() -> None:
    piece: Any = Piece(*map(str, range(10_000)))
    assert [row.b for row in rows_of([piece], KIND)] == list(map(str, range(10_000)))
