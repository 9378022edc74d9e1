"""Few bytes that stand for very many: what a server announces, and what it sends, costs no more memory than the client's limits."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from case import BROKEN_RULE, Case, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import ONE_CHUNK
from server import Reply
from wrong import Reaction, document, sets, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocol import Exchange

BOUNDED = "What a reply is read into has a limit like the reply itself: a server must not make its client run out of memory"
HINT = "SEA 2.4: sizes are hints; nothing is allocated for what has not come"
# To unpack so much takes its time.
PATIENT = {"request_timeout_secs": 60.0, "retry_overall_timeout_secs": 120.0}
# The longest reply that is read has 160 MiB.
LONGEST = 159 << 20


def filled(before: str, element: str, times: int) -> Reaction:
    """A reply whose JSON has a list of many equal elements, in gzip, in place of the text `before`."""

    def change(exchange: Exchange) -> Reply:
        text = exchange.right.body.decode()
        if text.count(before) != 1:
            raise ValueError(f"{before} is in {text} {text.count(before)} times")
        key, _, _ = before.partition(":")
        head, tail = text.split(before)
        packer = zlib.compressobj(1, wbits=31)
        piece = (element + ",") * 10_000
        parts = [packer.compress(f"{head}{key}: [".encode())]
        parts.extend(packer.compress(piece.encode()) for _ in range(times // 10_000))
        parts += [packer.compress(f"{element}]{tail}".encode()), packer.flush()]
        return Reply(200, [("content-encoding", "gzip"), ("content-type", "application/json")], b"".join(parts))

    return turns(change)


def emptied(path: list[str]) -> Callable[[Reaction], Reaction]:
    """The reply with an empty list at a path, for `filled` to find."""

    def wrap(reaction: Reaction) -> Reaction:
        def react(exchange: Exchange) -> None:
            root = exchange.right.json()
            at = root
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = []
            exchange.right = Reply.of(root)
            reaction(exchange)

        return react

    return wrap


def of_elements(name: str, path: list[str], element: str, kind: str = "execute") -> Case:
    """A list as long as a reply can be."""
    reaction = emptied(path)(filled(f'"{path[-1]}": []', element, LONGEST // (len(element) + 1)))
    return Case(
        name=f"sizes/{name}",
        says=BOUNDED,
        wrong={kind: reaction},
        expect=fails(*BROKEN_RULE, "DataLoss", "ResourceExhausted"),
        # The text has 160 MiB, in memory that doubles as it grows; what it is read into has as much again.
        mib=640,
        within=150,
        settings=PATIENT,
    )


def times(count: int) -> Callable[[dict[str, dict[str, dict[str, list[dict[str, object]]]]]], None]:
    """The same columns so many times."""

    def change(reply: dict[str, dict[str, dict[str, list[dict[str, object]]]]]) -> None:
        schema = reply["manifest"]["schema"]
        schema["columns"] = [{"name": f"c{at}", "type_text": "INT", "type_name": "INT", "position": at} for at in range(count)]

    return change


CASES = [
    of_elements("columns_of_nothing", ["manifest", "schema", "columns"], "{}"),
    of_elements("chunks_of_nothing", ["manifest", "chunks"], "{}"),
    of_elements("links_of_nothing", ["result", "external_links"], '{"external_link":""}'),
    of_elements("rows_of_nothing", ["result", "data_array"], "[]"),
    of_elements("rows_of_null", ["result", "data_array"], "[null]"),
    of_elements("links_of_nothing_in_a_chunk_call", ["external_links"], '{"external_link":""}', "chunk"),
    Case(
        name="sizes/columns_20_thousand",
        says="SEA 2.4: the columns of the manifest are those of the chunks, which have two",
        wrong={"execute": document(times(20_000))},
        expect=fails("DataLoss", *BROKEN_RULE),
        # A column takes some kilobytes, in the manifest and in the schema.
        mib=200,
        sample=True,
    ),
    *[
        Case(
            name=f"sizes/{name}",
            says=HINT,
            wrong={"execute": sets(*[(path, size) for path in paths])},
            expect=expect,
            shape="attached" if "attach" in name else "links",
            result=ONE_CHUNK,
        )
        for name, paths, size, expect in [
            (
                "byte_counts_2_to_62",
                ["manifest.total_byte_count", "manifest.chunks.0.byte_count", "result.external_links.0.byte_count"],
                2**62,
                ROWS,
            ),
            (
                "byte_counts_0",
                ["manifest.total_byte_count", "manifest.chunks.0.byte_count", "result.external_links.0.byte_count"],
                0,
                ROWS,
            ),
            (
                "byte_counts_1",
                ["manifest.total_byte_count", "manifest.chunks.0.byte_count", "result.external_links.0.byte_count"],
                1,
                ROWS,
            ),
            (
                "byte_counts_negative",
                ["manifest.total_byte_count", "manifest.chunks.0.byte_count", "result.external_links.0.byte_count"],
                -1,
                right_or("DataLoss"),
            ),
            ("byte_counts_2_to_63", ["manifest.total_byte_count", "manifest.chunks.0.byte_count"], 2**63, right_or(*BROKEN_RULE)),
            ("byte_counts_fractional", ["manifest.total_byte_count", "manifest.chunks.0.byte_count"], 1.5, right_or(*BROKEN_RULE)),
            ("byte_counts_as_text", ["manifest.total_byte_count", "manifest.chunks.0.byte_count"], "480", ROWS),
            ("attached_byte_count_2_to_62", ["result.byte_count", "manifest.chunks.0.byte_count"], 2**62, ROWS),
            ("row_counts_2_to_62", ["manifest.total_row_count", "manifest.chunks.0.row_count"], 2**62, fails("DataLoss")),
            (
                "row_offset_2_to_62",
                ["manifest.chunks.0.row_offset", "result.external_links.0.row_offset"],
                2**62,
                right_or("DataLoss"),
            ),
        ]
    ],
]
