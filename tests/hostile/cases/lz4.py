"""Bodies of chunks that are no LZ4 frames, or frames of something else: the LZ4 frame format 1.6.x and the LZ4 block format.

Source: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>, <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pyarrow as pa
import streams
from case import BROKEN_RULE, Case, Expectation, fails, right_or
from case import RIGHT_ROWS as ROWS
from protocol import ONE_CHUNK
from streams import block, frame_head, words, xxh32
from wrong import document, floods, of_chunk, turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from protocol import Exchange
    from server import Reply

LOST = fails("DataLoss")
END = bytes(4)
# Flags of a frame, beside the version 01 and independent blocks.
BLOCK_CHECKSUMS, CONTENT_SIZE, CONTENT_CHECKSUM, RESERVED, DICTIONARY = 0x10, 0x08, 0x04, 0x02, 0x01
PLAIN, LINKED = 0x60, 0x40


def checksummed(data: bytes, wrong_block: int = 0, wrong_content: int = 0) -> bytes:
    """A frame with both checksums, which are off by as much as is said."""
    head = frame_head(PLAIN | BLOCK_CHECKSUMS | CONTENT_CHECKSUM)
    return head + block(data, checksum=xxh32(data) ^ wrong_block) + END + words(xxh32(data) ^ wrong_content, kind="I")


def sized(data: bytes, size: int) -> bytes:
    """A frame that announces `size`."""
    return frame_head(PLAIN | CONTENT_SIZE, extra=words(size, kind="Q")) + block(data) + END


def skippable(data: bytes, kind: int = 0) -> bytes:
    """A frame that readers skip."""
    return words(0x184D2A50 + kind, len(data), kind="I") + data


def bomb(size: int) -> bytes:
    """Zeros in one frame: 255 of them for each byte, in blocks of 4 MiB."""
    return bytes(pa.compress(bytes(size), codec="lz4", asbytes=True))


FRAME = "LZ4 frame format"
FRAMES: list[tuple[str, str, Callable[[bytes], bytes], Expectation]] = [
    ("stored_blocks", f"{FRAME}: a block with its highest bit set is not compressed", streams.frame, ROWS),
    ("both_checksums", f"{FRAME}: checksums are optional, and right here", checksummed, ROWS),
    ("content_size", f"{FRAME}: the content size is optional, and right here", lambda data: sized(data, len(data)), ROWS),
    ("one_frame", f"{FRAME}: all in one frame", lambda data: bytes(pa.compress(data, codec="lz4", asbytes=True)), ROWS),
    (
        "skippable_frames",
        f"{FRAME}, Skippable Frames: a reader skips them, wherever they stand",
        lambda data: skippable(b"a") + streams.frame(data) + skippable(b"", 15) + skippable(bytes(100_000), 7),
        ROWS,
    ),
    (
        "frames_of_nothing",
        f"{FRAME}, Frame Concatenation: the content is that of all frames, and a frame may hold nothing",
        lambda data: (frame_head() + END) * 1000 + streams.frame(data) + (frame_head() + END) * 1000,
        ROWS,
    ),
    (
        "a_frame_for_each_byte",
        f"{FRAME}, Frame Concatenation: the content is that of all frames",
        lambda data: b"".join(streams.frame(bytes([byte])) for byte in data),
        ROWS,
    ),
    (
        "header_checksum",
        f"{FRAME}, Header Checksum: a wrong one is an error",
        lambda data: frame_head(checksum=0) + block(data) + END,
        LOST,
    ),
    ("block_checksum", f"{FRAME}, Block checksum: a wrong one is an error", lambda data: checksummed(data, wrong_block=1), LOST),
    (
        "content_checksum",
        f"{FRAME}, Content checksum: a wrong one is an error",
        lambda data: checksummed(data, wrong_content=1),
        LOST,
    ),
    (
        "content_size_too_large",
        f"{FRAME}, Content Size: the size of what is decoded",
        lambda data: sized(data, len(data) + 1),
        LOST,
    ),
    (
        "content_size_too_small",
        f"{FRAME}, Content Size: the size of what is decoded",
        lambda data: sized(data, len(data) - 1),
        LOST,
    ),
    (
        "content_size_2_to_63",
        f"{FRAME}, Content Size: the size of what is decoded; nothing may be allocated for it",
        lambda data: sized(data, 2**63),
        LOST,
    ),
    (
        "dictionary_id",
        f"{FRAME}, Dictionary ID: no dictionary was agreed on",
        lambda data: frame_head(PLAIN | DICTIONARY, extra=words(7, kind="I")) + block(data) + END,
        LOST,
    ),
    ("version_2", f"{FRAME}, Version Number: must be 01", lambda data: frame_head(0xA0) + block(data) + END, LOST),
    ("reserved_flag", f"{FRAME}, Reserved: must be zero", lambda data: frame_head(PLAIN | RESERVED) + block(data) + END, LOST),
    (
        "reserved_descriptor",
        f"{FRAME}, BD byte: reserved bits must be zero",
        lambda data: frame_head(descriptor=0x41) + block(data) + END,
        LOST,
    ),
    (
        "block_size_0",
        f"{FRAME}, Block Maximum Size: 0 to 3 are not used",
        lambda data: frame_head(descriptor=0x00) + block(data) + END,
        LOST,
    ),
    (
        "block_over_its_maximum",
        f"{FRAME}, Block Size: never larger than the Block Maximum Size",
        lambda data: frame_head() + words(0x80010001, kind="I") + data.ljust(65537, b"\0") + END,
        LOST,
    ),
    (
        "block_decodes_over_its_maximum",
        f"{FRAME}, Block Maximum Size: of what is decoded, too",
        lambda data: frame_head() + block(b"\x1f\0\x01\0" + b"\xff" * 600 + b"\0\x10\0", stored=False) + streams.frame(data),
        LOST,
    ),
    (
        "block_of_2_gb",
        f"{FRAME}, Block Size: never larger than the Block Maximum Size",
        lambda data: frame_head() + b"\xff\xff\xff\x7f" + data,
        LOST,
    ),
    ("no_end_mark", f"{FRAME}, EndMark: the last block is followed by one", lambda data: frame_head() + block(data), LOST),
    ("cut_in_a_block", f"{FRAME}: the block's bytes are missing", lambda data: streams.frame(data)[:-100], LOST),
    ("cut_between_frames", "The rows that were announced are counted", lambda data: streams.frame(streams.messages(data)[0]), LOST),
    ("cut_in_the_head", f"{FRAME}: the descriptor is missing", lambda data: streams.frame(data) + frame_head()[:5], LOST),
    (
        "cut_in_a_skippable_frame",
        f"{FRAME}, Skippable Frames: so many bytes follow",
        lambda data: streams.frame(data) + skippable(b"abc")[:-1],
        LOST,
    ),
    ("bytes_behind", f"{FRAME}: what follows a frame is a frame", lambda data: streams.frame(data) + b"more", LOST),
    (
        "legacy_frame",
        f"{FRAME}, Legacy frame: not the format that LZ4_FRAME names",
        lambda data: b"\x02\x21\x4c\x18" + block(data),
        LOST,
    ),
    ("not_compressed", "SEA manifest.result_compression: LZ4_FRAME says that the bodies are frames", lambda data: data, LOST),
    (
        "gzip",
        "SEA manifest.result_compression: LZ4_FRAME says that the bodies are frames",
        lambda data: pa.compress(data, "gzip", asbytes=True),
        LOST,
    ),
    ("empty", "The rows that were announced are counted", lambda _: b"", LOST),
    (
        "offset_0",
        "LZ4 block format: the offset 0 is invalid, the block is corrupted",
        lambda data: frame_head() + block(b"\x11a\0\0\x50aaaaa", stored=False) + END + streams.frame(data),
        LOST,
    ),
    (
        "offset_before_the_beginning",
        "LZ4 block format: an offset beyond what was decoded is corrupted",
        lambda data: frame_head() + block(b"\x11a\xff\xff\x50aaaaa", stored=False) + END + streams.frame(data),
        LOST,
    ),
    (
        "offset_into_another_frame",
        f"{FRAME}: frames are independent of each other",
        lambda data: streams.frame(data) + frame_head(LINKED) + block(b"\x11a\x10\0\x50aaaaa", stored=False) + END,
        LOST,
    ),
    (
        "literals_beyond_the_block",
        "LZ4 block format: the literals are within the block",
        lambda data: frame_head() + block(b"\xf0\xff\xffabc", stored=False) + END + streams.frame(data),
        LOST,
    ),
    (
        "length_without_end",
        "LZ4 block format: a length goes on while a byte is 255, within the block",
        lambda data: frame_head() + block(b"\x1fa\x01\0" + b"\xff" * 60_000, stored=False) + END + streams.frame(data),
        LOST,
    ),
    ("bomb", "The client's limit on what a chunk may decode to", lambda _: bomb(200 << 20), LOST),
    ("many_bombs", "The client's limit on what a chunk may decode to", lambda _: bomb(4 << 20) * 100, LOST),
    (
        "bomb_behind_the_rows",
        "Arrow IPC: nothing follows the end marker; the client's limit on what a chunk may decode to",
        lambda data: streams.frame(data) + bomb(200 << 20),
        LOST,
    ),
]
SAMPLE = {"block_checksum", "bomb"}


def packed(pack: Callable[[bytes], bytes]) -> Callable[[Exchange], Reply | bytes]:
    """A chunk's right stream, packed in another way."""
    return lambda exchange: exchange.stored(pack(exchange.chunk))


def attached(pack: Callable[[bytes], bytes]) -> Callable[[dict[str, object]], None]:
    """The same with the reply."""

    def change(reply: dict[str, object]) -> None:
        result = reply["result"]
        if isinstance(result, dict):
            result["attachment"] = base64.b64encode(pack(ONE_CHUNK.stream(0))).decode()

    return change


# A reply without a length whose frames hold nothing, without end.
ENDLESS_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def in_chunks(data: bytes) -> bytes:
    """One chunk of HTTP's."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


CASES = [
    *[
        Case(
            name=f"lz4/{name}",
            says=says,
            wrong={"link": of_chunk(1, turns(packed(pack)))},
            expect=expect,
            sample=name in SAMPLE,
        )
        for name, says, pack, expect in FRAMES
    ],
    *[
        Case(
            name=f"lz4/attached/{name}",
            says=says,
            wrong={"execute": document(attached(pack))},
            expect=expect,
            shape="attached",
            result=ONE_CHUNK,
        )
        for name, says, pack, expect in FRAMES
        if name in {"skippable_frames", "a_frame_for_each_byte", "block_checksum", "bytes_behind", "empty", "bomb"}
    ],
    *[
        Case(
            name=f"lz4/without_end/{name}",
            says="A body has bounds like what it decodes to: the client's limit on a chunk",
            wrong={"link": of_chunk(1, floods(ENDLESS_HEAD, in_chunks(piece)))},
            expect=fails("DataLoss"),
            within=40,
        )
        for name, piece in {
            "skippable_frames": skippable(bytes(60_000)),
            "empty_frames": (frame_head() + END) * 5000,
            "zeros": bytes(60_000),
            "frames_of_zeros": bomb(1 << 20),
        }.items()
    ],
    Case(
        name="lz4/base64_damaged",
        says="RFC 4648, 3.3: characters outside the alphabet make the encoding invalid",
        wrong={"execute": document(lambda reply: reply["result"].update(attachment="*" + reply["result"]["attachment"][1:]))},
        expect=fails("DataLoss"),
        shape="attached",
        result=ONE_CHUNK,
    ),
    Case(
        name="lz4/base64_cut",
        says="RFC 4648, 4: four characters stand for three bytes",
        wrong={"execute": document(lambda reply: reply["result"].update(attachment=reply["result"]["attachment"][:-6]))},
        expect=fails("DataLoss"),
        shape="attached",
        result=ONE_CHUNK,
    ),
    Case(
        name="lz4/compression_unknown",
        says="SEA result_compression: NONE and LZ4_FRAME were asked for, GZIP was not",
        wrong={"execute": document(lambda reply: reply["manifest"].update(result_compression="ZSTD_FRAME"))},
        expect=fails(*BROKEN_RULE),
    ),
    Case(
        name="lz4/compression_of_another_type",
        says="SEA result_compression is text",
        wrong={"execute": document(lambda reply: reply["manifest"].update(result_compression=4))},
        expect=right_or(*BROKEN_RULE),
    ),
]
