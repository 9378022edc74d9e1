"""The connector's connection options as arguments of a kernel session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from databricks.sql.exc import NotSupportedError, ProgrammingError
from databricks.sql.types import SSLOptions
from databricks_sql_kernel.connector.session_options import (
    host_with_port,
    http_arguments,
    in_words_of_connect,
    session_parameters,
    tls_arguments,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("example.com", None, "example.com"),
        ("example.com", 443, "example.com"),
        ("example.com", 8443, "example.com:8443"),
        ("example.com", "8443", "example.com:8443"),
        ("https://example.com/", 8443, "https://example.com:8443"),
        ("http://127.0.0.1", 80, "http://127.0.0.1:80"),
        ("http://127.0.0.1:4000", 8443, "http://127.0.0.1:4000"),
        ("http://[::1]", 8443, "http://[::1]:8443"),
        ("http://[::1]:4000", 8443, "http://[::1]:4000"),
    ],
)
def test_port_is_joined_to_the_host(host: str, port: int | str | None, expected: str) -> None:
    assert host_with_port(host, port) == expected


def test_port_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(ProgrammingError, match=r"^_port must be a number, such as 443, not 'https'$"):
        host_with_port("example.com", "https")


def test_session_configuration_that_is_no_mapping_is_refused_by_name() -> None:
    given: Any = ["ANSI_MODE"]
    with pytest.raises(ProgrammingError, match=r"^session_configuration must be a dict, not list$"):
        session_parameters(given)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pass the authority as tls_ca_cert", "pass the authority as _tls_trusted_ca_file"),
        ("retry_min_wait_secs must be more than 0 seconds", "_retry_delay_min must be more than 0 seconds"),
        ("request_timeout_secs is too long", "_socket_timeout is too long"),
        ("no such warehouse", "no such warehouse"),
    ],
)
def test_errors_name_the_arguments_of_connect(text: str, expected: str) -> None:
    assert in_words_of_connect(text) == expected


def test_retries_limits_and_headers() -> None:
    options = {
        "_retry_delay_min": 0.5,
        "_retry_delay_max": 10,
        "_retry_stop_after_attempts_count": 3,
        "_retry_stop_after_attempts_duration": 60.0,
        "_socket_timeout": 0,
        "_pool_maxsize": None,
        "_retry_delay_default": 5,
    }
    headers = [("User-Agent", "a"), ("AUTHORIZATION", "Bearer x"), ("X-Databricks-Org-Id", "1"), ("X-Team", "data")]
    assert http_arguments(options, headers) == {
        "retry_min_wait_secs": 0.5,
        "retry_max_wait_secs": 10,
        "retry_max_attempts": 3,
        "retry_overall_timeout_secs": 60.0,
        "http_headers": [("User-Agent", "a"), ("X-Team", "data")],
    }


def test_download_threads_limit_the_downloads() -> None:
    for options in ({"max_download_threads": 3}, {"_pool_maxsize": 20, "max_download_threads": 3}):
        assert http_arguments(options, [])["max_connections"] == 3
    assert http_arguments({"_pool_maxsize": 20}, [])["max_connections"] == 20


def test_session_parameters_are_text() -> None:
    assert session_parameters(None) == {}
    assert session_parameters({"ANSI_MODE": True, "STATEMENT_TIMEOUT": 30, "TIMEZONE": "UTC"}) == {
        "ANSI_MODE": "true",
        "STATEMENT_TIMEOUT": "30",
        "TIMEZONE": "UTC",
    }
    with pytest.raises(ProgrammingError, match="TIMEZONE is None"):
        session_parameters({"TIMEZONE": None})


@pytest.mark.parametrize(
    ("options", "skip_verify", "skip_hostname"),
    [({}, False, False), ({"tls_verify": False}, True, True), ({"tls_verify_hostname": False}, False, True)],
)
def test_verification(options: dict[str, Any], skip_verify: bool, skip_hostname: bool) -> None:
    expected = {"tls_skip_verify": skip_verify, "tls_skip_hostname_verify": skip_hostname}
    assert tls_arguments(SSLOptions(**options)) == expected
    assert tls_arguments(None) == {}


def test_files_are_read_and_one_may_hold_certificate_and_key(tmp_path: Path) -> None:
    for name in ("ca", "certificate", "key"):
        (tmp_path / name).write_bytes(name.encode())
    ca, certificate, key = (str(tmp_path / name) for name in ("ca", "certificate", "key"))
    both = tls_arguments(SSLOptions(tls_trusted_ca_file=ca, tls_client_cert_file=certificate, tls_client_cert_key_file=key))
    assert (both["tls_ca_cert"], both["tls_client_cert"], both["tls_client_key"]) == (b"ca", b"certificate", b"key")
    assert tls_arguments(SSLOptions(tls_client_cert_file=certificate))["tls_client_key"] == b"certificate"


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"tls_trusted_ca_file": "/no/such/file"}, ProgrammingError, "_tls_trusted_ca_file: /no/such/file cannot be read"),
        ({"tls_client_cert_key_file": "key"}, ProgrammingError, "_tls_client_cert_key_file needs _tls_client_cert_file"),
        (
            {"tls_client_cert_file": "c", "tls_client_cert_key_password": "secret"},
            NotSupportedError,
            "_tls_client_cert_key_password: an encrypted client key",
        ),
    ],
)
def test_unusable_files_are_refused_by_name(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text) as raised:
        tls_arguments(SSLOptions(**options))
    assert "secret" not in str(raised.value)
