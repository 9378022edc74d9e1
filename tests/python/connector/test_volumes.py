"""PUT, GET and REMOVE through a cursor of our adapter; the connector's own kernel backend refuses them."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from databricks import sql
from databricks.sql.exc import NotSupportedError, OperationalError, ProgrammingError, ServerOperationError
from databricks_sql_kernel import connector
from databricks_sql_kernel.connector.client import KernelDatabricksClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from databricks_sql_kernel.testing import LocalWarehouse

PATH = "/Volumes/main/default/connector_files/a b.txt"


@pytest.fixture(autouse=True)
def _volume(warehouse: LocalWarehouse) -> Iterator[None]:
    with connector.connect(**warehouse.connector_arguments()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE VOLUME main.default.connector_files")
        yield
        cursor.execute("DROP VOLUME main.default.connector_files")


@pytest.fixture
def cursor_allowing(warehouse: LocalWarehouse) -> Iterator[Callable[..., Any]]:
    """A cursor of a connection that allows these local folders."""
    opened: list[Any] = []

    def cursor_allowing(allowed: Any, **more: Any) -> Any:
        arguments = {**warehouse.connector_arguments(), "staging_allowed_local_path": allowed, **more}
        connection = connector.connect(**arguments)
        opened.append(connection)
        return connection.cursor()

    yield cursor_allowing
    for connection in opened:
        connection.close()


def names(cursor: Any) -> list[str]:
    cursor.execute("LIST '/Volumes/main/default/connector_files'")
    return [row.name for row in cursor.fetchall()]


@pytest.mark.parametrize("several", [False, True], ids=["one path", "several"])
@pytest.mark.parametrize("native", [True, False], ids=["native headers", "headers as text"])
def test_file_goes_comes_back_and_is_removed(
    cursor_allowing: Callable[..., Any], tmp_path: Path, several: bool, native: bool
) -> None:
    cursor = cursor_allowing(
        ["/no/such/folder", str(tmp_path)] if several else str(tmp_path), _use_arrow_native_complex_types=native
    )
    source, target = tmp_path / "it's", tmp_path / "target"
    source.write_text("text")
    local = str(source).replace("'", "''")
    cursor.execute(f"-- up\nPUT '{local}' INTO '{PATH}'")
    assert (cursor.fetchall(), cursor.rowcount) == ([], -1)
    assert names(cursor) == ["a b.txt"]
    with pytest.raises(ServerOperationError, match="PATH_ALREADY_EXISTS"):
        cursor.execute(f"PUT '{local}' INTO '{PATH}'")
    source.write_text("new")
    cursor.execute(f"PUT '{local}' INTO '{PATH}' OVERWRITE")
    target.write_text("old")
    cursor.execute(f"GET '{PATH}' TO '{target}'")
    assert target.read_text() == "new"
    cursor.execute(f"REMOVE '{PATH}'")
    assert names(cursor) == []


def test_stream_goes_without_an_allowed_path(cursor_allowing: Callable[..., Any]) -> None:
    cursor = cursor_allowing(None)
    cursor.execute(f"PUT '__input_stream__' INTO '{PATH}'", input_stream=io.BytesIO(b"text"))
    assert names(cursor) == ["a b.txt"]
    cursor.execute(f"REMOVE '{PATH}'")
    with pytest.raises(ProgrammingError, match="input_stream"):
        cursor_allowing("/somewhere").execute(f"PUT '__input_stream__' INTO '{PATH}'")


@pytest.mark.parametrize("sql_text", [f"PUT '/tmp/a' INTO '{PATH}'", f"/* x */ get '{PATH}' TO '/tmp/a'"])
@pytest.mark.parametrize("allowed", [None, [], ""])
def test_nothing_is_sent_where_no_path_is_allowed(
    cursor_allowing: Callable[..., Any], warehouse: LocalWarehouse, faults: Any, sql_text: str, allowed: Any
) -> None:
    cursor = cursor_allowing(allowed)
    faults([])
    with pytest.raises(ProgrammingError, match="staging_allowed_local_path"):
        cursor.execute(sql_text)
    assert "execute" not in warehouse.faults_report()["requests"]


def test_path_outside_is_refused_however_it_is_written(cursor_allowing: Callable[..., Any], tmp_path: Path) -> None:
    allowed, beside = tmp_path / "a", tmp_path / "ab"
    allowed.mkdir()
    beside.mkdir()
    (beside / "secret").write_text("secret")
    (allowed / "link").symlink_to(beside)
    (allowed / "file_link").symlink_to(beside / "secret")
    cursor = cursor_allowing(str(allowed))
    for path in (
        beside / "secret",
        f"{allowed}/../ab/secret",
        allowed / "link" / "secret",
        allowed / "file_link",
        allowed / "link" / "new",
        "/etc/hostname",
        "secret",
    ):
        with pytest.raises(ProgrammingError, match="is not below staging_allowed_local_path"):
            cursor.execute(f"PUT '{path}' INTO '{PATH}'")
    assert names(cursor) == []
    cursor.execute(f"PUT '__input_stream__' INTO '{PATH}'", input_stream=io.BytesIO(b"text"))
    for path in (f"{allowed}/../target", allowed / "link" / "target", allowed / "file_link"):
        with pytest.raises(ProgrammingError, match="is not below staging_allowed_local_path"):
            cursor.execute(f"GET '{PATH}' TO '{path}'")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["file_link", "secret"]
    assert (beside / "secret").read_text() == "secret"


def test_relative_path_is_below_the_working_directory(
    cursor_allowing: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").write_text("text")
    cursor_allowing(".").execute(f"PUT 'source' INTO '{PATH}'")
    cursor_allowing(str(tmp_path)).execute(f"GET '{PATH}' TO 'folder/../target'")
    assert (tmp_path / "target").read_text() == "text"


def test_transfer_cannot_be_submitted(cursor_allowing: Callable[..., Any]) -> None:
    with pytest.raises(NotSupportedError, match="REMOVE of a file in a volume cannot be submitted"):
        cursor_allowing(None).execute_async(f"REMOVE '{PATH}'")


def test_failed_transfer_is_mapped_and_leaves_no_file(cursor_allowing: Callable[..., Any], faults: Any, tmp_path: Path) -> None:
    cursor = cursor_allowing(str(tmp_path))
    with pytest.raises(ServerOperationError, match="PATH_NOT_FOUND") as missing:
        cursor.execute(f"GET '{PATH}' TO '{tmp_path}/target'")
    assert getattr(missing.value, "sql_state", None) == "42K03"
    cursor.execute(f"PUT '__input_stream__' INTO '{PATH}'", input_stream=io.BytesIO(b"text"))
    faults([{"on": "result", "do": {"result": {"expired_links": {"count": 1}}}}])
    with pytest.raises(OperationalError, match="ExpiredToken") as ended:
        cursor.execute(f"GET '{PATH}' TO '{tmp_path}/target'")
    assert "signature" not in str(vars(ended.value))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProgrammingError, match="could not be read"):
        cursor.execute(f"PUT '{tmp_path}/none' INTO '{PATH}' OVERWRITE")


def test_cancel_from_another_thread_breaks_a_transfer_off(
    cursor_allowing: Callable[..., Any], warehouse: LocalWarehouse, faults: Any, tmp_path: Path
) -> None:
    cursor = cursor_allowing(str(tmp_path))
    cursor.execute(f"PUT '__input_stream__' INTO '{PATH}'", input_stream=io.BytesIO(bytes(100_000)))
    faults([{"on": "download", "do": {"stall": {"at": 1000}}}])
    failures: list[Exception] = []

    def work() -> None:
        try:
            cursor.execute(f"GET '{PATH}' TO '{tmp_path}/target'")
        except Exception as error:
            failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    while "download" not in warehouse.faults_report()["requests"]:
        pass
    began = time.monotonic()
    cursor.cancel()
    worker.join(30)
    assert time.monotonic() - began < 5
    [error] = failures
    assert (type(error), getattr(error, "code", None)) == (OperationalError, "Cancelled")
    cursor.execute("SELECT 1 AS one")
    assert cursor.fetchone().one == 1


def test_use_sea_goes_the_same_way_once_installed(warehouse: LocalWarehouse, tmp_path: Path) -> None:
    """And the connector's own SEA backend transfers the same files, so the warehouse answers as the service does."""
    (tmp_path / "source").write_text("text")
    host, _, port = warehouse.url.rpartition(":")
    arguments: dict[str, Any] = {
        **warehouse.connector_arguments(),
        "server_hostname": host,
        "_port": int(port),
        "use_kernel": False,
        "use_sea": True,
        "staging_allowed_local_path": str(tmp_path),
    }
    for ours in (True, False):
        if ours:
            connector.install()
        try:
            with sql.connect(**arguments) as connection, connection.cursor() as cursor:
                assert isinstance(connection.session.backend, KernelDatabricksClient) is ours
                cursor.execute(f"PUT '{tmp_path}/source' INTO '{PATH}'")
                cursor.execute(f"GET '{PATH}' TO '{tmp_path}/{ours}'")
                assert (tmp_path / str(ours)).read_text() == "text"
                cursor.execute(f"REMOVE '{PATH}'")
        finally:
            connector.uninstall()
