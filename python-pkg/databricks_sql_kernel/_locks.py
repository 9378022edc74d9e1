"""A lock that a forked child can take."""

from __future__ import annotations

import os
import threading

from ._handle import NotCopied


class Lock(NotCopied):
    """A lock for threads of one process: each process has its own, so that a forked child waits for no thread of its parent's.

    What it protects may have been left half done in the child: only what the interpreter does in one step may be.
    """

    def __init__(self) -> None:
        """Open."""
        self._of_process = {os.getpid(): threading.Lock()}

    def __enter__(self) -> None:
        """Waits for it."""
        process = os.getpid()
        lock = self._of_process.get(process) or self._of_process.setdefault(process, threading.Lock())
        lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Opens it; does nothing in a child that was forked meanwhile."""
        lock = self._of_process.get(os.getpid())
        if lock is not None:
            lock.release()
