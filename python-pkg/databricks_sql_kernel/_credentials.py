"""Who is calling: the ways to say so by a session's arguments, one row each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ._arguments import text, texts, wrong_type
from ._library import call
from .auth import JWT, adapted
from .errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from . import _native

FEDERATION: Final = "identity_federation_client_id"


@dataclass(frozen=True)
class Way:
    """A way to say who is calling.

    Attributes:
        auth_type: What it is called; `None` where it has no name.
        needs: The arguments that it cannot do without.
        takes: Those that it has besides.
        make: Makes the credentials of the arguments, by name.
    """

    auth_type: str | None
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    make: Callable[[Mapping[str, Any]], _native.Credentials]

    def __str__(self) -> str:
        """What to pass, for errors."""
        return " and ".join(f"{name}=..." for name in self.needs)


def _personal(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    return call(_native.Credentials.personal_access_token, _native.Secret(text("access_token", given["access_token"])))


def _provider(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    return _native.Credentials.from_provider(adapted(given["token_provider"]))


def _m2m(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    secret = _native.Secret(text("client_secret", given["client_secret"]))
    return call(_native.Credentials.oauth_m2m, text("client_id", given["client_id"]), secret, _options(given))


def _m2m_jwt(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    passphrase, algorithm = given.get("jwt_passphrase"), given.get("jwt_algorithm")
    key = _native.SigningKey(
        pem=_native.Secret(_content("jwt_key_file", given["jwt_key_file"])),
        kid=text("jwt_kid", given["jwt_kid"]),
        algorithm=None if algorithm is None else text("jwt_algorithm", algorithm),
        passphrase=None if passphrase is None else _native.Secret(text("jwt_passphrase", passphrase)),
    )
    return call(_native.Credentials.oauth_m2m_jwt, text("client_id", given["client_id"]), key, _options(given))


def _options(given: Mapping[str, Any]) -> _native.OAuthOptions:
    from . import _native

    token_url = given.get("token_url")
    return _native.OAuthOptions(
        scopes=texts("oauth_scopes", given.get("oauth_scopes")) or [],
        token_url=None if token_url is None else text("token_url", token_url),
    )


def _content(name: str, file: object) -> str:
    if not isinstance(file, (str, os.PathLike)):
        raise wrong_type(name, "a path", file)
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise invalid_argument(f"{name}={os.fspath(file)!r} cannot be read: {error}") from None


OPTIONS: Final = ("oauth_scopes", "token_url")
WAYS: Final = (
    Way("pat", ("access_token",), (), _personal),
    Way("oauth-m2m", ("client_id", "client_secret"), OPTIONS, _m2m),
    Way("oauth-m2m-jwt", ("client_id", "jwt_key_file", "jwt_kid"), ("jwt_passphrase", "jwt_algorithm", *OPTIONS), _m2m_jwt),
    Way(None, ("token_provider",), (), _provider),
)
MISSING: Final = ("oauth-u2m", "azure-sp-m2m")
CHOICE: Final = "; or ".join(map(str, WAYS))


def credentials(auth_type: str | None, arguments: Mapping[str, Any]) -> _native.Credentials:
    """The credentials that a session's arguments name. The library must be loaded.

    Args:
        auth_type: What the caller asks for; by default what the other arguments say.
        arguments: The arguments of all ways, by name. Of those that a way merely takes, empty ones, such as no scopes, are as if
            left out. `identity_federation_client_id` has no meaning for a token of the workspace's own, which is not exchanged.

    Raises:
        KernelError: `InvalidArgument`: none, several, or credentials of a kind that this kernel does not have.
    """
    if auth_type in MISSING:
        raise invalid_argument(f"auth_type={auth_type!r} is not available: pass {CHOICE}")
    known = [way.auth_type for way in WAYS if way.auth_type]
    if auth_type not in (None, *known):
        raise invalid_argument(f"auth_type={auth_type!r} is unknown: leave it out, or say {' or '.join(map(repr, known))}")
    needed = {name for way in WAYS for name in way.needs}
    given = {name: value for name, value in arguments.items() if (value is not None if name in needed else value)}
    if not given and auth_type is None:
        raise invalid_argument(f"no credentials were given: pass {CHOICE}")
    # The one that most was given of.
    way = max(WAYS, key=lambda way: (way.auth_type == auth_type if auth_type else True, len(given.keys() & set(way.needs))))
    if FEDERATION in given and _is_own(given, way):
        text(FEDERATION, given.pop(FEDERATION))
    if given.keys() - {*way.needs, *way.takes}:
        names = ", ".join(given)
        raise invalid_argument(
            f"these credentials do not go together, or are of a kind that is not available ({names}): pass {CHOICE}"
        )
    if missing := [name for name in way.needs if name not in given]:
        raise invalid_argument(f"auth_type={way.auth_type!r} needs {' and '.join(missing)}")
    return way.make(given)


def _is_own(given: Mapping[str, Any], way: Way) -> bool:
    """Whether the token is one of the workspace's own, which there is nothing to exchange for."""
    if given.keys() - {*way.needs, *way.takes, FEDERATION}:
        return False
    token = given.get("access_token")
    if isinstance(token, str) and JWT.fullmatch(token):
        raise invalid_argument(
            f"{FEDERATION} asks to exchange the signed token that access_token is, which this kernel does not: pass the token "
            f"of the exchange, by token_provider=... where it has to be renewed; or leave {FEDERATION} out for a token of the "
            "workspace's own"
        )
    return way.auth_type == "pat" or (way.auth_type in ("oauth-m2m", "oauth-m2m-jwt") and "token_url" not in given)
