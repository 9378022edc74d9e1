"""The connector's result set over a result of the kernel's."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from databricks.sql.backend.types import CommandState
from databricks.sql.result_set import ResultSet

from databricks_sql_kernel._arrow import table_of
from databricks_sql_kernel._handle import NotCopied

from .errors import mapped_errors
from .rows import first_rows_of, row_class, rows_of
from .type_mapping import description_of

if TYPE_CHECKING:
    import pyarrow as pa
    from databricks.sql.backend.types import CommandId
    from databricks.sql.client import Connection
    from databricks.sql.types import Row

    from databricks_sql_kernel._pieces import Piece

    from .client import KernelDatabricksClient

__all__ = ["KernelResultSet", "ResultHandle"]

logger = logging.getLogger("databricks.sql.kernel")

# How many rows fetchone() converts at once.
ROWS_AHEAD: Final = 1000


class ResultHandle(Protocol):
    """What a result set reads from: `ExecutedStatement` and `ResultStream` of the kernel's are such handles."""

    def arrow_schema(self) -> pa.Schema:
        """The schema of every batch."""

    def _next_piece(self) -> Piece | None:
        """The next rows of one record batch, `None` after the last."""

    def close(self) -> None:
        """Frees it; may be called again."""


class KernelResultSet(NotCopied, ResultSet):  # type: ignore[misc]
    """The rows of a result, first in first out: as `Row` objects and as Arrow, in any mix. Each row is handed out once.

    It holds the record batch that is being read; what is further ahead stays in the kernel, within its memory budget. One thread
    reads.
    The errors are those of PEP 249. A row with a value that Python cannot hold is a `DataError`, and stays to be fetched as
    Arrow.
    """

    def __init__(
        self,
        connection: Connection,
        backend: KernelDatabricksClient,
        kernel_handle: ResultHandle,
        command_id: CommandId | None,
        arraysize: int,
        buffer_size_bytes: int,
        *,
        transfers_file: bool = False,
    ) -> None:
        """Reads the schema; no row yet.

        Args:
            connection: The connector's connection.
            backend: Whom to tell when the result is closed.
            kernel_handle: The result; closed with this object.
            command_id: The statement's id on the server; `None` for a metadata call, which has none.
            arraysize: The cursor's; not used.
            buffer_size_bytes: The cursor's; not used, as the kernel has a memory budget of its own.
            transfers_file: Whether the statement is PUT, GET or REMOVE, which have no rows.
        """
        with mapped_errors("reading the schema"):
            schema = kernel_handle.arrow_schema()
        super().__init__(
            connection=connection,
            backend=backend,
            arraysize=arraysize,
            buffer_size_bytes=buffer_size_bytes,
            command_id=command_id,
            status=CommandState.RUNNING,
            has_more_rows=True,
            description=description_of(schema),
            is_staging_operation=transfers_file,
        )
        self._handle: ResultHandle | None = kernel_handle
        self._schema = schema
        self._row_class = row_class(tuple(schema.names))
        self._pieces: deque[Piece] = deque()
        # How many rows of the first piece were handed out, and how many rows are left in all pieces.
        self._offset = 0
        self._buffered = 0
        # Rows of the first piece that fetchone() has converted, and where in the piece they begin.
        self._ahead: list[Row] = []
        self._ahead_start = 0

    def fetchone(self) -> Row | None:
        """The next row; `None` after the last."""
        self._fill(1)
        if not self._buffered:
            return None
        place = self._offset - self._ahead_start
        if not 0 <= place < len(self._ahead):
            with mapped_errors("making a row"):
                self._ahead = first_rows_of(self._pieces[0].slice(self._offset, ROWS_AHEAD), self._row_class)
            self._ahead_start, place = self._offset, 0
        row = self._ahead[place]
        self._advance(1)
        return row

    def fetchmany(self, size: int) -> list[Row]:
        """The next rows, at most `size`; an empty list after the last."""
        return self._rows(size)

    def fetchall(self) -> list[Row]:
        """The rows that are left."""
        return self._rows(None)

    def fetchmany_arrow(self, size: int) -> pa.Table:
        """The next rows as a `pyarrow.Table`, at most `size`."""
        return self._table(self._take(size))

    def fetchall_arrow(self) -> pa.Table:
        """The rows that are left as a `pyarrow.Table`, over the kernel's memory."""
        return self._table(self._take(None))

    def close(self) -> None:
        """Ends the result, on the server too; fetching then gives no rows. Does nothing when it is closed, and never raises."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        self._forget_rows()
        self.has_more_rows = False
        self.has_been_closed_server_side = True
        self.status = CommandState.CLOSED
        # With the connection, the server has ended the statement.
        if not self.connection.open:
            return
        try:
            handle.close()
            if self.command_id is not None:
                self.backend.close_command(self.command_id)
        except Exception as error:
            logger.warning("closing a result failed, which does no harm: %s", error)

    def _fill(self, rows: int | None) -> None:
        """Reads until so many rows are here, or all. What was read stays when a later read fails or is interrupted."""
        while self.has_more_rows and self._handle is not None and (rows is None or self._buffered < rows):
            with mapped_errors("fetching rows"):
                piece = self._handle._next_piece()  # noqa: SLF001 - a result of this package's
            if piece is None:
                self.has_more_rows = False
                self.status = CommandState.SUCCEEDED
            elif piece.count:
                self._pieces.append(piece)
                self._buffered += piece.count

    def _take(self, rows: int | None) -> list[Piece]:
        if rows is not None and rows < 0:
            raise ValueError(f"size must not be negative, and is {rows}")
        self._fill(rows)
        wanted = self._buffered if rows is None else min(rows, self._buffered)
        taken = []
        while wanted:
            piece = self._pieces[0].slice(self._offset, wanted)
            taken.append(piece)
            wanted -= piece.count
            self._advance(piece.count)
        return taken

    def _rows(self, rows: int | None) -> list[Row]:
        """Takes rows and makes them; all of them are put back when one cannot be made."""
        taken = self._take(rows)
        try:
            with mapped_errors("making rows"):
                return rows_of(taken, self._row_class)
        except BaseException:
            self._put_back(taken)
            raise

    def _table(self, taken: list[Piece]) -> pa.Table:
        """The rows of some pieces; all of them are put back when pyarrow cannot read one."""
        try:
            with mapped_errors("reading rows as Arrow"):
                return table_of((piece.batch() for piece in taken), self._schema)
        except BaseException:
            self._put_back(taken)
            raise

    def _put_back(self, taken: list[Piece]) -> None:
        rest = [self._pieces.popleft().slice(self._offset)] if self._offset else []
        self._pieces.extendleft(reversed(taken + rest))
        self._offset = 0
        self._ahead = []
        count = sum(piece.count for piece in taken)
        self._buffered += count
        self._next_row_index -= count

    def _advance(self, rows: int) -> None:
        """Counts rows of the first piece as handed out."""
        self._next_row_index += rows
        self._buffered -= rows
        self._offset += rows
        if self._offset == self._pieces[0].count:
            self._pieces.popleft()
            self._offset = 0
            self._ahead = []

    def _forget_rows(self) -> None:
        self._pieces.clear()
        self._ahead = []
        self._offset = self._buffered = 0
