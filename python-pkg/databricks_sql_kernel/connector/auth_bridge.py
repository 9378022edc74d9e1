"""The connector's credentials as those of a kernel session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from databricks.sql.auth.authenticators import AccessTokenAuthProvider
from databricks.sql.auth.token_federation import TokenFederationProvider
from databricks.sql.exc import ProgrammingError

from databricks_sql_kernel._handle import NotCopied
from databricks_sql_kernel.auth import JWT, Token

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
# Any of these has the kernel sign in.
PROOFS: Final = ("oauth_client_secret", "oauth_jwt_key_file", "oauth_jwt_kid", "oauth_jwt_passphrase", "oauth_jwt_algorithm")
OAUTH_WITH_BROWSER: Final = ("databricks-oauth", "azure-oauth")


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

    Raises:
        ProgrammingError: There is a secret or a key and nobody whose it is.
    """
    proofs = [name for name in PROOFS if arguments.get(name)]
    if not proofs:
        return dict(arguments)
    if not arguments.get("oauth_client_id"):
        raise ProgrammingError(f"{', '.join(proofs)}: oauth_client_id is missing, the id of the service principal")
    given = {ours: arguments.get(theirs) or None for theirs, ours in SERVICE_PRINCIPAL.items()}
    others = {name: value for name, value in arguments.items() if name not in (*SERVICE_PRINCIPAL, "auth_type")}
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
        return f"<KernelSignIn of {self.arguments['client_id']!r}>"


def session_credentials(provider: Any) -> dict[str, Any]:
    """The arguments of `databricks_sql_kernel.Session` that say who is calling.

    Args:
        provider: The connector's `AuthProvider`, also inside a `TokenFederationProvider`.

    Returns:
        `access_token` for a personal access token; what a `KernelSignIn` has; `token_provider` for every other provider, which is
        asked before each request and keeps and refreshes its tokens itself.

    Raises:
        ProgrammingError: There is no provider, or its token is not usable. The text does not show it.
    """
    if provider is None:
        raise ProgrammingError("no credentials were given: pass access_token=... or credentials_provider=...")
    inner = _inner(provider)
    if isinstance(inner, AccessTokenAuthProvider):
        try:
            token = _bearer(_headers_of(inner))
        except ValueError as error:
            raise ProgrammingError(str(error)) from None
        # A token of another issuer has to be exchanged, which the federation does when it is asked.
        if inner is provider or not JWT.fullmatch(token):
            return {"access_token": token}
    source = getattr(inner, "_header_factory", None)
    return source.arguments if isinstance(source, KernelSignIn) else {"token_provider": ProviderTokens(provider)}


class ProviderTokens(NotCopied):
    """The kernel's source of tokens over an `AuthProvider` of the connector's."""

    def __init__(self, provider: Any) -> None:
        """Asks `provider` for headers whenever the kernel asks for a token."""
        self._provider = provider
        self._inner = _inner(provider)

    def token(self) -> Token:
        """A token without an expiry, so that the kernel asks again before its next request; other headers go along.

        Raises:
            ValueError: The provider gave no usable bearer token. The text does not show it.
        """
        headers = _headers_of(self._inner)
        token = _bearer(headers)
        # The federation keeps an opaque token for an hour whatever its life, and drops other headers: it is asked only for what
        # it alone can do, the exchange of a signed token.
        if self._inner is not self._provider and JWT.fullmatch(token):
            token = _bearer(_headers_of(self._provider))
        return Token(token, headers={name: value for name, value in headers.items() if name.lower() != "authorization"})

    def __repr__(self) -> str:
        """The kind of provider; nothing secret."""
        return f"<ProviderTokens of {type(self._inner).__name__}>"


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
