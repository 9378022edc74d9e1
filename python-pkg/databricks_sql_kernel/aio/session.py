"""Sessions, awaited: a connection to a warehouse."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from databricks_sql_kernel._arguments import text
from databricks_sql_kernel._closing import leave_async
from databricks_sql_kernel._exit import is_over
from databricks_sql_kernel._library import call
from databricks_sql_kernel._session_base import SessionBase
from databricks_sql_kernel.logging import flush, is_detailed

from ._wait import wait
from .metadata import Metadata
from .statement import ExecutedAsyncStatement, Statement

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

    from typing_extensions import Self

    from .result import ExecutedStatement

__all__ = ["Session", "connect"]


class Session(SessionBase):
    """A session on a SQL warehouse. Any number of tasks may use it at once.

    Making one sends nothing: `await` opens it, and so does `async with`, which also closes it. The arguments are those of the
    blocking `Session`.
    """

    async def open(self) -> Self:
        """Opens it on the server, which may take minutes when the warehouse has to start. Does nothing when it is open.

        A cancelled task leaves no session behind.

        Raises:
            KernelError: `InvalidArgument` (the server does not know a session parameter), `Unauthenticated`, `PermissionDenied`,
                `NotFound` (no such warehouse), `NetworkError`, `Timeout`; `InvalidStatementHandle` after `close()`.
        """
        try:
            await wait(self._session.open_async())
        except asyncio.CancelledError as error:
            # The server may just have answered: then the session is open, and nobody's.
            self._ends()
            await leave_async(lambda: wait(self._session.end_async()), error)
            raise
        self._opened()
        return self

    def __await__(self) -> Generator[object, None, Self]:
        """Opens it and answers it."""
        return self.open().__await__()

    def statement(self) -> Statement:
        """A new statement of this session.

        Raises:
            KernelError: `InvalidStatementHandle` when the session was closed, `InvalidState` when it was not opened.
        """
        return Statement(call(self._open.statement))

    async def execute(self, sql: str) -> ExecutedStatement:
        """Runs one statement without parameters, as `Statement.execute` does."""
        statement = self.statement()
        statement.set_sql(sql)
        return await statement.execute()

    async def submit(self, sql: str) -> ExecutedAsyncStatement:
        """Starts one statement without parameters, as `Statement.submit` does."""
        statement = self.statement()
        statement.set_sql(sql)
        return await statement.submit()

    def metadata(self) -> Metadata:
        """The metadata calls of this session.

        Raises:
            KernelError: As `statement`.
        """
        return Metadata(call(self._open.metadata))

    async def attach_async_statement(self, statement_id: str) -> ExecutedAsyncStatement:
        """A statement that was submitted before, here or in another process. The server is asked for its state, once.

        Raises:
            KernelError: `NotFound` when the server does not know it (any more). One that was closed is not an error.
        """
        statement = ExecutedAsyncStatement(call(self._open.attach, text("statement_id", statement_id)))
        await statement.status()
        return statement

    async def close(self) -> None:
        """Closes the session on the server; later calls on it and its statements raise. Does nothing when it is closed.

        The server is told also when the task is cancelled meanwhile.

        Raises:
            KernelError: The server could not be asked. The session counts as closed.
        """
        if self._ends() and not is_over():
            await wait(self._session.end_async())
            if is_detailed():
                await asyncio.to_thread(flush)

    async def __aenter__(self) -> Self:
        """Opens it."""
        return await self.open()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the session."""
        await leave_async(self.close, error)


def connect(host: str | None = None, http_path: str | None = None, **options: Any) -> Session:
    """A session to be awaited, or entered by `async with`.

    The arguments are those of `Session`, or without a host those of `Session.from_profile`.
    """
    if host is None:
        return Session.from_profile(http_path=http_path, **options)
    if http_path is not None:
        options["http_path"] = http_path
    return Session(host, **options)
