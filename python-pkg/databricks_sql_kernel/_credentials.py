"""Who is calling: the ways to say so by a session's arguments, one row each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ._arguments import flag, optional_text, seconds, text, texts, whole, wrong_type
from ._browser import browser
from ._commands import runner
from ._library import call
from .auth import adapted
from .errors import invalid_argument
from .profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _native

FEDERATION: Final = "identity_federation_client_id"


@dataclass(frozen=True)
class Way:
    """A way to say who is calling.

    Attributes:
        auth_type: What it is called; `None` where it has no name.
        needs: The arguments that it cannot do without. Without any it is only chosen by its name.
        takes: Those that it has besides.
        make: Makes the credentials of the arguments, by name; `host` is among them.
    """

    auth_type: str | None
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    make: Callable[[Mapping[str, Any]], _native.Credentials]

    def __str__(self) -> str:
        """What to pass, for errors."""
        return " and ".join(f"{name}=..." for name in self.needs) or f"auth_type={self.auth_type!r}"


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


def _browser(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    storage = None
    directory, passphrase = given.get("token_cache_directory"), given.get("token_cache_passphrase")
    if flag("token_cache_enabled", given.get("token_cache_enabled", False)):
        storage = _native.TokenStorage(
            directory=None if directory is None else _path("token_cache_directory", directory),
            passphrase=None if passphrase is None else _native.Secret(text("token_cache_passphrase", passphrase)),
        )
    elif directory or passphrase:
        raise invalid_argument("token_cache_directory and token_cache_passphrase need token_cache_enabled=True")
    options = _native.BrowserOptions(
        client_id=optional_text("client_id", given.get("client_id")),
        client_secret=_native.Secret(text("client_secret", given["client_secret"])) if "client_secret" in given else None,
        redirect_ports=_ports(given.get("redirect_ports")),
        timeout=seconds("oauth_callback_timeout_secs", given.get("oauth_callback_timeout_secs")),
        storage=storage,
        entra=flag("use_entra_app", given.get("use_entra_app", False)),
    )
    shows = browser(given.get("on_authorization_url"))
    return call(_native.Credentials.oauth_u2m, shows, options, _options(given))


def _azure_principal(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    principal = _native.AzureServicePrincipal(
        client_id=text("azure_client_id", given["azure_client_id"]),
        client_secret=_native.Secret(text("azure_client_secret", given["azure_client_secret"])),
        tenant_id=optional_text("azure_tenant_id", given.get("azure_tenant_id")),
        workspace_resource_id=_resource_id(given),
    )
    return call(_native.Credentials.azure_service_principal, principal)


def _azure_identity(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    client_id = optional_text("azure_client_id", given.get("azure_client_id"))
    identity = _native.AzureManagedIdentity(client_id=client_id, workspace_resource_id=_resource_id(given))
    return call(_native.Credentials.azure_managed_identity, identity)


def _azure_cli(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    tenant_id = optional_text("azure_tenant_id", given.get("azure_tenant_id"))
    return call(_native.Credentials.azure_cli, runner(), _resource_id(given), tenant_id)


def _databricks_cli(given: Mapping[str, Any]) -> _native.Credentials:
    from . import _native

    path = given.get("databricks_cli_path")
    program = None if path is None else _path("databricks_cli_path", path)
    return call(_native.Credentials.databricks_cli, runner(), text("host", given["host"]), None, program)


def _file_oidc(given: Mapping[str, Any]) -> _native.Credentials:
    return _workload(given, "FILE", _path("oidc_token_filepath", given["oidc_token_filepath"]))


def _env_oidc(given: Mapping[str, Any]) -> _native.Credentials:
    return _workload(given, "VARIABLE", text("oidc_token_env", given.get("oidc_token_env", "DATABRICKS_OIDC_TOKEN")))


def _github_oidc(given: Mapping[str, Any]) -> _native.Credentials:
    return _workload(given, "GIT_HUB")


def _workload(given: Mapping[str, Any], kind: str, *where: str) -> _native.Credentials:
    from . import _native

    workload = _native.WorkloadIdentity(
        # The generator's classes of an enum's variants are no classes of the enum to type checkers.
        token=getattr(_native.IdentityToken, kind)(*where),
        client_id=optional_text("client_id", given.get("client_id")),
        audience=optional_text("token_audience", given.get("token_audience")),
    )
    return call(_native.Credentials.workload_identity, workload, _options(given))


def _resource_id(given: Mapping[str, Any]) -> str | None:
    return optional_text("azure_workspace_resource_id", given.get("azure_workspace_resource_id"))


def _ports(ports: object) -> list[int]:
    if ports is None:
        return []
    if isinstance(ports, (str, bytes, Mapping)) or not isinstance(ports, Iterable):
        raise wrong_type("redirect_ports", "a sequence of int, such as a list", ports)
    return [whole(f"redirect_ports[{index}]", port, 0, 65535) for index, port in enumerate(ports)]


def _profile(given: Mapping[str, Any]) -> _native.Credentials:
    profile = given["profile"]
    if not isinstance(profile, Profile):
        raise wrong_type("profile", "a Profile; Session.from_profile(name) reads one", profile)
    return profile._credentials(given.get("on_authorization_url"))  # noqa: SLF001


def _options(given: Mapping[str, Any]) -> _native.OAuthOptions:
    from . import _native

    token_url = given.get("token_url")
    return _native.OAuthOptions(
        scopes=texts("oauth_scopes", given.get("oauth_scopes")) or [],
        token_url=None if token_url is None else text("token_url", token_url),
    )


def _path(name: str, path: object) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise wrong_type(name, "a path", path)
    return text(name, os.fspath(path))


def _content(name: str, file: object) -> str:
    if not isinstance(file, (str, os.PathLike)):
        raise wrong_type(name, "a path", file)
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise invalid_argument(f"{name}={os.fspath(file)!r} cannot be read: {error}") from None


OPTIONS: Final = ("oauth_scopes", "token_url")
STORAGE: Final = ("token_cache_enabled", "token_cache_passphrase", "token_cache_directory")
BROWSER: Final = (
    *("client_id", "client_secret", "redirect_ports", "oauth_callback_timeout_secs", "on_authorization_url", "use_entra_app"),
    *STORAGE,
    *OPTIONS,
)
WORKLOAD: Final = ("client_id", "token_audience", *OPTIONS)
RESOURCE: Final = "azure_workspace_resource_id"
WAYS: Final = (
    Way("pat", ("access_token",), (), _personal),
    Way("oauth-m2m", ("client_id", "client_secret"), OPTIONS, _m2m),
    Way("oauth-m2m-jwt", ("client_id", "jwt_key_file", "jwt_kid"), ("jwt_passphrase", "jwt_algorithm", *OPTIONS), _m2m_jwt),
    Way("oauth-u2m", (), BROWSER, _browser),
    Way("azure-oauth", (), BROWSER, _browser),
    Way("azure-sp-m2m", ("azure_client_id", "azure_client_secret"), ("azure_tenant_id", RESOURCE), _azure_principal),
    Way("azure-msi", (), ("azure_client_id", RESOURCE), _azure_identity),
    Way("azure-cli", (), ("azure_tenant_id", RESOURCE), _azure_cli),
    Way("databricks-cli", (), ("databricks_cli_path",), _databricks_cli),
    Way("file-oidc", ("oidc_token_filepath",), WORKLOAD, _file_oidc),
    Way("env-oidc", (), ("oidc_token_env", *WORKLOAD), _env_oidc),
    Way("github-oidc", (), WORKLOAD, _github_oidc),
    Way(None, ("token_provider",), (), _provider),
    Way(None, ("profile",), ("on_authorization_url",), _profile),
)
CHOICE: Final = "; or ".join(str(way) for way in WAYS if way.needs or way.auth_type == "oauth-u2m")


def credentials(auth_type: str | None, host: str, arguments: Mapping[str, Any]) -> _native.Credentials:
    """The credentials that a session's arguments name. The library must be loaded.

    Args:
        auth_type: What the caller asks for; by default what the other arguments say.
        host: The workspace.
        arguments: The arguments of all ways, by name. Of those that a way merely takes, empty ones, such as no scopes, are as if
            left out. `identity_federation_client_id` goes with all of them: it has no meaning for a token of the workspace's own.

    Raises:
        KernelError: `InvalidArgument`: none, several, or credentials of a kind that this kernel does not have.
    """
    known = [way.auth_type for way in WAYS if way.auth_type]
    if auth_type not in (None, *known):
        raise invalid_argument(f"auth_type={auth_type!r} is unknown: leave it out, or say {' or '.join(map(repr, known))}")
    needed = {name for way in WAYS for name in way.needs}
    given = {name: value for name, value in arguments.items() if (value is not None if name in needed else value)}
    principal = given.pop(FEDERATION, None)
    if not given and auth_type is None:
        raise invalid_argument(f"no credentials were given: pass {CHOICE}")
    way = _way(auth_type, given)
    if given.keys() - {*way.needs, *way.takes}:
        names = ", ".join(given)
        raise invalid_argument(f"these credentials do not go together ({names}): pass {CHOICE}")
    if missing := [name for name in way.needs if name not in given]:
        raise invalid_argument(f"auth_type={way.auth_type!r} needs {' and '.join(missing)}")
    made = way.make({**given, "host": host})
    return made if principal is None else call(made.for_service_principal, text(FEDERATION, principal))


def _way(auth_type: str | None, given: Mapping[str, Any]) -> Way:
    """The way of that name; else the one that takes all that was given, or that most was given of."""
    if auth_type is not None:
        return next(way for way in WAYS if way.auth_type == auth_type)

    def fit(way: Way) -> tuple[bool, int]:
        whole = given.keys() >= set(way.needs) and not given.keys() - {*way.needs, *way.takes}
        return whole, len(given.keys() & set(way.needs))

    return max((way for way in WAYS if way.needs), key=fit)
