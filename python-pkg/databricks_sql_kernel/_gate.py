"""The gate to pyarrow: closed before the interpreter ends."""

from __future__ import annotations

import os
import threading
from typing import Final

from ._handle import NotCopied
from .errors import KernelError


class Gate(NotCopied):
    """Counts the threads that are in pyarrow's code on this package's behalf.

    A daemon thread that comes back from C++ to an interpreter that is finalising is ended by force, and C++ answers that with
    SIGABRT. So the end waits for those inside, and lets nobody in any more.
    """

    def __init__(self) -> None:
        """Open, and nobody inside."""
        self.open()

    def open(self) -> None:
        """Makes it new: a forked child has none of the threads that were inside."""
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closed = False

    def __enter__(self) -> None:
        """Lets a thread in.

        Raises:
            KernelError: `InvalidState`, the gate is closed.
        """
        with self._changed:
            if self._is_closed:
                raise KernelError("the kernel was shut down", code="InvalidState")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        """Lets it out."""
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self, limit: float) -> None:
        """Lets nobody in any more, and waits up to `limit` seconds for those inside."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: self._inside == 0, limit)


GATE: Final = Gate()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=GATE.open)
