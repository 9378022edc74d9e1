"""From the kernel's memory to pyarrow, without a copy, and from there to others. What they raise becomes a `KernelError`."""

from __future__ import annotations

from contextlib import contextmanager
from ctypes import addressof, c_int64
from typing import TYPE_CHECKING, TypeVar

from ._extras import brought_by
from ._gate import GATE
from ._pieces import way_out
from .errors import KernelError, invalid_argument

with brought_by("arrow", "reading a result as Arrow", "pyarrow"):
    import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from . import _native

T = TypeVar("T")


def batches_of(chunk: _native.Chunk) -> list[pa.RecordBatch]:
    """The record batches of a chunk. They point into the kernel's memory and keep it alive.

    Raises:
        KernelError: `DataLoss`: pyarrow cannot read them.
    """
    with GATE, _readable():
        return _read(_memory(chunk))


def schema_of(stream: bytes) -> pa.Schema:
    """The schema of an Arrow IPC stream.

    Raises:
        KernelError: `DataLoss`: pyarrow cannot read it.
    """
    with GATE, _readable():
        return _read_schema(stream)


def table_of(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The batches as one table, not copied.

    Raises:
        KernelError: `DataLoss`: they are of another schema.
    """
    parts = list(batches)
    with GATE, _readable():
        return pa.Table.from_batches(parts, schema=schema)


def stream_of(schema: pa.Schema, batches: Iterable[pa.RecordBatch], requested_schema: object) -> object:
    """The batches as a capsule of the Arrow C stream interface, in a layout that is asked for.

    Raises:
        KernelError: `InvalidArgument`: it cannot be made, as of a schema that is not the same types.
    """
    try:
        return pa.RecordBatchReader.from_batches(schema, batches).__arrow_c_stream__(requested_schema)
    except Exception as error:
        raise invalid_argument(f"the result cannot be handed over by the Arrow C interface: {_said(error)}") from error


def given_to(library: str, table: pa.Table, take: Callable[[pa.Table], T]) -> T:
    """What `take` makes of a table with the help of `library`.

    Raises:
        KernelError: `InvalidArgument`: it cannot; the text names the columns that nothing can be made of.
        TypeError: An option is not one of the library's.
    """
    try:
        return take(table)
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, TypeError) and "keyword argument" in str(error):
            raise
        columns = [name for index, name in enumerate(table.column_names) if not _succeeds(take, table.select([index]))]
        subject = f"column {', '.join(map(repr, columns))}" if columns else "the result"
        raise invalid_argument(
            f"{library} cannot hold {subject} ({_said(error)}): {way_out(*map(str, table.schema.types))}"
        ) from error


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (MemoryError, KernelError):
        raise
    except Exception as error:
        raise KernelError(
            f"pyarrow {pa.__version__} cannot read the result ({_said(error)}): a newer pyarrow may, or CAST the column in the SQL",
            code="DataLoss",
        ) from error


def _succeeds(take: Callable[[pa.Table], object], table: pa.Table) -> bool:
    try:
        take(table)
    except Exception:
        return False
    return True


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _memory(chunk: _native.Chunk) -> pa.Buffer:
    """The chunk's bytes, which are given back without Python code.

    It would run in a destructor of C++, and a daemon thread that the interpreter's end stops there takes the process along.
    """
    array = (c_int64 * 10)()
    chunk.owner.export_to(addressof(array))
    return pa.Array._import_from_c(addressof(array), pa.uint8()).buffers()[1]  # noqa: SLF001


# Functions of their own, because a reader must be gone before the gate is left: it lets go of the interpreter to free itself.


def _read(memory: pa.Buffer) -> list[pa.RecordBatch]:
    with pa.ipc.open_stream(memory) as reader:
        return list(reader)


def _read_schema(stream: bytes) -> pa.Schema:
    with pa.ipc.open_stream(stream) as reader:
        return reader.schema
