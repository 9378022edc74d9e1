"""The rows that are made of Arrow have the values of pyarrow's `to_pylist`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from databricks.sql.types import Row
from databricks_sql_kernel.connector.rows import row_class, rows_of, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]


def integers(bits: int, *, signed: bool = True) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


def decimals(precision: int, scale: int) -> st.SearchStrategy[Any]:
    return st.decimals(-(10 ** (precision - scale)) + 1, 10 ** (precision - scale) - 1, places=scale, allow_nan=False)


def microseconds(data_type: pa.DataType) -> st.SearchStrategy[Any]:
    # A day inside what datetime can hold, for the zones.
    return st.integers(-62_135_510_400_000_000, 253_402_214_400_000_000).map(lambda value: pa.scalar(value, data_type))


ZONES = (None, "UTC", "Etc/UTC", "Europe/Berlin", "America/St_Johns", "+05:30")

STRATEGIES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    *((data_type, integers(data_type.bit_width, signed=pa.types.is_signed_integer(data_type))) for data_type in INTEGERS),
    (pa.bool_(), st.booleans()),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.string(), st.text()),
    (pa.large_string(), st.text()),
    (pa.binary(), st.binary()),
    (pa.date32(), st.dates()),
    (pa.decimal128(38, 0), decimals(38, 0)),
    (pa.decimal128(12, 2), decimals(12, 2)),
    (pa.decimal128(20, 20), decimals(20, 20)),
    (pa.decimal256(60, 30), decimals(60, 30)),
    *((pa.timestamp("us", zone), microseconds(pa.timestamp("us", zone))) for zone in ZONES),
    (pa.timestamp("ms"), st.integers(0, 2**40).map(lambda value: pa.scalar(value, pa.timestamp("ms")))),
    (pa.duration("us"), st.timedeltas(timedelta(-1000), timedelta(1000))),
    (pa.null(), st.none()),
    (pa.list_(pa.int32()), st.lists(integers(32) | st.none(), max_size=3)),
    (pa.map_(pa.string(), pa.int64()), st.lists(st.tuples(st.text(), integers(64)), max_size=3)),
    (pa.struct({"a": pa.float64(), "b": pa.string()}), st.fixed_dictionaries({"a": st.floats(), "b": st.text() | st.none()})),
]


@pytest.mark.parametrize(("data_type", "values"), STRATEGIES, ids=[str(data_type) for data_type, _ in STRATEGIES])
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_values_are_those_of_to_pylist(data_type: pa.DataType, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    array = pa.array(data.draw(st.lists(values | st.none(), max_size=12)), data_type)
    start = data.draw(st.integers(0, len(array)))
    for piece in (array, array.slice(start), array.slice(start, 2)):
        # The text tells types, folds and NaN apart, as equality does not.
        assert repr(values_of(piece)) == repr(piece.to_pylist())


@pytest.mark.parametrize(
    ("values", "data_type"),
    [
        ([-719_163], pa.date32()),
        ([None, 2_932_897], pa.date32()),
        ([-62_135_596_800_000_001], pa.timestamp("us")),
        ([253_402_300_800_000_000, None], pa.timestamp("us", "UTC")),
    ],
)
def test_values_beyond_python_fail_as_in_pyarrow(values: list[int | None], data_type: pa.DataType) -> None:
    array = pa.array(values, pa.int32() if pa.types.is_date(data_type) else pa.int64()).cast(data_type)
    with pytest.raises((ValueError, OverflowError)) as expected:
        array.to_pylist()
    with pytest.raises(type(expected.value)):
        values_of(array)


@pytest.mark.parametrize(
    ("values", "data_type"),
    [([-719_162, 2_932_896], pa.date32()), ([-62_135_596_800_000_000, 253_402_300_799_999_999], pa.timestamp("us"))],
)
def test_first_and_last_values_of_python(values: list[int], data_type: pa.DataType) -> None:
    array = pa.array(values, pa.int32() if pa.types.is_date(data_type) else pa.int64()).cast(data_type)
    assert values_of(array) == array.to_pylist()
    assert [value.year for value in values_of(array)] == [1, 9999]


def test_fold_is_kept_where_clocks_go_back() -> None:
    array = pa.array([1_729_989_000_000_000, 1_729_992_600_000_000]).cast(pa.timestamp("us", "Europe/Berlin"))
    first, second = values_of(array)
    assert (first.replace(tzinfo=None), first.fold) == (second.replace(tzinfo=None), 0)
    assert second.fold == 1


def test_rows_are_rows_of_the_connector() -> None:
    import copy
    import pickle

    batch = pa.RecordBatch.from_pydict({"a": [1, None], "b": ["x", "y"]})
    rows = rows_of([batch, batch], row_class(("a", "b")))
    assert rows == [(1, "x"), (None, "y"), (1, "x"), (None, "y")]
    row, expected = rows[0], Row("a", "b")(1, "x")
    assert isinstance(row, Row)
    assert (repr(row), row.asDict(), row.a, row["b"], "a" in row) == (repr(expected), expected.asDict(), 1, "x", True)
    assert row.__fields__ == expected.__fields__
    for other in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):  # noqa: S301 - our own bytes
        assert (other, other.asDict()) == (row, {"a": 1, "b": "x"})
    with pytest.raises(RuntimeError, match="read-only"):
        row.a = 2
