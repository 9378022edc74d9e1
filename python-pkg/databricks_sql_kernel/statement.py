"""Statements: what is asked, and how it is run."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from ._closing import leave
from ._exit import is_over
from ._handle import Handle
from ._library import call
from ._statement_base import CancellerBase, StatementBase
from ._wait import wait, wait_done
from .errors import KernelError, from_native
from .result import ExecutedStatement, ResultStream

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from . import _native

__all__ = ["ExecutedAsyncStatement", "Statement", "StatementCanceller"]


class StatementCanceller(CancellerBase):
    """Cancels one run of a statement: from any thread, before, while and after it runs, as often as you like."""

    def cancel(self) -> None:
        """Cancels, and waits for the server's acknowledgement; the statement may still succeed.

        Before there is an id, the wish is kept and goes out as soon as there is one: at most 5 s after the statement was sent.

        Raises:
            KernelError: The server could not be asked.
        """
        wait_done(self._native.cancel_within, self._native.request)


class Statement(StatementBase["ExecutedStatement | ExecutedAsyncStatement"]):
    """A statement to run: its text, parameters and limits. It can be run several times.

    Leaving a `with` block closes it.
    """

    def canceller(self) -> StatementCanceller:
        """A handle that cancels the run that is under way, or else the next one, from another thread."""
        return StatementCanceller(call(self._native.canceller))

    def execute(self) -> ExecutedStatement:
        """Runs the statement and waits for its result's first part.

        Ctrl-C comes through at once and cancels the query on the server as soon as it has an id: at most 5 s after it was sent.

        Raises:
            KernelError: `SqlError` (the server ran it and it failed), `Cancelled`, `Timeout`, `InvalidArgument`, `NetworkError`
                and the others. A statement is never run twice by a retry.
        """
        native = self._native
        executed = ExecutedStatement(wait(native.execute_within, native.interrupt))
        self._results.add(executed)
        return executed

    def submit(self) -> ExecutedAsyncStatement:
        """Starts the statement and returns as soon as the server has an id for it.

        Raises:
            KernelError: As `execute`, except those of the query itself.
        """
        native = self._native
        submitted = ExecutedAsyncStatement(wait(native.submit_within, native.interrupt))
        self._results.add(submitted)
        return submitted

    def close(self) -> None:
        """Cancels what is running, and closes what it ran, on the server too; later calls raise. Does nothing when it is closed.

        Raises:
            KernelError: A statement that was submitted could not be closed on the server.
        """
        # All of them, also when one fails.
        with ExitStack() as closing:
            for result in self._ends():
                closing.callback(result.close)

    def __enter__(self) -> Self:
        """The statement itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the statement."""
        leave(self.close, error)


class ExecutedAsyncStatement(Handle):
    """A statement that runs on the server by itself. Dropping this object never ends it; leaving a `with` block closes it."""

    def __init__(self, native: _native.AsyncStatement) -> None:
        """Made by `Statement.submit` and `Session.attach_async_statement`."""
        self._native = native

    @property
    def statement_id(self) -> str:
        """The server's id of the statement, good for `Session.attach_async_statement` in any process."""
        return call(self._native.statement_id)

    def status(self) -> tuple[str, KernelError | None]:
        """Asks the server once where the statement stands.

        Returns:
            The state, `Pending`, `Running`, `Succeeded`, `Failed`, `Cancelled` or `Closed`; and with `Failed` why, as an error that
            is not raised.

        Raises:
            KernelError: `NotFound` when the server does not know the statement.
        """
        return status_of(wait(self._native.status_within, self._native.interrupt))

    def await_result(self) -> ResultStream:
        """Waits until the statement has ended and opens its result. It can be called again, for the same rows once more.

        Ctrl-C comes through at once and cancels the query on the server.

        Raises:
            KernelError: `SqlError` when it failed, `Cancelled`, `NotFound`, `InvalidStatementHandle` when it was closed.
        """
        return ResultStream(wait(self._native.await_result_within, self._give_up))

    def fetch_result(self) -> ResultStream:
        """Opens the result of a statement that has ended.

        Raises:
            KernelError: `InvalidState` when it has not; else as `await_result`.
        """
        return ResultStream(wait(self._native.fetch_result_within, self._native.interrupt))

    def reader(self) -> ExecutedAsyncStatement:
        """Another object for the same statement, with a result of its own."""
        return ExecutedAsyncStatement(call(self._native.reader))

    def canceller(self) -> StatementCanceller:
        """A handle that cancels the statement from another thread."""
        return StatementCanceller(call(self._native.canceller))

    def cancel(self) -> None:
        """Asks the server to cancel the statement; it may still succeed.

        Raises:
            KernelError: The server could not be asked.
        """
        wait_done(self._native.cancel_within)

    def close(self) -> None:
        """Closes the statement on the server, which frees its result; later calls raise. Does nothing when it is closed.

        Raises:
            KernelError: The server could not be asked.
        """
        if not is_over():
            wait_done(self._native.end_within)

    def _give_up(self) -> None:
        self._native.interrupt()
        self._native.canceller().request()

    def __enter__(self) -> Self:
        """The statement itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes the statement."""
        leave(self.close, error)

    def __repr__(self) -> str:
        """The statement's id."""
        return f"<ExecutedAsyncStatement {self.statement_id}>"


def status_of(status: _native.StatementStatus) -> tuple[str, KernelError | None]:
    """The public form of a statement's status."""
    failure = None if status.failure is None else from_native(status.failure)
    return status.state.name.capitalize(), failure
