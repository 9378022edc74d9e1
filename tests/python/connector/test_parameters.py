"""A cursor's parameters, of every type, on both backends."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from databricks.sql.exc import NotSupportedError, ProgrammingError
from databricks.sql.parameters.native import (
    ArrayParameter,
    BigIntegerParameter,
    BooleanParameter,
    DateParameter,
    DecimalParameter,
    DoubleParameter,
    FloatParameter,
    IntegerParameter,
    MapParameter,
    SmallIntParameter,
    StringParameter,
    TimestampNTZParameter,
    TimestampParameter,
    TinyIntParameter,
    VoidParameter,
)

EAST = dt.timezone(dt.timedelta(hours=2))
NAIVE = dt.datetime(2026, 1, 2, 3, 4, 5, 6000)  # noqa: DTZ001 - a TIMESTAMP_NTZ
UTC = dt.datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("kind", "value", "sql_type", "expected"),
    [
        (VoidParameter, None, "void", None),
        (BooleanParameter, True, "boolean", True),
        (TinyIntParameter, -128, "tinyint", -128),
        (SmallIntParameter, 32_767, "smallint", 32_767),
        (IntegerParameter, -7, "int", -7),
        (BigIntegerParameter, 2**63 - 1, "bigint", 2**63 - 1),
        (FloatParameter, 1.5, "float", 1.5),
        (DoubleParameter, float("-inf"), "double", float("-inf")),
        (StringParameter, "it's ?, :n and \\", "string", "it's ?, :n and \\"),
        (DateParameter, dt.date(2026, 1, 2), "date", dt.date(2026, 1, 2)),
        (TimestampParameter, UTC, "timestamp", UTC),
        (TimestampParameter, UTC.astimezone(EAST), "timestamp", UTC),
        (TimestampParameter, NAIVE, "timestamp", UTC),
        (TimestampNTZParameter, NAIVE, "timestamp_ntz", NAIVE),
        (DecimalParameter, Decimal("-12.50"), "decimal(5,2)", Decimal("-12.50")),
        (DecimalParameter, Decimal("1E+3"), "decimal(4,0)", Decimal(1000)),
        (DecimalParameter, Decimal("1.5E-7"), "decimal(8,8)", Decimal("1.5E-7")),
    ],
)
def test_every_type_named_and_positional(cursor: Any, kind: Any, value: Any, sql_type: str, expected: Any) -> None:
    cursor.execute("SELECT ? AS v, typeof(?) AS t", [kind(value), kind(value)])
    assert tuple(cursor.fetchone()) == (expected, sql_type)
    cursor.execute("SELECT :v AS v, typeof(:v) AS t", [kind(value, name="v")])
    assert tuple(cursor.fetchone()) == (expected, sql_type)


def test_plain_values_name_their_type(cursor: Any) -> None:
    cursor.execute("SELECT :a + 1 AS n, :b AS s, :c AS d", {"a": 41, "b": "it's", "c": Decimal("2.50")})
    assert tuple(cursor.fetchone()) == (42, "it's", Decimal("2.50"))
    cursor.execute("SELECT ?, ?, ?, ?", [1, None, 2**40, UTC])
    assert tuple(cursor.fetchone()) == (1, None, 2**40, UTC)


def test_submitted_statement_has_parameters(cursor: Any) -> None:
    cursor.execute_async("SELECT ? AS n", [7])
    assert cursor.get_async_execution_result().fetchone().n == 7


@pytest.mark.parametrize(
    ("parameter", "name"),
    [(ArrayParameter([1, 2]), "ARRAY"), (MapParameter({"k": 1}), "MAP"), ([1, 2], "ARRAY"), ({"k": 1}, "MAP"), (b"x", "ARRAY")],
)
def test_compound_types_are_refused(cursor: Any, parameter: Any, name: str) -> None:
    with pytest.raises(NotSupportedError, match=name):
        cursor.execute("SELECT ?", [parameter])


def test_refused_parameter_is_named_with_a_way_out(cursor: Any, is_adapter: bool) -> None:
    if not is_adapter:
        pytest.skip("the connector's own backend does not say which parameter it is")
    with pytest.raises(NotSupportedError, match=r"^parameter number 2 is of type ARRAY: .* array\(:a, :b\)"):
        cursor.execute("SELECT ?, ?", [1, [1, 2]])
    with pytest.raises(NotSupportedError, match=r"^parameter :tags is of type ARRAY: "):
        cursor.execute("SELECT :tags", {"tags": ["a"]})


def test_value_that_does_not_parse_is_a_programming_error(cursor: Any) -> None:
    with pytest.raises(ProgrammingError, match="parameter 1: the value does not parse as INT"):
        cursor.execute("SELECT ?", [IntegerParameter(1.5)])  # type: ignore[arg-type,unused-ignore]
