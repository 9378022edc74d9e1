"""The kernel's log in Python's `logging`: below `databricks.sql.kernel`, at the level that is set there."""

from __future__ import annotations

import atexit
import logging
import threading
from typing import TYPE_CHECKING, Final

from ._library import once_loaded

if TYPE_CHECKING:
    from . import _native

__all__ = ["init_logging", "reset_logging"]

ROOT: Final = "databricks.sql.kernel"

_lock = threading.Lock()
_wanted = False


def init_logging() -> bool:
    """Sends the kernel's log to `logging`, under `databricks.sql.kernel` and its children.

    What those loggers would drop does not leave the kernel. The lines carry neither tokens nor presigned URLs.

    Returns:
        Whether this call did it; `False` when an earlier one had.
    """
    global _wanted  # noqa: PLW0603
    with _lock:
        if _wanted:
            return False
        _wanted = True
    once_loaded(_start)
    return True


def reset_logging() -> None:
    """Takes note of levels that were changed since `init_logging()`; does nothing before it."""
    from . import _library

    if _wanted and _library.is_loaded():
        _install()


def _start() -> None:
    from . import _native

    _install()
    # Registered after the library's own shutdown, so it runs before it: the sink's last line comes while Python still runs.
    atexit.unregister(_native.clear_log_sink)
    atexit.register(_native.clear_log_sink)


def _install() -> None:
    from . import _native

    level = _finest_level()
    if level > logging.CRITICAL:
        _native.clear_log_sink()
        return

    numbers = {
        _native.LogLevel.ERROR: logging.ERROR,
        _native.LogLevel.WARN: logging.WARNING,
        _native.LogLevel.INFO: logging.INFO,
        _native.LogLevel.DEBUG: logging.DEBUG,
        _native.LogLevel.TRACE: 5,
    }
    admitted = [kernel_level for kernel_level, number in numbers.items() if number >= level]

    class Sink(_native.LogSink):
        def log(self, record: _native.LogRecord) -> None:
            name = f"{ROOT}.{record.target}" if record.target else ROOT
            logging.getLogger(name).log(numbers[record.level], "%s", record.message)

    _native.set_log_sink(Sink(), admitted[-1] if admitted else _native.LogLevel.ERROR)


def _finest_level() -> int:
    """The lowest level that any logger of the kernel's lets through; above CRITICAL when none does."""
    manager = logging.Logger.manager
    loggers = [logging.getLogger(ROOT)]
    loggers += [
        logger
        for name, logger in list(manager.loggerDict.items())
        if name.startswith(f"{ROOT}.") and isinstance(logger, logging.Logger)
    ]
    return max(min(logger.getEffectiveLevel() for logger in loggers), manager.disable + 1)
