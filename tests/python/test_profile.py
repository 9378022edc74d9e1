"""Sessions where a profile says, for whom it says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from conftest import rows
from databricks_sql_kernel import KernelError, Profile, ProfileValue, Session, aio, connector
from databricks_sql_kernel.testing import LocalWarehouse
from extras import HAS_CONNECTOR, needs_connector

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(warehouse: LocalWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a profile `dev`, and one without a warehouse; nothing else of this machine's is read."""
    path = tmp_path / "databrickscfg"
    path.write_text(
        f"[dev]\nhost = {warehouse.url}\ntoken = {warehouse.token}\nwarehouse_id = local\n"
        f"[bare]\nhost = {warehouse.url}\ntoken = {warehouse.token}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(path))
    return path


def one(session: Session) -> Any:
    return rows(session, "SELECT 1 AS n")


async def one_awaited() -> Any:
    async with aio.connect() as session:
        result = await session.execute("SELECT 1 AS n")
        return [{"n": row[0]} async for row in result.rows()]


def test_session_is_opened_where_a_profile_says(file: Path, warehouse: LocalWarehouse) -> None:
    with Session.from_profile("dev") as session, Session.from_profile("bare", http_path=warehouse.http_path) as other:
        assert one(session) == one(other) == [{"n": 1}]
    profile = Profile("dev")
    with Session.from_profile(profile, catalog="samples") as session:
        assert one(session) == [{"n": 1}]
    assert (profile.host, profile.http_path, profile.auth_type) == (warehouse.url, warehouse.http_path, "pat")
    source = f"[dev] in {file}"
    expected = [("host", warehouse.url, source), ("token", "***", source), ("warehouse_id", "local", source)]
    assert [value for value in profile.values if value.source == source] == [ProfileValue(*value) for value in expected]
    assert warehouse.token not in f"{profile!r}{profile.values}{profile._profile!r}"


@pytest.mark.usefixtures("file")
def test_profile_of_the_environment_needs_no_argument(warehouse: LocalWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "dev")
    with Session.from_profile() as session:
        assert one(session) == [{"n": 1}]
    assert asyncio.run(one_awaited()) == [{"n": 1}]
    monkeypatch.delenv("DATABRICKS_CONFIG_PROFILE")
    monkeypatch.setenv("DATABRICKS_HOST", warehouse.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", warehouse.token)
    monkeypatch.setenv("DATABRICKS_HTTP_PATH", warehouse.http_path)
    with Session.from_profile() as session:
        assert one(session) == [{"n": 1}]


@needs_connector
@pytest.mark.usefixtures("file")
def test_connection_needs_no_argument_either(warehouse: LocalWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "dev")
    with connector.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS n")
        assert cursor.fetchall()[0].n == 1
    monkeypatch.delenv("DATABRICKS_CONFIG_PROFILE")
    monkeypatch.setenv("DATABRICKS_HOST", warehouse.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", warehouse.token)
    monkeypatch.setenv("DATABRICKS_HTTP_PATH", warehouse.http_path)
    with connector.connect() as connection:
        assert connection.open


def test_profile_of_a_service_principal_signs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalWarehouse(scale_factor=0.01, service_principals={"sp": "a secret of sp"}, token_life_secs=60) as warehouse:
        path = tmp_path / "databrickscfg"
        path.write_text(
            f"[DEFAULT]\nhost={warehouse.url}\nclient_id=sp\nclient_secret=a secret of sp\nhttp_path={warehouse.http_path}\n"
        )
        monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(path))
        with Session.from_profile() as session:
            assert one(session) == [{"n": 1}]
        assert warehouse.faults_report()["requests"]["token"] == 1
        if HAS_CONNECTOR:
            with connector.connect(profile="DEFAULT") as connection:
                assert connection.open


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("nowhere", {}, "nowhere"),
        ("bare", {}, "http_path or warehouse_id"),
        ("dev", {"auth_type": "basic"}, "basic"),
        ("dev", {"no_such_field": "x"}, "no_such_field"),
    ],
)
@pytest.mark.usefixtures("file")
def test_what_a_profile_lacks_is_named(name: str, fields: dict[str, str], message: str) -> None:
    with pytest.raises(KernelError, match=message) as raised:
        Session.from_profile(Profile(name, **fields))
    assert raised.value.code == "InvalidArgument"


@needs_connector
@pytest.mark.usefixtures("file")
def test_connection_says_what_a_profile_lacks(warehouse: LocalWarehouse) -> None:
    from databricks.sql.exc import ProgrammingError

    with pytest.raises(ProgrammingError, match="nowhere"):
        connector.connect(profile="nowhere")
    with pytest.raises(ProgrammingError, match=r"several credentials were given \(credentials_provider, profile\)"):
        connector.connect(profile="dev", credentials_provider=lambda: dict)
    arguments = {"host": warehouse.url, "http_path": warehouse.http_path}
    with pytest.raises(TypeError, match=r"profile must be a Profile; Session\.from_profile\(name\) reads one"):
        Session(**arguments, profile="dev")  # type: ignore[arg-type]
