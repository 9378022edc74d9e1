"""What of a result has come from the kernel and was not yet handed out."""

from __future__ import annotations

from collections import deque
from operator import length_hint
from typing import TYPE_CHECKING, Any

from ._handle import NotCopied
from ._locks import Lock
from .errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from . import _native

# Rows are made in groups of this many, so that the first comes at once and a whole batch is never held twice.
GROUP = 1024


class Unread(NotCopied):
    """Rows in order, handed out once each: as batches, and as tuples that are made of the first batch, in any mix.

    Attributes:
        rows: The tuples that were made. All who iterate over rows share it, so one that is left holds nothing back.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.rows: Iterator[tuple[Any, ...]] = iter(())
        # As they came from the kernel. One that pyarrow cannot read stays, so that nothing behind it is read.
        self._chunks: deque[_native.Chunk] = deque()
        self._batches: deque[pa.RecordBatch] = deque()
        # The batch that rows are made of, and how many of its rows were.
        self._first: pa.RecordBatch | None = None
        self._made = 0
        self._closed = False
        self._lock = Lock()

    def add(self, chunk: _native.Chunk) -> None:
        """Puts the batches of a chunk behind those that are here."""
        with self._lock:
            if not self._closed:
                self._chunks.append(chunk)

    def give_back(self, batches: list[pa.RecordBatch]) -> None:
        """Puts batches in front again that were not handed out after all."""
        with self._lock:
            if not self._closed:
                self._unmake()
                self._batches.extendleft(reversed(batches))

    def next_batch(self) -> pa.RecordBatch | None:
        """The next batch; what is left of it when some of its rows were handed out. `None` when nothing is here.

        Raises:
            KernelError: `DataLoss`: pyarrow cannot read it. It stays the next.
        """
        with self._lock:
            self._unmake()
            return self._pop()

    def make_rows(self) -> bool:
        """Makes the next rows unless there are some; whether there are any.

        Raises:
            KernelError: `InvalidArgument`: the next row has a value that Python cannot hold; or as `next_batch`. It stays the next.
        """
        with self._lock:
            while not length_hint(self.rows):
                if self._first is None or self._made == self._first.num_rows:
                    self._first, self._made = self._pop(), 0
                    if self._first is None:
                        return False
                    continue
                made = rows_of(self._first.slice(self._made, GROUP))
                self._made += len(made)
                self.rows = iter(made)
            return True

    def close(self) -> None:
        """Forgets everything, also what would be given back later."""
        with self._lock:
            self._closed = True
            self._unmake()
            self._batches.clear()
            self._chunks.clear()

    def _pop(self) -> pa.RecordBatch | None:
        while not self._batches and self._chunks:
            from ._arrow import batches_of

            self._batches.extend(batches_of(self._chunks[0]))
            self._chunks.popleft()
        return self._batches.popleft() if self._batches else None

    def _unmake(self) -> None:
        first, self._first = self._first, None
        if first is not None:
            # In one step, beside a thread that takes the next row.
            left = len(list(self.rows))
            if self._made - left < first.num_rows:
                self._batches.appendleft(first.slice(self._made - left))


def rows_of(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    """The rows of a batch, up to the first one that Python cannot hold.

    Raises:
        KernelError: `InvalidArgument`: that is the first one of all.
    """
    from ._values import columns_of

    columns, problem = columns_of(batch)
    rows = list(zip(*columns, strict=True)) if columns else [()] * batch.num_rows
    if problem is not None and not rows:
        raise KernelError(f"the next row cannot be made: {problem}", code="InvalidArgument")
    return rows
