"""The connector's own SEA backend, unmodified, over TLS."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from answers import Client, Rows, run
from databricks import sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class ConnectorClient(Client):
    """`databricks.sql.connect(use_sea=True)`."""

    name = "connector"

    def __init__(self) -> None:
        """Connects to the warehouse of the environment."""
        url = urlsplit(os.environ["WAREHOUSE_TLS_URL"])
        self.connection = sql.connect(
            server_hostname=url.hostname,
            _port=url.port,
            http_path=os.environ["WAREHOUSE_PATH"],
            access_token=os.environ["WAREHOUSE_TLS_TOKEN"],
            _tls_trusted_ca_file=os.environ["WAREHOUSE_CA"],
            use_sea=True,
            enable_telemetry=False,
        )

    def query(self, sql_text: str) -> Rows:
        """Executes and reads all."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql_text)
            return [] if cursor.description is None else cursor.fetchall()

    def query_with(self, sql_text: str, values: list[tuple[str, str, str | None]]) -> Rows:
        """Binds by name; the connector finds the types from Python values, so they go as text."""
        from databricks.sql.parameters import DateParameter, DecimalParameter, IntegerParameter, StringParameter, VoidParameter

        kinds: dict[str, Callable[[str], Any]] = {"INT": lambda v: IntegerParameter(int(v)), "STRING": StringParameter}
        kinds |= {"DECIMAL(10,2)": lambda v: DecimalParameter(decimal(v)), "DATE": lambda v: DateParameter(day(v))}
        parameters = []
        for name, sql_type, value in values:
            parameter = VoidParameter(None) if value is None else kinds[sql_type](value)
            parameter.name = name
            parameters.append(parameter)
        with self.connection.cursor() as cursor:
            cursor.execute(sql_text, parameters)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def sql_state(self, error: Exception) -> str | None:
        """This backend has it in the message alone."""
        found = re.search(r"SQLSTATE: (\w{5})", str(error))
        return found and found.group(1)

    def metadata(self) -> dict[str, Callable[[], Iterable[Any]]]:
        """The cursor's metadata calls, whose columns are the server's own."""
        return {
            "catalogs": lambda: self._names("catalogs", 0),
            "schemas": lambda: self._names("schemas", 0, catalog_name="samples"),
            "tables": lambda: self._names("tables", 1, catalog_name="samples", schema_name="tpch"),
            "columns": lambda: self._names("columns", 0, catalog_name="samples", schema_name="tpch", table_name="nation"),
        }

    def _names(self, call: str, column: int, **arguments: str) -> list[Any]:
        with self.connection.cursor() as cursor:
            getattr(cursor, call)(**arguments)
            return [row[column] for row in cursor.fetchall()]


def decimal(value: str) -> Any:
    """A `Decimal`."""
    from decimal import Decimal

    return Decimal(value)


def day(value: str) -> Any:
    """A `date`."""
    from datetime import date

    return date.fromisoformat(value)


if __name__ == "__main__":
    run(ConnectorClient())
