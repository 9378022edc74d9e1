"""Manifests that contradict themselves or what comes: SEA 2.2 and 2.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import Result
from wrong import Reaction, document, drops, sets

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTED = "SEA 2.1: a client must check that it received total_chunk_count chunks and total_row_count rows"
LENIENT = "SEA 2.4: every key except statement_id and status.state may be missing"
CHUNKS = "SEA 2.2: chunks has each index from 0 on once, and their rows are those of the result"
TYPES = "SEA 2.4: type_text is the full SQL type, and the chunks have Arrow's type for it"
UNKNOWN = "SEA 4.3: a type without a form in Arrow comes as text, as it does here, or is refused"
LOST = fails("DataLoss")
WRONG_SHAPE = right_or(*BROKEN_RULE)


def columns(change: Callable[[list[dict[str, Any]]], Any]) -> Reaction:
    """The right reply with its columns changed."""
    return document(lambda reply: change(reply["manifest"]["schema"]["columns"]) and None)


def typed(name: str, text: str) -> Reaction:
    """The second column, which is text, as another type."""
    return columns(lambda listed: listed[1].update(type_name=name, type_text=text))


def chunks(change: Callable[[list[dict[str, Any]]], Any]) -> Reaction:
    """The right reply with its list of chunks changed."""
    return document(lambda reply: change(reply["manifest"]["chunks"]) and None)


REPLIES: list[tuple[str, str, Reaction, Expectation]] = [
    ("total_rows_more", COUNTED, sets(("manifest.total_row_count", 13)), LOST),
    ("total_rows_fewer", COUNTED, sets(("manifest.total_row_count", 11)), LOST),
    ("total_rows_negative", COUNTED, sets(("manifest.total_row_count", -1)), LOST),
    ("total_rows_2_to_63", COUNTED, sets(("manifest.total_row_count", 2**63)), fails("DataLoss", *BROKEN_RULE)),
    ("total_rows_2_to_40", COUNTED, sets(("manifest.total_row_count", 2**40)), LOST),
    ("total_rows_fractional", COUNTED, sets(("manifest.total_row_count", 12.5)), fails("DataLoss", *BROKEN_RULE)),
    ("total_rows_as_text", "SEA 2.2: accept numbers given as strings", sets(("manifest.total_row_count", "12")), ROWS),
    (
        "total_rows_as_empty_text",
        "SEA 2.2: accept numbers given as strings; this is none",
        sets(("manifest.total_row_count", "")),
        WRONG_SHAPE,
    ),
    ("total_rows_true", "SEA 2.2: a JSON number", sets(("manifest.total_row_count", True)), WRONG_SHAPE),
    ("total_rows_0", COUNTED, sets(("manifest.total_row_count", 0)), LOST),
    ("total_rows_missing", LENIENT, drops("manifest.total_row_count"), ROWS),
    (
        "total_rows_missing_everywhere",
        LENIENT,
        drops("manifest.total_row_count", "manifest.chunks"),
        ROWS,
    ),
    ("total_chunks_more", COUNTED, sets(("manifest.total_chunk_count", 4)), LOST),
    ("total_chunks_fewer", COUNTED, sets(("manifest.total_chunk_count", 2)), LOST),
    ("total_chunks_negative", COUNTED, sets(("manifest.total_chunk_count", -3)), LOST),
    ("total_chunks_2_to_40", COUNTED, sets(("manifest.total_chunk_count", 2**40)), LOST),
    (
        "total_chunks_2_to_40_alone",
        COUNTED,
        document(lambda reply: reply["manifest"].update(total_chunk_count=2**40, chunks=[])),
        LOST,
    ),
    ("total_chunks_0", COUNTED, sets(("manifest.total_chunk_count", 0)), LOST),
    ("total_chunks_0_alone", COUNTED, document(lambda reply: reply["manifest"].update(total_chunk_count=0, chunks=[])), LOST),
    ("total_chunks_missing", LENIENT, drops("manifest.total_chunk_count"), ROWS),
    ("chunks_missing", LENIENT, drops("manifest.chunks"), ROWS),
    ("chunks_null", "SEA 2.2: absent keys are absent, not null", sets(("manifest.chunks", None)), right_or(*BROKEN_RULE)),
    ("chunks_index_twice", CHUNKS, sets(("manifest.chunks.1.chunk_index", 0)), LOST),
    ("chunks_with_a_gap", CHUNKS, sets(("manifest.chunks.2.chunk_index", 3)), LOST),
    ("chunks_index_negative", CHUNKS, sets(("manifest.chunks.1.chunk_index", -1)), LOST),
    ("chunks_index_2_to_62", CHUNKS, sets(("manifest.chunks.2.chunk_index", 2**62)), LOST),
    ("chunks_in_another_order", CHUNKS, chunks(list.reverse), ROWS),
    ("chunks_one_missing", CHUNKS, chunks(list.pop), LOST),
    ("chunks_one_more", CHUNKS, chunks(lambda listed: listed.append({"chunk_index": 3, "row_offset": 12, "row_count": 0})), LOST),
    ("chunks_rows_negative", CHUNKS, sets(("manifest.chunks.0.row_count", -4)), LOST),
    ("chunks_rows_do_not_add_up", CHUNKS, sets(("manifest.chunks.0.row_count", 3)), LOST),
    (
        "chunks_rows_swapped",
        f"{CHUNKS}; each chunk has as many rows as it was announced with",
        sets(("manifest.chunks.0.row_count", 5), ("manifest.chunks.1.row_count", 4)),
        LOST,
    ),
    (
        "chunks_rows_overflow",
        CHUNKS,
        sets(("manifest.chunks.0.row_count", 2**63 - 1), ("manifest.chunks.1.row_count", 2**63 - 1)),
        LOST,
    ),
    ("chunks_of_text", CHUNKS, sets(("manifest.chunks", "three")), WRONG_SHAPE),
    (
        "chunks_10_thousand_of_no_rows",
        CHUNKS,
        sets(("manifest.chunks", [{"chunk_index": at, "row_count": 0} for at in range(10_000)])),
        LOST,
    ),
    ("manifest_missing", "SEA 2.3: SUCCEEDED comes with its manifest", drops("manifest"), fails("DataLoss", *BROKEN_RULE)),
    (
        "manifest_empty",
        f"{LENIENT}; a result whose columns are unknown cannot be read",
        sets(("manifest", {})),
        fails("DataLoss", *BROKEN_RULE),
    ),
    ("manifest_null", "SEA 2.3: SUCCEEDED comes with its manifest", sets(("manifest", None)), fails("DataLoss", *BROKEN_RULE)),
    ("manifest_is_a_list", "SEA 2.2: manifest is an object", sets(("manifest", [])), fails("DataLoss", *BROKEN_RULE)),
    ("result_missing", COUNTED, drops("result"), right_or("DataLoss")),
    ("result_empty", COUNTED, sets(("result", {})), right_or("DataLoss")),
    ("result_null", COUNTED, sets(("result", None)), right_or("DataLoss", *BROKEN_RULE)),
    ("format_unknown", "SEA 2.1: ARROW_STREAM was asked for", sets(("manifest.format", "PARQUET")), fails(*BROKEN_RULE)),
    ("format_csv", "SEA 2.1: ARROW_STREAM was asked for", sets(("manifest.format", "CSV")), fails("DataLoss", *BROKEN_RULE)),
    ("format_json_of_arrow", "SEA 2.2: the format says what the bodies are", sets(("manifest.format", "JSON_ARRAY")), LOST),
    ("format_missing", LENIENT, drops("manifest.format"), ROWS),
    (
        "compression_missing",
        "SEA 4.1: without result_compression the bodies are not compressed, and these are",
        drops("manifest.result_compression"),
        LOST,
    ),
    (
        "compression_none",
        "SEA 4.1: result_compression says whether bodies are compressed",
        sets(("manifest.result_compression", "NONE")),
        LOST,
    ),
    ("schema_missing", f"{LENIENT}; the chunks have columns, the manifest none", drops("manifest.schema"), LOST),
    ("columns_missing", "SEA 2.2 (e): without columns there is no result, and here is one", drops("manifest.schema.columns"), LOST),
    (
        "columns_null",
        "SEA 2.2: absent keys are absent, not null; the chunks have columns",
        sets(("manifest.schema.columns", None)),
        fails("DataLoss", *BROKEN_RULE),
    ),
    ("column_one_missing", TYPES, columns(list.pop), LOST),
    ("column_one_more", TYPES, columns(lambda listed: listed.append({"name": "x", "type_text": "INT", "position": 2})), LOST),
    (
        "column_position_twice",
        "SEA 2.4: match by position, from 0 on",
        columns(lambda listed: listed[1].update(position=0)),
        right_or("DataLoss", *BROKEN_RULE),
    ),
    (
        "column_position_negative",
        "SEA 2.4: match by position, from 0 on",
        columns(lambda listed: listed[1].update(position=-1)),
        right_or("DataLoss", *BROKEN_RULE),
    ),
    (
        "column_position_2_to_62",
        "SEA 2.4: match by position, from 0 on",
        columns(lambda listed: listed[1].update(position=2**62)),
        right_or("DataLoss", *BROKEN_RULE),
    ),
    ("columns_in_another_order", "SEA 2.4: match by position, not by place in the list", columns(list.reverse), ROWS),
    ("column_names_equal", "SEA 2.4: names may repeat", columns(lambda listed: listed[1].update(name="n")), ROWS),
    ("column_name_empty", "SEA 2.4: names are text", columns(lambda listed: listed[1].update(name="")), ROWS),
    ("column_name_missing", LENIENT, columns(lambda listed: listed[1].pop("name")), ROWS),
    ("column_name_of_1_mb", "SEA 2.4: names are text", columns(lambda listed: listed[1].update(name="n" * (1 << 20))), ROWS),
    ("column_name_is_a_number", "SEA 2.4: names are text", columns(lambda listed: listed[1].update(name=5)), WRONG_SHAPE),
    ("truncated_is_text", "SEA 2.4: truncated is true or false", sets(("manifest.truncated", "yes")), WRONG_SHAPE),
    (
        "volume_operation",
        "SEA 9.1: a volume operation has one row of operation and presignedUrl, and this has not",
        sets(("manifest.is_volume_operation", True)),
        fails("DataLoss", *BROKEN_RULE),
    ),
    ("type_other", TYPES, typed("LONG", "BIGINT"), LOST),
    ("type_unknown", UNKNOWN, typed("QUATERNION", "QUATERNION"), right_or("DataLoss", *BROKEN_RULE)),
    ("type_empty", f"{LENIENT}; a column without a type cannot be checked", typed("", ""), right_or("DataLoss", *BROKEN_RULE)),
    ("type_decimal_39", "SQL: a DECIMAL has at most 38 digits", typed("DECIMAL", "DECIMAL(39,2)"), fails("DataLoss", *BROKEN_RULE)),
    (
        "type_decimal_negative",
        "SQL: a DECIMAL's scale is from 0 to its precision",
        typed("DECIMAL", "DECIMAL(10,-5)"),
        fails("DataLoss", *BROKEN_RULE),
    ),
    (
        "type_decimal_2_to_64",
        "SQL: a DECIMAL has at most 38 digits",
        typed("DECIMAL", "DECIMAL(18446744073709551616,0)"),
        fails("DataLoss", *BROKEN_RULE),
    ),
    ("type_unclosed", UNKNOWN, typed("ARRAY", "ARRAY<STRUCT<a: INT"), right_or("DataLoss", *BROKEN_RULE)),
    (
        "type_nested_100_thousand",
        f"{UNKNOWN}; what nests in a type has bounds",
        typed("ARRAY", "ARRAY<" * 100_000 + "INT" + ">" * 100_000),
        right_or("DataLoss", *BROKEN_RULE),
    ),
    (
        "type_of_10_thousand_fields",
        TYPES,
        typed("STRUCT", "STRUCT<" + ", ".join(f"f{at}: INT" for at in range(10_000)) + ">"),
        fails("DataLoss", *BROKEN_RULE),
    ),
    (
        "type_of_a_million_fields",
        "What a type is read into has bounds",
        typed("STRUCT", "STRUCT<" + ",".join(["a:INT"] * 1_000_000) + ">"),
        fails("DataLoss", *BROKEN_RULE),
    ),
    ("type_of_1_mb_of_blanks", TYPES, typed("STRUCT", "STRUCT<" + " " * (1 << 20) + "a: INT>"), fails("DataLoss", *BROKEN_RULE)),
    (
        "type_name_contradicts",
        "SEA 2.4: type_name is coarse, type_text is the full type",
        typed("LONG", "STRING"),
        right_or("DataLoss"),
    ),
]
SAMPLE = {"total_rows_more", "chunks_rows_swapped"}

# What chunks with no rows at all look like: none of them may be lost.
SOME_EMPTY = Result(
    [("n", "BIGINT")],
    [pa.table({"n": pa.array(numbers, pa.int64())}) for numbers in ([], [1], [], [], [2, 3], [])],
)

CASES = [
    *[
        Case(name=f"manifests/{name}", says=says, wrong={"execute": reaction}, expect=expect, sample=name in SAMPLE)
        for name, says, reaction, expect in REPLIES
    ],
    Case(
        name="manifests/empty_chunks_between",
        says="SEA 11.34: chunks without rows are chunks",
        wrong={},
        expect=ROWS,
        result=SOME_EMPTY,
    ),
    Case(
        name="manifests/empty_chunks_without_counts",
        says=f"{LENIENT}: the last link says that there is no more",
        wrong={
            "execute": document(
                lambda reply: reply.update(
                    manifest={**reply["manifest"], "total_chunk_count": None, "chunks": [], "total_row_count": None}
                )
            )
        },
        expect=ROWS,
        result=SOME_EMPTY,
    ),
]
