"""The kernel's log in Python's `logging`: under `databricks.sql.kernel`, at the level that this logger has."""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ._locks import Lock

if TYPE_CHECKING:
    from . import _native

__all__ = ["init_logging", "reset_logging"]

logger: Final = logging.getLogger("databricks.sql.kernel")
# Where nobody has set logging up, warnings do not go to the standard error output.
logger.addHandler(logging.NullHandler())

# The kernel's levels, the finest first, as numbers of `logging`.
NUMBER_OF: Final = {"TRACE": 5, "DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR}

# How long a call waits for a slow handler to get the lines that it has written.
FLUSH_LIMIT: Final = timedelta(milliseconds=500)

_lock = Lock()
_thread = threading.local()
_asked = False
_listening_in: int | None = None
_detailed = False


def init_logging() -> bool:
    """Does nothing that does not happen by itself: the log comes to `logging` from the first session on.

    Returns:
        Whether this is the first call.
    """
    global _asked
    with _lock:
        first, _asked = not _asked, True
    return first


def reset_logging() -> None:
    """Takes the logger's level anew; a change by `setLevel`, `logging.disable` or a configuration is followed without it."""
    _follow()


def listen() -> None:
    """Sends the kernel's log to `logging` from now on, once in each process. The library must be loaded.

    What the logger would drop does not leave the kernel. The lines carry neither tokens nor presigned URLs.
    """
    global _listening_in  # noqa: PLW0603
    from . import _native

    numbers = {_native.LogLevel[name]: number for name, number in NUMBER_OF.items()}

    class Sink(_native.LogSink):
        def log(self, record: _native.LogRecord) -> None:
            _keep_thread()
            logger.log(numbers[record.level], "%s: %s" if record.target else "%s%s", record.target, record.message)

    with _lock:
        if _listening_in == os.getpid():
            return
        _native.set_log_sink(Sink(), _native.LogLevel.ERROR)
        _listening_in = os.getpid()
    # No public function tells of a change.
    if not isinstance(vars(logger).get("_cache"), _Watched):
        vars(logger)["_cache"] = _Watched()
    _follow()
    # Registered after the library's own shutdown, so it runs before it: the sink's last line comes while Python still runs.
    atexit.unregister(_native.clear_log_sink)
    atexit.register(_native.clear_log_sink)


def is_detailed() -> bool:
    """Whether lines of the kernel's own work are wanted."""
    return _detailed


def flush() -> None:
    """Waits until the lines of the kernel's own work have arrived, for half a second at most; no time where none are wanted."""
    if is_detailed():
        from . import _native

        _native.flush_log_sink(FLUSH_LIMIT)


class _Watched(dict[int, bool]):
    """What the logger remembers of levels. `logging` empties it whenever a level changes, on any logger or for all."""

    def clear(self) -> None:
        super().clear()
        _follow()


def _keep_thread() -> None:
    """Keeps the interpreter's record of a thread of the kernel's, once for each.

    Without it ctypes makes and deletes one for each line. A fork in that moment hangs the child for good: before CPython 3.12 the
    lock of all such records is waited for in the child before it is made anew.
    """
    if not getattr(_thread, "is_kept", False):
        ctypes.pythonapi.PyGILState_Ensure()
        _thread.is_kept = True


def _follow() -> None:
    """Brings the kernel to the level that the logger has. It waits for nobody, for `logging` may hold its lock."""
    global _detailed  # noqa: PLW0603
    if _listening_in != os.getpid():
        return
    from . import _native

    finest = max(logger.getEffectiveLevel(), logger.manager.disable + 1)
    _detailed = finest <= logging.INFO
    _native.set_log_level(_level(finest))


def _level(finest: int) -> _native.LogLevel | None:
    """The kernel's least important level that a number of `logging` lets through; `None` when none gets through."""
    from . import _native

    return next((_native.LogLevel[name] for name, number in NUMBER_OF.items() if number >= finest), None)
