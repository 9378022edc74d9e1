"""The values of `rows()` are those of pyarrow's `to_pylist`, for every type."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pytest

pytest.importorskip("pyarrow", reason="compares with pyarrow")

import pyarrow as pa
from conftest import run
from databricks_sql_kernel import KernelError, Session
from hypothesis import given, settings
from hypothesis import strategies as st
from sea_server import SeaServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How many rows a chunk has.
COUNT: Final = 12

INTEGERS = {"TINYINT": pa.int8(), "SMALLINT": pa.int16(), "INT": pa.int32(), "BIGINT": pa.int64()}


def decimals(precision: int, scale: int) -> st.SearchStrategy[Any]:
    return st.decimals(-(10 ** (precision - scale)) + 1, 10 ** (precision - scale) - 1, places=scale, allow_nan=False)


def microseconds(data_type: pa.DataType) -> st.SearchStrategy[Any]:
    # A day inside what datetime can hold, for the zones.
    return st.integers(-62_135_510_400_000_000, 253_402_214_400_000_000).map(lambda value: pa.scalar(value, data_type))


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


ZONES = ("UTC", "Etc/UTC", "Europe/Berlin", "America/St_Johns", "+05:30", "-09:30")

STRATEGIES: list[tuple[str, pa.DataType, st.SearchStrategy[Any]]] = [
    *((name, data_type, integers(data_type.bit_width)) for name, data_type in INTEGERS.items()),
    ("BIGINT", pa.int64(), st.sampled_from([0, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, -1, -(2**31), -(2**31) - 1])),
    ("BOOLEAN", pa.bool_(), st.booleans()),
    ("FLOAT", pa.float32(), st.floats(width=32)),
    ("DOUBLE", pa.float64(), st.floats()),
    ("STRING", pa.string(), st.text()),
    ("STRING", pa.string(), st.integers(250, 260).map("é".__mul__)),
    ("BINARY", pa.binary(), st.binary(max_size=300)),
    ("DATE", pa.date32(), st.dates()),
    ("DECIMAL(38,0)", pa.decimal128(38, 0), decimals(38, 0)),
    ("DECIMAL(12,2)", pa.decimal128(12, 2), decimals(12, 2)),
    ("DECIMAL(20,20)", pa.decimal128(20, 20), decimals(20, 20)),
    ("TIMESTAMP_NTZ", pa.timestamp("us"), microseconds(pa.timestamp("us"))),
    *(("TIMESTAMP", pa.timestamp("us", zone), microseconds(pa.timestamp("us", zone))) for zone in ZONES),
    ("INTERVAL DAY TO SECOND", pa.duration("us"), st.timedeltas(timedelta(-100_000_000), timedelta(100_000_000))),
    ("VOID", pa.null(), st.none()),
    ("ARRAY<INT>", pa.list_(pa.int32()), st.lists(integers(32) | st.none(), max_size=3)),
    ("ARRAY<ARRAY<DATE>>", pa.list_(pa.list_(pa.date32())), st.lists(st.none() | st.lists(st.dates(), max_size=2), max_size=3)),
    (
        "MAP<STRING, BIGINT>",
        pa.map_(pa.string(), pa.int64()),
        st.lists(st.tuples(st.text(), integers(64) | st.none()), max_size=3),
    ),
    (
        "STRUCT<a: DOUBLE, b: STRING>",
        pa.struct({"a": pa.float64(), "b": pa.string()}),
        st.fixed_dictionaries({"a": st.floats(), "b": st.text() | st.none()}),
    ),
    (
        "STRUCT<t: TIMESTAMP, d: ARRAY<DECIMAL(5,2)>>",
        pa.struct({"t": pa.timestamp("us", "Europe/Berlin"), "d": pa.list_(pa.decimal128(5, 2))}),
        st.fixed_dictionaries(
            {"t": microseconds(pa.timestamp("us", "Europe/Berlin")), "d": st.lists(decimals(5, 2) | st.none(), max_size=2)}
        ),
    ),
]


def chunk_of(batch: pa.RecordBatch, *sizes: int) -> bytes:
    """An Arrow stream of the batch, cut into batches of some sizes and one of the rest."""
    sink, start = BytesIO(), 0
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        for size in (*sizes, None):
            writer.write_batch(batch.slice(start, size))
            start += size or 0
    return sink.getvalue()


@contextmanager
def answering(columns: dict[str, str], count: int = COUNT) -> Iterator[Callable[[bytes], Any]]:
    """Reads results that are made of the chunks that it is called with."""
    chunks: dict[str, bytes] = {}
    with SeaServer(chunks.__getitem__, columns, count) as server, Session(**server.connect_arguments) as session:

        def read(chunk: bytes) -> Any:
            chunks["x"] = chunk
            return run(session, "x")

        yield read


def of_numbers(values: list[int | None], data_type: pa.DataType) -> pa.Array:
    return pa.array(values, pa.int32() if pa.types.is_date(data_type) else pa.int64()).cast(data_type)


@pytest.mark.parametrize(("type_text", "data_type", "values"), STRATEGIES, ids=[str(data_type) for _, data_type, _ in STRATEGIES])
def test_values_are_those_of_to_pylist(type_text: str, data_type: pa.DataType, values: st.SearchStrategy[Any]) -> None:
    with answering({"n": "INT", "v": type_text}) as read:

        @settings(max_examples=60, deadline=None, derandomize=True, database=None)
        @given(drawn=st.lists(values | st.none(), min_size=COUNT, max_size=COUNT), sizes=st.lists(st.integers(0, 5), max_size=2))
        def compare(drawn: list[Any], sizes: list[int]) -> None:
            array = pa.array(drawn, data_type)
            result = read(chunk_of(pa.record_batch([pa.array(range(COUNT), pa.int32()), array], ["n", "v"]), *sizes))
            # The text tells types, folds and NaN apart, as equality does not.
            assert repr(list(result.rows())) == repr(list(enumerate(array.to_pylist())))

        compare()


def test_rows_of_many_columns_and_of_none() -> None:
    with answering({f"c{index}": "INT" for index in range(300)}, 2) as read:
        batch = pa.record_batch(
            [pa.array([index, None], pa.int32()) for index in range(300)], [f"c{index}" for index in range(300)]
        )
        assert list(read(chunk_of(batch)).rows()) == [tuple(range(300)), (None,) * 300]


@pytest.mark.parametrize(
    ("type_text", "values", "data_type"),
    [
        ("DATE", [-719_163], pa.date32()),
        ("DATE", [None, 2_932_897], pa.date32()),
        ("DATE", [2**31 - 1], pa.date32()),
        ("TIMESTAMP_NTZ", [-62_135_596_800_000_001], pa.timestamp("us")),
        ("TIMESTAMP_NTZ", [2**63 - 1], pa.timestamp("us")),
        ("TIMESTAMP", [253_402_300_800_000_000, None], pa.timestamp("us", "UTC")),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_value_beyond_python_is_named_with_its_column_and_what_is_before_it_is_made(
    type_text: str, values: list[int | None], data_type: pa.DataType, nested: bool
) -> None:
    array = of_numbers([0, *values, *[0] * (COUNT - 1 - len(values))], data_type)
    good = 1 + values.index(next(filter(None, values)))
    expected = array.slice(0, good).to_pylist()
    if nested:
        array, type_text = pa.array([[value] for value in array], pa.list_(data_type)), f"ARRAY<{type_text}>"
        expected = [[value] for value in expected]
    with answering({"n": "BIGINT", "when": type_text}) as read:
        result, seen = read(chunk_of(pa.record_batch([pa.array(range(COUNT)), array], names=["n", "when"]))), []
        for _ in range(2):
            with pytest.raises(KernelError) as raised:
                seen.extend(result.rows())
            assert raised.value.code == "InvalidArgument"
            said = rf"the next row cannot be made: column 'when' has an? {re.escape(type_text)} beyond the years 1 to 9999 of "
            assert re.fullmatch(f"{said}Python's datetime: read it as Arrow, or CAST it to STRING in the SQL", raised.value.message)
            assert seen == list(enumerate(expected))
        assert result.fetch_all_arrow().column("n").to_pylist() == list(range(good, COUNT))


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
    with answering({"when": "ARRAY<TIMESTAMP>" if nested else "TIMESTAMP"}, 3) as read:
        rows = read(chunk_of(pa.record_batch([array], names=["when"]))).rows()
        made = [next(rows)[0]]
        if local is None:
            with pytest.raises(KernelError):
                next(rows)
            return
        made = [item[0] if nested else item for item in (*made, *(row[0] for row in rows))]
        assert (made[0], str(made[1]), made[2]) == (None, local, pa.scalar(0, pa.timestamp("us", zone)).as_py())


def test_fields_of_one_name_have_no_form_in_python() -> None:
    fields = [pa.field("a", pa.int64())] * 2
    twice = pa.StructArray.from_arrays([pa.array([1, 1]), pa.array([2, 2])], fields=fields, mask=pa.array([True, False]))
    with answering({"s": "STRUCT<a: BIGINT, a: BIGINT>"}, 2) as read:
        rows = read(chunk_of(pa.record_batch([twice], names=["s"]))).rows()
        assert next(rows) == (None,)
        with pytest.raises(KernelError, match=r"column 's' has a STRUCT<.*> that has no form in Python \(two of its fields"):
            next(rows)


def test_zone_that_this_system_does_not_know_is_named() -> None:
    with answering({"t": "TIMESTAMP"}, 1) as read:
        array = pa.array([0]).cast(pa.timestamp("us", "Mars/Olympus"))
        with pytest.raises(KernelError, match=r"column 't' has a TIMESTAMP of a zone that .*Mars/Olympus.*pip install tzdata"):
            next(read(chunk_of(pa.record_batch([array], names=["t"]))).rows())


def test_fold_is_kept_where_clocks_go_back() -> None:
    with answering({"t": "TIMESTAMP"}, 2) as read:
        array = pa.array([1_729_989_000_000_000, 1_729_992_600_000_000]).cast(pa.timestamp("us", "Europe/Berlin"))
        [first], [second] = read(chunk_of(pa.record_batch([array], names=["t"]))).rows()
    assert (first.replace(tzinfo=None), first.fold) == (second.replace(tzinfo=None), 0)
    assert second.fold == 1
