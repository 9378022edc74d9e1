"""What a result answers, read in one of two ways: as Arrow, or row by row, which needs no pyarrow."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from texts import of_value

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Answer:
    """A result that was read.

    Attributes:
        schema: Name, SQL type and Arrow type of each column; an Arrow type is `None` where it was not read.
        count: How many rows it has.
        column: The values of a column, as Python has them.
        rows: The canonical values of each row.
        description: The name of the first column's type in the connector's cursor, or `None`.
    """

    schema: list[list[str | None]]
    count: int
    column: Callable[[int], list[Any]]
    rows: Callable[[], list[list[Any]]]
    description: str | None


async def by_rows(result: Any) -> Answer:
    """Reads `rows()`."""
    columns = result.columns()
    columns = await columns if inspect.isawaitable(columns) else columns
    rows = result.rows()
    rows = [row async for row in rows] if hasattr(rows, "__aiter__") else list(rows)
    return Answer(
        [[column.name, column.type_text or "", None] for column in columns],
        len(rows),
        lambda index: [row[index] for row in rows],
        lambda: [[of_value(value, column.type_text or "") for value, column in zip(row, columns, strict=True)] for row in rows],
        None,
    )


async def by_arrow(result: Any) -> Answer:
    """Reads record batches."""
    import canonical
    from databricks_sql_kernel.connector.type_mapping import type_name_of

    if hasattr(result, "__aiter__"):
        schema, batches = await result.read_schema(), [batch async for batch in result]
    else:
        schema, batches = result.arrow_schema(), list(result)
    named = [(field, (field.metadata or {}).get(b"databricks.type_text", b"").decode()) for field in schema]
    return Answer(
        [[field.name, type_text, canonical.type_text(field.type)] for field, type_text in named],
        sum(batch.num_rows for batch in batches),
        lambda index: [value for batch in batches for value in batch.column(index).to_pylist()],
        lambda: [list(row) for batch in batches for row in zip(*map(canonical.values, batch.columns), strict=True)],
        type_name_of(schema.field(0)) if len(schema) else None,
    )
