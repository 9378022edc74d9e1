"""Arguments that are not usable are refused by name, before anything is sent."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from databricks_sql_kernel import ExecutedStatement, KernelError, Metadata, Session, Statement, Token, _arguments, _native, auth

PEM = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def refused(**arguments: Any) -> KernelError:
    arguments = {"host": "http://127.0.0.1:1", "http_path": "/sql/1.0/warehouses/w", "access_token": "t", **arguments}
    with pytest.raises(KernelError) as raised:
        Session(**arguments)
    return raised.value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"host": ""}, "host is empty"),
        ({"http_path": ""}, "http_path is empty"),
        ({"access_token": None}, "no credentials were given: pass access_token=...; or client_id="),
        ({"access_token": None, "auth_type": "pat"}, "auth_type='pat' needs access_token"),
        ({"access_token": ""}, "access_token is empty"),
        ({"auth_type": "kerberos"}, "auth_type='kerberos' is unknown"),
        ({"auth_type": "oauth-u2m"}, "these credentials do not go together (access_token)"),
        (
            {"auth_type": "oauth-u2m", "access_token": None, "redirect_ports": [65536]},
            "redirect_ports[0] must be between 0 and 65535",
        ),
        ({"auth_type": "oauth-u2m", "access_token": None, "token_cache_passphrase": "p"}, "need token_cache_enabled=True"),
        ({"auth_type": "oauth-u2m", "access_token": None, "oauth_callback_timeout_secs": 1e6}, "at most 24 hours"),
        ({"auth_type": "azure-cli", "access_token": None, "azure_tenant_id": "--debug"}, "cannot be an argument of a command"),
        ({"auth_type": "azure-msi", "access_token": None, "azure_workspace_resource_id": "w"}, "begins with /subscriptions/"),
        ({"auth_type": "azure-sp-m2m", "access_token": None, "azure_client_id": "i"}, "needs azure_client_secret"),
        ({"access_token": None, "azure_client_id": "i", "azure_client_secret": "s", "azure_tenant_id": "a/b"}, "azure_tenant_id"),
        ({"auth_type": "oauth-m2m", "access_token": None, "client_id": "i"}, "auth_type='oauth-m2m' needs client_secret"),
        ({"auth_type": "oauth-m2m", "access_token": None}, "auth_type='oauth-m2m' needs client_id and client_secret"),
        ({"access_token": None, "client_id": "i", "client_secret": ""}, "client_secret is empty"),
        ({"access_token": None, "client_id": "i", "client_secret": "s\n"}, "client_secret has control characters"),
        ({"access_token": None, "client_id": "i", "client_secret": "s", "oauth_scopes": ["a b"]}, 'the scope "a b" is not one'),
        ({"access_token": None, "client_id": "i", "client_secret": "s", "token_url": "http://x"}, "token_url must be a URL"),
        ({"access_token": None, "client_id": "i", "jwt_kid": "k"}, "auth_type='oauth-m2m-jwt' needs jwt_key_file"),
        ({"access_token": None, "client_id": "i", "jwt_kid": "k", "jwt_key_file": "/no/file"}, "jwt_key_file='/no/file' cannot be"),
        ({"access_token": None, "client_id": "i", "jwt_kid": "k", "jwt_key_file": __file__}, "the private key is not PEM"),
        ({"access_token": None, "client_id": "i", "client_secret": "s", "jwt_kid": "k"}, "(client_id, client_secret, jwt_kid)"),
        ({"token_provider": lambda: "t"}, "(access_token, token_provider)"),
        ({"client_id": "i", "client_secret": "s"}, "(access_token, client_id, client_secret)"),
        ({"access_token": None, "azure_client_id": "i"}, "auth_type='azure-sp-m2m' needs azure_client_secret"),
        ({"identity_federation_client_id": " i"}, "identity_federation_client_id begins or ends with a blank"),
        ({"identity_federation_client_id": "i", "client_id": "i"}, "(access_token, client_id)"),
        ({"oauth_scopes": ["sql"]}, "(access_token, oauth_scopes)"),
        ({"stall_timeout_secs": 0}, "stall_timeout_secs must be more than 0 seconds, not 0"),
        ({"request_timeout_secs": -1.5}, "request_timeout_secs must be more than 0 seconds, not -1.5"),
        ({"retry_min_wait_secs": float("nan")}, "retry_min_wait_secs must be a finite number of seconds, not nan"),
        ({"retry_max_wait_secs": 1e300}, "retry_max_wait_secs is too long"),
        ({"max_connections": 0}, "max_connections must be between 1 and 2147483647, not 0"),
        ({"retry_max_attempts": 2**31}, "retry_max_attempts must be between 1 and 2147483647"),
        ({"result_memory_bytes": 0}, "result_memory_bytes must be between 1 and"),
        ({"max_chunk_bytes": 0}, "max_chunk_bytes must be between 1 and"),
        ({"tls_ca_cert": "/etc/ca.pem"}, "tls_ca_cert is not PEM: pass the content of the file"),
        ({"tls_client_cert": PEM}, "tls_client_cert and tls_client_key belong together"),
        ({"tls_client_key": PEM}, "tls_client_cert and tls_client_key belong together"),
        ({"proxy_username": "u"}, "proxy_username, proxy_password and proxy_bypass need proxy_url"),
    ],
)
def test_unusable_value_is_an_invalid_argument(arguments: dict[str, Any], message: str) -> None:
    error = refused(**arguments)
    assert error.code == "InvalidArgument"
    assert message in error.message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"host": 5}, "host must be a str, not int"),
        ({"access_token": b"t"}, "access_token must be a str, not bytes"),
        ({"request_timeout_secs": "5"}, "request_timeout_secs must be a number of seconds or a timedelta, not str"),
        ({"request_timeout_secs": True}, "request_timeout_secs must be a number of seconds or a timedelta, not bool"),
        ({"max_connections": 1.5}, "max_connections must be an int, not float"),
        ({"tls_ca_cert": 5}, "tls_ca_cert must be PEM as bytes or str, not int"),
        ({"session_conf": {"TIMEZONE": 1}}, "session_conf must have text as names and values; 'TIMEZONE' has int"),
        ({"http_headers": ["a"]}, "http_headers must be a mapping or a sequence of"),
        ({"access_token": None, "token_provider": "t"}, "token_provider must be a function without arguments"),
    ],
)
def test_wrong_type_is_a_type_error(arguments: dict[str, Any], message: str) -> None:
    arguments = {"host": "http://127.0.0.1:1", "http_path": "/sql/1.0/warehouses/w", "access_token": "t", **arguments}
    with pytest.raises(TypeError) as raised:
        Session(**arguments)
    assert message in str(raised.value)


# Without types, as a newcomer writes.
SESSION: Any = Session
METADATA: Any = Metadata.__new__(Metadata)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SESSION(server_hostname="h", http_path="p"), "Session() has no argument 'server_hostname': did you mean 'host'?"),
        (lambda: SESSION("h", "p", acces_token="t"), "Session() has no argument 'acces_token': did you mean 'access_token'?"),
        (lambda: SESSION("h", "p", token="t"), "Session() has no argument 'token': did you mean 'access_token'?"),
        (lambda: SESSION("h", "p", zzz=1), "Session() has no argument 'zzz': it takes host, http_path, auth_type, access_token, "),
        (
            lambda: SESSION("h", "p", "t"),
            "Session() takes host and http_path by position; pass the others by name: auth_type=..., ",
        ),
        (lambda: SESSION("h"), "Session() needs http_path"),
        (SESSION, "Session() needs host and http_path"),
        (lambda: SESSION("h", "p", host="h"), "Session(): multiple values for argument 'host'"),
        (
            lambda: METADATA.list_tables("main"),
            "list_tables() takes no argument by position; pass the others by name: catalog=..., ",
        ),
        (lambda: METADATA.list_tables(tables="t"), "list_tables() has no argument 'tables': did you mean 'table_types'?"),
        (lambda: METADATA.primary_keys(catalog="c"), "primary_keys() needs schema and table"),
    ],
)
def test_arguments_that_do_not_fit_are_answered_with_those_that_do(call: Any, message: str) -> None:
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(message)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        (Session, "execute", "make a statement with session.statement(), give it the SQL with set_sql(...), then execute() it"),
        (Session, "cursor", "databricks_sql_kernel.connector has connections with cursors"),
        (Session, "statment", "did you mean 'statement'?"),
        (Session, "zzz", "'Session' object has no attribute 'zzz'"),
        (Statement, "fetchall", "execute() answers the result, which has rows()"),
        (ExecutedStatement, "fetchall", "rows() gives the rows as tuples, fetch_all_arrow() a table"),
    ],
)
def test_name_that_is_not_there_is_answered_with_the_way_to_go(kind: Any, name: str, hint: str) -> None:
    target = kind.__new__(kind)
    with pytest.raises(AttributeError) as raised:
        getattr(target, name)
    assert str(raised.value).endswith(hint)
    assert not hasattr(target, name)


def test_refusals_do_not_show_the_token() -> None:
    assert "dapi-secret" not in str(refused(access_token="dapi-secret\n"))
    assert "dapi-secret" not in str(refused(access_token="dapi-secret", client_secret="also-secret"))
    assert "dapi-secret" not in repr(Token("dapi-secret", headers={"x": "dapi-secret"}))


@pytest.mark.parametrize(
    ("value", "span"),
    [(None, None), (1, timedelta(seconds=1)), (0.25, timedelta(milliseconds=250)), (timedelta(minutes=1), timedelta(minutes=1))],
)
def test_seconds_may_be_fractions(value: float | timedelta | None, span: timedelta | None) -> None:
    assert _arguments.seconds("x", value) == span


def test_pairs_come_from_mappings_and_sequences() -> None:
    assert _arguments.string_pairs("x", {"a": "b"}) == [("a", "b")]
    assert _arguments.string_pairs("x", [("a", "b"), ("a", "c")]) == [("a", "b"), ("a", "c")]
    assert _arguments.string_pairs("x", None) == []


UTC_NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Source:
    def token(self) -> Token:
        return Token("t", expires_at=UTC_NOON, headers={"x-a": "b"})


@pytest.mark.parametrize(
    ("source", "expires_at", "headers"),
    [(lambda: "t", None, []), (lambda: Token("t"), None, []), (Source(), UTC_NOON, ["x-a"])],
    ids=["text", "token", "object"],
)
def test_provider_answers_text_or_a_token(source: Any, expires_at: datetime | None, headers: list[str]) -> None:
    answer = auth.adapted(source).token()
    assert isinstance(answer, _native.ProvidedToken)
    assert answer.expires_at == expires_at
    assert [header.name for header in answer.headers] == headers


def raising(error: BaseException) -> Any:
    def ask() -> str:
        raise error

    return ask


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (raising(ValueError("no network")), "ValueError: no network"),
        (raising(KeyboardInterrupt()), "KeyboardInterrupt: "),
        (raising(SystemExit(3)), "SystemExit: 3"),
        (lambda: None, "TypeError: the token provider must answer a str or a Token, not NoneType"),
        (lambda: b"secret", "TypeError: the token provider must answer a str or a Token, not bytes"),
        (lambda: "", "token is empty"),
        (lambda: Token("t", expires_at=datetime(2026, 1, 1)), "the token's expires_at must have a time zone"),  # noqa: DTZ001
        (lambda: Token("t", headers={"a": 1}), "TypeError: the header a must be a str, not int"),  # type: ignore[dict-item]
    ],
)
def test_provider_that_fails_in_any_way_answers_why_and_never_a_token(source: Any, reason: str) -> None:
    with pytest.raises(_native.CallbackError) as raised:
        auth.adapted(source).token()
    assert reason in vars(raised.value)["details"]


def test_coroutine_function_is_refused() -> None:
    async def source() -> str:
        return "t"

    with pytest.raises(TypeError, match="plain function, not a coroutine function"):
        auth.adapted(source)  # type: ignore[arg-type]
