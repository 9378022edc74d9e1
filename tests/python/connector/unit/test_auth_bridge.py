"""The connector's credentials as the arguments of a kernel session, without a server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from databricks.sql.auth.authenticators import AccessTokenAuthProvider, AuthProvider, ExternalAuthProvider
from databricks.sql.auth.token_federation import TokenFederationProvider
from databricks.sql.exc import ProgrammingError
from databricks_sql_kernel.connector.auth_bridge import ProviderTokens, refuse_unusable, session_credentials, with_kernel_sign_in

# A signed token's form, of an issuer that is not the workspace: {"alg":"HS256"} . {"iss":"https://other.example"} . x
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUifQ.eA"


def federated(provider: Any, principal: str | None = None) -> Any:
    return TokenFederationProvider("https://workspace.example", provider, object(), principal)


def external(headers: Any) -> Any:
    return ExternalAuthProvider(lambda: headers if callable(headers) else lambda: headers)


@pytest.mark.parametrize("wrap", [lambda provider: provider, federated], ids=["bare", "federated"])
def test_personal_access_token_is_handed_over(wrap: Any) -> None:
    assert session_credentials(wrap(AccessTokenAuthProvider("dapi123"))) == {"access_token": "dapi123"}


@pytest.mark.parametrize("wrap", [lambda provider: provider, federated], ids=["bare", "federated"])
def test_other_providers_are_asked_each_time_and_keep_their_headers(wrap: Any) -> None:
    calls: list[int] = []

    def headers() -> dict[str, str]:
        calls.append(1)
        return {"authorization": f"bearer opaque{len(calls)}", "X-Databricks-Azure-SP-Management-Token": "management"}

    source = session_credentials(wrap(external(headers)))["token_provider"]
    assert calls == []
    for count in (1, 2, 3):
        token = source.token()
        assert (token.value, token.expires_at) == (f"opaque{count}", None)
        assert token.headers == {"X-Databricks-Azure-SP-Management-Token": "management"}
    assert "opaque" not in repr(source)


@pytest.mark.parametrize("principal", [None, "sp-1"])
def test_signed_token_of_another_issuer_is_left_to_the_kernel(principal: str | None) -> None:
    federation = {"identity_federation_client_id": principal} if principal else {}
    token = federated(AccessTokenAuthProvider(JWT), principal)
    assert session_credentials(token) == {"access_token": JWT, **federation}
    source = session_credentials(federated(external({"Authorization": f"Bearer {JWT}", "X-More": "1"}), principal))
    given = source.pop("token_provider").token()
    assert (given.value, given.headers, source) == (JWT, {"X-More": "1"}, federation)


SIGN_INS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "browser": ({"auth_type": "databricks-oauth"}, {"auth_type": "oauth-u2m", "token_cache_enabled": False}),
    "browser on Azure": ({"auth_type": "azure-oauth"}, {"auth_type": "oauth-u2m", "use_entra_app": False}),
    "browser of Entra": ({"auth_type": "azure-oauth", "use_entra_app": True}, {"auth_type": "oauth-u2m", "use_entra_app": True}),
    "own app": (
        {"auth_type": "databricks-oauth", "oauth_client_id": "app", "oauth_redirect_port": 8055, "oauth_token_cache_enabled": True},
        {"client_id": "app", "redirect_ports": [8055], "token_cache_enabled": True},
    ),
    "Entra": (
        {"auth_type": "azure-sp-m2m", "azure_client_id": "i", "azure_client_secret": "s", "azure_tenant_id": "t"},
        {"auth_type": "azure-sp-m2m", "azure_client_id": "i", "azure_client_secret": "s", "azure_tenant_id": "t"},
    ),
    "secret": ({"oauth_client_id": "i", "oauth_client_secret": "s"}, {"client_id": "i", "client_secret": "s"}),
}


@pytest.mark.parametrize(("given", "expected"), SIGN_INS.values(), ids=SIGN_INS)
def test_sign_ins_are_the_kernels(given: dict[str, Any], expected: dict[str, Any]) -> None:
    others = {"server_hostname": "h", "identity_federation_client_id": "sp-1"}
    handed_on = with_kernel_sign_in({**others, **given})
    sign_in = handed_on.pop("credentials_provider")
    assert handed_on == others
    assert {**sign_in.arguments, **expected} == sign_in.arguments
    provider = federated(ExternalAuthProvider(sign_in), "sp-1")
    assert session_credentials(provider) == {**sign_in.arguments, "identity_federation_client_id": "sp-1"}
    assert "'s'" not in repr(sign_in)


def test_browsers_sign_in_that_the_caller_keeps_stays_the_connectors() -> None:
    given = {"auth_type": "databricks-oauth", "experimental_oauth_persistence": object()}
    assert with_kernel_sign_in(given) == given


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no Authorization header"),
        ({"Authorization": "Basic c2VjcmV0"}, "another scheme than Bearer"),
        ({"Authorization": "Bearer "}, "the access token is empty"),
        ({"Authorization": "Bearer sec\nret"}, "whitespace, control characters"),
        ({"Authorization": "Bearer sec ret"}, "whitespace, control characters"),
        ({"Authorization": "Bearer sec\x7fret"}, "whitespace, control characters"),
        ({"Authorization": "Bearer secrét"}, "non-ASCII"),
    ],
)
def test_unusable_tokens_are_refused_and_not_shown(headers: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        ProviderTokens(external(headers)).token()
    assert "sec" not in str(raised.value)


@pytest.mark.parametrize("token", ["", "sec ret", "sec\tret", "sec\0ret"])
def test_unusable_personal_access_tokens_are_refused_at_once(token: str) -> None:
    with pytest.raises(ProgrammingError, match="the access token") as raised:
        session_credentials(AccessTokenAuthProvider(token))
    assert "sec" not in str(raised.value)


def test_missing_credentials() -> None:
    with pytest.raises(ProgrammingError, match="no credentials were given"):
        session_credentials(None)
    with pytest.raises(ValueError, match="no Authorization header"):
        session_credentials(AuthProvider())["token_provider"].token()


@pytest.mark.parametrize(
    "arguments",
    [
        {"access_token": "t"},
        {"access_token": "t", "credentials_provider": None, "oauth_client_id": ""},
        {"credentials_provider": dict},
        {"auth_type": "databricks-oauth", "oauth_client_id": "id"},
        {"oauth_client_id": "id", "oauth_client_secret": "s"},
        {"oauth_client_id": "id", "oauth_jwt_key_file": "f", "oauth_jwt_kid": "k"},
        {"auth_type": "azure-sp-m2m", "azure_client_id": "id", "azure_client_secret": "s", "azure_tenant_id": "t"},
        {},
    ],
)
def test_credentials_of_one_way_pass(arguments: dict[str, Any]) -> None:
    refuse_unusable(arguments)


@pytest.mark.parametrize(
    ("arguments", "kind", "names"),
    [
        ({"access_token": "t", "credentials_provider": dict}, ProgrammingError, "(access_token, credentials_provider)"),
        ({"access_token": "t", "auth_type": "azure-oauth"}, ProgrammingError, "(access_token, auth_type='azure-oauth')"),
        (
            {"credentials_provider": dict, "azure_client_id": "a", "auth_type": "azure-sp-m2m"},
            ProgrammingError,
            "(credentials_provider, azure_client_id, auth_type='azure-sp-m2m')",
        ),
        ({"access_token": "t", "oauth_client_id": "a"}, ProgrammingError, "(access_token, oauth_client_id)"),
        ({"access_token": "t", "oauth_jwt_key_file": "f"}, ProgrammingError, "(access_token, oauth_jwt_key_file)"),
    ],
)
def test_clashing_and_unavailable_credentials_are_refused_by_name(
    arguments: dict[str, Any], kind: type[Exception], names: str
) -> None:
    with pytest.raises(kind) as raised:
        refuse_unusable(arguments)
    assert names in str(raised.value)


@pytest.mark.parametrize("piece", ["a", ".", "a.", "-._", "a.b!"])
def test_a_megabyte_of_a_token_is_read_at_once(piece: str) -> None:
    token = piece * (1_000_000 // len(piece))
    begin = time.monotonic()
    assert session_credentials(AccessTokenAuthProvider(token)) == {"access_token": token}
    # Signed or not, the federation decides what becomes of it.
    assert session_credentials(federated(AccessTokenAuthProvider(token)))
    assert time.monotonic() - begin < 5
