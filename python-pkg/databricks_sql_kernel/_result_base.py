"""What blocking and asynchronous results share: what is known before the first row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ._arguments import function
from ._handle import Handle
from ._library import call
from ._unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa
    from typing_extensions import Self

    from . import _native
    from ._progress import Bar
    from .volume import VolumeOperation


@dataclass(frozen=True)
class Column:
    """A column of a result.

    Attributes:
        name: Its name; names may repeat.
        type_name: The SQL type's name as the server gives it, such as `DECIMAL`; `None` where it gives none.
        type_text: The SQL type, such as `DECIMAL(10,2)`; `None` where the server does not say it.
    """

    name: str
    type_name: str | None
    type_text: str | None


class ResultBase(Handle):
    """A result before somebody decides how to wait for it."""

    _elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("fetchone", "fetchmany", "fetchall", "to_pylist"), "rows() gives the rows as tuples, fetch_all_arrow() a table"
    )

    def __init__(self, native: _native.ResultStream) -> None:
        """Made by `ExecutedAsyncStatement` and `Metadata`."""
        self._stream = native
        # An Arrow IPC stream of the schema alone, and that as pyarrow's.
        self._schema_stream: bytes | None = None
        self._schema: pa.Schema | None = None
        self._unread = Unread()
        self._bar: Bar | None = None

    def _schema_from(self, stream: bytes) -> pa.Schema:
        if self._schema is None:
            from ._arrow import schema_of

            self._schema = schema_of(stream)
        return self._schema

    @staticmethod
    def _columns_from(stream: bytes) -> tuple[Column, ...]:
        from . import _native

        return tuple(Column(found.name, found.type_name, found.type_text) for found in call(_native.columns_of, stream))

    @property
    def total_row_count(self) -> int | None:
        """How many rows the server announced for the whole result; `None` when it did not say."""
        return call(self._stream.total_row_count)

    @property
    def truncated(self) -> bool:
        """Whether the row limit, or a limit of the server's, cut the result."""
        return call(self._stream.truncated)

    def on_progress(self, callback: Callable[[_native.Progress], object] | None) -> None:
        """Calls `callback` while the result is read, with how far it is: `bytes`, `rows`, `chunks` and `total_bytes`, `total_rows`,
        `total_chunks`, which are `None` where the server did not say.

        It is called on a thread of the kernel's, one call at a time, at most ten times a second; the last call has the last
        state and may come up to 100 ms after it. What it raises is logged and fails nothing. `None` ends the calls.
        """  # noqa: D205
        from ._progress import listener

        function("callback", callback)
        call(self._stream.report_progress, None if callback is None else listener(callback))

    def show_progress(self, **options: Any) -> Self:
        """Shows a bar of tqdm's while the result is read: `result.show_progress().fetch_all_arrow()`.

        It takes the place of an `on_progress` callback, and needs the extra `progress`.

        Args:
            options: Those of `tqdm.tqdm`, such as `desc` or `file`.

        Returns:
            The result itself.

        Raises:
            ImportError: tqdm is not installed.
        """
        from ._progress import Bar

        self._bar = Bar(**options)
        self.on_progress(self._bar.show)
        return self

    def _ended(self) -> None:
        self._unread.close()
        if self._bar is not None:
            self._bar.close()


class ExecutedBase(ResultBase):
    """The result of a statement that succeeded, and what is known of the statement."""

    def __init__(self, native: _native.ExecutedStatement) -> None:
        """Made by `Session.execute` and `Statement.execute`."""
        super().__init__(native.result())
        self._statement = native

    @property
    def statement_id(self) -> str:
        """The server's id of the statement."""
        return call(self._statement.statement_id)

    @property
    def num_modified_rows(self) -> int | None:
        """How many rows an INSERT, UPDATE, DELETE or MERGE changed; `None` for every other statement."""
        return call(self._statement.modified_row_count)

    @property
    def volume_operation(self) -> VolumeOperation | None:
        """The file that `PUT`, `GET` or `REMOVE` wants transferred; `None` for every other statement.

        The server has done nothing yet: whoever ran the statement carries it out. The result has no rows.
        The operation's `run` blocks; in asyncio: `await asyncio.to_thread(operation.run, …)`.
        """
        native = call(self._statement.volume_operation)
        if native is None:
            return None
        from .volume import VolumeOperation

        return VolumeOperation(native)

    def __repr__(self) -> str:
        """The statement's id."""
        return f"<ExecutedStatement {self.statement_id}>"
