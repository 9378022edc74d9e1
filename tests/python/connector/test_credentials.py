"""Who is calling: the connector's credentials on a session of the kernel's, over the wire. Our adapter alone takes all of them."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

import pytest
from databricks.sql.exc import OperationalError, ProgrammingError
from databricks_sql_kernel import connector

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Passing, Proxy


def arguments(warehouse: LocalWarehouse, proxy: Proxy) -> dict[str, Any]:
    return {"server_hostname": proxy.url, "http_path": warehouse.http_path}


def provider_of(headers: Callable[[], dict[str, str]]) -> Callable[[], Callable[[], dict[str, str]]]:
    """As users write them: a function that answers a function that answers headers."""
    return lambda: headers


def passed(proxy: Proxy) -> list[Passing]:
    """What was sent with a token until now."""
    seen: list[Passing] = []
    while True:
        try:
            passing = proxy.arrived.get_nowait()
        except queue.Empty:
            return [passing for passing in seen if passing.headers["Authorization"]]
        seen.append(passing)


def test_provider_is_asked_before_every_request_and_its_headers_go_along(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    calls: list[int] = []

    def headers() -> dict[str, str]:
        calls.append(1)
        return {"Authorization": f"Bearer {warehouse.token}", "X-Call": str(len(calls))}

    with connector.connect(**arguments(warehouse, proxy), credentials_provider=provider_of(headers)) as connection:
        for _ in range(3):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 AS one")
                assert cursor.fetchone().one == 1
    requests = passed(proxy)
    assert len(requests) >= 5
    # Each request has the answer of a call of its own.
    assert len({passing.headers["X-Call"] for passing in requests}) == len(requests) <= len(calls)


def test_token_that_expires_during_the_session_is_replaced() -> None:
    from databricks_sql_kernel.testing import LocalWarehouse
    from proxy import Proxy

    with (
        LocalWarehouse(token="first", scale_factor=0.01, arguments=["--token", "first", "--token", "second"]) as warehouse,
        Proxy(warehouse.url) as proxy,
    ):
        tokens = ["first"]
        calls: list[str] = []

        def token() -> dict[str, str]:
            calls.append(tokens[-1])
            return {"Authorization": f"Bearer {tokens[-1]}"}

        headers = provider_of(token)
        with (
            connector.connect(**arguments(warehouse, proxy), credentials_provider=headers) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT 1")
            proxy.expired.add("first")
            with pytest.raises(OperationalError, match="expired") as raised:
                cursor.execute("SELECT 2")
            assert getattr(raised.value, "code", None) == "Unauthenticated"
            tokens.append("second")
            cursor.execute("SELECT 3 AS n")
            assert cursor.fetchone().n == 3
            # Closes run in the background and may still carry the first token.
            sent = [passing for passing in passed(proxy) if passing.headers["Authorization"] == "Bearer second"]
            assert 1 <= len(sent) <= calls.count("second")
            cursor.execute("SELECT 4")
            assert proxy.await_request("POST", "/statements").headers["Authorization"] == "Bearer second"


def test_backend_keeps_no_secret(warehouse: LocalWarehouse) -> None:
    with connector.connect(**warehouse.connector_arguments(), azure_workspace_resource_id="secret") as connection:
        kept = repr(vars(connection.session.backend))
        assert warehouse.token not in kept
        assert "secret" not in kept


def test_provider_that_fails_makes_the_call_fail(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    def headers() -> dict[str, str]:
        raise RuntimeError("the vault is sealed")

    with pytest.raises(OperationalError, match="RuntimeError: the vault is sealed") as raised:
        connector.connect(**arguments(warehouse, proxy), credentials_provider=provider_of(headers))
    assert getattr(raised.value, "code", None) == "Unauthenticated"


def test_callers_headers_go_along_and_reserved_ones_do_not(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    given = [("X-Team", "data"), ("Authorization", "Bearer other")]
    with connector.connect(
        **arguments(warehouse, proxy), access_token=warehouse.token, http_headers=given, user_agent_entry="reports"
    ) as connection:
        assert connection.open
    headers = passed(proxy)[0].headers
    assert (headers["X-Team"], headers["Authorization"]) == ("data", f"Bearer {warehouse.token}")
    assert "PyDatabricksSqlConnector" in headers["User-Agent"]
    assert "(reports)" in headers["User-Agent"]


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        (
            {"access_token": "secret", "credentials_provider": lambda: dict},
            ProgrammingError,
            r"several credentials were given \(access_token, credentials_provider\)",
        ),
        (
            {"access_token": "secret", "auth_type": "databricks-oauth"},
            ProgrammingError,
            r"\(access_token, auth_type='databricks-oauth'\)",
        ),
        (
            {"azure_client_id": "id", "azure_client_secret": "secret", "oauth_client_id": "id"},
            ProgrammingError,
            r"\(oauth_client_id, azure_client_id, azure_client_secret\)",
        ),
        (
            {"oauth_jwt_kid": "id", "oauth_jwt_passphrase": "secret"},
            ProgrammingError,
            "oauth_jwt_kid, oauth_jwt_passphrase: oauth_client_id is missing",
        ),
        ({"oauth_client_secret": "secret"}, ProgrammingError, "oauth_client_secret: oauth_client_id is missing"),
        ({"access_token": "secret\n"}, ProgrammingError, "whitespace"),
        ({"access_token": "sec ret"}, ProgrammingError, "whitespace"),
    ],
)
def test_unusable_credentials_are_refused_before_anything_is_sent(
    warehouse: LocalWarehouse, proxy: Proxy, given: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text) as raised:
        connector.connect(**arguments(warehouse, proxy), **given)
    assert "secret" not in str(raised.value).replace("client_secret", "")
    assert proxy.arrived.empty()
