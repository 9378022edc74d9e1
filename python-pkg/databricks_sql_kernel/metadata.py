"""What catalogs, schemas, tables and columns there are, in the column shapes of JDBC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ._arguments import optional_text, text, texts
from ._handle import Handle
from ._hints import hinted
from ._library import call
from ._wait import wait
from .result import ResultStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from . import _native

__all__ = ["Metadata"]

R = TypeVar("R")


class MetadataCalls(Handle, Generic[R]):
    r"""The metadata calls of a session, before somebody decides how to wait for them; `R` is what a call answers.

    Patterns are those of LIKE: `%` is any text, `_` any character, `\` takes the meaning from the next character. `None` and an
    empty text are no filter. What is not called a pattern is compared exactly.

    Every call raises `KernelError`: `PermissionDenied`, `NetworkError`, `InvalidStatementHandle` when the session was closed, …
    """

    def __init__(self, native: _native.Metadata) -> None:
        """Made by `Session.metadata`."""
        self._native = native

    def list_catalogs(self) -> R:
        """The catalogs: `TABLE_CAT`."""
        return self._result(call(self._native.list_catalogs))

    @hinted
    def list_schemas(self, *, catalog: str | None = None, schema_pattern: str | None = None) -> R:
        """The schemas of one catalog or of all."""
        return self._result(call(self._native.list_schemas, *_filters(catalog=catalog, schema_pattern=schema_pattern)))

    @hinted
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
        [catalog, schema, table] = _filters(catalog=catalog, schema_pattern=schema_pattern, table_pattern=table_pattern)
        types = texts("table_types", table_types) or None
        return self._result(call(self._native.list_tables, catalog, schema, table, types))

    @hinted
    def list_columns(
        self,
        *,
        catalog: str | None = None,
        schema_pattern: str | None = None,
        table_pattern: str | None = None,
        column_pattern: str | None = None,
    ) -> R:
        """The columns of the tables that match."""
        filters = _filters(
            catalog=catalog, schema_pattern=schema_pattern, table_pattern=table_pattern, column_pattern=column_pattern
        )
        return self._result(call(self._native.list_columns, *filters))

    def table_types(self) -> R:
        """The kinds of tables that there are. Nothing is sent."""
        return self._result(call(self._native.table_types))

    def type_info(self) -> R:
        """The SQL data types. Nothing is sent."""
        return self._result(call(self._native.type_info))

    @hinted
    def primary_keys(self, *, catalog: str, schema: str, table: str) -> R:
        """The primary key of a table."""
        return self._result(call(self._native.primary_keys, *_names(catalog=catalog, schema=schema, table=table)))

    @hinted
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
        parent = _filters(parent_catalog=parent_catalog, parent_schema=parent_schema, parent_table=parent_table)
        names = _names(foreign_catalog=foreign_catalog, foreign_schema=foreign_schema, foreign_table=foreign_table)
        [parent_catalog, parent_schema, parent_table], [catalog, schema, table] = parent, names
        keys = self._native.foreign_keys
        return self._result(call(keys, parent_catalog, parent_schema, parent_table, catalog, schema, table))

    @hinted
    def functions(self, *, catalog: str | None = None, schema_pattern: str | None = None, name_pattern: str | None = None) -> R:
        """The functions of one catalog or of all."""
        filters = _filters(catalog=catalog, schema_pattern=schema_pattern, name_pattern=name_pattern)
        return self._result(call(self._native.functions, *filters))

    @hinted
    def procedures(self, *, catalog: str | None = None, schema_pattern: str | None = None, name_pattern: str | None = None) -> R:
        """The procedures of one catalog or of all."""
        filters = _filters(catalog=catalog, schema_pattern=schema_pattern, name_pattern=name_pattern)
        return self._result(call(self._native.procedures, *filters))

    def _result(self, request: _native.MetadataCall) -> R:
        raise NotImplementedError


class Metadata(MetadataCalls[ResultStream]):
    """The metadata calls of a session, with patterns as those of LIKE. Each answers a `ResultStream`."""

    def _result(self, request: _native.MetadataCall) -> ResultStream:
        return ResultStream(wait(request.fetch_within, request.interrupt))


def _filters(**given: object) -> list[str | None]:
    return [optional_text(name, value) for name, value in given.items()]


def _names(**given: object) -> list[str]:
    return [text(name, value) for name, value in given.items()]
