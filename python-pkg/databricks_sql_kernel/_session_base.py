"""What a session is opened with, and what blocking and asynchronous sessions share."""

from __future__ import annotations

import os
import warnings
from enum import Enum
from typing import TYPE_CHECKING, Any

from . import _arguments as check
from ._credentials import credentials
from ._exit import is_over
from ._handle import Handle
from ._hints import hinted
from ._library import call, load
from .errors import KernelError, closed, invalid_argument
from .profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from typing_extensions import Self

    from . import _native
    from .auth import TokenSource


class State(Enum):
    """Where a session stands."""

    NEW = 0
    OPEN = 1
    CLOSED = 2


class SessionBase(Handle):
    """A session before somebody decides how to wait for it."""

    @hinted
    def __init__(  # noqa: D417 - groups are described, not each argument
        self,
        host: str,
        http_path: str,
        *,
        auth_type: str | None = None,
        access_token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        oauth_scopes: Sequence[str] | None = None,
        token_url: str | None = None,
        redirect_ports: Sequence[int] | None = None,
        oauth_callback_timeout_secs: float | timedelta | None = None,
        jwt_key_file: str | None = None,
        jwt_kid: str | None = None,
        jwt_passphrase: str | None = None,
        jwt_algorithm: str | None = None,
        identity_federation_client_id: str | None = None,
        azure_client_id: str | None = None,
        azure_client_secret: str | None = None,
        azure_tenant_id: str | None = None,
        azure_workspace_resource_id: str | None = None,
        token_cache_enabled: bool | None = None,
        token_cache_passphrase: str | None = None,
        tls_ca_cert: bytes | str | None = None,
        tls_skip_verify: bool = False,
        tls_skip_hostname_verify: bool = False,
        tls_client_cert: bytes | str | None = None,
        tls_client_key: bytes | str | None = None,
        sea_response_compression_enabled: bool = False,
        request_timeout_secs: float | timedelta | None = None,
        max_connections: int | None = None,
        retry_min_wait_secs: float | timedelta | None = None,
        retry_max_wait_secs: float | timedelta | None = None,
        retry_max_attempts: int | None = None,
        retry_overall_timeout_secs: float | timedelta | None = None,
        http_headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        catalog: str | None = None,
        schema: str | None = None,
        session_conf: Mapping[str, str] | None = None,
        enable_geospatial_support: bool = True,
        driver_name: str | None = None,
        driver_version: str | None = None,
        runtime_name: str | None = None,
        runtime_version: str | None = None,
        runtime_vendor: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        os_arch: str | None = None,
        client_app_name: str | None = None,
        locale_name: str | None = None,
        char_set_encoding: str | None = None,
        process_name: str | None = None,
        complex_types_as_json: bool = False,
        intervals_as_string: bool = False,
        telemetry_enabled: bool | None = None,
        telemetry_batch_size: int | None = None,
        telemetry_flush_interval_ms: int | None = None,
        telemetry_max_retries: int | None = None,
        telemetry_retry_delay_ms: int | None = None,
        telemetry_close_flush_timeout_ms: int | None = None,
        telemetry_circuit_breaker_enabled: bool | None = None,
        telemetry_circuit_breaker_threshold: int | None = None,
        telemetry_circuit_breaker_timeout_ms: int | None = None,
        token_provider: TokenSource | None = None,
        profile: Profile | None = None,
        on_authorization_url: Callable[[str], object] | None = None,
        use_entra_app: bool | None = None,
        token_cache_directory: str | os.PathLike[str] | None = None,
        databricks_cli_path: str | os.PathLike[str] | None = None,
        oidc_token_filepath: str | os.PathLike[str] | None = None,
        oidc_token_env: str | None = None,
        token_audience: str | None = None,
        proxy_url: str | None = None,
        proxy_username: str | None = None,
        proxy_password: str | None = None,
        proxy_bypass: str | None = None,
        connect_timeout_secs: float | timedelta | None = None,
        stall_timeout_secs: float | timedelta | None = None,
        result_memory_bytes: int | None = None,
        max_chunk_bytes: int | None = None,
    ) -> None:
        """Opens the session on the server, which may take minutes when the warehouse has to start (`aio`: when it is awaited).

        Args:
            host: The workspace's host name, with or without `https://` and a port. Plain HTTP only when it says `http://`.
            http_path: The warehouse's path, such as `/sql/1.0/warehouses/ID`.
            auth_type: `pat`, `oauth-m2m`, `oauth-m2m-jwt`, `oauth-u2m` (also `azure-oauth`), `azure-sp-m2m`, `azure-msi`,
                `azure-cli`, `databricks-cli`, `file-oidc`, `env-oidc` or `github-oidc`; by default what the credentials say.
            access_token: A personal access token, or one that another issuer signed, which is exchanged.
            client_id: The id of a service principal, which signs in with `client_secret`, an OAuth secret of Databricks's. Its
                tokens are renewed before they end, and shared by all sessions of the process with the same credentials. Of
                `oauth-u2m` it is the app, `databricks-sql-python`; of a workload the service principal that it acts as.
            client_secret: Its secret.
            jwt_key_file: Instead of a secret, the file of its private key, PEM; PKCS#8 may be encrypted. It is read at once.
            jwt_kid: The id under which the public half of the key is registered.
            jwt_passphrase: What the key is encrypted with.
            jwt_algorithm: `RS256` by default; RS384, RS512, PS256, PS384, PS512, ES256, ES384.
            oauth_scopes: What its tokens may be used for; `["all-apis"]`, of `oauth-u2m` `["sql", "offline_access"]`.
            token_url: Where it signs in; found by asking the host.
            redirect_ports: `oauth-u2m`: the ports of `http://localhost` that the browser may come back to, of which the first free
                one is listened on; 8020 to 8024, of another app 8020. 0 is any.
            oauth_callback_timeout_secs: How long somebody who signs in is waited for; 300 s.
            on_authorization_url: Called with the address of the page to sign in on, instead of opening a browser; answering `False`
                says that it was not shown. What is not shown is logged as a warning.
            use_entra_app: Signs in with an app of Microsoft Entra's, as older clients on Azure do.
            token_cache_enabled: Keeps a browser's sign-in in a file that only the user may read, for the next program; it is in
                memory alone by default.
            token_cache_passphrase: What that file is sealed with.
            token_cache_directory: Its folder; `databricks-sql-kernel/oauth` in the user's folder for settings.
            identity_federation_client_id: The service principal that tokens of other issuers are exchanged for; without it the user
                whom they name.
            azure_client_id: The application of a service principal of Microsoft Entra's, or of `azure-msi` the assigned identity.
            azure_client_secret: A client secret of Entra's.
            azure_tenant_id: Its tenant; asked of the workspace.
            azure_workspace_resource_id: The workspace's id in Azure, `/subscriptions/…`, for who manages it and is no user of it.
            databricks_cli_path: The program that `databricks-cli` runs; `databricks`.
            oidc_token_filepath: A file with the token of a workload, which is exchanged; read at each sign-in.
            oidc_token_env: `env-oidc`: the variable that has it; `DATABRICKS_OIDC_TOKEN`.
            token_audience: `github-oidc`: whom the token is meant for; what the host says.
            token_provider: A function or an object that answers tokens, instead of `access_token`; see `TokenProvider`.
            profile: Who signs in, as a `Profile` says; `from_profile` takes host and warehouse of it too.
            tls_ca_cert: Certificate authorities to trust beside the system's, PEM.
            tls_skip_verify: Accepts any certificate: for tests alone.
            tls_skip_hostname_verify: Accepts a valid certificate of another host name.
            tls_client_cert: The client's certificate, PEM; needs `tls_client_key`.
            tls_client_key: The client's private key, PEM, not encrypted.
            sea_response_compression_enabled: Asks the server to compress its JSON replies.
            connect_timeout_secs: The longest wait for a connection; 30 s.
            request_timeout_secs: The longest wait for one reply; 120 s, also for 0.
            stall_timeout_secs: The longest wait for the next bytes of a result; 30 s.
            max_connections: How many connections may be open for a host; 32.
            retry_min_wait_secs: The shortest wait before a retry; 1 s.
            retry_max_wait_secs: The longest wait before a retry; 60 s.
            retry_max_attempts: How often a request is sent at most, the first time included; 6. A chunk of a result
                and a file's transfer count as one request, whatever fails of them.
            retry_overall_timeout_secs: The limit on all attempts of one request together; 900 s. The time in which
                bytes of a result or file arrive does not count.
            http_headers: Headers for every request to the server. `User-Agent` is appended to the kernel's own; `Authorization`
                and `x-databricks-org-id` are the kernel's alone and are left out.
            proxy_url: The proxy, instead of the environment's; with `proxy_username` and `proxy_password`.
            proxy_bypass: The hosts to reach directly, comma-separated.
            catalog: The catalog to start in.
            schema: The schema to start in.
            session_conf: Session parameters, such as `{"TIMEZONE": "Europe/Berlin"}`.
            enable_geospatial_support: GEOMETRY and GEOGRAPHY as `struct<srid: int32, wkb: binary>`; else as text.
            complex_types_as_json: ARRAY, MAP and STRUCT as JSON text.
            intervals_as_string: INTERVAL as text, on every level; pyarrow has no type for year-month intervals.
            result_memory_bytes: How much of one result the kernel holds before it is read; 64 MiB.
            max_chunk_bytes: The most that one chunk of a result may decode to; 1 GiB. A larger one is a DataLoss error: a
                bound on what a few compressed bytes can make the kernel allocate.
            client_app_name: The program in whose name the kernel calls, for the User-Agent; or else `driver_name` with
                `driver_version`, unless `http_headers` has a `User-Agent`.

        The rest of the client's description and the telemetry settings are accepted and ignored: this kernel sends no telemetry.

        Raises:
            KernelError: `InvalidArgument` (an argument is not usable, or the server does not know a session parameter),
                `Unauthenticated`, `PermissionDenied`, `NotFound` (no such warehouse), `NetworkError`, `Timeout`.
            TypeError: An argument has the wrong type.
            ImportError: The native library is missing.
        """
        self._state = State.CLOSED
        load()
        from . import _native

        headers = check.string_pairs("http_headers", http_headers)
        if (tls_client_cert is None) != (tls_client_key is None):
            raise invalid_argument("tls_client_cert and tls_client_key belong together: pass both or neither")
        if proxy_url is None and not (proxy_username is proxy_password is proxy_bypass is None):
            raise invalid_argument("proxy_username, proxy_password and proxy_bypass need proxy_url")
        client_key = check.pem("tls_client_key", tls_client_key)
        host = check.text("host", host)
        config = _native.SessionConfig(
            host=host,
            http_path=check.text("http_path", http_path),
            credentials=credentials(
                auth_type,
                host,
                {
                    "access_token": access_token,
                    "token_provider": token_provider,
                    "profile": profile,
                    "client_id": client_id,
                    "client_secret": client_secret,
                    "oauth_scopes": oauth_scopes,
                    "token_url": token_url,
                    "redirect_ports": redirect_ports,
                    "oauth_callback_timeout_secs": oauth_callback_timeout_secs,
                    "on_authorization_url": on_authorization_url,
                    "use_entra_app": use_entra_app,
                    "jwt_key_file": jwt_key_file,
                    "jwt_kid": jwt_kid,
                    "jwt_passphrase": jwt_passphrase,
                    "jwt_algorithm": jwt_algorithm,
                    "identity_federation_client_id": identity_federation_client_id,
                    "azure_client_id": azure_client_id,
                    "azure_client_secret": azure_client_secret,
                    "azure_tenant_id": azure_tenant_id,
                    "azure_workspace_resource_id": azure_workspace_resource_id,
                    "token_cache_enabled": token_cache_enabled,
                    "token_cache_passphrase": token_cache_passphrase,
                    "token_cache_directory": token_cache_directory,
                    "databricks_cli_path": databricks_cli_path,
                    "oidc_token_filepath": oidc_token_filepath,
                    "oidc_token_env": oidc_token_env,
                    "token_audience": token_audience,
                },
            ),
            catalog=check.optional_text("catalog", catalog),
            schema=check.optional_text("schema", schema),
            parameters=dict(check.string_pairs("session_conf", session_conf)),
            tls=_native.TlsConfig(
                ca_certificates=check.pem("tls_ca_cert", tls_ca_cert),
                client_certificate=check.pem("tls_client_cert", tls_client_cert),
                client_key=None if client_key is None else _native.Secret(client_key.decode(errors="replace")),
                skip_verification=check.flag("tls_skip_verify", tls_skip_verify),
                skip_hostname_verification=check.flag("tls_skip_hostname_verify", tls_skip_hostname_verify),
            ),
            proxy=None
            if proxy_url is None
            else _native.ProxyConfig(
                url=check.text("proxy_url", proxy_url),
                username=check.optional_text("proxy_username", proxy_username),
                password=None if proxy_password is None else _native.Secret(check.text("proxy_password", proxy_password)),
                bypass=check.optional_text("proxy_bypass", proxy_bypass),
            ),
            http=_native.HttpConfig(
                headers=[_native.HttpHeader(name=name, value=_native.Secret(value)) for name, value in headers],
                connect_timeout=check.seconds("connect_timeout_secs", connect_timeout_secs),
                request_timeout=check.seconds("request_timeout_secs", request_timeout_secs or None),
                stall_timeout=check.seconds("stall_timeout_secs", stall_timeout_secs),
                max_connections=check.count("max_connections", max_connections),
                compress_replies=check.flag("sea_response_compression_enabled", sea_response_compression_enabled),
            ),
            retry=_native.RetryConfig(
                min_wait=check.seconds("retry_min_wait_secs", retry_min_wait_secs),
                max_wait=check.seconds("retry_max_wait_secs", retry_max_wait_secs),
                max_attempts=check.count("retry_max_attempts", retry_max_attempts),
                overall_timeout=check.seconds("retry_overall_timeout_secs", retry_overall_timeout_secs),
            ),
            results=_native.ResultConfig(
                complex_types_as_json=check.flag("complex_types_as_json", complex_types_as_json),
                intervals_as_text=check.flag("intervals_as_string", intervals_as_string),
                geospatial_as_wkb=check.flag("enable_geospatial_support", enable_geospatial_support),
                memory_budget=check.count("result_memory_bytes", result_memory_bytes, most=2**63 - 1),
                max_chunk_bytes=check.count("max_chunk_bytes", max_chunk_bytes, most=2**63 - 1),
            ),
            client_name=None
            if any(name.lower() == "user-agent" for name, _ in headers)
            else _client_name(
                check.optional_text("client_app_name", client_app_name),
                check.optional_text("driver_name", driver_name),
                check.optional_text("driver_version", driver_version),
            ),
        )
        self._session = call(_native.Session, config)
        self._process_id = os.getpid()
        self._id = ""
        self._state = State.NEW
        self._begin()

    @classmethod
    def from_profile(
        cls, profile: str | Profile | None = None, *, host: str | None = None, http_path: str | None = None, **options: Any
    ) -> Self:
        """A session where a profile says, for whom it says.

        Profiles are read of variables of the environment and of `~/.databrickscfg`, as databricks-sdk reads them.

        Args:
            profile: Its name, or one that was read; by default what `DATABRICKS_CONFIG_PROFILE` says, or the file, or `DEFAULT`.
            host: The workspace, instead of the profile's.
            http_path: The warehouse's path, instead of the profile's `http_path` or `warehouse_id`.
            options: The other arguments of a session.

        Raises:
            KernelError: As for a session; `InvalidArgument` names the file, the profile and the field.
        """
        read = profile if isinstance(profile, Profile) else Profile(profile, host=host, http_path=http_path)
        return cls(host or read.host, http_path or read.http_path, profile=read, **options)

    @property
    def session_id(self) -> str:
        """The server's id of the session, also after `close()`."""
        return self._id

    def _begin(self) -> None:
        """What else making it does."""

    def _opened(self) -> None:
        """Takes note that the server has opened it."""
        self._state = State.OPEN
        self._id = call(self._session.session_id) or ""

    def _ends(self) -> bool:
        """Takes note that it ends; whether the server has to be told."""
        before, self._state = self._state, State.CLOSED
        return before is State.OPEN

    @property
    def _open(self) -> _native.Session:
        if self._state is State.CLOSED:
            raise closed("session")
        if self._state is State.NEW:
            raise KernelError("the session is not open yet: await it, or use it in an `async with` block", code="InvalidState")
        # What is made in a forked child would not know that the session's connections are the parent's.
        if self._process_id != os.getpid():
            raise KernelError(
                "the session was opened before this process was forked: open one of its own here", code="InvalidState"
            )
        return self._session

    def __del__(self) -> None:
        """Says that the session was not closed: the server keeps it until it has been idle for long."""
        if getattr(self, "_state", State.CLOSED) is State.OPEN and self._process_id == os.getpid() and not is_over():
            warnings.warn(f"session {self.session_id} was not closed", ResourceWarning, stacklevel=2, source=self)

    def __repr__(self) -> str:
        """The session's id and whether it is open."""
        return f"<Session {self.session_id}{' closed' if self._state is State.CLOSED else ''}>"


def _client_name(app: str | None, driver: str | None, version: str | None) -> str | None:
    """A product of the User-Agent, which has no blanks."""
    if app:
        return "-".join(app.split())
    if driver:
        return "-".join(driver.split()) + (f"/{'-'.join(version.split())}" if version else "")
    return None
