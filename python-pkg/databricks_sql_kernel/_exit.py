"""What the interpreter's end prints of the kernel: nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Iterator

_over = False


def is_over() -> bool:
    """Whether the kernel was shut down: then sessions and statements have been ended, and there is nothing to close."""
    return _over


def begin() -> None:
    """Takes note that the end has come.

    Daemon threads run on into it, and their calls fail: that is the end's doing and no news to anybody.
    """
    global _over  # noqa: PLW0603
    if _over:
        return
    _over = True
    report = threading.excepthook

    def report_others(failure: threading.ExceptHookArgs) -> None:
        of_the_kernel = any(isinstance(error, KernelError) for error in _chain(failure.exc_value))
        if not (of_the_kernel and failure.thread is not None and failure.thread.daemon):
            report(failure)

    threading.excepthook = report_others


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
