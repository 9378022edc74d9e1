"""The rows that are made of Arrow have the values of pyarrow's `to_pylist`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from databricks.sql.exc import DataError
from databricks.sql.types import Row
from databricks_sql_kernel._values import columns_of, values_of
from databricks_sql_kernel.connector.rows import first_rows_of, row_class, rows_of
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


def of_numbers(values: list[int | None], data_type: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int32() if pa.types.is_date(data_type) else pa.int64()).cast(data_type)


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
def test_value_beyond_python_is_named_with_its_column_and_what_is_before_it_is_made(
    values: list[int | None], data_type: pa.DataType
) -> None:
    array = of_numbers([0, *values], data_type)
    with pytest.raises((ValueError, OverflowError)):
        array.to_pylist()
    good = 1 + values.index(next(filter(None, values)))
    for made in (array, pa.array([[value] for value in array], pa.list_(data_type))):
        batch = pa.record_batch([pa.array(range(len(made))), made], names=["n", "when"])
        columns, problem = columns_of(batch)
        assert columns == [list(range(good)), made.slice(0, good).to_pylist()]
        assert problem is not None
        assert re.search(r"^column 'when' has a .* years 1 to 9999 .*: read it as Arrow, or CAST it to STRING in the SQL$", problem)
        assert [row.n for row in first_rows_of(batch, row_class(("n", "when")))] == list(range(good))
        with pytest.raises(DataError, match=rf"^row {good + 1} of this fetch cannot be made: column 'when' has a "):
            rows_of([batch], row_class(("n", "when")))
        with pytest.raises(DataError, match=r"^the next row cannot be made: column 'when' has a "):
            first_rows_of(batch.slice(good), row_class(("n", "when")))


LAST, FIRST = 253_402_300_799_999_999, -62_135_596_800_000_000


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("value", "zone", "local"),
    [
        (LAST + 18_000_000_000, "America/New_York", "9999-12-31 23:59:59.999999-05:00"),
        (LAST + 1, "America/New_York", "9999-12-31 19:00:00-05:00"),
        (LAST, "America/New_York", "9999-12-31 18:59:59.999999-05:00"),
        (LAST + 18_000_000_001, "America/New_York", None),
        (LAST - 32_400_000_000, "Asia/Tokyo", "9999-12-31 23:59:59.999999+09:00"),
        (LAST - 32_399_999_999, "Asia/Tokyo", None),
        # Before 1888 Tokyo kept the time of its own meridian.
        (FIRST - 33_539_000_000, "Asia/Tokyo", "0001-01-01 00:00:00+09:18:59"),
        (FIRST - 33_539_000_001, "Asia/Tokyo", None),
        (FIRST + 17_762_000_000, "America/New_York", "0001-01-01 00:00:00-04:56:02"),
        (FIRST + 17_761_999_999, "America/New_York", None),
        (LAST, "UTC", "9999-12-31 23:59:59.999999+00:00"),
        (LAST + 1, "UTC", None),
        (LAST + 19_800_000_000, "-05:30", "9999-12-31 23:59:59.999999-05:30"),
    ],
)
def test_local_time_at_the_edge_of_pythons_years(value: int, zone: str, local: str | None, nested: bool) -> None:
    array = of_numbers([None, value, 0], pa.timestamp("us", zone))
    if nested:
        array = pa.array([[item] for item in array], pa.list_(array.type))
    [values], problem = columns_of(pa.record_batch([array], names=["when"]))
    values = [value[0] for value in values] if nested else values
    if local is None:
        assert (values, problem is None) == ([None], False)
    else:
        assert (str(values[1]), values[2], problem) == (local, pa.scalar(0, pa.timestamp("us", zone)).as_py(), None)


def test_value_without_a_form_in_python_says_why() -> None:
    twice = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], fields=[pa.field("a", pa.int64())] * 2)
    columns, problem = columns_of(pa.record_batch([twice], names=["s"]))
    assert columns == [[]]
    assert problem is not None
    assert problem.startswith("column 's' has a struct<a: int64, a: int64> that has no form in Python (ValueError: ")


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
