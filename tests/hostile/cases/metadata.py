"""Answers to metadata statements that have other columns, types or values: SEA 5.1 and 5.3."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import TABLES, Result
from server import Reply
from wrong import Reaction, cuts, drops, first, sends, sets

STEP = {"do": "tables"}
# What list_tables answers for the table of the right answer: TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE.
RIGHT = [["main", "default", "t", "TABLE"]]
READ_BY_NAME = "SEA 5.1: columns are read by name, and the last ones vary by server version"
UNREADABLE = fails("DataLoss", *BROKEN_RULE)
TYPES = {pa.string(): "STRING", pa.int32(): "INT", pa.bool_(): "BOOLEAN", pa.float64(): "DOUBLE"}


def answer(**columns: list[Any] | pa.Array | None) -> Result:
    """The right answer with columns changed, left out (`None`) or added."""
    table = dict(zip(TABLES.chunks[0].column_names, TABLES.chunks[0].columns, strict=True))
    for name, values in columns.items():
        if values is None:
            del table[name]
        else:
            table[name] = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    chunk = pa.table(table)
    return Result([(field.name, TYPES[field.type]) for field in chunk.schema], [chunk])


ANSWERS: list[tuple[str, str, Result, Expectation, Any]] = [
    ("right", READ_BY_NAME, TABLES, ROWS, RIGHT),
    ("is_temporary_as_boolean", READ_BY_NAME, answer(isTemporary=pa.array([False])), ROWS, RIGHT),
    ("columns_more", READ_BY_NAME, answer(x=["1"], y=["2"]), ROWS, RIGHT),
    ("remarks_missing", READ_BY_NAME, answer(remarks=None), ROWS, RIGHT),
    ("table_name_missing", READ_BY_NAME, answer(tableName=None), UNREADABLE, None),
    ("schema_name_missing", READ_BY_NAME, answer(namespace=None), right_or(*UNREADABLE.codes), [["main", None, "t", "TABLE"]]),
    (
        "table_name_is_a_number",
        READ_BY_NAME,
        answer(tableName=pa.array([5], pa.int32())),
        right_or(*UNREADABLE.codes),
        [["main", "default", "5", "TABLE"]],
    ),
    ("table_name_null", READ_BY_NAME, answer(tableName=[None]), right_or(*UNREADABLE.codes), [["main", "default", "", "TABLE"]]),
    ("table_name_empty", READ_BY_NAME, answer(tableName=[""]), right_or(*UNREADABLE.codes), [["main", "default", "", "TABLE"]]),
    (
        "table_name_of_1_mb",
        READ_BY_NAME,
        answer(tableName=["t" * (1 << 20)]),
        ROWS,
        [["main", "default", "t" * (1 << 20), "TABLE"]],
    ),
    ("table_type_empty", "SEA 5.1: an empty tableType is TABLE", answer(tableType=[""]), ROWS, RIGHT),
    (
        "table_type_unknown",
        READ_BY_NAME,
        answer(tableType=["\u2603"]),
        right_or(*UNREADABLE.codes),
        [["main", "default", "t", "\u2603"]],
    ),
]
REPLIES: list[tuple[str, str, Reaction, Expectation, Any]] = [
    (
        "does_not_exist",
        "SEA 5.1: what does not exist has no rows",
        sends(
            Reply.of(
                {
                    "statement_id": "wrong",
                    "status": {"state": "FAILED", "sql_state": "42704", "error": {"message": "[NO_SUCH_CATALOG_EXCEPTION] no"}},
                }
            )
        ),
        ROWS,
        [],
    ),
    (
        "no_columns",
        "SEA 5.1: the answer has columns, and DDL alone has none",
        sends(
            Reply.of(
                {
                    "statement_id": "wrong",
                    "status": {"state": "SUCCEEDED"},
                    "manifest": {"schema": {"column_count": 0}, "total_chunk_count": 0, "total_row_count": 0},
                    "result": {},
                }
            )
        ),
        right_or(*UNREADABLE.codes),
        [],
    ),
    (
        "no_rows",
        "SEA 2.2 (f): no rows",
        sets(("manifest.total_chunk_count", 0), ("manifest.total_row_count", 0), ("manifest.chunks", []), ("result", {})),
        ROWS,
        [],
    ),
    ("manifest_missing", "SEA 2.3: SUCCEEDED comes with its manifest", drops("manifest"), UNREADABLE, None),
    ("cut_once", "SEA 6.3: a metadata statement is idempotent, and repeated", first(1, cuts(b"HTTP/1.1 2")), ROWS, RIGHT),
    (
        "unavailable_without_end",
        "SEA 6.3: repeated as often as the client's limit says",
        sends(Reply(502, [], b"<html>")),
        fails("Unavailable"),
        None,
    ),
]

CASES = [
    *[
        Case(name=f"metadata/{name}", says=says, wrong={}, expect=expect, step=STEP, result=result, rows=rows)
        for name, says, result, expect, rows in ANSWERS
    ],
    *[
        Case(
            name=f"metadata/{name}",
            says=says,
            wrong={"execute": reaction},
            expect=expect,
            step=STEP,
            result=TABLES,
            rows=rows,
            at_most={"execute": 3},
        )
        for name, says, reaction, expect, rows in REPLIES
    ],
]
