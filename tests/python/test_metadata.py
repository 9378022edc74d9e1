"""The metadata calls, in the shapes of JDBC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from conftest import dicts

if TYPE_CHECKING:
    from databricks_sql_kernel import Session

TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]

COLUMNS = {
    "list_catalogs": ["TABLE_CAT"],
    "list_schemas": ["TABLE_SCHEM", "TABLE_CATALOG"],
    "list_tables": [
        "TABLE_CAT",
        "TABLE_SCHEM",
        "TABLE_NAME",
        "TABLE_TYPE",
        "REMARKS",
        "TYPE_CAT",
        "TYPE_SCHEM",
        "TYPE_NAME",
        "SELF_REFERENCING_COL_NAME",
        "REF_GENERATION",
    ],
    "table_types": ["TABLE_TYPE"],
}


@pytest.mark.parametrize("call", COLUMNS)
def test_columns_are_those_of_jdbc(session: Session, call: str) -> None:
    result = getattr(session.metadata(), call)()
    assert [column.name for column in result.columns()] == COLUMNS[call]
    result.close()


def names(session: Session, call: str, column: str, **filters: Any) -> list[str]:
    return sorted(row[column] for row in dicts(getattr(session.metadata(), call)(**filters)))


def test_catalogs_and_schemas(session: Session) -> None:
    assert set(names(session, "list_catalogs", "TABLE_CAT")) >= {"main", "samples", "system"}
    assert "tpch" in names(session, "list_schemas", "TABLE_SCHEM", catalog="samples")
    assert names(session, "list_schemas", "TABLE_SCHEM", catalog="samples", schema_pattern="tp%") == ["tpch"]
    assert names(session, "list_schemas", "TABLE_SCHEM", catalog="samples", schema_pattern="zz%") == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, TABLES),
        ({"table_pattern": "part%"}, ["part", "partsupp"]),
        ({"table_pattern": "regio_"}, ["region"]),
        ({"table_types": ["table"]}, TABLES),
        ({"table_types": ["VIEW"]}, []),
        ({"table_types": []}, TABLES),
        ({"table_pattern": ""}, TABLES),
    ],
    ids=str,
)
def test_tables_are_filtered(session: Session, filters: dict[str, Any], expected: list[str]) -> None:
    assert names(session, "list_tables", "TABLE_NAME", catalog="samples", schema_pattern="tpch", **filters) == expected


def test_columns_of_a_table(session: Session) -> None:
    result = session.metadata().list_columns(catalog="samples", schema_pattern="tpch", table_pattern="nation")
    assert len(result.columns()) == 23
    found = [(row["COLUMN_NAME"], row["ORDINAL_POSITION"]) for row in dicts(result)]
    assert found == [("n_nationkey", 1), ("n_name", 2), ("n_regionkey", 3), ("n_comment", 4)]


@pytest.mark.parametrize(
    ("call", "arguments", "columns"),
    [
        ("type_info", {}, 18),
        ("primary_keys", {"catalog": "samples", "schema": "tpch", "table": "nation"}, 6),
        ("foreign_keys", {"foreign_catalog": "samples", "foreign_schema": "tpch", "foreign_table": "nation"}, 14),
        ("functions", {"catalog": "samples", "name_pattern": "no_such%"}, 6),
        ("procedures", {"catalog": "samples", "name_pattern": "no_such%"}, 9),
    ],
)
def test_every_call_answers_in_its_shape(session: Session, call: str, arguments: dict[str, str], columns: int) -> None:
    result = getattr(session.metadata(), call)(**arguments)
    assert all(len(row) == columns == len(result.columns()) for row in [result.columns(), *result.rows()])
