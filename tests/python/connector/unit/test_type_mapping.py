"""A cursor's description, from Arrow schemas."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="Arrow schemas need pyarrow")

import pyarrow as pa
from databricks_sql_kernel.connector.type_mapping import description_of, type_name_of


@pytest.mark.parametrize(
    ("data_type", "name"),
    [
        (pa.bool_(), "boolean"),
        (pa.int8(), "tinyint"),
        (pa.int16(), "smallint"),
        (pa.int32(), "int"),
        (pa.int64(), "bigint"),
        (pa.float32(), "float"),
        (pa.float64(), "double"),
        (pa.string(), "string"),
        (pa.large_string(), "string"),
        (pa.binary(), "binary"),
        (pa.large_binary(), "binary"),
        (pa.date32(), "date"),
        (pa.timestamp("us"), "timestamp"),
        (pa.timestamp("us", "Europe/Berlin"), "timestamp"),
        (pa.decimal128(10, 2), "decimal"),
        (pa.decimal256(60, 30), "decimal"),
        (pa.list_(pa.int32()), "array"),
        (pa.large_list(pa.int32()), "array"),
        (pa.map_(pa.string(), pa.int32()), "map"),
        (pa.struct({"a": pa.int32()}), "struct"),
        (pa.null(), "null"),
        (pa.uint16(), "uint16"),
        (pa.binary(16), "fixed_size_binary[16]"),
        (pa.duration("us"), "duration[us]"),
    ],
    ids=str,
)
def test_names_of_arrow_types(data_type: Any, name: str) -> None:
    assert type_name_of(pa.field("c", data_type)) == name


@pytest.mark.parametrize(
    ("server_name", "data_type", "name"),
    [
        ("VARIANT", pa.string(), "variant"),
        ("ARRAY", pa.string(), "array"),
        ("MAP", pa.string(), "map"),
        ("STRUCT", pa.string(), "struct"),
        ("GEOGRAPHY", pa.string(), "geography"),
        ("GEOMETRY", pa.struct({"srid": pa.int32(), "wkb": pa.binary()}), "geometry"),
        ("INTERVAL", pa.string(), "string"),
        ("INT", pa.int64(), "bigint"),
        ("", pa.int64(), "bigint"),
    ],
)
def test_servers_name_tells_apart_what_arrow_does_not(server_name: str, data_type: Any, name: str) -> None:
    assert type_name_of(pa.field("c", data_type, metadata={"databricks.type_name": server_name})) == name


def test_description_has_seven_items_and_a_decimals_precision() -> None:
    schema = pa.schema([("n", pa.int64()), ("n", pa.decimal128(10, 2))])
    assert description_of(schema) == [("n", "bigint", None, None, None, None, None), ("n", "decimal", None, None, 10, 2, None)]
