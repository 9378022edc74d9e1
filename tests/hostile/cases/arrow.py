"""Arrow streams that are damaged, or right and of something else: the IPC streaming format and the columnar format.

Source: <https://arrow.apache.org/docs/format/Columnar.html>.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streams
from case import RIGHT_ROWS as ROWS
from case import Case, Expectation, fails, right_or
from protocol import NUMBERS, Result, numbers
from streams import END_OF_STREAM, ipc, messages, patched, words
from wrong import of_chunk, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Reply
    from wrong import Reaction

LOST = fails("DataLoss")
IPC = "Arrow IPC: encapsulated messages, a schema first, each padded to 8 bytes, lengths that are true"
OFFSETS = "Arrow columnar: offsets grow from one to the next, and end within the data"
TEXT = "Arrow columnar: utf8 is UTF-8"
TYPES = "SEA 4.3: each SQL type has one Arrow type"
BITMAPS = "Arrow columnar: a null count is the number of zeros in the validity bitmap"
BUFFERS = "Arrow IPC: buffers lie within the body of their message"
ROWS_OF = 37


def nulls(values: list[Any], count: int) -> list[Any]:
    """The values, so many of them NULL."""
    return [None if at < count else value for at, value in enumerate(values)]


def layouts() -> pa.Table:
    """37 rows in every layout that an array may have, each column with another number of NULLs."""
    rows = list(range(ROWS_OF))
    return pa.table(
        {
            "n": pa.array(nulls(rows, 3), pa.int64()),
            "t": pa.array(nulls([f"text {row}" for row in rows], 5), pa.string()),
            "d": pa.array(nulls([Decimal(row) for row in rows], 7), pa.decimal128(4, 0)),
            "l": pa.array(nulls([[f"element {row}"] * (row % 3) for row in rows], 11), pa.list_(pa.string())),
            "f": pa.array(nulls([row % 2 == 0 for row in rows], 13), pa.bool_()),
            "b": pa.array(nulls([bytes([row]) for row in rows], 17), pa.binary()),
        }
    )


LAYOUTS = Result(
    [("n", "BIGINT"), ("t", "STRING"), ("d", "DECIMAL(4,0)"), ("l", "ARRAY<STRING>"), ("f", "BOOLEAN"), ("b", "BINARY")],
    [layouts()],
)
TEXT_OFFSETS = LAYOUTS.chunks[0].column("t").chunk(0).buffers()[1].to_pybytes()[: 4 * (ROWS_OF + 1)]
LIST_OFFSETS = LAYOUTS.chunks[0].column("l").chunk(0).buffers()[1].to_pybytes()[: 4 * (ROWS_OF + 1)]


def node(count: int, change: tuple[int, int]) -> Callable[[bytes], bytes]:
    """The field node of the column with so many NULLs, changed to another length and null count."""
    return lambda data: patched(data, words(ROWS_OF, count), words(*change))


def offset(offsets: bytes, at: int, value: int) -> Callable[[bytes], bytes]:
    """An offset changed."""
    changed = offsets[: 4 * at] + struct.pack("<i", value) + offsets[4 * at + 4 :]
    return lambda data: patched(data, offsets, changed)


def batch_length(value: int) -> Callable[[bytes], bytes]:
    """The number of rows that a record batch has, changed: the only 37 that no node has."""

    def change(data: bytes) -> bytes:
        schema, batch, end = messages(data)
        head = batch[: batch.index(words(ROWS_OF, 3))]
        tail = batch[len(head) :]
        before = words(ROWS_OF)
        if head.count(before) + tail.replace(words(ROWS_OF, 3), b"").count(before) < 1:
            raise ValueError("the batch's length is not where it was looked for")
        at = head.rindex(before)
        return schema + head[:at] + words(value) + head[at + 8 :] + tail + end

    return change


def metadata_length(value: int) -> Callable[[bytes], bytes]:
    """The length of the batch's metadata, changed."""

    def change(data: bytes) -> bytes:
        schema, batch, end = messages(data)
        return schema + batch[:4] + struct.pack("<I", value & 0xFFFFFFFF) + batch[8:] + end

    return change


def body_length(value: int) -> Callable[[bytes], bytes]:
    """The length of the batch's body, changed in its metadata."""

    def change(data: bytes) -> bytes:
        schema, batch, end = messages(data)
        body = pa.ipc.read_message(pa.py_buffer(batch)).body.size
        return schema + patched(batch, words(body), words(value)) + end

    return change


def buffer_moved(value: int) -> Callable[[bytes], bytes]:
    """The offsets of texts, in another place: the only buffer of 152 bytes that is not a list's."""

    def change(data: bytes) -> bytes:
        schema, batch, end = messages(data)
        at = batch.index(words(4 * (ROWS_OF + 1)))
        return schema + batch[: at - 8] + words(value) + batch[at:] + end

    return change


def of(**columns: pa.Array) -> Callable[[bytes], bytes]:
    """A stream of other columns instead, of the same names."""
    table = layouts()
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return lambda _: ipc(table)


def invalid_text() -> pa.Array:
    """Text that is no UTF-8."""
    raw = pa.array([b"\xff\xfe" if row == 3 else b"ok" for row in range(ROWS_OF)], pa.binary())
    return pa.Array.from_buffers(pa.string(), ROWS_OF, raw.buffers())


def split_character() -> pa.Array:
    """Text that is UTF-8 as a whole, of which one value ends within a character."""
    offsets = pa.py_buffer(struct.pack(f"<{ROWS_OF + 1}i", *[0, 1, *([2] * (ROWS_OF - 1))]))
    return pa.Array.from_buffers(pa.string(), ROWS_OF, [None, offsets, pa.py_buffer("\u00e9".encode())])


def text(values: list[Any]) -> pa.Array:
    """Text."""
    return pa.array(values, pa.string())


ROW = list(range(ROWS_OF))
TEXTS = [f"text {row}" for row in ROW]
DAMAGES: list[tuple[str, str, Callable[[bytes], bytes], Expectation]] = [
    ("right", IPC, lambda data: data, ROWS),
    (
        "without_end_marker",
        "Arrow IPC: the end of the stream may be marked, or be the end",
        lambda data: data[: -len(END_OF_STREAM)],
        ROWS,
    ),
    ("end_marker_twice", "Arrow IPC: nothing follows the end marker", lambda data: data + END_OF_STREAM, LOST),
    ("bytes_behind_the_end", "Arrow IPC: nothing follows the end marker", lambda data: data + b"more", LOST),
    ("batch_behind_the_end", "Arrow IPC: nothing follows the end marker", lambda data: data + messages(data)[1], LOST),
    (
        "batch_twice",
        "SEA 3.6: rows beyond the count are cut off",
        lambda data: b"".join([*messages(data)[:2], *messages(data)[1:]]),
        right_or("DataLoss"),
    ),
    ("batch_missing", "SEA 2.1: rows are counted", lambda data: messages(data)[0] + END_OF_STREAM, LOST),
    ("schema_missing", IPC, lambda data: b"".join(messages(data)[1:]), LOST),
    ("schema_twice", IPC, lambda data: messages(data)[0] + data, LOST),
    ("end_first", IPC, lambda data: END_OF_STREAM + data, LOST),
    ("empty", IPC, lambda _: b"", LOST),
    ("zeros", IPC, lambda data: bytes(len(data)), LOST),
    ("ones", IPC, lambda data: b"\xff" * len(data), LOST),
    ("cut_in_the_batch", IPC, lambda data: data[: len(data) // 2], LOST),
    ("file_format", "SEA 4.2: a stream, not a file", lambda data: b"ARROW1\0\0" + data, LOST),
    (
        "legacy_framing",
        "Arrow IPC: before 0.15 messages had no continuation marker; SEA 4.2 has it",
        lambda _: ipc(layouts(), use_legacy_format=True),
        LOST,
    ),
    (
        "metadata_version_4",
        "Arrow IPC: version 4 and 5 differ in unions alone",
        lambda _: ipc(layouts(), metadata_version=pa.ipc.MetadataVersion.V4),
        ROWS,
    ),
    ("metadata_length_negative", IPC, metadata_length(-8), LOST),
    ("metadata_length_2_to_31", IPC, metadata_length(2**31), LOST),
    ("metadata_length_odd", IPC, metadata_length(13), LOST),
    ("body_length_negative", IPC, body_length(-8), LOST),
    ("body_length_2_to_62", IPC, body_length(2**62), LOST),
    ("body_length_0", IPC, body_length(0), LOST),
    ("batch_length_negative", IPC, batch_length(-37), LOST),
    ("batch_length_more", IPC, batch_length(38), LOST),
    ("batch_length_2_to_62", IPC, batch_length(2**62), LOST),
    ("node_length_negative", IPC, node(3, (-1, 0)), LOST),
    ("node_length_fewer", IPC, node(5, (36, 5)), LOST),
    ("node_length_2_to_62", IPC, node(3, (2**62, 0)), LOST),
    ("null_count_negative", BITMAPS, node(3, (ROWS_OF, -1)), LOST),
    ("null_count_more_than_rows", BITMAPS, node(3, (ROWS_OF, 38)), LOST),
    ("null_count_wrong", BITMAPS, node(5, (ROWS_OF, 4)), LOST),
    ("null_count_0_with_nulls", BITMAPS, node(7, (ROWS_OF, 0)), right_or("DataLoss")),
    ("buffer_beyond_the_body", BUFFERS, buffer_moved(2**40), LOST),
    ("buffer_negative", BUFFERS, buffer_moved(-8), LOST),
    ("buffer_unaligned", "Arrow IPC: buffers are aligned to 8 bytes", buffer_moved(3), LOST),
    ("offset_decreasing", OFFSETS, offset(TEXT_OFFSETS, 20, 0), LOST),
    ("offset_negative", OFFSETS, offset(TEXT_OFFSETS, 10, -1), LOST),
    ("offset_first_negative", OFFSETS, offset(TEXT_OFFSETS, 0, -(2**31)), LOST),
    ("offset_last_beyond_the_data", OFFSETS, offset(TEXT_OFFSETS, ROWS_OF, 2**31 - 1), LOST),
    ("offset_of_a_list_beyond", OFFSETS, offset(LIST_OFFSETS, ROWS_OF, 2**30), LOST),
    ("offset_of_a_list_decreasing", OFFSETS, offset(LIST_OFFSETS, 20, -5), LOST),
    ("text_is_no_utf_8", TEXT, of(t=invalid_text()), LOST),
    ("text_split_in_a_character", TEXT, of(t=split_character()), LOST),
    (
        "decimal_beyond_its_precision",
        "Arrow columnar: a decimal(4,0) has at most 4 digits",
        lambda data: patched(data, words(36, 0), words(36 * 10**15, 2**40)),
        right_or("DataLoss"),
    ),
    ("dictionary", "SEA 4.2: no dictionaries", of(t=text(TEXTS).dictionary_encode()), LOST),
    (
        "compressed_buffers_lz4",
        "SEA 4.2: no compression within Arrow",
        lambda _: ipc(layouts(), compression="lz4"),
        right_or("DataLoss"),
    ),
    (
        "compressed_buffers_zstd",
        "SEA 4.2: no compression within Arrow",
        lambda _: ipc(layouts(), compression="zstd"),
        right_or("DataLoss"),
    ),
    ("type_int32", TYPES, of(n=pa.array(ROW, pa.int32())), LOST),
    ("type_uint64", TYPES, of(n=pa.array(ROW, pa.uint64())), LOST),
    ("type_float64", TYPES, of(n=pa.array(ROW, pa.float64())), LOST),
    ("type_large_utf8", TYPES, of(t=pa.array(TEXTS, pa.large_string())), LOST),
    ("type_utf8_view", TYPES, of(t=pa.array(TEXTS, pa.string_view())), LOST),
    ("type_binary_for_text", TYPES, of(t=pa.array([value.encode() for value in TEXTS], pa.binary())), LOST),
    ("type_decimal_of_another_scale", TYPES, of(d=pa.array([Decimal(row) for row in ROW], pa.decimal128(4, 1))), LOST),
    ("type_decimal_256", TYPES, of(d=pa.array([Decimal(row) for row in ROW], pa.decimal256(4, 0))), LOST),
    ("type_fixed_size_list", TYPES, of(l=pa.array([["a"]] * ROWS_OF, pa.list_(pa.string(), 1))), LOST),
    ("type_large_list", TYPES, of(l=pa.array([["a"]] * ROWS_OF, pa.large_list(pa.string()))), LOST),
    ("type_list_of_another", TYPES, of(l=pa.array([[1]] * ROWS_OF, pa.list_(pa.int32()))), LOST),
    ("type_null", TYPES, of(n=pa.nulls(ROWS_OF)), LOST),
    ("type_union", TYPES, of(n=pa.UnionArray.from_sparse(pa.array([0] * ROWS_OF, pa.int8()), [pa.array(ROW, pa.int64())])), LOST),
    (
        "type_run_end_encoded",
        TYPES,
        of(n=pa.RunEndEncodedArray.from_arrays(pa.array([ROWS_OF], pa.int32()), pa.array([1], pa.int64()))),
        LOST,
    ),
    ("column_missing", TYPES, lambda _: ipc(layouts().drop_columns(["b"])), LOST),
    ("column_more", TYPES, lambda _: ipc(layouts().append_column("x", pa.array(ROW))), LOST),
    ("columns_in_another_order", TYPES, lambda _: ipc(layouts().select(["t", "n", "d", "l", "f", "b"])), LOST),
    (
        "column_names_of_another_query",
        "SEA 3.6: names are the manifest's",
        lambda _: ipc(layouts().rename_columns(list("uvwxyz"))),
        ROWS,
    ),
    (
        "metadata_of_1_mb",
        "SEA 4.2: there is no metadata, and what it says does not matter",
        lambda _: ipc(layouts().replace_schema_metadata({"k": "v" * (1 << 20)})),
        ROWS,
    ),
    (
        "batches_of_one_row",
        "SEA 4.2: several batches in a chunk are normal",
        lambda _: ipc(layouts().to_batches(max_chunksize=1)),
        ROWS,
    ),
    (
        "batches_of_no_rows",
        "SEA 4.2: several batches in a chunk are normal",
        lambda data: b"".join(
            [messages(data)[0], *[messages(ipc([layouts().to_batches()[0].slice(0, 0)]))[1]] * 1000, *messages(data)[1:]]
        ),
        ROWS,
    ),
]

MOMENTS = [0, 1_700_000_000_000_000, None]


def moments(zone: str | None, unit: str = "us") -> pa.Table:
    """Moments in a zone."""
    return pa.table(
        {"m": pa.array([moment if unit == "us" else moment and moment // 1000 for moment in MOMENTS], pa.timestamp(unit, zone))}
    )


ZONED = Result([("m", "TIMESTAMP")], [moments("Europe/Lisbon"), moments("Europe/Lisbon")])
ZONES: list[tuple[str, str, pa.Table, Expectation]] = [
    ("right", "SEA 4.3: TIMESTAMP is in microseconds, in the session's zone", moments("Europe/Lisbon"), ROWS),
    ("another", "A result has one schema: chunks of two zones are none", moments("Asia/Tokyo"), LOST),
    ("missing", "SEA 4.3: TIMESTAMP has a zone, TIMESTAMP_NTZ none", moments(None), LOST),
    ("of_100_kb", "SEA 4.3: tz is the name of a zone", moments("Z" * 100_000), LOST),
    ("in_milliseconds", "SEA 4.3: TIMESTAMP is in microseconds", moments("Europe/Lisbon", "ms"), LOST),
    ("in_nanoseconds", "SEA 4.3: TIMESTAMP is in microseconds", moments("Europe/Lisbon", "ns"), LOST),
]


def streamed(change: Callable[[bytes], bytes]) -> Reaction:
    """The chunk's stream changed, and packed as ever."""

    def changed(exchange: Any) -> Reply:
        stream = change(exchange.chunk)
        frames = streams.frame(stream)
        reply: Reply = exchange.stored(frames)
        return reply

    return turns(changed)


NOT_NULL = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("t", pa.string(), nullable=False)])
SAMPLE = {"offset_last_beyond_the_data", "text_is_no_utf_8"}

CASES = [
    *[
        Case(
            name=f"arrow/{name}",
            says=says,
            wrong={"link": streamed(change)},
            expect=expect,
            result=LAYOUTS,
            sample=name in SAMPLE,
        )
        for name, says, change, expect in DAMAGES
    ],
    *[
        Case(
            name=f"arrow/zone/{name}",
            says=says,
            wrong={"link": of_chunk(1, streamed(lambda _, table=table: ipc(table)))},  # type: ignore[misc]
            expect=expect,
            result=ZONED,
        )
        for name, says, table, expect in ZONES
    ],
    Case(
        name="arrow/not_nullable",
        says="SEA 4.2: fields may be not nullable",
        wrong={"link": of_chunk(1, streamed(lambda _: ipc(numbers(4, 5).cast(NOT_NULL))))},
        expect=ROWS,
    ),
    Case(
        name="arrow/rows_fewer",
        says="SEA 2.1: rows are counted",
        wrong={"link": of_chunk(1, streamed(lambda _: ipc(numbers(4, 4))))},
        expect=LOST,
        result=NUMBERS,
    ),
    Case(
        name="arrow/rows_more",
        says="SEA 3.6: rows in the batches can exceed the declared count: they are cut off",
        wrong={"link": of_chunk(1, streamed(lambda _: ipc(numbers(4, 500))))},
        expect=ROWS,
        sample=True,
    ),
]
