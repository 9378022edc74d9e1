"""Files of volumes: paths, contents and streams, progress, errors and interrupts."""

from __future__ import annotations

import io
import os
import signal
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import child
import pytest
from conftest import code_of, run
from databricks_sql_kernel import KernelError, Session, Volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy

FOLDER = "/Volumes/main/default/python_files"
PATH = f"{FOLDER}/folder/a b.bin"
# More than is held of a stream.
LARGE = os.urandom(1024) * 9000


@pytest.fixture
def volume(session: Session) -> Iterator[Volume]:
    run(session, "CREATE VOLUME main.default.python_files")
    yield session.volume()
    run(session, "DROP VOLUME main.default.python_files")


class Pipe(io.RawIOBase):
    """A stream that cannot tell its length, and takes and gives little at once."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self.content[: min(len(buffer), 100_000)]
        buffer[: len(part)] = part
        del self.content[: len(part)]
        return len(part)

    def write(self, data: Any) -> int:
        self.content += bytes(data[:100_000])
        return min(len(data), 100_000)


@pytest.mark.parametrize("content", [b"", b"text", LARGE], ids=["empty", "small", "large"])
def test_file_comes_back_as_it_went(volume: Volume, tmp_path: Path, content: bytes) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    assert volume.put(source, PATH) == len(content)
    assert volume.get(PATH, str(target)) == len(content)
    assert target.read_bytes() == content
    [folder] = volume.list(FOLDER)
    assert (folder.name, folder.is_folder, folder.size_bytes) == ("folder", True, None)
    [file] = volume.list(folder.path)
    assert (file.path, file.name, file.is_folder, file.size_bytes) == (PATH, "a b.bin", False, len(content))
    assert file.modified_at is not None
    assert abs(datetime.now(timezone.utc) - file.modified_at) < timedelta(minutes=1)
    volume.remove(PATH)
    assert volume.list(folder.path) == []


@pytest.mark.parametrize("content", [b"", b"text", LARGE], ids=["empty", "small", "large"])
def test_streams_of_every_kind(volume: Volume, content: bytes) -> None:
    begun = io.BytesIO(b"skip" + content)
    begun.seek(4)
    sources: list[Any] = [content, begun, Pipe(content)]
    for source in sources:
        assert volume.put(source, PATH, overwrite=True) == len(content)
        target, pipe = io.BytesIO(), Pipe()
        assert volume.get(PATH, target) == volume.get(PATH, pipe) == len(content)  # type: ignore[arg-type]
        assert target.getvalue() == bytes(pipe.content) == content


def test_progress_ends_with_the_whole(volume: Volume, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def note(transferred: int, total: int | None) -> None:
        seen.append((transferred, total))

    source = tmp_path / "source"
    source.write_bytes(LARGE)
    transfers: list[Callable[[], object]] = [
        lambda: volume.put(source, PATH, overwrite=True, progress=note),
        lambda: volume.put(LARGE, PATH, overwrite=True, progress=note),
        lambda: volume.get(PATH, tmp_path / "target", overwrite=True, progress=note),
        lambda: volume.get(PATH, io.BytesIO(), progress=note),
    ]
    for transfer in transfers:
        seen.clear()
        transfer()
        assert seen[-1] == (len(LARGE), len(LARGE))
        assert sorted(seen, key=lambda step: step[0]) == seen


def test_existing_files_are_replaced_only_when_that_is_asked_for(volume: Volume, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"here")
    volume.put(b"old", PATH)
    assert code_of(lambda: volume.put(b"new", PATH)) == "InvalidState"
    assert code_of(lambda: volume.get(PATH, target)) == "InvalidState"
    assert target.read_bytes() == b"here"
    volume.put(b"new", PATH, overwrite=True)
    volume.get(PATH, target, overwrite=True)
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        (lambda volume, _: volume.get(f"{FOLDER}/none", io.BytesIO()), "NotFound", "NoSuchKey"),
        (lambda volume, _: volume.remove(f"{FOLDER}/none"), "NotFound", "NoSuchKey"),
        (lambda volume, _: volume.list(f"{FOLDER}/none"), "NotFound", "does not exist"),
        (lambda volume, _: volume.list("/Volumes/main/default/none"), "NotFound", "does not exist"),
        (lambda volume, _: volume.put(b"", "/Volumes/main/default/none/a"), "NotFound", "does not exist"),
        (lambda volume, _: volume.put(b"", "/elsewhere/a"), "InvalidArgument", "does not begin with /Volumes/"),
        (lambda volume, _: volume.put(b"", f"{FOLDER}/../a"), "InvalidArgument", '".."'),
        (lambda volume, _: volume.put("/no/such/file", PATH), "InvalidArgument", "/no/such/file could not be read"),
        (lambda volume, folder: volume.put(folder, PATH), "InvalidArgument", "is a folder"),
        (lambda volume, folder: volume.get(PATH, folder), "InvalidArgument", "is a folder"),
        (lambda volume, folder: volume.get(PATH, folder / "no" / "a"), "InvalidArgument", "could not be written"),
    ],
)
def test_errors_are_typed_and_name_the_input(volume: Volume, tmp_path: Path, call: Any, code: str, words: str) -> None:
    with pytest.raises(KernelError) as raised:
        call(volume, tmp_path)
    assert raised.value.code == code
    assert words in raised.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [(io.StringIO("text"), "binary mode"), (7, "not int"), (None, "not None")],
    ids=["text", "number", "nothing"],
)
def test_source_of_another_type_is_refused(volume: Volume, source: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        volume.put(source, PATH)
    assert volume.list(FOLDER) == []


class Fails(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 0:
            raise OSError("the disk is gone")
        return super().read(size)

    def write(self, _: Any) -> int:
        raise OSError("the disk is full")


def test_stream_that_fails_breaks_the_transfer_off(volume: Volume) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        volume.put(Fails(LARGE), PATH)
    assert volume.list(FOLDER) == []
    volume.put(b"text", PATH)
    with pytest.raises(OSError, match="the disk is full"):
        volume.get(PATH, Fails())


def test_progress_that_raises_breaks_the_transfer_off(volume: Volume) -> None:
    volume.put(LARGE, PATH)

    def stop(*_: object) -> None:
        raise RuntimeError("enough")

    transfers: list[Callable[[], object]] = [
        lambda: volume.put(LARGE, f"{FOLDER}/new", progress=stop),
        lambda: volume.get(PATH, io.BytesIO(), progress=stop),
    ]
    for call in transfers:
        with pytest.raises(RuntimeError, match="enough"):
            call()
    assert [file.name for file in volume.list(FOLDER)] == ["folder"]


@pytest.mark.parametrize(
    "rule",
    [
        {"on": "download", "do": {"truncate": {"at": 5_000_000}}},
        {"on": "download", "do": {"status": {"code": 503}}},
        {"on": "download", "do": {"status": {"code": 403}}},
        {"on": "download_url", "do": "cut_before"},
    ],
    ids=["cut body", "unavailable", "expired link", "cut call"],
)
def test_download_is_whole_all_the_same(volume: Volume, warehouse: LocalWarehouse, faults: Any, tmp_path: Path, rule: Any) -> None:
    volume.put(LARGE, PATH)
    faults([rule])
    with Session(**warehouse.connect_arguments(), retry_min_wait_secs=0.01) as session:
        assert session.volume().get(PATH, tmp_path / "target") == len(LARGE)
    assert (tmp_path / "target").read_bytes() == LARGE


def test_upload_whose_reply_is_lost_is_not_sent_again(volume: Volume, warehouse: LocalWarehouse, faults: Any) -> None:
    faults([{"on": "upload", "do": "cut_after"}])
    with pytest.raises(KernelError, match="the file may have been written") as raised:
        volume.put(b"text", PATH)
    assert (raised.value.code, raised.value.retryable) == ("NetworkError", False)
    assert warehouse.faults_report()["requests"]["upload"] == 1


INTERRUPTED = """
import databricks_sql_kernel
session = databricks_sql_kernel.Session(**arguments)
try:
    session.volume().get(PATH, target, progress=lambda done, total: done and tell(done=done))
except KeyboardInterrupt:
    tell(at=time.monotonic())
session.close()
"""


def test_interrupt_comes_through_and_leaves_no_part_of_a_file(
    volume: Volume, warehouse: LocalWarehouse, faults: Any, tmp_path: Path
) -> None:
    volume.put(LARGE, PATH)
    faults([{"on": "download", "do": {"stall": {"at": 1_000_000}}}])
    program = f"PATH, target = {PATH!r}, {str(tmp_path / 'target')!r}\n{INTERRUPTED}"
    with child.start(program, warehouse.connect_arguments()) as running:
        assert child.told(running)["done"] > 0
        sent = time.monotonic()
        running.send_signal(signal.SIGINT)
        while "at" not in (facts := child.told(running)):
            pass
        assert facts["at"] - sent < 0.2
        assert running.communicate(timeout=30) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_operation_of_a_statement(session: Session, volume: Volume, tmp_path: Path) -> None:
    target = tmp_path / "target"
    put = run(session, f"PUT '{tmp_path}/proposal' INTO '{PATH}'")
    operation = put.volume_operation
    assert operation is not None
    assert (operation.kind, operation.local_path) == ("PUT", f"{tmp_path}/proposal")
    assert list(put.rows()) == []
    with pytest.raises(TypeError, match="PUT needs a local path or a stream"):
        operation.run()
    assert operation.run(b"text") == 4
    get = run(session, f"GET '{PATH}' TO '{target}'").volume_operation
    assert get is not None
    assert (get.kind, get.run(target), target.read_bytes()) == ("GET", 4, b"text")
    assert code_of(lambda: get.run(target)) == "InvalidState"
    with pytest.raises(TypeError, match="not bytes"):
        get.run(b"")
    remove = run(session, f"REMOVE '{PATH}'").volume_operation
    assert remove is not None
    assert (remove.kind, remove.local_path, remove.run()) == ("REMOVE", None, 0)
    assert volume.list(f"{FOLDER}/folder") == []
    assert run(session, "SELECT 1").volume_operation is None


def test_links_go_to_the_store_without_the_token(volume: Volume, warehouse: LocalWarehouse, proxy: Proxy) -> None:
    with Session(**{**warehouse.connect_arguments(), "host": proxy.url}) as session:
        session.volume().put(b"text", PATH)
    assert b"/Volumes/" in proxy.await_request("POST", "/create-upload-url").body
    # The store's links lead past the proxy; that it refuses a token is the warehouse's own test.
    assert volume.get(PATH, io.BytesIO()) == 4


def test_closed_session_refuses(warehouse: LocalWarehouse) -> None:
    session = Session(**warehouse.connect_arguments())
    session.close()
    assert code_of(session.volume) == "InvalidStatementHandle"
