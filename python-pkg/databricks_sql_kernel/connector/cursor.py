"""The connector's cursor, with parameters that are looked at before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from databricks.sql.client import Cursor
from databricks.sql.exc import ProgrammingError
from databricks.sql.parameters.native import ParameterStructure

from databricks_sql_kernel._handle import NotCopied

from .parameters import as_sent, given_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from databricks.sql.parameters.native import DbsqlParameterBase

__all__ = ["KernelCursor"]


class KernelCursor(NotCopied, Cursor):  # type: ignore[misc]
    """A cursor of a connection on the kernel. What it cannot bind is a `ProgrammingError` that says what to pass instead."""

    def execute(self, operation: str, *arguments: Any, **options: Any) -> Cursor:
        """Runs a statement and waits for it: the connector's `execute`."""
        return super().execute(_sql(operation), *arguments, **options)

    def execute_async(self, operation: str, *arguments: Any, **options: Any) -> Cursor:
        """Starts a statement: the connector's `execute_async`."""
        return super().execute_async(_sql(operation), *arguments, **options)

    def _normalize_tparametercollection(self, params: Any) -> list[DbsqlParameterBase]:
        return given_parameters(params)

    def _prepare_native_parameters(
        self, stmt: str, params: Sequence[DbsqlParameterBase], param_structure: ParameterStructure
    ) -> tuple[str, list[Any]]:
        named = param_structure == ParameterStructure.NAMED
        return stmt, [as_sent(parameter, number, named=named) for number, parameter in enumerate(params, 1)]


def _sql(operation: object) -> str:
    if not isinstance(operation, str):
        raise ProgrammingError(f"the statement must be a str, not {type(operation).__name__}")
    return operation
