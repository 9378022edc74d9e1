"""The connector's `Row` objects from Arrow, column by column."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING

from databricks.sql.exc import DataError
from databricks.sql.types import Row

from databricks_sql_kernel._values import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

__all__ = ["first_rows_of", "row_class", "rows_of"]


@lru_cache(maxsize=256)
def row_class(names: tuple[str, ...]) -> type[Row]:
    """The class of a result's rows: `Row` with its field names, which are held once and not by each row."""
    return type("Row", (Row,), {"__fields__": Row(*names), "__module__": Row.__module__, "__doc__": Row.__doc__})


def rows_of(batches: Iterable[pa.RecordBatch], kind: type[Row]) -> list[Row]:
    """The rows of some record batches, in order.

    Args:
        batches: All of one schema.
        kind: What `row_class` answers for their column names.

    Raises:
        DataError: One of them has a value that Python cannot hold; the text names the column.
    """
    rows: list[Row] = []
    for batch in batches:
        made, problem = _made_of(batch, kind)
        rows += made
        if problem is not None:
            raise DataError(
                f"row {len(rows) + 1} of this fetch cannot be made: {problem}; those before it can be fetched one by one"
            )
    return rows


def first_rows_of(batch: pa.RecordBatch, kind: type[Row]) -> list[Row]:
    """The rows of a record batch, up to the first one that Python cannot hold.

    Raises:
        DataError: That is the first one of all.
    """
    rows, problem = _made_of(batch, kind)
    if problem is not None and not rows:
        raise DataError(f"the next row cannot be made: {problem}")
    return rows


def _made_of(batch: pa.RecordBatch, kind: type[Row]) -> tuple[list[Row], str | None]:
    columns, problem = columns_of(batch)
    return list(map(tuple.__new__, repeat(kind), zip(*columns, strict=True))), problem
