"""The bytes of chunks: Arrow IPC streams and LZ4 frames, right ones and such as no library writes."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

MASK = 0xFFFFFFFF
FRAME_MAGIC = b"\x04\x22\x4d\x18"
END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"


def ipc(table: pa.Table | Sequence[pa.RecordBatch], schema: pa.Schema | None = None, **options: Any) -> bytes:
    """An IPC stream; `options` are pyarrow's."""
    batches = table.to_batches() if isinstance(table, pa.Table) else table
    sink = BytesIO()
    schema = schema or (table.schema if isinstance(table, pa.Table) else batches[0].schema)
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return sink.getvalue()


def messages(stream: bytes) -> list[bytes]:
    """The messages of an IPC stream, the end marker last."""
    found = []
    position = 0
    while position < len(stream):
        length = int.from_bytes(stream[position + 4 : position + 8], "little")
        end = position + 8 + length
        if length:
            end += pa.ipc.read_message(pa.py_buffer(stream[position:])).body.size
        found.append(stream[position:end])
        position = end
    return found


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """The same bytes with the only occurrence of `old` replaced."""
    if data.count(old) != 1:
        raise ValueError(f"{data.count(old)} occurrences of {old!r}")
    return data.replace(old, new)


def words(*numbers: int, kind: str = "q") -> bytes:
    """Numbers in a row, 64 bits wide and little-endian unless `kind` says otherwise."""
    return struct.pack(f"<{len(numbers)}{kind}", *numbers)


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & MASK


def xxh32(data: bytes) -> int:
    """The checksum that LZ4 frames use, with the seed 0."""
    one, two, three, four, five = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
    position = 0
    if len(data) >= 16:
        lanes = [(one + two) & MASK, two, 0, -one & MASK]
        while position + 16 <= len(data):
            for lane in range(4):
                word = int.from_bytes(data[position + 4 * lane : position + 4 * lane + 4], "little")
                lanes[lane] = _rotated((lanes[lane] + word * two) & MASK, 13) * one & MASK
            position += 16
        total = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True))
    else:
        total = five
    total = (total + len(data)) & MASK
    while position + 4 <= len(data):
        word = int.from_bytes(data[position : position + 4], "little")
        total = _rotated((total + word * three) & MASK, 17) * four & MASK
        position += 4
    for byte in data[position:]:
        total = _rotated((total + byte * five) & MASK, 11) * one & MASK
    total = (total ^ (total >> 15)) * two & MASK
    total = (total ^ (total >> 13)) * three & MASK
    return total ^ (total >> 16)


def block(data: bytes, *, stored: bool = True, checksum: bool | int = False) -> bytes:
    """An LZ4 block as it stands in a frame; `data` is already compressed unless it is stored."""
    head = words(len(data) | (0x80000000 if stored else 0), kind="I")
    tail = b"" if checksum is False else words(xxh32(data) if checksum is True else checksum, kind="I")
    return head + data + tail


def frame_head(flags: int = 0x60, descriptor: int = 0x40, extra: bytes = b"", checksum: int | None = None) -> bytes:
    """A frame's head; by default version 01, independent blocks of up to 64 KiB, nothing optional."""
    described = bytes([flags, descriptor]) + extra
    computed = xxh32(described) >> 8 & 0xFF
    return FRAME_MAGIC + described + bytes([computed if checksum is None else checksum])


def frame(data: bytes) -> bytes:
    """A frame with stored blocks."""
    pieces = [data[start : start + 65536] for start in range(0, len(data), 65536)]
    return frame_head() + b"".join(map(block, pieces)) + bytes(4)


def compressed(stream: bytes) -> bytes:
    """A stream as warehouses pack a small one: one frame for each of its messages."""
    return b"".join(pa.compress(message, codec="lz4", asbytes=True) for message in messages(stream))
