"""From the kernel's memory to pyarrow, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from . import _native


def batches_of(chunk: _native.Chunk) -> list[pa.RecordBatch]:
    """The record batches of a chunk. They point into the kernel's memory and keep it alive."""
    memory = pa.foreign_buffer(chunk.address, chunk.length, base=chunk.owner)
    with pa.ipc.open_stream(memory) as reader:
        return list(reader)


def schema_of(stream: bytes) -> pa.Schema:
    """The schema of an Arrow IPC stream."""
    with pa.ipc.open_stream(stream) as reader:
        return reader.schema
