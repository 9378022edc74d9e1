"""What catalogs, schemas, tables and columns there are, in the column shapes of JDBC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ._library import call
from ._wait import wait
from .result import ResultStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from . import _native

__all__ = ["Metadata"]

R = TypeVar("R")


class MetadataCalls(Generic[R]):
    r"""The metadata calls of a session, before somebody decides how to wait for them; `R` is what a call answers.

    Patterns are those of LIKE: `%` is any text, `_` any character, `\` takes the meaning from the next character. `None` is no
    filter; an empty text matches nothing. What is not called a pattern is compared exactly.

    Every call raises `KernelError`: `PermissionDenied`, `NetworkError`, `InvalidStatementHandle` when the session was closed, …
    """

    def __init__(self, native: _native.Metadata) -> None:
        """Made by `Session.metadata`."""
        self._native = native

    def list_catalogs(self) -> R:
        """The catalogs: `TABLE_CAT`."""
        return self._result(call(self._native.list_catalogs))

    def list_schemas(self, *, catalog: str | None = None, schema_pattern: str | None = None) -> R:
        """The schemas of one catalog or of all."""
        return self._result(call(self._native.list_schemas, catalog, schema_pattern))

    def list_tables(
        self,
        *,
        catalog: str | None = None,
        schema_pattern: str | None = None,
        table_pattern: str | None = None,
        table_types: Sequence[str] | None = None,
    ) -> R:
        """The tables and views.

        Args:
            catalog: A pattern of the catalog.
            schema_pattern: A pattern of the schema.
            table_pattern: A pattern of the name.
            table_types: Only these, such as `["TABLE", "VIEW"]`, in any letter case; `None` or an empty list for all.
        """
        types = list(table_types) if table_types else None
        return self._result(call(self._native.list_tables, catalog, schema_pattern, table_pattern, types))

    def list_columns(
        self,
        *,
        catalog: str | None = None,
        schema_pattern: str | None = None,
        table_pattern: str | None = None,
        column_pattern: str | None = None,
    ) -> R:
        """The columns of the tables that match."""
        return self._result(call(self._native.list_columns, catalog, schema_pattern, table_pattern, column_pattern))

    def table_types(self) -> R:
        """The kinds of tables that there are. Nothing is sent."""
        return self._result(call(self._native.table_types))

    def type_info(self) -> R:
        """The SQL data types. Nothing is sent."""
        return self._result(call(self._native.type_info))

    def primary_keys(self, *, catalog: str, schema: str, table: str) -> R:
        """The primary key of a table."""
        return self._result(call(self._native.primary_keys, catalog, schema, table))

    def foreign_keys(
        self,
        *,
        parent_catalog: str | None = None,
        parent_schema: str | None = None,
        parent_table: str | None = None,
        foreign_catalog: str,
        foreign_schema: str,
        foreign_table: str,
    ) -> R:
        """The foreign keys of a table (`foreign_*`), all of them or those that point to a parent (`parent_*`)."""
        return self._result(
            call(
                self._native.foreign_keys,
                parent_catalog,
                parent_schema,
                parent_table,
                foreign_catalog,
                foreign_schema,
                foreign_table,
            )
        )

    def functions(self, *, catalog: str | None = None, schema_pattern: str | None = None, name_pattern: str | None = None) -> R:
        """The functions of one catalog or of all."""
        return self._result(call(self._native.functions, catalog, schema_pattern, name_pattern))

    def procedures(self, *, catalog: str | None = None, schema_pattern: str | None = None, name_pattern: str | None = None) -> R:
        """The procedures of one catalog or of all."""
        return self._result(call(self._native.procedures, catalog, schema_pattern, name_pattern))

    def _result(self, request: _native.MetadataCall) -> R:
        raise NotImplementedError


class Metadata(MetadataCalls[ResultStream]):
    """The metadata calls of a session, with patterns as those of LIKE. Each answers a `ResultStream`."""

    def _result(self, request: _native.MetadataCall) -> ResultStream:
        return ResultStream(wait(request.fetch_within, request.interrupt))
