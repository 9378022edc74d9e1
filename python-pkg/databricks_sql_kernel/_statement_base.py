"""What blocking and asynchronous statements share: what is asked, and its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar
from weakref import WeakSet

from . import _arguments as check
from ._handle import Handle
from ._library import call
from .errors import closed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from . import _native

R = TypeVar("R")

MOST_ROWS: Final = 2**63 - 1


class CancellerBase(Handle):
    """Cancels one run of a statement, before somebody decides how to wait for that."""

    def __init__(self, native: _native.Canceller) -> None:
        """Made by `Statement.canceller`."""
        self._native = native

    def statement_id(self) -> str | None:
        """The server's id of the statement; `None` before the server has answered."""
        return call(self._native.statement_id)


class StatementBase(Handle, Generic[R]):
    """A statement before somebody decides how to wait for it; `R` is what running it makes."""

    _elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("fetchone", "fetchmany", "fetchall", "fetch_all_arrow", "rows"), "execute() answers the result, which has rows()"
    )

    def __init__(self, native: _native.Statement) -> None:
        """Made by `Session.statement`."""
        self._statement = native
        self._closed = False
        self._results: WeakSet[R] = WeakSet()

    @property
    def _native(self) -> _native.Statement:
        if self._closed:
            raise closed("statement")
        return self._statement

    def set_sql(self, sql: str) -> None:
        """Sets the SQL text, one statement."""
        call(self._native.set_sql, check.any_text("sql", sql))

    def set_row_limit(self, row_limit: int | None) -> None:
        """Sets the most rows that the result may have, 0 for its schema alone; `None` for no limit.

        Raises:
            KernelError: `InvalidArgument` when it is negative.
        """
        limit = None if row_limit is None else check.whole("row_limit", row_limit, 0, MOST_ROWS, "; None is no limit")
        call(self._native.set_row_limit, limit)

    def set_query_tags(self, tags: Mapping[str, str | None]) -> None:
        """Sets the query tags; a tag whose value is `None` is a bare key. They replace those set before."""
        call(self._native.set_query_tags, check.tags("tags", tags))

    def set_timeout(self, timeout: float | timedelta | None) -> None:
        """Sets the longest time, in seconds, that the statement may run; `None` for no limit.

        After it the statement is cancelled on the server, and the call fails with `Timeout`.

        Raises:
            KernelError: `InvalidArgument` when it is not positive.
        """
        call(self._native.set_timeout, check.seconds("timeout", timeout))

    def bind_param(self, ordinal: int, value_str: str | None, sql_type: str) -> None:
        """Binds a value to the n-th `?`.

        Args:
            ordinal: Which `?`, counted from 1.
            value_str: The value's text; `None` for NULL.
            sql_type: Such as `INT` or `DECIMAL(10,2)`, in any letter case.

        Raises:
            KernelError: `InvalidArgument` when the type is unknown or the text does not parse as it. Nothing was sent.
        """
        place = check.whole("ordinal", ordinal, 1, else_="; the first `?` is 1")
        call(self._native.bind, place, _value("value_str", value_str), check.text("sql_type", sql_type))

    def bind_named_param(self, name: str, value_str: str | None, sql_type: str) -> None:
        """Binds a value to `:name`, as `bind_param` does."""
        call(self._native.bind_named, check.text("name", name), _value("value_str", value_str), check.text("sql_type", sql_type))

    def _ends(self) -> list[R]:
        """Cancels what is running; answers what it ran and is to be closed."""
        if self._closed:
            return []
        self._closed = True
        call(call(self._statement.canceller).request)
        return list(self._results)


def _value(name: str, value: object) -> str | None:
    return None if value is None else check.any_text(name, value, "the value's text as a str, such as '5' for 5, or None for NULL")
