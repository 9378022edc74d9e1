"""The generated module: loaded once, when it is first needed, and shut down in order."""

from __future__ import annotations

import atexit
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from ._gate import GATE
from .errors import from_native

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

# The server holds a statement's id back for up to 5 s; then it is cancelled and closed, and its session is deleted.
SHUTDOWN_LIMIT: Final = timedelta(seconds=8)

_lock = threading.RLock()
_loaded_in: int | None = None


def load() -> None:
    """Makes `databricks_sql_kernel._native` importable for the caller's next line.

    Raises:
        ImportError: The native library is missing; the text says how to get it.
    """
    global _loaded_in  # noqa: PLW0603
    with _lock:
        if _loaded_in == os.getpid():
            return
        try:
            from . import _native  # noqa: F401
        except (ImportError, OSError) as error:
            raise ImportError(
                f"the native library of databricks_sql_kernel is missing or does not fit this system ({error}): "
                "build its wheel for this system with `make wheel`, then pip install dist/databricks_sql_kernel-*.whl"
            ) from error
        if _loaded_in is None:
            # The kernel's threads may call into Python, which kills an interpreter that is finalising.
            atexit.register(shut_down)
        _loaded_in = os.getpid()
    from .logging import listen

    listen()


def shut_down() -> None:
    """Ends the kernel: cancels what runs, closes results, deletes sessions that were left open, and stops its threads.

    Takes as long as the server takes to answer, at most 8 s; no time when nothing is open. Later calls fail with `InvalidState`.
    """
    from . import _exit, _native

    _exit.begin()
    _native.shutdown_kernel(SHUTDOWN_LIMIT)
    GATE.close(SHUTDOWN_LIMIT.total_seconds())


def _renew_locks() -> None:
    """Makes the locks of the generated module new: a forked child has none of the threads that held them."""
    _lock.release()
    if _loaded_in is None:
        return
    from ._native import databricks_sql_kernel as generated

    maps = [getattr(value, "_handle_map", value) for value in vars(generated).values()]
    for handle_map in maps:
        if isinstance(handle_map, generated._UniffiHandleMap):  # noqa: SLF001
            handle_map._lock = threading.Lock()  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    # A library that another thread is loading is loaded first: a child could not go on with it.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_renew_locks)


def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls into the kernel.

    Raises:
        KernelError: What the kernel raised, in its public form.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:
        public = from_native(error)
        if public is None:
            raise
        raise public from None
