"""The connector's `Row` objects from Arrow, column by column."""

from __future__ import annotations

from functools import lru_cache
from itertools import repeat
from typing import TYPE_CHECKING

from databricks.sql.types import Row

from databricks_sql_kernel._values import values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

__all__ = ["row_class", "rows_of", "values_of"]


@lru_cache(maxsize=256)
def row_class(names: tuple[str, ...]) -> type[Row]:
    """The class of a result's rows: `Row` with its field names, which are held once and not by each row."""
    return type("Row", (Row,), {"__fields__": Row(*names), "__module__": Row.__module__, "__doc__": Row.__doc__})


def rows_of(batches: Iterable[pa.RecordBatch], kind: type[Row]) -> list[Row]:
    """The rows of some record batches, in order.

    Args:
        batches: All of one schema.
        kind: What `row_class` answers for their column names.
    """
    rows: list[Row] = []
    for batch in batches:
        rows.extend(map(tuple.__new__, repeat(kind), zip(*map(values_of, batch.columns), strict=True)))
    return rows
