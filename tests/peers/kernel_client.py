"""The kernel's Python package: ours or the published wheel, whichever this environment has."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel as kernel
from answers import Client, Rows, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa


class KernelClient(Client):
    """Drives `Session` and `Statement` as the connector does."""

    def __init__(self, name: str) -> None:
        """Opens a session on the warehouse of the environment."""
        self.name = name
        self.session = kernel.Session(
            host=os.environ["WAREHOUSE_URL"],
            http_path=os.environ["WAREHOUSE_PATH"],
            auth_type="pat",
            access_token=os.environ["WAREHOUSE_TOKEN"],
        )

    def query(self, sql: str) -> Rows:
        """Executes and reads all."""
        return self.query_with(sql, [])

    def query_with(self, sql: str, values: list[tuple[str, str, str | None]]) -> Rows:
        """Binds by name, executes and reads all."""
        statement = self.session.statement()
        statement.set_sql(sql)
        for name, sql_type, value in values:
            statement.bind_named_param(name, value, sql_type)
        executed = statement.execute()
        table = executed.fetch_all_arrow()
        executed.close()
        return rows(table)

    def sql_state(self, error: Exception) -> str | None:
        """The kernel's error has it as an attribute."""
        return getattr(error, "sql_state", None)

    def metadata(self) -> dict[str, Callable[[], Iterable[Any]]]:
        """Four of the ten calls, as the other clients have them."""
        metadata = self.session.metadata()
        return {
            "catalogs": lambda: column(metadata.list_catalogs(), "TABLE_CAT"),
            "schemas": lambda: column(metadata.list_schemas(catalog="samples"), "TABLE_SCHEM"),
            "tables": lambda: column(metadata.list_tables(catalog="samples", schema_pattern="tpch"), "TABLE_NAME"),
            "columns": lambda: column(
                metadata.list_columns(catalog="samples", schema_pattern="tpch", table_pattern="nation"), "COLUMN_NAME"
            ),
        }


def rows(table: pa.Table) -> Rows:
    """The table's rows; column names may repeat."""
    columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns, strict=True))


def column(stream: Any, name: str) -> list[Any]:
    """One column of a metadata answer."""
    return stream.fetch_all_arrow().column(name).to_pylist()  # type: ignore[no-any-return]


if __name__ == "__main__":
    run(KernelClient(sys.argv[1]))
