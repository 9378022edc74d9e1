"""The connector's `Row` objects, from what the kernel reads."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from databricks.sql.exc import DataError
from databricks.sql.types import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from databricks_sql_kernel._pieces import Piece

__all__ = ["first_rows_of", "row_class", "rows_of"]

# How many rows are made at once: their values are held twice for that time.
GROUP: Final = 4096


@lru_cache(maxsize=256)
def row_class(names: tuple[str, ...]) -> type[Row]:
    """The class of a result's rows: `Row` with its field names, which are held once and not by each row."""
    return type("Row", (Row,), {"__fields__": Row(*names), "__module__": Row.__module__, "__doc__": Row.__doc__})


def rows_of(pieces: Iterable[Piece], kind: type[Row]) -> list[Row]:
    """The rows of some pieces of one result, in order.

    Args:
        pieces: All of one schema.
        kind: What `row_class` answers for their column names.

    Raises:
        DataError: One of them has a value that Python cannot hold; the text names the column.
        KernelError: `DataLoss`: a chunk is damaged.
    """
    rows: list[Row] = []
    for piece in pieces:
        for start in range(0, piece.count, GROUP):
            made, problem = piece.slice(start, GROUP).tuples()
            rows += _of_kind(made, kind)
            if problem is not None:
                raise DataError(
                    f"row {len(rows) + 1} of this fetch cannot be made: {problem}; those before it can be fetched one by one"
                )
    return rows


def first_rows_of(piece: Piece, kind: type[Row]) -> list[Row]:
    """The rows of a piece, up to the first one that Python cannot hold.

    Raises:
        DataError: That is the first one of all.
        KernelError: `DataLoss`: the chunk is damaged.
    """
    made, problem = piece.tuples()
    if problem is not None and not made:
        raise DataError(f"the next row cannot be made: {problem}")
    return list(_of_kind(made, kind))


def _of_kind(rows: list[tuple[Any, ...]], kind: type[Row]) -> Iterable[Row]:
    return map(tuple.__new__, repeat(kind), rows)
