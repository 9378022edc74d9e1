"""The same for asyncio: every call that waits is awaited, and no thread is held while it does.

    from databricks_sql_kernel import aio

    async with aio.connect("host", "/sql/1.0/warehouses/ID", access_token=token) as session:
        async with await session.execute("SELECT * FROM samples.tpch.orders") as result:
            async for row in result.rows():
                print(row)

Cancelling the task, also by `asyncio.wait_for`, cancels the query on the server. Any number of tasks may use a session at once, and
objects belong to no event loop. Errors are `KernelError`s, as in the blocking package.
"""

from __future__ import annotations

from .metadata import Metadata
from .result import ExecutedStatement, ResultStream
from .session import Session, connect
from .statement import ExecutedAsyncStatement, Statement, StatementCanceller

__all__ = [
    "ExecutedAsyncStatement",
    "ExecutedStatement",
    "Metadata",
    "ResultStream",
    "Session",
    "Statement",
    "StatementCanceller",
    "connect",
]
