"""The connector's backend interface, on a session of the kernel's."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from databricks.sql.backend.databricks_client import DatabricksClient
from databricks.sql.backend.types import CommandId, CommandState, SessionId
from databricks.sql.exc import InterfaceError

from databricks_sql_kernel._handle import NotCopied
from databricks_sql_kernel._locks import Lock
from databricks_sql_kernel.errors import KernelError

from ._requirements import require_kernel
from .auth_bridge import session_credentials
from .errors import mapped_errors, pep249_error
from .parameters import bind_parameters
from .session_options import (
    ARGUMENT_OF,
    host_with_port,
    http_arguments,
    in_words_of_connect,
    session_parameters,
    tls_arguments,
)
from .volumes import Transfer, refuse_what_cannot_be_done

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from databricks.sql.client import Cursor

    from databricks_sql_kernel.result import ExecutedStatement, ResultStream
    from databricks_sql_kernel.session import Session
    from databricks_sql_kernel.statement import ExecutedAsyncStatement, Statement, StatementCanceller
    from databricks_sql_kernel.volume import VolumeOperation

    from .result_set import KernelResultSet
    from .volumes import Allowed

__all__ = ["KernelDatabricksClient"]

logger = logging.getLogger("databricks.sql.kernel")

STATE_OF: Final = {
    "Pending": CommandState.PENDING,
    "Running": CommandState.RUNNING,
    "Succeeded": CommandState.SUCCEEDED,
    "Failed": CommandState.FAILED,
    "Cancelled": CommandState.CANCELLED,
    "Closed": CommandState.CLOSED,
}

# The arguments of `databricks.sql.connect` that have a meaning after the session is made.
OPTIONS: Final = frozenset({*ARGUMENT_OF, "_use_arrow_native_complex_types", "enable_geospatial_support", "escape_catalog_name"})


class KernelDatabricksClient(NotCopied, DatabricksClient):  # type: ignore[misc]
    """One session of the kernel's behind the connector's backend interface. Any number of threads may use it.

    Statements keep the server's ids. Every error is one of PEP 249.
    """

    def __init__(
        self,
        server_hostname: str,
        http_path: str,
        auth_provider: Any,
        ssl_options: Any = None,
        http_headers: Iterable[tuple[str, str]] | None = None,
        port: int | str | None = None,
        **options: Any,
    ) -> None:
        """Takes note of what the session is opened with; nothing is sent.

        Args:
            server_hostname: The host, with or without a scheme and a port.
            http_path: The warehouse's path.
            auth_provider: The connector's `AuthProvider`.
            ssl_options: The connector's `SSLOptions`.
            http_headers: Headers for every request.
            port: The port, unless the host has one.
            options: Other arguments of `databricks.sql.connect`; those without a meaning here are ignored.
        """
        self._host = host_with_port(server_hostname, port)
        self._http_path = http_path
        self._auth_provider = auth_provider
        self._ssl_options = ssl_options
        self._headers = list(http_headers or ())
        # Not all: there are secrets among them.
        self._options = {name: value for name, value in options.items() if name in OPTIONS}
        self._session: Session | None = None
        self._lock = Lock()
        self._results: dict[str, ExecutedStatement] = {}
        self._submitted: dict[str, ExecutedAsyncStatement] = {}
        # The statements that run now, by the cursor that waits for each.
        self._running: dict[int, StatementCanceller] = {}
        # The files that are transferred now, by the id of the statement that asked for it.
        self._transfers: dict[str, Transfer] = {}

    def open_session(self, session_configuration: Mapping[str, Any] | None, catalog: str | None, schema: str | None) -> SessionId:
        """Opens the session, which may take minutes when the warehouse has to start.

        Raises:
            InterfaceError: It is open already.
            ImportError: pyarrow or the native library is missing.
        """
        if self._session is not None:
            raise InterfaceError("the session is open already")
        require_kernel()
        from databricks_sql_kernel.session import Session

        with mapped_errors("opening a session"):
            try:
                self._session = Session(
                    self._host,
                    self._http_path,
                    **session_credentials(self._auth_provider),
                    **tls_arguments(self._ssl_options),
                    **http_arguments(self._options, self._headers),
                    session_conf=session_parameters(session_configuration),
                    catalog=catalog or None,
                    schema=schema or None,
                    enable_geospatial_support=self._options.get("enable_geospatial_support", False),
                    complex_types_as_json=self._options.get("_use_arrow_native_complex_types") is False,
                    # pyarrow cannot read year-month intervals.
                    intervals_as_string=True,
                )
            except KernelError as error:
                error.message = in_words_of_connect(error.message)
                raise
        return SessionId.from_sea_session_id(self._session.session_id)

    def close_session(self, session_id: SessionId) -> None:
        """Closes the session; the server ends its statements. Does nothing when it is closed, and never raises."""
        session, self._session = self._session, None
        with self._lock:
            handles: list[ExecutedStatement | ExecutedAsyncStatement] = [*self._results.values(), *self._submitted.values()]
            self._results.clear()
            self._submitted.clear()
        for handle in handles:
            _close_quietly(handle)
        if session is not None:
            _close_quietly(session)

    def execute_command(
        self,
        operation: str,
        session_id: SessionId,
        max_rows: int,
        max_bytes: int,
        lz4_compression: bool,
        cursor: Cursor,
        use_cloud_fetch: bool,
        parameters: Iterable[Any],
        async_op: bool,
        enforce_embedded_schema_correctness: bool,
        row_limit: int | None = None,
        query_tags: Mapping[str, str | None] | None = None,
    ) -> KernelResultSet | None:
        """Runs a statement and answers its result; with `async_op` only starts it and answers `None`.

        The cursor gets the server's id of the statement, also when it fails, and the number of changed rows. `PUT`, `GET` and
        `REMOVE` return when the file is transferred, and have no rows.

        Raises:
            NotSupportedError: A parameter is an ARRAY, MAP or STRUCT, or a file transfer would be submitted.
            ProgrammingError: A local file is not one that `staging_allowed_local_path` allows.
        """
        cursor.active_command_id = None
        with mapped_errors("executing a statement"):
            statement = self._opened().statement()
            statement.set_sql(operation)
            allowed = cursor.connection.staging_allowed_local_path
            refuse_what_cannot_be_done(operation, _leading_keyword(operation), allowed, async_op=async_op)
            statement.set_row_limit(row_limit)
            if query_tags:
                statement.set_query_tags(query_tags)
            bind_parameters(statement, parameters)
            if async_op:
                submitted = statement.submit()
                cursor.active_command_id = CommandId.from_sea_statement_id(submitted.statement_id)
                with self._lock:
                    self._submitted[submitted.statement_id] = submitted
                return None
            executed = self._execute(statement, cursor)
            with self._lock:
                self._results[executed.statement_id] = executed
            changed, file = executed.num_modified_rows, executed.volume_operation
        cursor.rowcount = -1 if changed is None else changed
        if file is not None:
            # The connector calls it before `execute` returns, with the stream that only it knows.
            cursor._handle_staging_operation = partial(self._transfer, file, cursor)  # noqa: SLF001
        return self._result_set(executed, cursor, cursor.active_command_id, transfers_file=file is not None)

    def cancel_command(self, command_id: CommandId) -> None:
        """Asks the server to cancel a statement, also one of another process; it may still succeed. Breaks a file transfer off."""
        transfer = self._transfers.get(command_id.guid)
        if transfer is not None:
            transfer.cancel()
            return
        with mapped_errors("cancelling a statement"):
            (self._handle_of(command_id) or self._attached(command_id)).cancel()

    def cancel_running_cursor(self, cursor: Cursor) -> bool:
        """Cancels the statement that a cursor waits for in another thread, also before the server has given it an id.

        Returns:
            Whether there was one.
        """
        with self._lock:
            canceller = self._running.get(id(cursor))
        if canceller is None:
            return False
        with mapped_errors("cancelling a statement"):
            canceller.cancel()
        return True

    def close_command(self, command_id: CommandId) -> None:
        """Closes a statement on the server, which frees its result. Those that others started are left alone."""
        with self._lock:
            handle = self._results.pop(command_id.guid, None) or self._submitted.pop(command_id.guid, None)
        if handle is not None:
            with mapped_errors("closing a statement"):
                handle.close()

    def get_query_state(self, command_id: CommandId) -> CommandState:
        """Asks the server where a statement stands, also one of another process.

        Raises:
            ServerOperationError: It failed.
            ProgrammingError: The server does not know it (any more).
        """
        with mapped_errors("asking for the state of a statement"):
            state, failure = (self._submitted.get(command_id.guid) or self._attached(command_id)).status()
        if failure is not None:
            raise pep249_error("the statement", failure) from failure
        return STATE_OF[state]

    def get_execution_result(self, command_id: CommandId, cursor: Cursor) -> KernelResultSet:
        """Waits for a statement and opens its result, each time anew; also of a statement of another process."""
        with mapped_errors("fetching the result of a statement"):
            stream = (self._submitted.get(command_id.guid) or self._attached(command_id)).await_result()
        return self._result_set(stream, cursor, command_id)

    def get_catalogs(self, session_id: SessionId, max_rows: int, max_bytes: int, cursor: Cursor) -> KernelResultSet:
        """The catalogs."""
        with mapped_errors("listing catalogs"):
            stream = self._opened().metadata().list_catalogs()
        return self._result_set(stream, cursor, None)

    def get_schemas(
        self,
        session_id: SessionId,
        max_rows: int,
        max_bytes: int,
        cursor: Cursor,
        catalog_name: str | None = None,
        schema_name: str | None = None,
    ) -> KernelResultSet:
        """The schemas of a catalog, or of all (`None`, `%`, `*`), whose names match a pattern."""
        with mapped_errors("listing schemas"):
            stream = self._opened().metadata().list_schemas(catalog=_one_catalog(catalog_name), schema_pattern=schema_name)
        return self._result_set(stream, cursor, None)

    def get_tables(
        self,
        session_id: SessionId,
        max_rows: int,
        max_bytes: int,
        cursor: Cursor,
        catalog_name: str | None = None,
        schema_name: str | None = None,
        table_name: str | None = None,
        table_types: list[str] | None = None,
    ) -> KernelResultSet:
        """The tables and views that match the patterns, of the given types in any letter case."""
        catalog = _one_catalog(catalog_name)
        if catalog is not None and self._options.get("escape_catalog_name"):
            catalog = re.sub(r"(?<!\\)_", r"\\_", catalog)
        with mapped_errors("listing tables"):
            stream = (
                self._opened()
                .metadata()
                .list_tables(catalog=catalog, schema_pattern=schema_name, table_pattern=table_name, table_types=table_types)
            )
        return self._result_set(stream, cursor, None)

    def get_columns(
        self,
        session_id: SessionId,
        max_rows: int,
        max_bytes: int,
        cursor: Cursor,
        catalog_name: str | None = None,
        schema_name: str | None = None,
        table_name: str | None = None,
        column_name: str | None = None,
    ) -> KernelResultSet:
        """The columns that match the patterns, in one catalog or in all (`None`, `%`, `*`)."""
        with mapped_errors("listing columns"):
            stream = (
                self._opened()
                .metadata()
                .list_columns(
                    catalog=_one_catalog(catalog_name),
                    schema_pattern=schema_name,
                    table_pattern=table_name,
                    column_pattern=column_name,
                )
            )
        return self._result_set(stream, cursor, None)

    @property
    def max_download_threads(self) -> int:
        """How many downloads of a result run at once at most; the kernel starts those that pay."""
        return int(self._options.get("max_download_threads", 10))

    def _opened(self) -> Session:
        if self._session is None:
            raise InterfaceError("the connection was closed")
        return self._session

    def _execute(self, statement: Statement, cursor: Cursor) -> ExecutedStatement:
        canceller = statement.canceller()
        with self._lock:
            self._running[id(cursor)] = canceller
        try:
            return statement.execute()
        finally:
            with self._lock:
                self._running.pop(id(cursor), None)
            with suppress(KernelError):
                statement_id = canceller.statement_id()
                if statement_id is not None:
                    cursor.active_command_id = CommandId.from_sea_statement_id(statement_id)

    def _transfer(
        self, file: VolumeOperation, cursor: Cursor, staging_allowed_local_path: Allowed, input_stream: Any = None
    ) -> None:
        del cursor._handle_staging_operation  # noqa: SLF001
        with mapped_errors("transferring a file"):
            statement_id = cursor.active_command_id.guid
            self._transfers[statement_id] = transfer = Transfer(file, staging_allowed_local_path, input_stream)
            try:
                transfer.run()
            finally:
                del self._transfers[statement_id]

    def _handle_of(self, command_id: CommandId) -> ExecutedStatement | ExecutedAsyncStatement | None:
        with self._lock:
            return self._results.get(command_id.guid) or self._submitted.get(command_id.guid)

    def _attached(self, command_id: CommandId) -> ExecutedAsyncStatement:
        return self._opened().attach_async_statement(command_id.guid)

    def _result_set(
        self,
        handle: ExecutedStatement | ResultStream,
        cursor: Cursor,
        command_id: CommandId | None,
        *,
        transfers_file: bool = False,
    ) -> KernelResultSet:
        from .result_set import KernelResultSet

        cursor.active_command_id = command_id
        return KernelResultSet(
            cursor.connection,
            self,
            handle,
            command_id,
            cursor.arraysize,
            cursor.buffer_size_bytes,
            transfers_file=transfers_file,
        )


def _leading_keyword(sql: str) -> str:
    from databricks_sql_kernel import _native

    return _native.leading_keyword(sql).upper()


def _close_quietly(handle: ExecutedStatement | ExecutedAsyncStatement | Session) -> None:
    try:
        handle.close()
    except Exception as error:
        logger.warning("closing %r failed: %s", handle, error)


def _one_catalog(name: str | None) -> str | None:
    return None if name in ("%", "*") else name
