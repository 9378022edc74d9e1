"""Closing after a failure: the caller's exception goes on, what closing raises is logged."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .errors import from_native

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

logger = logging.getLogger("databricks.sql.kernel")


def leave(close: Callable[[], object], error: BaseException | None) -> None:
    """Closes at the end of a `with` block; `error` is what left the block."""
    if error is None:
        close()
    else:
        quietly(close)


async def leave_async(close: Callable[[], Awaitable[object]], error: BaseException | None) -> None:
    """Closes at the end of an `async with` block; `error` is what left the block."""
    try:
        await close()
    except Exception as failure:
        if error is None:
            raise
        _log(failure)


def quietly(action: Callable[[], object]) -> None:
    """Does what is to be done while an exception is on its way, which it must not hide."""
    try:
        action()
    except Exception as failure:
        _log(failure)


def _log(failure: Exception) -> None:
    logger.warning("closing after an error failed too: %s", from_native(failure) or failure)
