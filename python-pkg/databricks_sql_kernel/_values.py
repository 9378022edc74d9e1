"""Python's values from Arrow, column by column.

The values are those of pyarrow's `to_pylist`, for every type, and the local times that it cannot make because they are beyond
Python's years in UTC alone. The common types go through NumPy, whose conversions run in C, where it is installed.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from ._arrow import way_out

if TYPE_CHECKING:
    from collections.abc import Callable

    Converter = Callable[[pa.Array], list[Any]]

__all__ = ["NotRepresentable", "columns_of", "values_of"]

HAS_NUMPY: Final = find_spec("numpy") is not None

# What Python's date and datetime can hold: days, and microseconds, since 1970.
DAYS: Final = (-719_162, 2_932_896)
MICROSECONDS: Final = (-62_135_596_800_000_000, 253_402_300_799_999_999)
EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - every zone's

# Their local time is UTC, so that there is nothing to compute.
ALWAYS_UTC: Final = frozenset({"UTC", "Etc/UTC"})


class NotRepresentable(Exception):  # noqa: N818 - not an error of the caller's
    """A column has a value that Python has no object for.

    Attributes:
        values: Those before it.
    """

    def __init__(self, values: list[Any], data_type: pa.DataType, reason: Exception) -> None:
        """The text says why, and the way out."""
        if isinstance(reason, OverflowError) or pa.types.is_temporal(data_type):
            text = f"a {data_type} beyond the years 1 to 9999 of Python's datetime"
        else:
            text = f"a {data_type} that has no form in Python ({type(reason).__name__}: {reason})"
        super().__init__(f"{text}: {way_out([data_type])}")
        self.values = values


def columns_of(batch: pa.RecordBatch) -> tuple[list[list[Any]], str | None]:
    """The values of each column, up to the first row that has one that Python cannot hold.

    Returns:
        The columns, all of one length; and which column that row fails for and why, or `None` when there is no such row.
    """
    columns, rows, problem = [], batch.num_rows, None
    for index, field in enumerate(batch.schema):
        try:
            values = values_of(_column(batch, index).slice(0, rows))
        except NotRepresentable as error:
            values, problem = error.values, f"column {field.name!r} has {error}"
            rows = len(values)
        columns.append(values)
    return [values[:rows] for values in columns] if problem else columns, problem


def _column(batch: pa.RecordBatch, index: int) -> pa.Array:
    """A column; pyarrow reads types that it has no class for, such as intervals of months."""
    try:
        return batch.column(index)
    except Exception as error:
        raise NotRepresentable([], batch.schema.field(index).type, error) from error


def values_of(array: pa.Array) -> list[Any]:
    """The values of a column, as `array.to_pylist()` answers them.

    Raises:
        NotRepresentable: Python cannot hold one of them.
    """
    convert = CONVERTERS.get(array.type.id, _one_by_one) if HAS_NUMPY else _one_by_one
    try:
        return convert(array)
    except MemoryError:
        raise
    except Exception:
        return _with_care(array)


def _one_by_one(array: pa.Array) -> list[Any]:
    values: list[Any] = array.to_pylist()
    return values


def _with_care(array: pa.Array) -> list[Any]:
    values: list[Any] = []
    for scalar in array:
        try:
            values.append(_value(scalar))
        except MemoryError:  # noqa: PERF203 - each is tried
            raise
        except Exception as error:
            raise NotRepresentable(values, array.type, error) from error
    return values


def _value(scalar: pa.Scalar) -> Any:
    """A value with its local times made here, on every level."""
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_timestamp(kind) and kind.unit == "us" and kind.tz is not None:
        return _local_time(scalar.value, _zone_of(kind))
    if pa.types.is_map(kind):
        return [(_value(entry[0]), _value(entry[1])) for entry in scalar.values]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [_value(item) for item in scalar.values]
    if pa.types.is_struct(kind) and len({field.name for field in kind}) == kind.num_fields:
        return {field.name: _value(scalar[index]) for index, field in enumerate(kind)}
    return scalar.as_py()


@lru_cache(maxsize=64)
def _zone_of(data_type: pa.DataType) -> tzinfo:
    """The time zone as pyarrow makes it, which depends on its version."""
    zone: tzinfo = pa.scalar(0, data_type).as_py().tzinfo
    return zone


def _local_time(since_1970: int, zone: tzinfo) -> datetime:
    """The local time of an instant, which may itself be beyond Python's years in UTC.

    Raises:
        OverflowError: The local time is.
    """
    edge = min(max(since_1970, MICROSECONDS[0]), MICROSECONDS[1])
    local = zone.fromutc((EPOCH + timedelta(microseconds=edge)).replace(tzinfo=zone))
    return local if edge == since_1970 else local + timedelta(microseconds=since_1970 - edge)


def _numbers(array: pa.Array) -> list[Any]:
    return _with_nulls(array, _filled(array).tolist())


def _objects(array: pa.Array) -> list[Any]:
    values: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
    return values


def _decimals(array: pa.Array) -> list[Any]:
    texts = _objects(array.cast(pa.string()))
    return [None if text is None else Decimal(text) for text in texts] if array.null_count else list(map(Decimal, texts))


def _dates(array: pa.Array) -> list[Any]:
    days = _filled(array.view(pa.int32()))
    if not _within(days, DAYS):
        return _one_by_one(array)
    return _with_nulls(array, days.astype("datetime64[D]").tolist())


def _timestamps(array: pa.Array) -> list[Any]:
    if array.type.unit != "us":
        return _one_by_one(array)
    since_1970 = _filled(array.view(pa.int64()))
    inside = since_1970.clip(*MICROSECONDS)
    values = inside.view("datetime64[us]").tolist()
    beyond = (inside != since_1970).nonzero()[0].tolist()
    if array.type.tz is not None and array.null_count < len(array):
        zone = _zone_of(array.type)
        values = [value.replace(tzinfo=zone) for value in values]
        if array.type.tz not in ALWAYS_UTC:
            values = list(map(zone.fromutc, values))
        for index in beyond:
            values[index] = _local_time(int(since_1970[index]), zone)
    elif beyond:
        return _one_by_one(array)
    return _with_nulls(array, values)


def _filled(array: pa.Array) -> Any:
    """As a NumPy array, with 0 in place of NULL: NumPy would turn numbers with NULLs into floats."""
    return (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)


def _with_nulls(array: pa.Array, values: list[Any]) -> list[Any]:
    if array.null_count:
        for index in pc.indices_nonzero(array.is_null()).to_numpy().tolist():
            values[index] = None
    return values


def _within(values: Any, limits: tuple[int, int]) -> bool:
    return len(values) == 0 or bool(limits[0] <= values.min() and values.max() <= limits[1])


# By the id of an Arrow type, which leaves its parameters out.
CONVERTERS: Final[dict[int, Converter]] = {
    **{
        data_type.id: _numbers
        for data_type in (
            pa.int8(),
            pa.int16(),
            pa.int32(),
            pa.int64(),
            pa.uint8(),
            pa.uint16(),
            pa.uint32(),
            pa.uint64(),
            pa.float32(),
            pa.float64(),
        )
    },
    **{data_type.id: _objects for data_type in (pa.bool_(), pa.string(), pa.large_string(), pa.binary(), pa.large_binary())},
    pa.decimal128(1).id: _decimals,
    pa.decimal256(1).id: _decimals,
    pa.date32().id: _dates,
    pa.timestamp("us").id: _timestamps,
}
