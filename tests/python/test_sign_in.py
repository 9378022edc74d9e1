"""Signing in as a service principal, at the local warehouse's own OAuth server."""

from __future__ import annotations

import logging
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import child
import pytest
from conftest import rows
from databricks_sql_kernel import KernelError, Session, connector
from databricks_sql_kernel.testing import LocalWarehouse
from extras import needs_connector

if TYPE_CHECKING:
    from collections.abc import Iterator

ID, SECRET = "service-principal", "a secret with blanks: é+%&="


KEYS = Path(__file__).parent.parent / "keys"


@pytest.fixture(scope="module")
def oauth_warehouse() -> Iterator[LocalWarehouse]:
    key = f"{ID}:kid:{KEYS / 'rsa-public.pem'}"
    with LocalWarehouse(
        scale_factor=0.01, arguments=["--oauth", "--oauth-client", f"{ID}:{SECRET}", "--oauth-key", key]
    ) as warehouse:
        yield warehouse


@pytest.fixture
def arguments(oauth_warehouse: LocalWarehouse) -> dict[str, Any]:
    oauth_warehouse.plan_faults([])
    revoke(oauth_warehouse)
    place = {name: oauth_warehouse.connect_arguments()[name] for name in ("host", "http_path")}
    return {**place, "auth_type": "oauth-m2m", "client_id": ID, "client_secret": SECRET}


def revoke(warehouse: LocalWarehouse) -> None:
    """Ends every token."""
    headers = {"Authorization": f"Bearer {warehouse.token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{warehouse.url}/_tokens", headers=headers, method="DELETE")):  # noqa: S310
        pass


def sign_ins(warehouse: LocalWarehouse) -> int:
    return int(warehouse.faults_report()["requests"].get("token", 0))


def one(session: Session, number: int = 1) -> int:
    return int(rows(session, f"SELECT {number} AS n")[0]["n"])


def test_sessions_share_one_sign_in_which_ends_with_the_last(oauth_warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    with Session(**arguments) as first, Session(**{**arguments, "auth_type": None}) as second:
        assert (one(first), one(second), sign_ins(oauth_warehouse)) == (1, 1, 1)
        with Session(**arguments, oauth_scopes=["sql"]) as other:
            assert (one(other), sign_ins(oauth_warehouse)) == (1, 2)
    del first, second, other
    with Session(**arguments):
        assert sign_ins(oauth_warehouse) == 3


def test_hundred_statements_share_one_renewal(oauth_warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    with Session(**arguments) as session, ThreadPoolExecutor(100) as pool:
        assert one(session) == 1
        # Slow enough that all wait for it. What runs in the background may be the first to renew.
        oauth_warehouse.plan_faults([{"on": "token", "do": {"delay": {"milliseconds": 500}}}])
        revoke(oauth_warehouse)
        assert list(pool.map(lambda n: one(session, n), range(100))) == list(range(100))
        assert sign_ins(oauth_warehouse) == 1


def test_hundred_renewals_in_a_row_work(oauth_warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    with Session(**arguments) as session:
        for number in range(100):
            revoke(oauth_warehouse)
            assert one(session, number) == number
        assert sign_ins(oauth_warehouse) == 101


def test_refused_sign_in_says_what_to_correct_and_no_secret(arguments: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "databricks.sql.kernel"), pytest.raises(KernelError) as raised:
        Session(**{**arguments, "client_secret": "another-secret-4711"})
    error = raised.value
    assert (error.code, error.http_status, error.error_code) == ("Unauthenticated", 401, "invalid_client")
    assert "Client authentication failed" in error.message
    assert "the id and the secret" in error.message
    assert "another-secret" not in f"{error!r}{error.diagnostic_info}{caplog.text}"


def test_forked_child_signs_in_by_itself(oauth_warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    program = """
import os
import databricks_sql_kernel as kernel
def ask():
    with kernel.Session(**arguments) as session:
        statement = session.statement()
        statement.set_sql("SELECT 1 AS n")
        return [{"n": n} for (n,) in statement.execute().rows()]
with kernel.Session(**arguments) as session:
    if (child := os.fork()) == 0:
        tell(child=ask())
        os._exit(0)
    os.waitpid(child, 0)
    tell(parent=ask())
"""
    rows = [{"n": 1}]
    assert child.run(program, arguments) == (0, [{"child": rows}, {"parent": rows}], "")
    assert sign_ins(oauth_warehouse) == 2


PROOFS = {
    "secret": {"oauth_client_secret": SECRET},
    "key": {
        "oauth_jwt_key_file": str(KEYS / "rsa-pbkdf2.pem"),
        "oauth_jwt_kid": "kid",
        "oauth_jwt_passphrase": "open-sesame",
        "oauth_jwt_algorithm": "PS384",
    },
}


@needs_connector
@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("route", ["use_kernel", "adapter", "installed adapter"])
@pytest.mark.usefixtures("arguments")
def test_connector_signs_in_through_the_kernel(oauth_warehouse: LocalWarehouse, route: str, proof: str) -> None:
    given = {**oauth_warehouse.connector_arguments(), "oauth_client_id": ID, **PROOFS[proof]}
    del given["access_token"]
    if route != "use_kernel":
        given = {**given, "use_kernel": False, "use_sea": True, "oauth_scopes": ["sql"]}
    from databricks import sql

    connect = connector.connect if route == "adapter" else sql.connect
    installed = connector.installed() if route == "installed adapter" else nullcontext()
    with installed, connect(**given) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS n")
        assert cursor.fetchall()[0].n == 1
    assert sign_ins(oauth_warehouse) == 1
