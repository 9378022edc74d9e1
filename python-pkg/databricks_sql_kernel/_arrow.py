"""From the kernel's memory to pyarrow, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ._gate import GATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from . import _native


def batches_of(chunk: _native.Chunk) -> list[pa.RecordBatch]:
    """The record batches of a chunk. They point into the kernel's memory and keep it alive."""
    with GATE:
        return _read(pa.foreign_buffer(chunk.address, chunk.length, base=chunk.owner))


def schema_of(stream: bytes) -> pa.Schema:
    """The schema of an Arrow IPC stream."""
    with GATE:
        return _read_schema(stream)


def table_of(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """The batches as one table, not copied."""
    parts = list(batches)
    with GATE:
        return pa.Table.from_batches(parts, schema=schema)


# Functions of their own, because a reader must be gone before the gate is left: it lets go of the interpreter to free itself.


def _read(memory: pa.Buffer) -> list[pa.RecordBatch]:
    with pa.ipc.open_stream(memory) as reader:
        return list(reader)


def _read_schema(stream: bytes) -> pa.Schema:
    with pa.ipc.open_stream(stream) as reader:
        return reader.schema
