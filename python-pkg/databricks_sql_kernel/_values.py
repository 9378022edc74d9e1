"""Python's values from Arrow, column by column.

The values are those of pyarrow's `to_pylist`, for every type. The common types go through NumPy, whose conversions run in C,
where it is installed: pyarrow does not need it.
"""

from __future__ import annotations

from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    Converter = Callable[[pa.Array], list[Any]]

__all__ = ["values_of"]

HAS_NUMPY: Final = find_spec("numpy") is not None

# What Python's date and datetime can hold: days, and microseconds, since 1970.
DAYS: Final = (-719_162, 2_932_896)
MICROSECONDS: Final = (-62_135_596_800_000_000, 253_402_300_799_999_999)

# Their local time is UTC, so that there is nothing to compute.
ALWAYS_UTC: Final = frozenset({"UTC", "Etc/UTC"})


def values_of(array: pa.Array) -> list[Any]:
    """The values of a column, as `array.to_pylist()` answers them."""
    convert = CONVERTERS.get(array.type.id) if HAS_NUMPY else None
    return _one_by_one(array) if convert is None else convert(array)


def _one_by_one(array: pa.Array) -> list[Any]:
    values: list[Any] = array.to_pylist()
    return values


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
    if not _within(since_1970, MICROSECONDS):
        return _one_by_one(array)
    values = since_1970.view("datetime64[us]").tolist()
    if array.type.tz is not None and array.null_count < len(array):
        # The time zone as pyarrow makes it, which depends on its version.
        zone = array[pc.index(array.is_valid(), value=True).as_py()].as_py().tzinfo
        values = [value.replace(tzinfo=zone) for value in values]
        if array.type.tz not in ALWAYS_UTC:
            values = list(map(zone.fromutc, values))
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
