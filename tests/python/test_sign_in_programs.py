"""Tokens of the programs that somebody is signed in to."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from conftest import rows
from databricks_sql_kernel import KernelError, Session

if TYPE_CHECKING:
    from pathlib import Path

    from databricks_sql_kernel.testing import LocalWarehouse


@pytest.fixture
def place(warehouse: LocalWarehouse) -> dict[str, Any]:
    return {name: warehouse.connect_arguments()[name] for name in ("host", "http_path")}


def program(folder: Path, name: str, body: str) -> Path:
    """A program that notes its arguments in `NAME.args` beside it."""
    path = folder / name
    noted = f"open({str(path) + '.args'!r}, 'w').write(json.dumps(sys.argv[1:]))"
    path.write_text(f"#!{sys.executable}\nimport json, sys\n{noted}\n{body}")
    path.chmod(0o700)
    return path


def prints(printed: dict[str, Any]) -> str:
    return f"print({json.dumps(printed)!r})"


class Case(NamedTuple):
    """A program that somebody is signed in to."""

    name: str
    printed: dict[str, Any]
    asked: list[str]
    arguments: dict[str, Any]


CASES = {
    "azure": Case("az", {"accessToken": "TOKEN", "expires_on": 4102444800}, ["--output", "json"], {"auth_type": "azure-cli"}),
    "azure of a tenant": Case(
        "az", {"accessToken": "TOKEN"}, ["--tenant", "t-1"], {"auth_type": "azure-cli", "azure_tenant_id": "t-1"}
    ),
    "databricks": Case(
        "databricks",
        {"access_token": "TOKEN", "expiry": "2100-01-01T00:00:00Z"},
        ["--host", "HOST"],
        {"auth_type": "databricks-cli"},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_program_is_asked_for_a_token(
    warehouse: LocalWarehouse, place: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    token = {key: warehouse.token if value == "TOKEN" else value for key, value in case.printed.items()}
    path = program(tmp_path, case.name, prints(token))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with Session(**place, **case.arguments) as session:
        assert rows(session, "SELECT 1 AS n") == [{"n": 1}]
    asked = json.loads(path.with_name(f"{case.name}.args").read_text())
    assert asked[-2:] == [place["host"] if argument == "HOST" else argument for argument in case.asked]


def test_program_elsewhere_is_named(warehouse: LocalWarehouse, place: dict[str, Any], tmp_path: Path) -> None:
    path = program(tmp_path, "a cli", prints({"access_token": warehouse.token}))
    with Session(**place, auth_type="databricks-cli", databricks_cli_path=path) as session:
        assert rows(session, "SELECT 1 AS n") == [{"n": 1}]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.exit('ERROR: Please run az login to setup account.')", "failed: ERROR: Please run az login"),
        ("sys.exit(3)", "failed: it ended with the status 3"),
        ("print('<html>')", "printed no token as JSON"),
        ("print(b'\\xff')", "printed no token as JSON"),
    ],
)
def test_program_that_fails_says_so(
    place: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, why: str
) -> None:
    program(tmp_path, "az", body)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(KernelError) as raised:
        Session(**place, auth_type="azure-cli")
    assert raised.value.code == "Unauthenticated"
    assert why in raised.value.message
    assert "`az account get-access-token" in raised.value.message
    assert raised.value.message.endswith("sign in with `az login`")


def test_program_that_is_not_there_is_named(place: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match="there is no program databricks") as raised:
        Session(**place, auth_type="databricks-cli")
    assert raised.value.code == "Unauthenticated"
