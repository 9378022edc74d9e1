"""The connector's credentials as those of a kernel session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from databricks.sql.auth.authenticators import AccessTokenAuthProvider
from databricks.sql.auth.token_federation import TokenFederationProvider
from databricks.sql.exc import ProgrammingError

from databricks_sql_kernel._handle import NotCopied
from databricks_sql_kernel.auth import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KernelSignIn", "ProviderTokens", "refuse_unusable", "session_credentials", "with_kernel_sign_in"]

PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")

# Each line is one way to say who is calling: its arguments may be given together.
WAYS: Final = (
    ("access_token",),
    ("credentials_provider",),
    ("oauth_client_id", "oauth_client_secret", "oauth_jwt_key_file"),
    ("azure_client_id", "azure_client_secret", "azure_tenant_id"),
    ("profile",),
)
# The session's argument for each of the connector's that name a service principal, with a secret or a private key.
SERVICE_PRINCIPAL: Final = {
    "oauth_client_id": "client_id",
    "oauth_client_secret": "client_secret",
    "oauth_jwt_key_file": "jwt_key_file",
    "oauth_jwt_kid": "jwt_kid",
    "oauth_jwt_passphrase": "jwt_passphrase",
    "oauth_jwt_algorithm": "jwt_algorithm",
    "oauth_scopes": "oauth_scopes",
    "token_url": "token_url",
}
# Any of these has the kernel sign in as a service principal.
PROOFS: Final = ("oauth_client_secret", "oauth_jwt_key_file", "oauth_jwt_kid", "oauth_jwt_passphrase", "oauth_jwt_algorithm")
OAUTH_WITH_BROWSER: Final = ("databricks-oauth", "azure-oauth")
# Likewise for somebody with a browser, and for a service principal of Microsoft Entra's.
BROWSER: Final = {
    "oauth_client_id": "client_id",
    "oauth_redirect_port": "redirect_ports",
    "oauth_scopes": "oauth_scopes",
    "token_url": "token_url",
    "oauth_callback_timeout_secs": "oauth_callback_timeout_secs",
    "oauth_token_cache_enabled": "token_cache_enabled",
    "token_cache_passphrase": "token_cache_passphrase",
    "token_cache_directory": "token_cache_directory",
    "on_authorization_url": "on_authorization_url",
    "use_entra_app": "use_entra_app",
}
AZURE: Final = {name: name for name in ("azure_client_id", "azure_client_secret", "azure_tenant_id", "azure_workspace_resource_id")}


def refuse_unusable(arguments: Mapping[str, Any]) -> None:
    """Checks the credentials among the arguments of `databricks.sql.connect`.

    Raises:
        ProgrammingError: There are several at once; the text names the arguments.
    """
    given = [[name for name in way if arguments.get(name)] for way in WAYS]
    auth_type = arguments.get("auth_type")
    if auth_type in OAUTH_WITH_BROWSER:
        given[2].append(f"auth_type={auth_type!r}")
    if auth_type == "azure-sp-m2m":
        given[3].append(f"auth_type={auth_type!r}")
    clashing = [names for names in given if names]
    if len(clashing) > 1:
        names = ", ".join(name for names in clashing for name in names)
        raise ProgrammingError(f"several credentials were given ({names}): pass one of them")


def with_kernel_sign_in(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `databricks.sql.connect`, with a sign-in of the kernel's in the form that the connector hands on.

    A browser's sign-in that the caller's `experimental_oauth_persistence` keeps stays the connector's.

    Raises:
        ProgrammingError: There is a secret or a key and nobody whose it is.
    """
    auth_type = arguments.get("auth_type")
    proofs = [name for name in PROOFS if arguments.get(name)]
    if proofs:
        if not arguments.get("oauth_client_id"):
            raise ProgrammingError(f"{', '.join(proofs)}: oauth_client_id is missing, the id of the service principal")
        auth_type, names = None, SERVICE_PRINCIPAL
    elif auth_type in OAUTH_WITH_BROWSER and not arguments.get("experimental_oauth_persistence"):
        names = BROWSER
    elif auth_type == "azure-sp-m2m":
        names = AZURE
    else:
        return dict(arguments)
    given = {ours: arguments.get(theirs) or None for theirs, ours in names.items()}
    if names is BROWSER:
        port = given["redirect_ports"]
        given |= {"redirect_ports": port and [port], "token_cache_enabled": bool(given["token_cache_enabled"])}
        given |= {"auth_type": "oauth-u2m", "use_entra_app": bool(given["use_entra_app"])}
    elif names is AZURE:
        given["auth_type"] = auth_type
    others = {name: value for name, value in arguments.items() if name not in (*names, "auth_type")}
    return {**others, "credentials_provider": KernelSignIn(given)}


class KernelSignIn(NotCopied):
    """A sign-in of the kernel's, in the form of a `credentials_provider`, which nobody asks.

    Attributes:
        arguments: Those of `databricks_sql_kernel.Session`.
    """

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Takes note of them."""
        self.arguments = arguments

    def __call__(self) -> KernelSignIn:
        """What the connector keeps as the source of headers."""
        return self

    def __repr__(self) -> str:
        """Who signs in; nothing secret."""
        if profile := self.arguments.get("profile"):
            return f"<KernelSignIn of {profile!r}>"
        who = self.arguments.get("client_id") or self.arguments.get("azure_client_id")
        return f"<KernelSignIn of {who!r}>" if who else "<KernelSignIn of somebody with a browser>"


def session_credentials(provider: Any) -> dict[str, Any]:
    """The arguments of `databricks_sql_kernel.Session` that say who is calling.

    Args:
        provider: The connector's `AuthProvider`, also inside a `TokenFederationProvider`, whose work the kernel does.

    Returns:
        `access_token` for a personal access token; what a `KernelSignIn` has; `token_provider` for every other provider, which is
        asked before each request and keeps and refreshes its tokens itself; and `identity_federation_client_id` where one is given.

    Raises:
        ProgrammingError: There is no provider, or its token is not usable. The text does not show it.
    """
    if provider is None:
        raise ProgrammingError("no credentials were given: pass access_token=... or credentials_provider=...")
    inner = _inner(provider)
    principal = getattr(provider, "identity_federation_client_id", None)
    federation = {"identity_federation_client_id": principal} if principal else {}
    if isinstance(inner, AccessTokenAuthProvider):
        try:
            return {"access_token": _bearer(_headers_of(inner)), **federation}
        except ValueError as error:
            raise ProgrammingError(str(error)) from None
    source = getattr(inner, "_header_factory", None)
    return {**(source.arguments if isinstance(source, KernelSignIn) else {"token_provider": ProviderTokens(inner)}), **federation}


class ProviderTokens(NotCopied):
    """The kernel's source of tokens over an `AuthProvider` of the connector's."""

    def __init__(self, provider: Any) -> None:
        """Asks `provider` for headers whenever the kernel asks for a token."""
        self._provider = provider

    def token(self) -> Token:
        """A token without an expiry, so that the kernel asks again before its next request; other headers go along.

        Raises:
            ValueError: The provider gave no usable bearer token. The text does not show it.
        """
        headers = _headers_of(self._provider)
        others = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        return Token(_bearer(headers), headers=others)

    def __repr__(self) -> str:
        """The kind of provider; nothing secret."""
        return f"<ProviderTokens of {type(self._provider).__name__}>"


def _inner(provider: Any) -> Any:
    return provider.external_provider if isinstance(provider, TokenFederationProvider) else provider


def _headers_of(provider: Any) -> dict[str, str]:
    headers: dict[str, str] = {}
    provider.add_headers(headers)
    return headers


def _bearer(headers: Mapping[str, str]) -> str:
    value = next((value for name, value in headers.items() if name.lower() == "authorization"), None)
    if value is None:
        raise ValueError("the credentials gave no Authorization header; only bearer tokens can be used")
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise ValueError("the credentials gave an Authorization header of another scheme than Bearer; only that can be used")
    if not token:
        raise ValueError("the access token is empty")
    if not PRINTABLE.fullmatch(token):
        raise ValueError("the access token has whitespace, control characters or non-ASCII characters in it: pass it without them")
    return token
