"""The files of volumes: uploaded, downloaded, listed, removed."""

from __future__ import annotations

import io
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timezone
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias, TypeVar, cast

from . import _arguments as check
from ._closing import quietly
from ._handle import Handle
from ._hints import hinted
from ._library import call
from ._wait import wait, wait_done

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from . import _native

    Moving: TypeAlias = _native.VolumeTransfer | _native.VolumeReader | _native.VolumeWriter

__all__ = ["Progress", "Volume", "VolumeFile", "VolumeOperation"]

T = TypeVar("T")

# Called with the bytes that were transferred, and with how many there are, or `None` while that is not known.
Progress: TypeAlias = "Callable[[int, int | None], object]"
LocalPath: TypeAlias = "str | os.PathLike[str]"

PIECE_BYTES: Final = 1024 * 1024
# A stream of unknown length is kept in memory up to this size, and in a temporary file beyond it.
SPOOLED_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class VolumeFile:
    """A file or a folder of a volume.

    Attributes:
        path: The whole path, `/Volumes/…`.
        name: The last part of the path.
        is_folder: Whether it is a folder.
        size_bytes: The size; `None` for a folder.
        modified_at: When it was last written, in UTC; `None` when the server does not say.
    """

    path: str
    name: str
    is_folder: bool
    size_bytes: int | None
    modified_at: datetime | None


# Inside the class, `list` is its method.
VolumeFiles: TypeAlias = list[VolumeFile]


class Volume(Handle):
    """The files of volumes, by their paths `/Volumes/CATALOG/SCHEMA/VOLUME/…`. Any number of threads may use it at once.

    Bytes go between this machine and the cloud's store, over links that the server makes, in bounded memory. Ctrl-C comes through
    at once and breaks a transfer off. `progress` is called about ten times a second, in the calling thread, and once at the end;
    what it raises breaks the transfer off.

    Every call raises `KernelError`: `InvalidArgument` (a path is not usable, a local file cannot be read or written),
    `InvalidState` (something is there already and `overwrite` was not given, or a local file changed meanwhile), `NotFound`,
    `PermissionDenied`, `DataLoss`, `ResourceExhausted` (the disk is full), `NetworkError`, `Timeout`.
    """

    def __init__(self, native: _native.Volume) -> None:
        """Made by `Session.volume`."""
        self._native = native

    @hinted
    def put(
        self, source: LocalPath | bytes | BinaryIO, path: str, *, overwrite: bool = False, progress: Progress | None = None
    ) -> int:
        """Uploads a file.

        An upload is sent again only when it certainly was not carried out; where that is not known, the error says so. One that is
        broken off leaves the volume as it was. What comes from a stream is sent again only up to 8 MiB.

        Args:
            source: The path of a local file; or its content; or a binary stream, which is read from where it stands to its end. One
                that cannot tell its length is first copied to a temporary file.
            path: Where it goes.
            overwrite: Whether a file at `path` is replaced. Otherwise it is refused, before anything is uploaded.
            progress: Called with the bytes sent and their number. It starts again from 0 when an upload has to begin anew.

        Returns:
            The number of bytes.
        """
        path, overwrite = check.text("path", path), check.flag("overwrite", overwrite)
        check.function("progress", progress)
        if isinstance(source, (str, os.PathLike)):
            return _run(call(self._native.put_file, _local("source", source), path, overwrite), progress)
        _refuse_what_gives_no_bytes("source", source)
        return _write(lambda length: self._native.put(path, length, overwrite), source, progress)

    @hinted
    def get(self, path: str, target: LocalPath | BinaryIO, *, overwrite: bool = False, progress: Progress | None = None) -> int:
        """Downloads a file. A download that breaks off goes on where it was.

        Args:
            path: Where it is.
            target: The path of a local file, which appears when it is whole, so that no failure leaves a part of it; or a binary
                stream, which is written as bytes arrive.
            overwrite: Whether a local file at `target` is replaced.
            progress: Called with the bytes received and their number.

        Returns:
            The number of bytes.
        """
        path, overwrite = check.text("path", path), check.flag("overwrite", overwrite)
        check.function("progress", progress)
        if isinstance(target, (str, os.PathLike)):
            return _run(call(self._native.get_file, path, _local("target", target), overwrite), progress)
        _refuse_what_takes_no_bytes("target", target)
        return _read(call(self._native.get, path), target, progress)

    def remove(self, path: str) -> None:
        """Removes a file."""
        _run(call(self._native.remove, check.text("path", path)), None)

    def list(self, path: str) -> VolumeFiles:
        """The files and folders directly in a folder, the volume itself included, in the server's order."""
        listing = call(self._native.list, check.text("path", path))
        return [
            VolumeFile(
                path=file.path,
                name=file.name,
                is_folder=file.is_folder,
                size_bytes=file.size_bytes,
                modified_at=None if file.modified_at is None else file.modified_at.astimezone(timezone.utc),
            )
            for file in wait(listing.fetch_within, listing.interrupt)
        ]


class VolumeOperation(Handle):
    """What a statement `PUT`, `GET` or `REMOVE` wants transferred. The server has done nothing yet: `run` does it.

    Which local files may be touched is for the caller to decide: the path in the SQL is only a proposal.
    """

    def __init__(self, native: _native.VolumeOperation) -> None:
        """Made by `ExecutedStatement.volume_operation`."""
        self._native = native

    @property
    def kind(self) -> str:
        """`PUT`, `GET` or `REMOVE`."""
        return call(self._native.kind).name

    @property
    def local_path(self) -> str | None:
        """The local path in the SQL text; `None` for `REMOVE`, and where the server names none."""
        return call(self._native.local_path)

    @hinted
    def run(
        self,
        local: LocalPath | bytes | BinaryIO | None = None,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> int:
        """Carries it out, as `Volume.put`, `Volume.get` and `Volume.remove` do.

        Args:
            local: The near end: for `PUT` a path, a content or a stream; for `GET` a path or a stream; nothing for `REMOVE`.
            overwrite: For `GET`, whether a local file is replaced. For `PUT` the SQL says it.
            progress: Called with the bytes transferred and their number.

        Returns:
            The number of bytes; 0 for `REMOVE`.

        Raises:
            TypeError: `local` is missing, or not of a kind that the operation can use.
            KernelError: As for `Volume`.
        """
        kind, overwrite = self.kind, check.flag("overwrite", overwrite)
        check.function("progress", progress)
        if kind == "REMOVE":
            return _run(call(self._native.remove), progress)
        if isinstance(local, (str, os.PathLike)):
            path = _local("local", local)
            native = call(self._native.put_file, path) if kind == "PUT" else call(self._native.get_file, path, overwrite)
            return _run(native, progress)
        if local is None:
            raise TypeError(f"{kind} needs a local path or a stream")
        if kind == "PUT":
            _refuse_what_gives_no_bytes("local", local)
            return _write(self._native.put, local, progress)
        _refuse_what_takes_no_bytes("local", local)
        return _read(call(self._native.get), cast("BinaryIO", local), progress)


def _local(name: str, path: LocalPath) -> str:
    return check.text(name, os.fsdecode(path))


def _reporting(moving: Moving, progress: Progress | None) -> Callable[[], None]:
    """What tells `progress` where a transfer stands."""

    def report() -> None:
        if progress is not None:
            now = moving.progress()
            progress(now.transferred_bytes, now.total_bytes)

    return report


def _run(transfer: _native.VolumeTransfer, progress: Progress | None) -> int:
    report = _reporting(transfer, progress)

    def within(limit: timedelta) -> int | None:
        length = transfer.run_within(limit)
        report()
        return length

    with _broken_off_by_errors(transfer.interrupt):
        return wait(within)


def _read(reader: _native.VolumeReader, target: BinaryIO, progress: Progress | None) -> int:
    from . import _native

    report = _reporting(reader, progress)

    def within(limit: timedelta) -> _native.PieceStep | None:
        step = reader.next_within(limit)
        report()
        return None if isinstance(step, _native.PieceStep.WAITING) else step

    length = 0
    with _broken_off_by_errors(reader.end):
        while isinstance(step := wait(within), _native.PieceStep.READY):
            _write_all(target, step.piece)
            length += len(step.piece)
    call(reader.end)
    return length


def _write_all(target: BinaryIO, piece: bytes) -> None:
    """Raw streams may take a part only."""
    left = memoryview(piece)
    while left:
        taken: int | None = target.write(left)
        if taken is None and isinstance(target, io.RawIOBase):
            raise BlockingIOError("the stream that is written to does not block; pass one that does")
        left = left[len(left) if taken is None else taken :]


def _write(make: Callable[[int], _native.VolumeWriter], source: bytes | BinaryIO, progress: Progress | None) -> int:
    with _of_known_length(source) as (stream, length):
        writer = call(make, length)
        report = _reporting(writer, progress)
        with _broken_off_by_errors(writer.interrupt):
            while piece := stream.read(PIECE_BYTES):
                _send(writer, piece, report)

            def finished(limit: timedelta) -> bool:
                done = writer.finish_within(limit)
                report()
                return done

            wait_done(finished)
        return length


def _send(writer: _native.VolumeWriter, piece: object, report: Callable[[], None]) -> None:
    if not isinstance(piece, (bytes, bytearray, memoryview)):
        raise TypeError(f"the stream must give bytes, not {type(piece).__name__}: open it in binary mode")
    content = bytes(piece)

    def sent(limit: timedelta) -> bool:
        done = writer.write_within(content, limit)
        report()
        return done

    wait_done(sent)


@contextmanager
def _of_known_length(source: bytes | BinaryIO) -> Iterator[tuple[BinaryIO, int]]:
    """The source as a stream, and how many bytes are ahead in it: stores take no content of unknown length."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield io.BytesIO(source), memoryview(source).nbytes
        return
    seekable = getattr(source, "seekable", None)
    if seekable is not None and seekable():
        start = source.tell()
        length = source.seek(0, os.SEEK_END) - start
        source.seek(start)
        yield source, max(length, 0)
        return
    with SpooledTemporaryFile(max_size=SPOOLED_BYTES) as spooled:
        shutil.copyfileobj(source, spooled, PIECE_BYTES)
        length = spooled.tell()
        spooled.seek(0)
        # A file object in all but name.
        yield cast("BinaryIO", spooled), length


def _refuse_what_gives_no_bytes(name: str, source: object) -> None:
    if isinstance(source, io.TextIOBase):
        raise TypeError(f"{name} must give bytes: open the stream in binary mode")
    if not isinstance(source, (bytes, bytearray, memoryview)) and not callable(getattr(source, "read", None)):
        raise check.wrong_type(name, "a local path, bytes or a binary stream", source)


def _refuse_what_takes_no_bytes(name: str, target: object) -> None:
    if isinstance(target, io.TextIOBase):
        raise TypeError(f"{name} must take bytes: open the stream in binary mode")
    if not callable(getattr(target, "write", None)):
        raise check.wrong_type(name, "a local path or a binary stream to write to", target)


@contextmanager
def _broken_off_by_errors(interrupt: Callable[[], object]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        quietly(interrupt)
        raise
