"""Opening, configuring and closing sessions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from conftest import code_of, rows, run
from databricks_sql_kernel import KernelError, Session, Token
from databricks_sql_kernel.testing import LocalWarehouse
from extras import needs_arrow

if TYPE_CHECKING:
    from proxy import Proxy


def test_session_has_an_id_and_closes_once(warehouse: LocalWarehouse) -> None:
    session = Session(**warehouse.connect_arguments())
    assert session.session_id
    assert repr(session) == f"<Session {session.session_id}>"
    metadata = session.metadata()
    statement = session.statement()
    statement.set_sql("SELECT 1")
    session.close()
    session.close()
    assert repr(session) == f"<Session {session.session_id} closed>"
    for call in (session.statement, session.metadata, lambda: session.attach_async_statement("x"), statement.execute):
        assert code_of(call) == "InvalidStatementHandle"
    assert code_of(metadata.list_catalogs) == "InvalidStatementHandle"


def test_sessions_differ(session: Session, warehouse: LocalWarehouse) -> None:
    with Session(**warehouse.connect_arguments()) as other:
        assert other.session_id != session.session_id


def test_session_that_is_dropped_open_warns(warehouse: LocalWarehouse) -> None:
    session = Session(**warehouse.connect_arguments())
    session_id = session.session_id
    with pytest.warns(ResourceWarning, match=f"session {session_id} was not closed"):
        del session


def test_wrong_token_is_unauthenticated(warehouse: LocalWarehouse) -> None:
    with pytest.raises(KernelError) as raised:
        Session(**{**warehouse.connect_arguments(), "access_token": "wrong"})
    assert (raised.value.code, raised.value.http_status, raised.value.retryable) == ("Unauthenticated", 401, False)
    assert "wrong" not in str(raised.value)


def test_host_that_refuses_is_a_network_error(refusing_url: str) -> None:
    with pytest.raises(KernelError) as raised:
        Session(refusing_url, "/sql/1.0/warehouses/w", access_token="t", retry_max_attempts=2, retry_min_wait_secs=0.01)
    assert (raised.value.code, raised.value.retryable) == ("NetworkError", True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"host": "https://"},
        {"http_path": "/sql/protocolv1/o/1/cluster"},
        {"http_headers": [("x\n", "a")]},
        {"proxy_url": "ftp://127.0.0.1:1"},
    ],
    ids=str,
)
def test_setting_that_the_kernel_refuses_is_an_invalid_argument(warehouse: LocalWarehouse, arguments: dict[str, Any]) -> None:
    assert code_of(lambda: Session(**{**warehouse.connect_arguments(), **arguments})) == "InvalidArgument"


def test_unknown_session_parameter_is_an_invalid_argument(warehouse: LocalWarehouse) -> None:
    with pytest.raises(KernelError, match="NO_SUCH_CONF") as raised:
        Session(**warehouse.connect_arguments(), session_conf={"NO_SUCH_CONF": "1"})
    assert raised.value.code == "InvalidArgument"


def test_catalog_schema_and_parameters_take_effect(warehouse: LocalWarehouse) -> None:
    arguments: dict[str, Any] = {"catalog": "samples", "schema": "tpch", "session_conf": {"TIMEZONE": "Europe/Berlin"}}
    with Session(**warehouse.connect_arguments(), **arguments) as session:
        assert rows(session, "SELECT current_catalog() AS c, current_schema() AS s") == [{"c": "samples", "s": "tpch"}]
        assert rows(session, "SELECT count(*) AS n FROM nation") == [{"n": 25}]
        result = run(session, "SELECT TIMESTAMP '2026-07-01 12:00:00' AS t")
        [[value]] = result.rows()
        assert (value, value.tzinfo) == (datetime(2026, 7, 1, 10, tzinfo=timezone.utc), ZoneInfo("Europe/Berlin"))


def test_headers_are_sent_and_the_kernels_own_are_kept(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    headers = [("User-Agent", "mine/1.0"), ("x-team", "a"), ("Authorization", "Bearer stolen"), ("X-Databricks-Org-Id", "7")]
    with Session(**{**warehouse.connect_arguments(), "host": proxy.url}, http_headers=headers, driver_name="unused"):
        opened = proxy.await_request("POST", "/sessions")
    assert opened.headers["User-Agent"].endswith("mine/1.0")
    assert "unused" not in opened.headers["User-Agent"]
    assert opened.headers["x-team"] == "a"
    assert opened.headers["Authorization"] == f"Bearer {warehouse.token}"
    assert opened.headers["X-Databricks-Org-Id"] is None


def test_driver_names_itself_in_the_user_agent(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    with Session(**{**warehouse.connect_arguments(), "host": proxy.url}, driver_name="My Driver", driver_version="2.1"):
        opened = proxy.await_request("POST", "/sessions")
    assert opened.headers["User-Agent"].split()[-1] == "My-Driver/2.1"


def test_lost_replies_are_asked_for_again(warehouse: LocalWarehouse, faults: Any) -> None:
    faults([{"on": "open_session", "times": 2, "do": {"status": {"code": 503, "retry_after": "0"}}}])
    with Session(**warehouse.connect_arguments(), retry_min_wait_secs=0.01) as session:
        assert rows(session, "SELECT 1 AS one") == [{"one": 1}]


class Tokens:
    """A provider that counts."""

    def __init__(self, *answers: str | Token | BaseException) -> None:
        self.answers = list(answers)
        self.calls = 0

    def token(self) -> str | Token:
        self.calls += 1
        answer = self.answers[min(self.calls, len(self.answers)) - 1]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def provided(warehouse: LocalWarehouse, provider: Any, **arguments: Any) -> Session:
    return Session(warehouse.url, warehouse.http_path, token_provider=provider, **arguments)


def test_provider_without_expiry_is_asked_for_every_request(warehouse: LocalWarehouse) -> None:
    tokens = Tokens(warehouse.token)
    with provided(warehouse, tokens) as session:
        assert rows(session, "SELECT 1 AS one") == [{"one": 1}]
    assert tokens.calls >= 3


def test_provider_with_expiry_is_asked_when_it_is_due(warehouse: LocalWarehouse) -> None:
    now = datetime.now(timezone.utc)
    due = Token(warehouse.token, expires_at=now - timedelta(seconds=1))
    fresh = Token(warehouse.token, expires_at=now + timedelta(hours=1))
    tokens = Tokens(due, fresh)
    with provided(warehouse, tokens) as session:
        for _ in range(3):
            rows(session, "SELECT 1 AS one")
    assert tokens.calls == 2


def test_token_that_is_refused_is_asked_for_anew(warehouse: LocalWarehouse) -> None:
    hour = datetime.now(timezone.utc) + timedelta(hours=1)
    tokens = Tokens(Token("stale", expires_at=hour), Token(warehouse.token, expires_at=hour))
    with provided(warehouse, tokens):
        assert tokens.calls == 2


def test_headers_of_a_provider_are_sent(warehouse: LocalWarehouse, proxy: Proxy) -> None:
    tokens = Tokens(Token(warehouse.token, headers={"x-tenant": "a"}))
    with Session(proxy.url, warehouse.http_path, token_provider=tokens):
        assert proxy.await_request("POST", "/sessions").headers["x-tenant"] == "a"


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(ValueError("vault is down"), "ValueError: vault is down"), (SystemExit(1), "SystemExit: 1"), ("", "token is empty")],
    ids=repr,
)
def test_provider_that_fails_makes_the_call_fail(warehouse: LocalWarehouse, failure: Any, reason: str) -> None:
    with pytest.raises(KernelError) as raised:
        provided(warehouse, Tokens(failure))
    assert raised.value.code == "Unauthenticated"
    assert reason in raised.value.message


def test_tls_is_verified_unless_told_otherwise() -> None:
    with LocalWarehouse(tls=True, scale_factor=0.01) as warehouse:
        arguments = warehouse.connect_arguments()
        assert arguments["host"].startswith("https://")
        with Session(**arguments) as session:
            assert rows(session, "SELECT 1 AS one") == [{"one": 1}]
        del arguments["tls_ca_cert"]
        assert code_of(lambda: Session(**arguments, retry_max_attempts=1)) == "NetworkError"
        with Session(**arguments, tls_skip_verify=True) as session:
            assert session.session_id
        warehouse.plan_faults([])
        assert warehouse.faults_report()["requests"] == {}


@needs_arrow
@pytest.mark.parametrize(
    "query",
    [
        "SELECT TIMESTAMP '2024-01-01 09:00:00' AS t",
        "SELECT TIMESTAMP '2024-01-01 09:00:00' AS t FROM range(30000)",
        "SELECT TIMESTAMP '2024-01-01 09:00:00' AS t WHERE 1 = 0",
    ],
)
def test_timestamps_are_in_the_servers_zone_where_none_is_named(query: str) -> None:
    arguments = ["--zone", "America/Los_Angeles", "--chunk-rows", "10000", "--inline-bytes", "1000"]
    with LocalWarehouse(arguments=arguments) as warehouse, Session(**warehouse.connect_arguments()) as session:
        result = run(session, query)
        assert str(result.arrow_schema().field("t").type) == "timestamp[us, tz=America/Los_Angeles]"
        table = result.fetch_all_arrow()
        assert table.schema.equals(result.arrow_schema(), check_metadata=True)
        assert {value.isoformat() for value in table["t"].to_pylist()} <= {"2024-01-01T09:00:00-08:00"}
