"""The connector's connection options as arguments of a kernel session."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from databricks.sql.exc import NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ARGUMENT_OF", "host_with_port", "http_arguments", "in_words_of_connect", "session_parameters", "tls_arguments"]

DEFAULT_PORT: Final = 443

# The session's argument for each of the connector's that has one. Unset and 0 are the kernel's defaults.
ARGUMENT_OF: Final = {
    "_retry_delay_min": "retry_min_wait_secs",
    "_retry_delay_max": "retry_max_wait_secs",
    "_retry_stop_after_attempts_count": "retry_max_attempts",
    "_retry_stop_after_attempts_duration": "retry_overall_timeout_secs",
    "_socket_timeout": "request_timeout_secs",
    "_pool_maxsize": "max_connections",
    # Both name the same limit; the last one that is given holds.
    "max_download_threads": "max_connections",
}

# What the session's arguments are called in `connect`, for errors that name one.
CALLED: Final = {
    **{argument: name for name, argument in ARGUMENT_OF.items()},
    "tls_ca_cert": "_tls_trusted_ca_file",
    "tls_client_cert": "_tls_client_cert_file",
    "tls_client_key": "_tls_client_cert_key_file",
}

# The kernel sends these itself, from the credentials and the HTTP path.
RESERVED_HEADERS: Final = frozenset({"authorization", "x-databricks-org-id"})


def host_with_port(host: str, port: int | str | None) -> str:
    """The host with its port; one that the host has already wins, and the default port adds nothing.

    Raises:
        ProgrammingError: The port is not a number.
    """
    address = host.rstrip("/")
    authority = address.partition("://")[2] or address
    try:
        number = DEFAULT_PORT if port is None else int(port)
    except (TypeError, ValueError):
        raise ProgrammingError(f"_port must be a number, such as 443, not {port!r}") from None
    return address if number == DEFAULT_PORT or ":" in authority.rpartition("]")[2] else f"{address}:{number}"


def in_words_of_connect(text: str) -> str:
    """A text about a session's arguments, with the names that `connect` has for them."""
    for argument, name in CALLED.items():
        text = text.replace(argument, name)
    return text


def http_arguments(options: Mapping[str, Any], headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Retries, limits and headers."""
    arguments = {name: options[option] for option, name in ARGUMENT_OF.items() if options.get(option)}
    forwarded = [(str(name), str(value)) for name, value in headers if str(name).lower() not in RESERVED_HEADERS]
    return {**arguments, "http_headers": forwarded}


def session_parameters(configuration: Mapping[str, Any] | None) -> dict[str, str]:
    """Session parameters as text; Python's truth values in SQL's spelling.

    Raises:
        ProgrammingError: It is not a mapping, or a value is None.
    """
    if configuration is not None and not isinstance(configuration, Mapping):
        raise ProgrammingError(f"session_configuration must be a dict, not {type(configuration).__name__}")
    parameters = {}
    for name, value in (configuration or {}).items():
        if value is None:
            raise ProgrammingError(f"session_configuration: {name} is None; leave it out for the server's default")
        parameters[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return parameters


def tls_arguments(options: Any) -> dict[str, Any]:
    """The connector's `SSLOptions`; their files are read here.

    Raises:
        ProgrammingError: A file cannot be read, or there is a key without a certificate.
        NotSupportedError: The client's key is encrypted.
    """
    if options is None:
        return {}
    certificate, key = options.tls_client_cert_file, options.tls_client_cert_key_file
    if key and not certificate:
        raise ProgrammingError("_tls_client_cert_key_file needs _tls_client_cert_file: pass both, or the certificate alone")
    if options.tls_client_cert_key_password:
        raise NotSupportedError(
            "_tls_client_cert_key_password: an encrypted client key cannot be used; pass it decrypted, as `openssl pkey` does it"
        )
    arguments: dict[str, Any] = {
        "tls_skip_verify": options.tls_verify is False,
        "tls_skip_hostname_verify": options.tls_verify is False or options.tls_verify_hostname is False,
    }
    if options.tls_trusted_ca_file:
        arguments["tls_ca_cert"] = _read("_tls_trusted_ca_file", options.tls_trusted_ca_file)
    if certificate:
        arguments["tls_client_cert"] = _read("_tls_client_cert_file", certificate)
        # One file may hold both.
        arguments["tls_client_key"] = _read("_tls_client_cert_key_file", key) if key else arguments["tls_client_cert"]
    return arguments


def _read(option: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ProgrammingError(f"{option}: {path} cannot be read: {error.strerror or error}") from error
