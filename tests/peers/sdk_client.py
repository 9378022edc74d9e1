"""`databricks-sdk`: the statement execution API of the public reference, results as JSON."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import Any, ClassVar

from answers import Client, Rows, run
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.sql import Disposition, Format, StatementParameterListItem, StatementState


class SdkClient(Client):
    """`WorkspaceClient.statement_execution`."""

    name = "sdk"
    cannot: ClassVar = {"metadata": "the SDK's statement execution API has no metadata calls"}

    def __init__(self) -> None:
        """A client for the warehouse of the environment."""
        self.client = WorkspaceClient(host=os.environ["WAREHOUSE_URL"], token=os.environ["WAREHOUSE_TOKEN"], auth_type="pat")

    def query(self, sql: str) -> Rows:
        """Executes and reads all chunks."""
        return self.query_with(sql, [])

    def query_with(self, sql: str, values: list[tuple[str, str, str | None]]) -> Rows:
        """Binds by name, executes and reads all chunks."""
        api = self.client.statement_execution
        response = api.execute_statement(
            statement=sql,
            warehouse_id="local",
            disposition=Disposition.INLINE,
            format=Format.JSON_ARRAY,
            wait_timeout="30s",
            parameters=[StatementParameterListItem(name=name, type=sql_type, value=value) for name, sql_type, value in values]
            or None,
        )
        if response.status is None or response.status.state is not StatementState.SUCCEEDED:
            raise RuntimeError(str(response.status and response.status.error and response.status.error.message))
        columns = (response.manifest and response.manifest.schema and response.manifest.schema.columns) or []
        types = [str(column.type_name and column.type_name.value) for column in columns]
        rows: list[list[Any]] = []
        data = response.result
        while data is not None:
            rows += [[value_of(cell, kind) for cell, kind in zip(row, types, strict=True)] for row in data.data_array or []]
            following = data.next_chunk_index
            data = api.get_statement_result_chunk_n(str(response.statement_id), following) if following is not None else None
        return rows

    def sql_state(self, error: Exception) -> str | None:
        """The message has it."""
        found = re.search(r"SQLSTATE: (\w{5})", str(error))
        return found and found.group(1)


def value_of(cell: str | None, kind: str) -> Any:
    """Cells are texts; a moment is compared as one."""
    return datetime.fromisoformat(cell) if cell is not None and kind == "TIMESTAMP" else cell


if __name__ == "__main__":
    run(SdkClient())
