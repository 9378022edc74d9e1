"""What of a result lies in the kernel's memory: as tuples, as a record batch, or for others who read Arrow."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

from ._handle import NotCopied
from ._library import call
from ._unpickling import NoForm, load
from .errors import KernelError

if TYPE_CHECKING:
    import pyarrow as pa

    from . import _native


class Memory(NotCopied):
    """A chunk, and what was found out about it."""

    def __init__(self, chunk: _native.Chunk) -> None:
        """Looks at nothing yet."""
        self.chunk = chunk

    @cached_property
    def ends(self) -> list[int]:
        """Behind which row each of its record batches ends."""
        return list(accumulate(call(self.chunk.owner.batch_row_counts)))

    @cached_property
    def batches(self) -> list[pa.RecordBatch]:
        """Its record batches."""
        from ._arrow import batches_of

        return batches_of(self.chunk)


class Piece(NotCopied):
    """Rows of one chunk that follow each other.

    Attributes:
        count: How many.
    """

    __slots__ = ("_first", "_memory", "count")

    def __init__(self, memory: Memory, first: int, count: int) -> None:
        """`count` rows from the chunk's row `first` on."""
        self._memory, self._first, self.count = memory, first, count

    def slice(self, offset: int, count: int | None = None) -> Piece:
        """Some of them, from one on; all that follow it where `count` says nothing, or more than there are."""
        rest = max(self.count - offset, 0)
        return Piece(self._memory, self._first + offset, rest if count is None else min(count, rest))

    def of_one_batch(self) -> Piece:
        """Those at its beginning that lie in one record batch."""
        ends = self._memory.ends
        return self.slice(0, ends[bisect_right(ends, self._first)] - self._first)

    def batch(self) -> pa.RecordBatch:
        """These rows, which lie in one record batch, as pyarrow's.

        Raises:
            KernelError: `DataLoss`: pyarrow cannot read them.
        """
        index = bisect_right(self._memory.ends, self._first)
        batch = self._memory.batches[index]
        begin = self._memory.ends[index] - batch.num_rows
        return batch if self.count == batch.num_rows else batch.slice(self._first - begin, self.count)

    def for_arrow(self) -> _native.BatchRows:
        """These rows, which lie in one record batch, as the kernel hands them to others."""
        from . import _native

        return _native.BatchRows(memory=self._memory.chunk.owner, first=self._first, count=self.count)

    def tuples(self) -> tuple[list[tuple[Any, ...]], str | None]:
        """These rows, which lie in one record batch, up to the first that Python cannot hold.

        Beside them, which column that row fails for and why, or `None`.

        Raises:
            KernelError: `DataLoss`: the chunk is damaged.
        """
        try:
            return self._load(), None
        except (MemoryError, KernelError):
            raise
        except Exception as error:
            if self.count == 1:
                return [], self._problem(error)
        half = self.count // 2
        rows, problem = self.slice(0, half).tuples()
        if problem is None:
            more, problem = self.slice(half).tuples()
            rows += more
        return rows, problem

    def _load(self, column: int | None = None) -> list[tuple[Any, ...]]:
        pickle = call(self._memory.chunk.owner.pickled_rows, self._first, self.count, column)
        columns = load(pickle.address, pickle.length)
        return list(zip(*columns, strict=True)) if columns else [()] * self.count

    def _problem(self, of_row: Exception) -> str:
        """Why the only row cannot be made."""
        for index, column in enumerate(call(self._memory.chunk.owner.columns)):
            try:
                self._load(index)
            except (MemoryError, KernelError):  # noqa: PERF203 - each is tried
                raise
            except Exception as error:
                return f"column {column.name!r} has {_said(error, column.type_text or 'value')}"
        return f"{type(of_row).__name__}: {of_row}"


def _said(error: Exception, type_text: str) -> str:
    subject = f"{'an' if type_text[0] in 'AEIOU' else 'a'} {type_text}"
    if isinstance(error, NoForm):
        return f"{subject} that has no form in Python ({error}): {way_out(type_text)}"
    if isinstance(error, ZoneInfoNotFoundError):
        return f"{subject} of a zone that Python does not find on this system ({error}): pip install tzdata"
    if isinstance(error, (OverflowError, ValueError)):
        return f"{subject} beyond the years 1 to 9999 of Python's datetime: {way_out(type_text)}"
    return f"{subject} that has no form in Python ({type(error).__name__}: {error}): {way_out(type_text)}"


def way_out(*types: str) -> str:
    """What to do about values of these types, SQL's or Arrow's, that something else than Arrow cannot hold."""
    months = any(word in text for text in types for word in ("month_interval", "INTERVAL YEAR", "INTERVAL MONTH"))
    session = "open the session with intervals_as_string=True, " if months else ""
    return f"{session}read it as Arrow, or CAST it to STRING in the SQL"
