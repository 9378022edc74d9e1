"""Sessions: a connection to a warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from ._arguments import text
from ._closing import leave
from ._exit import is_over
from ._library import call
from ._session_base import SessionBase
from ._wait import wait_done
from .metadata import Metadata
from .statement import ExecutedAsyncStatement, Statement
from .volume import Volume

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Session"]

SQL: Final = "make a statement with session.statement(), give it the SQL with set_sql(...), then execute() it"


class Session(SessionBase):
    """A session on a SQL warehouse. Any number of threads may use it at once; leaving a `with` block closes it.

    After a fork, the child's calls on a session of its parent's fail with `InvalidState`: it opens one of its own.
    """

    _elsewhere: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("execute", "sql", "query"), SQL),
        "cursor": f"{SQL}; databricks_sql_kernel.connector has connections with cursors",
    }

    def _begin(self) -> None:
        wait_done(self._session.open_within, self._session.interrupt)
        self._opened()

    def statement(self) -> Statement:
        """A new statement of this session.

        Raises:
            KernelError: `InvalidStatementHandle` when the session was closed.
        """
        return Statement(call(self._open.statement))

    def metadata(self) -> Metadata:
        """The metadata calls of this session.

        Raises:
            KernelError: `InvalidStatementHandle` when the session was closed.
        """
        return Metadata(call(self._open.metadata))

    def volume(self) -> Volume:
        """The files of volumes.

        Raises:
            KernelError: `InvalidStatementHandle` when the session was closed.
        """
        return Volume(call(self._open.volume))

    def attach_async_statement(self, statement_id: str) -> ExecutedAsyncStatement:
        """A statement that was submitted before, here or in another process. The server is asked for its state, once.

        Raises:
            KernelError: `NotFound` when the server does not know it (any more). One that was closed is not an error.
        """
        statement = ExecutedAsyncStatement(call(self._open.attach, text("statement_id", statement_id)))
        statement.status()
        return statement

    def close(self) -> None:
        """Closes the session on the server; later calls on it and its statements raise. Does nothing when it is closed.

        Raises:
            KernelError: The server could not be asked. The session counts as closed.
        """
        if self._ends() and not is_over():
            wait_done(self._session.end_within)

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the session."""
        leave(self.close, error)
