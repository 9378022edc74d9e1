"""How far a result has been read: to a function of the caller's, or as a bar of tqdm's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ._extras import brought_by
from ._handle import NotCopied
from ._locks import Lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _native

logger = logging.getLogger("databricks.sql.kernel")


def listener(callback: Callable[[_native.Progress], object]) -> _native.ProgressListener:
    """The generated trait over a function. Nothing leaves it: progress never fails a read."""
    from . import _native

    class Adapter(_native.ProgressListener):
        def progressed(self, progress: _native.Progress) -> None:
            try:
                callback(progress)
            except BaseException:
                logger.warning("the progress callback failed", exc_info=True)

    return Adapter()


class Bar(NotCopied):
    """A bar of tqdm's that counts rows, and shows chunks and bytes beside them."""

    def __init__(self, **options: Any) -> None:
        """The options are those of `tqdm.tqdm`.

        Raises:
            ImportError: tqdm is not installed.
        """
        with brought_by("progress", "show_progress()", "tqdm"):
            from tqdm.auto import tqdm

        self._bar = tqdm(**{"unit": " rows", "unit_scale": True, **options})
        self._lock = Lock()

    def show(self, progress: _native.Progress) -> None:
        """Draws the bar."""
        with self._lock:
            if self._bar.disable:
                return
            if progress.total_rows is not None:
                self._bar.total = progress.total_rows
            of_chunks = "" if progress.total_chunks is None else f"/{progress.total_chunks}"
            self._bar.set_postfix_str(f"{progress.chunks}{of_chunks} chunks, {progress.bytes / 1e6:.0f} MB", refresh=False)
            self._bar.update(progress.rows - self._bar.n)
            self._bar.refresh()
            if progress.rows == progress.total_rows:
                self._bar.close()

    def close(self) -> None:
        """Leaves the bar as it is."""
        with self._lock:
            self._bar.close()
