"""A cursor's `description`, from an Arrow schema."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

__all__ = ["description_of", "type_name_of"]

# Types whose values come as another Arrow type, so that only the server's own name tells them apart.
NAMED_BY_SERVER: Final = frozenset({"variant", "array", "map", "struct", "geography", "geometry"})

NAME_OF: Final = {
    pa.bool_(): "boolean",
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "string",
    pa.large_string(): "string",
    pa.binary(): "binary",
    pa.large_binary(): "binary",
    pa.date32(): "date",
    pa.date64(): "date",
}

NAME_OF_KIND: Final = (
    (pa.types.is_decimal, "decimal"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_list, "array"),
    (pa.types.is_large_list, "array"),
    (pa.types.is_map, "map"),
    (pa.types.is_struct, "struct"),
)

Column = tuple[str, str, None, None, int | None, int | None, None]


def description_of(schema: pa.Schema) -> list[Column]:
    """The columns as PEP 249 describes them: name, type name, two unknown sizes, precision and scale of a DECIMAL, unknown."""
    return [(field.name, type_name_of(field), None, None, *_precision_and_scale(field.type), None) for field in schema]


def type_name_of(field: pa.Field) -> str:
    """The name of a column's SQL type in lower case, such as `bigint`; for an Arrow type that has none, Arrow's own name."""
    server_name = (field.metadata or {}).get(b"databricks.type_name", b"").decode("ascii", "replace").lower()
    return server_name if server_name in NAMED_BY_SERVER else _arrow_name(field.type)


def _arrow_name(data_type: pa.DataType) -> str:
    if data_type in NAME_OF:
        return NAME_OF[data_type]
    return next((name for belongs, name in NAME_OF_KIND if belongs(data_type)), str(data_type))


def _precision_and_scale(data_type: pa.DataType) -> tuple[int, int] | tuple[None, None]:
    return (data_type.precision, data_type.scale) if pa.types.is_decimal(data_type) else (None, None)
