"""What of a result has come from the kernel and was not yet handed out."""

from __future__ import annotations

from collections import deque
from operator import length_hint
from typing import TYPE_CHECKING, Any

from ._handle import NotCopied
from ._locks import Lock
from ._pieces import Memory, Piece
from .errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from . import _native

# Rows are made in groups of this many, so that the first comes at once and a whole batch is never held twice.
GROUP = 4096


class Unread(NotCopied):
    """Rows in order, handed out once each: as batches, and as tuples, in any mix.

    Attributes:
        rows: The tuples that were made. All who iterate over rows share it, so one that is left holds nothing back.
    """

    def __init__(self) -> None:
        """Nothing yet."""
        self.rows: Iterator[tuple[Any, ...]] = iter(())
        # None is empty. One that cannot be read stays, so that nothing behind it is read.
        self._pieces: deque[Piece] = deque()
        # How many rows of the first piece were made to tuples.
        self._made = 0
        self._closed = False
        self._lock = Lock()

    def add(self, chunk: _native.Chunk) -> None:
        """Puts the rows of a chunk behind those that are here."""
        with self._lock:
            if not self._closed and chunk.row_count:
                self._pieces.append(Piece(Memory(chunk), 0, chunk.row_count))

    def give_back(self, pieces: list[Piece]) -> None:
        """Puts pieces in front again that were not handed out after all."""
        with self._lock:
            self._settle()
            if not self._closed:
                self._pieces.extendleft(reversed(pieces))

    def next_piece(self) -> Piece | None:
        """The next rows of one record batch; `None` when nothing is here."""
        with self._lock:
            self._settle()
            if not self._pieces:
                return None
            piece = self._pieces[0].of_one_batch()
            self._drop(piece.count)
            return piece

    def next_batch(self) -> pa.RecordBatch | None:
        """The next batch; what is left of it when some of its rows were handed out. `None` when nothing is here.

        Raises:
            KernelError: `DataLoss`: pyarrow cannot read it. It stays the next.
        """
        with self._lock:
            self._settle()
            if not self._pieces:
                return None
            piece = self._pieces[0].of_one_batch()
            batch = piece.batch()
            self._drop(piece.count)
            return batch

    def make_rows(self) -> bool:
        """Makes the next rows unless there are some; whether there are any.

        Raises:
            KernelError: `InvalidArgument`: the next row has a value that Python cannot hold. It stays the next.
        """
        with self._lock:
            if not length_hint(self.rows):
                self._settle()
                if not self._pieces:
                    return False
                made, problem = self._pieces[0].of_one_batch().slice(0, GROUP).tuples()
                if not made:
                    raise KernelError(f"the next row cannot be made: {problem}", code="InvalidArgument")
                self._made = len(made)
                self.rows = iter(made)
            return True

    def close(self) -> None:
        """Forgets everything, also what would be given back later."""
        with self._lock:
            self._closed = True
            self._settle()
            self._pieces.clear()

    def _settle(self) -> None:
        """Forgets the tuples that nobody took, and the rows that somebody did."""
        # In one step, beside a thread that takes the next row.
        left = len(list(self.rows))
        taken, self._made = self._made - left, 0
        if taken:
            self._drop(taken)

    def _drop(self, count: int) -> None:
        rest = self._pieces[0].slice(count)
        if rest.count:
            self._pieces[0] = rest
        else:
            self._pieces.popleft()
