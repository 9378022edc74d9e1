"""Statements, awaited: what is asked, and how it is run."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from databricks_sql_kernel._closing import leave_async
from databricks_sql_kernel._exit import is_over
from databricks_sql_kernel._handle import Handle
from databricks_sql_kernel._library import call
from databricks_sql_kernel._statement_base import CancellerBase, StatementBase
from databricks_sql_kernel.statement import status_of

from ._wait import obtain, wait
from .result import ExecutedStatement, ResultStream

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from databricks_sql_kernel import _native
    from databricks_sql_kernel.errors import KernelError

__all__ = ["ExecutedAsyncStatement", "Statement", "StatementCanceller"]


class StatementCanceller(CancellerBase):
    """Cancels one run of a statement: before, while and after it runs, as often as you like."""

    def request(self) -> None:
        """Asks for the cancellation and returns at once, from any task or thread.

        Before there is an id, the wish is kept and goes out as soon as there is one.
        """
        call(self._native.request)

    async def cancel(self) -> None:
        """Cancels, and waits for the server's acknowledgement; the statement may still succeed. Without an id, as `request`.

        Raises:
            KernelError: The server could not be asked.
        """
        await wait(self._native.cancel_async())


class Statement(StatementBase["ExecutedStatement | ExecutedAsyncStatement"]):
    """A statement to run: its text, parameters and limits. It can be run several times, one run after the other.

    Leaving an `async with` block closes it.
    """

    def canceller(self) -> StatementCanceller:
        """A handle that cancels the run that is under way, or else the next one."""
        return StatementCanceller(call(self._native.canceller))

    async def execute(self) -> ExecutedStatement:
        """Runs the statement and waits for its result's first part.

        Cancelling the task cancels the query on the server, as soon as the server has an id for it.

        Raises:
            KernelError: `SqlError` (the server ran it and it failed), `Cancelled`, `Timeout`, `InvalidArgument`, `NetworkError`
                and the others. A statement is never run twice by a retry.
        """
        native = self._native
        executed = ExecutedStatement(await obtain(native.execute_ready, native.execute_within, native.interrupt))
        self._results.add(executed)
        return executed

    async def submit(self) -> ExecutedAsyncStatement:
        """Starts the statement and returns as soon as the server has an id for it.

        Raises:
            KernelError: As `execute`, except those of the query itself.
        """
        native = self._native
        submitted = ExecutedAsyncStatement(await obtain(native.submit_ready, native.submit_within, native.interrupt))
        self._results.add(submitted)
        return submitted

    async def close(self) -> None:
        """Cancels what is running, and closes what it ran, on the server too; later calls raise. Does nothing when it is closed.

        Raises:
            KernelError: A statement that was submitted could not be closed on the server.
        """
        # All of them, also when one fails.
        async with AsyncExitStack() as closing:
            for result in self._ends():
                closing.push_async_callback(result.close)

    async def __aenter__(self) -> Self:
        """The statement itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the statement."""
        await leave_async(self.close, error)


class ExecutedAsyncStatement(Handle):
    """A statement that runs on the server by itself. Dropping this object never ends it; leaving `async with` closes it."""

    def __init__(self, native: _native.AsyncStatement) -> None:
        """Made by `Statement.submit` and `Session.attach_async_statement`."""
        self._native = native

    @property
    def statement_id(self) -> str:
        """The server's id of the statement, good for `Session.attach_async_statement` in any process."""
        return call(self._native.statement_id)

    async def status(self) -> tuple[str, KernelError | None]:
        """Asks the server once where the statement stands.

        Returns:
            The state, `Pending`, `Running`, `Succeeded`, `Failed`, `Cancelled` or `Closed`; and with `Failed` why, as an error that
            is not raised.

        Raises:
            KernelError: `NotFound` when the server does not know the statement.
        """
        return status_of(await wait(self._native.status_async()))

    async def await_result(self) -> ResultStream:
        """Waits until the statement has ended and opens its result. It can be called again, for the same rows once more.

        Cancelling the task cancels the query on the server.

        Raises:
            KernelError: `SqlError` when it failed, `Cancelled`, `NotFound`, `InvalidStatementHandle` when it was closed.
        """
        return ResultStream(await obtain(self._native.await_result_ready, self._native.await_result_within, self._give_up))

    async def fetch_result(self) -> ResultStream:
        """Opens the result of a statement that has ended.

        Raises:
            KernelError: `InvalidState` when it has not; else as `await_result`.
        """
        return ResultStream(await obtain(self._native.fetch_result_ready, self._native.fetch_result_within, self._native.interrupt))

    def reader(self) -> ExecutedAsyncStatement:
        """Another object for the same statement, with a result of its own."""
        return ExecutedAsyncStatement(call(self._native.reader))

    def canceller(self) -> StatementCanceller:
        """A handle that cancels the statement from another task or thread."""
        return StatementCanceller(call(self._native.canceller))

    async def cancel(self) -> None:
        """Asks the server to cancel the statement; it may still succeed.

        Raises:
            KernelError: The server could not be asked.
        """
        await wait(self._native.cancel_async())

    async def close(self) -> None:
        """Closes the statement on the server, which frees its result; later calls raise. Does nothing when it is closed.

        Raises:
            KernelError: The server could not be asked.
        """
        if not is_over():
            await wait(self._native.end_async())

    def _give_up(self) -> None:
        self._native.interrupt()
        self._native.canceller().request()

    async def __aenter__(self) -> Self:
        """The statement itself."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the statement."""
        await leave_async(self.close, error)

    def __repr__(self) -> str:
        """The statement's id."""
        return f"<ExecutedAsyncStatement {self.statement_id}>"
