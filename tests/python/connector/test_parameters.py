"""A cursor's parameters, of every type, on both backends."""

from __future__ import annotations

import datetime as dt
import enum
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from databricks.sql.exc import NotSupportedError, ProgrammingError, ServerOperationError
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
from databricks_sql_kernel import connector

if TYPE_CHECKING:
    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy

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
        (TimestampNTZParameter, NAIVE.replace(tzinfo=EAST), "timestamp_ntz", NAIVE),
        (DecimalParameter, Decimal("12.50"), "decimal(4,2)", Decimal("12.50")),
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
    [(ArrayParameter([1, 2]), "ARRAY"), (MapParameter({"k": 1}), "MAP"), ([1, 2], "ARRAY"), ({"k": 1}, "MAP")],
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


NINES = "9" * 38


@pytest.mark.parametrize(
    ("text", "sql_type"),
    [
        (f"-{NINES}", "decimal(38,0)"),
        (NINES, "decimal(38,0)"),
        (f"-{NINES[1:]}.9", "decimal(38,1)"),
        (f"-{NINES[3:]}.999", "decimal(38,3)"),
        (f"-0.{NINES}", "decimal(38,38)"),
        ("1.000000000000000000000000000000000000E+37", "decimal(38,0)"),
        (f"-{NINES[9:]}E-38", "decimal(38,38)"),
    ],
)
def test_decimal_of_the_most_digits_with_a_sign_or_an_exponent(cursor: Any, text: str, sql_type: str) -> None:
    cursor.execute("SELECT ? AS v, typeof(?) AS t", [Decimal(text), Decimal(text)])
    assert tuple(cursor.fetchone()) == (Decimal(text), sql_type)


@pytest.mark.parametrize(
    ("text", "sql_type"),
    [
        ("-12.50", "decimal(4,2)"),
        ("-0.5", "decimal(1,1)"),
        ("-7", "decimal(1,0)"),
        ("0", "decimal(1,0)"),
        ("-0.00", "decimal(2,2)"),
        ("0E-10", "decimal(10,10)"),
        ("0E+5", "decimal(1,0)"),
        ("-1.5E+3", "decimal(4,0)"),
        ("-1.5E-7", "decimal(8,8)"),
    ],
)
def test_sign_and_exponent_are_no_digits(cursor: Any, is_adapter: bool, text: str, sql_type: str) -> None:
    if not is_adapter:
        pytest.skip("the connector counts characters, and its type is wide enough for these")
    cursor.execute("SELECT ? AS v, typeof(?) AS t", [Decimal(text), Decimal(text)])
    assert tuple(cursor.fetchone()) == (Decimal(text), sql_type)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "sNaN", NINES + "9", f"-{NINES}.1", "1E+38", "-1E-39"])
def test_decimal_that_no_type_holds_is_refused_by_name(cursor: Any, text: str) -> None:
    with pytest.raises(ProgrammingError, match="parameter 1: the value does not parse as DECIMAL"):
        cursor.execute("SELECT ?", [Decimal(text)])
    with pytest.raises(ProgrammingError, match="parameter :price: the value does not parse as DECIMAL"):
        cursor.execute("SELECT :price", {"price": Decimal(text)})


class Color(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize(
    ("value", "sql_type", "text"),
    [
        (True, "BOOLEAN", "true"),
        (2**31, "BIGINT", "2147483648"),
        (-(2**31), "INT", "-2147483648"),
        (Level.LOW, "INT", "1"),
        (1e300, "DOUBLE", "1e+300"),
        (float("nan"), "DOUBLE", "NaN"),
        (Color.RED, "STRING", "red"),
        ("", "STRING", ""),
        ("a\0b", "STRING", "a\0b"),
        (dt.date(1, 1, 1), "DATE", "0001-01-01"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999999), "TIMESTAMP", "9999-12-31 23:59:59.999999"),  # noqa: DTZ001
        (NAIVE.replace(tzinfo=EAST), "TIMESTAMP", "2026-01-02T01:04:05.006000Z"),
        (None, "VOID", None),
        (StringParameter(None), "STRING", None),  # type: ignore[arg-type,unused-ignore]
        (DecimalParameter(None), "DECIMAL(10,0)", None),  # type: ignore[arg-type,unused-ignore]
        (DecimalParameter(Decimal(5), scale=10, precision=0), "DECIMAL(10,0)", "5"),
        (TimestampParameter(NAIVE.date()), "TIMESTAMP", "2026-01-02 00:00:00"),  # type: ignore[arg-type,unused-ignore]
    ],
)
def test_value_as_it_is_sent(warehouse: LocalWarehouse, proxy: Proxy, value: Any, sql_type: str, text: str | None) -> None:
    with (
        connector.connect(**{**warehouse.connector_arguments(), "server_hostname": proxy.url}) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT ?", (value,))
        [by_place] = json.loads(proxy.await_request("POST", "/statements").body)["parameters"]
        cursor.execute("SELECT :v", {"v": value})
        [by_name] = json.loads(proxy.await_request("POST", "/statements").body)["parameters"]
    for sent, where in ((by_place, {"ordinal": 1}), (by_name, {"name": "v"})):
        assert {"value": None, **sent} == {"type": sql_type, "value": text, **where}


@pytest.mark.parametrize(
    ("parameters", "kind", "text"),
    [
        (b"ab", ProgrammingError, "parameters must be a list or tuple .*, not bytes"),
        ("ab", ProgrammingError, "not str"),
        (5, ProgrammingError, "not int"),
        ({1, 2}, ProgrammingError, "not set"),
        ((n for n in (1, 2)), ProgrammingError, "not generator"),
        ({1: "a"}, ProgrammingError, "names of parameters must be str, and 1 is of type int"),
        ([1, b"ab"], NotSupportedError, r"parameter number 2 is of type bytes: .* unhex\(\)"),
        ({"u": UUID(int=1)}, NotSupportedError, r"parameter :u is of type UUID, .* str\(value\)"),
        ([10**5000], ProgrammingError, "parameter number 1: its int has no text"),
        ([2**63], ProgrammingError, "parameter 1: the value does not parse as BIGINT"),
        ([1, 2, 3], ProgrammingError, "3 values are bound by position, more than the 2 `\\?`"),
    ],
)
def test_what_cannot_be_parameters_is_refused_with_a_way_out(
    warehouse: LocalWarehouse, parameters: Any, kind: type[Exception], text: str
) -> None:
    with connector.connect(**warehouse.connector_arguments()) as connection, connection.cursor() as cursor:
        for run in (cursor.execute, cursor.execute_async):
            with pytest.raises(kind, match=text):
                run("SELECT ?, ?", parameters)
        with pytest.raises(ProgrammingError, match="not int"):
            cursor.executemany("SELECT ?", [1, 2])
        for nothing in (None, b"SELECT 1"):
            with pytest.raises(ProgrammingError, match="the statement must be a str, not"):
                cursor.execute(nothing, [])


def test_too_few_and_too_many_values_are_refused(cursor: Any) -> None:
    with pytest.raises(ServerOperationError, match="UNBOUND_SQL_PARAMETER"):
        cursor.execute("SELECT ?, ?", [1])
    with pytest.raises(ProgrammingError, match="2 values are bound by position, more than the 1 `\\?` of the statement"):
        cursor.execute("SELECT ?, '?' -- ?", [1, 2])
    cursor.execute("SELECT ? AS n, '?'", [1])
    assert cursor.fetchone().n == 1
