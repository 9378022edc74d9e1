"""The ways to await the kernel."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from databricks_sql_kernel._closing import quietly
from databricks_sql_kernel._library import call
from databricks_sql_kernel.errors import from_native

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

NO_TIME: Final = timedelta(0)


async def wait(answer: Coroutine[object, object, T]) -> T:
    """Waits for an answer that is not missed when the task is cancelled.

    Raises:
        KernelError: What the kernel raised, in its public form.
    """
    try:
        return await answer
    except Exception as error:
        public = from_native(error)
        if public is None:
            raise
        raise public from None


async def obtain(
    ready: Callable[[], Coroutine[object, object, None]],
    within: Callable[[timedelta], T | None],
    cancelled: Callable[[], object] | None = None,
) -> T:
    """Waits for an answer, and fetches it in one step that no cancellation can come between.

    Args:
        ready: Waits until there is an answer.
        within: Fetches it; `None` is "not yet", when another task was faster.
        cancelled: Called when the task is cancelled, to give up the answer; the cancellation then goes on.

    Raises:
        KernelError: As `wait`.
    """
    try:
        while True:
            await wait(ready())
            answer = call(within, NO_TIME)
            if answer is not None:
                return answer
    except asyncio.CancelledError:
        if cancelled is not None:
            quietly(cancelled)
        raise
