"""The canonical text of Arrow types and arrays, as ../README.md defines it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import types
from texts import duration, moment, shortest

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = {
    pa.string(): "utf8",
    pa.binary(): "binary",
    pa.bool_(): "bool",
    pa.float32(): "float32",
    pa.float64(): "float64",
    pa.date32(): "date32",
    pa.null(): "null",
}


def type_text(data_type: pa.DataType) -> str:
    """An Arrow type."""
    if data_type in NAMES:
        return NAMES[data_type]
    if types.is_decimal128(data_type):
        return f"decimal128({data_type.precision},{data_type.scale})"
    if types.is_timestamp(data_type):
        return f"timestamp[{data_type.unit}]" if data_type.tz is None else f"timestamp[{data_type.unit}, {data_type.tz}]"
    if types.is_list(data_type):
        return f"list<{type_text(data_type.value_type)}>"
    if types.is_map(data_type):
        return f"map<{type_text(data_type.key_type)}, {type_text(data_type.item_type)}>"
    if types.is_struct(data_type):
        fields = [data_type.field(index) for index in range(data_type.num_fields)]
        return "struct<" + ", ".join(f"{field.name}: {type_text(field.type)}" for field in fields) + ">"
    return str(data_type)


def values(array: pa.Array) -> list[Any]:
    """The values of a column: text, lists and objects of text, and none for NULL."""
    data_type = array.type
    if types.is_null(data_type):
        return [None] * len(array)
    if types.is_list(data_type):
        return _grouped(array, values(array.values))
    if types.is_map(data_type):
        return _grouped(array, [list(entry) for entry in zip(values(array.keys), values(array.items), strict=True)])
    if types.is_struct(data_type):
        fields = zip(*map(values, array.flatten()), strict=True)
        names = [data_type.field(index).name for index in range(data_type.num_fields)]
        return [dict(zip(names, row, strict=True)) if valid else None for valid, row in zip(_valid(array), fields, strict=True)]
    text = _text_of(data_type)
    if types.is_temporal(data_type):
        array = array.view(pa.int32() if data_type.bit_width == 32 else pa.int64())  # noqa: PLR2004
    return [None if value is None else text(value) for value in array.to_pylist()]


def _grouped(array: pa.Array, items: list[Any]) -> list[list[Any] | None]:
    offsets = array.offsets.to_pylist()
    return [items[begin:end] if valid else None for valid, begin, end in zip(_valid(array), offsets, offsets[1:], strict=False)]


def _valid(array: pa.Array) -> list[bool]:
    valid: list[bool] = array.is_valid().to_pylist()
    return valid


def _text_of(data_type: pa.DataType) -> Callable[[Any], str]:
    if types.is_boolean(data_type):
        return lambda value: "true" if value else "false"
    if types.is_floating(data_type):
        return lambda value: shortest(value, 32 if data_type == pa.float32() else 64)
    if types.is_binary(data_type):
        return lambda value: str(value.hex())
    if types.is_decimal(data_type):
        return lambda value: f"{value:f}"
    if types.is_date(data_type):
        return lambda days: moment(timedelta(days=days))[:10]
    if types.is_timestamp(data_type):
        mark = "" if data_type.tz is None else "Z"
        return lambda micros: moment(timedelta(microseconds=micros)) + mark
    if types.is_duration(data_type):
        return duration
    return str
