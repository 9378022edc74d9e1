"""Starting and stopping the local warehouse, with small programs in its place."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from databricks_sql_kernel.testing import LocalWarehouse, LocalWarehouseError

Program = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes a program of a shell script."""

    def make(script: str) -> Path:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


def alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_missing_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_WAREHOUSE_BIN", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalWarehouseError) as raised:
        LocalWarehouse().start()
    assert str(raised.value) == (
        "the program local-warehouse is not on PATH, and LOCAL_WAREHOUSE_BIN does not name it. Build it in a clone of "
        "databricks-sql-kernel with `make warehouse` (or `cargo build -p local-warehouse`), which leaves it in the target folder "
        "as debug/local-warehouse, and name that file in LOCAL_WAREHOUSE_BIN or in binary=..."
    )


def test_program_that_was_named_and_is_none_is_named_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_WAREHOUSE_BIN", "/nowhere/local-warehouse")
    with pytest.raises(LocalWarehouseError, match=r"^/nowhere/local-warehouse is not a program that"):
        LocalWarehouse().start()


def test_program_that_ends_at_once_is_quoted(program: Program) -> None:
    with pytest.raises(LocalWarehouseError) as raised:
        LocalWarehouse(binary=program("echo no such folder >&2; exit 3")).start()
    assert str(raised.value) == "the local warehouse ended with status 3 before it was ready; it said:\nno such folder"


def test_program_that_cannot_be_run_says_why(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"\x7fELF")
    empty.chmod(0o755)
    with pytest.raises(LocalWarehouseError, match=r"could not be started: .*Exec format error"):
        LocalWarehouse(binary=empty).start()


def test_program_that_is_never_ready_is_stopped(program: Program, tmp_path: Path) -> None:
    slow = program(f"echo $$ > {tmp_path}/id; exec sleep 600")
    with pytest.raises(LocalWarehouseError, match=r"was not ready within 0\.5 s$"):
        LocalWarehouse(binary=slow, start_limit=0.5).start()
    assert not alive(int((tmp_path / "id").read_text()))


def test_it_is_asked_with_its_options_and_stopped(program: Program, tmp_path: Path) -> None:
    told = "echo starting; echo listening on http://127.0.0.1:7"
    script = program(f'echo "$@" "$LOCAL_WAREHOUSE_TOKEN" > {tmp_path}/arguments; {told}; exec sleep 600')
    warehouse = LocalWarehouse(binary=script, token="t", data=tmp_path, scale_factor=0.01, faults="f.json", arguments=["--x"])
    with warehouse as running:
        assert running is warehouse
        assert warehouse.url == "http://127.0.0.1:7"
        assert warehouse.connect_arguments() == {
            "host": "http://127.0.0.1:7",
            "http_path": "/sql/1.0/warehouses/local",
            "access_token": "t",
        }
        process_id = warehouse.process_id
        assert alive(process_id)
    assert not alive(process_id)
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments == [
        "--port",
        "0",
        "--data",
        str(tmp_path),
        "--scale-factor",
        "0.01",
        "--faults",
        "f.json",
        "--x",
        "t",
    ]
    with pytest.raises(LocalWarehouseError, match="does not run"):
        warehouse.url  # noqa: B018
    warehouse.stop()


def test_it_is_stopped_when_it_is_dropped(program: Program) -> None:
    warehouse = LocalWarehouse(binary=program("echo listening on http://127.0.0.1:7; exec sleep 600")).start()
    process_id = warehouse.process_id
    del warehouse
    assert not alive(process_id)


def test_tokens_differ() -> None:
    assert LocalWarehouse().token != LocalWarehouse().token


def test_pytest_finds_the_fixture_and_starts_one_for_all(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        """
urls = set()
def test_one(local_warehouse):
    urls.add(local_warehouse.url)
def test_two(local_warehouse):
    urls.add(local_warehouse.url)
    assert len(urls) == 1
"""
    )
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", str(tmp_path)], capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout
    assert done.returncode == 0


def test_plan_of_faults_that_does_not_parse_is_refused(warehouse: LocalWarehouse) -> None:
    with pytest.raises(LocalWarehouseError, match="the plan of faults was refused"):
        warehouse.plan_faults([{"on": "tuesday"}])
