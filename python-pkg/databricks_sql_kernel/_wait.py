"""The one way to wait for the kernel: interruptible."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from ._closing import quietly
from ._library import call
from .errors import KernelError
from .logging import flush

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Python runs its signal handlers between two calls into the kernel, so this is how long Ctrl-C waits at most.
SLICE: Final = timedelta(milliseconds=100)


def wait(within: Callable[[timedelta], T | None], interrupt: Callable[[], object] | None = None) -> T:
    """Waits for an answer, in slices, so that signal handlers get their turn.

    Args:
        within: Waits at most the given time and answers; `None` is "not yet".
        interrupt: Called once when a signal handler raises, such as `KeyboardInterrupt`; the exception then goes on.

    Returns:
        The answer. A short call costs one crossing.

    Raises:
        KernelError: The call failed.

    What the call has written to the log has arrived when it returns, unless it was interrupted.
    """
    try:
        while True:
            answer = call(within, SLICE)
            if answer is not None:
                flush()
                return answer
    except KernelError:
        flush()
        raise
    except BaseException:
        if interrupt is not None:
            quietly(interrupt)
        raise


def wait_done(within: Callable[[timedelta], bool], interrupt: Callable[[], object] | None = None) -> None:
    """Waits for a call that answers nothing: `within` says whether it is done. Otherwise as `wait`."""
    wait(lambda limit: within(limit) or None, interrupt)
