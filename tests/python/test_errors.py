"""The exception class, and what becomes of the generated variants."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import databricks_sql_kernel
import pytest
from databricks_sql_kernel import KernelError, _native, errors

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = {
    "details": "[TABLE_OR_VIEW_NOT_FOUND] no such table",
    "sql_state": "42P01",
    "error_code": "BAD_REQUEST",
    "vendor_code": 7,
    "http_status": 200,
    "retryable": False,
    "query_id": "01f0-aa",
    "diagnostic_info": "because",
    "error_details_json": '[{"a": 1}]',
}
CODES = [
    "Cancelled",
    "DataLoss",
    "Internal",
    "InvalidArgument",
    "InvalidState",
    "InvalidStatementHandle",
    "NetworkError",
    "NotFound",
    "PermissionDenied",
    "ResourceExhausted",
    "SqlError",
    "Timeout",
    "Unauthenticated",
    "Unavailable",
    "Unknown",
]


def attributes(error: KernelError) -> dict[str, object]:
    names = (
        "code message sql_state error_code vendor_code http_status retryable query_id display_message diagnostic_info "
        "error_details_json"
    )
    return {name: getattr(error, name) for name in names.split()}


@pytest.fixture
def error() -> KernelError:
    return errors.from_fields("SqlError", FIELDS)


@pytest.mark.parametrize("code", CODES)
def test_variant_becomes_error_of_its_name(code: str) -> None:
    variant = getattr(_native.KernelError, code)(**FIELDS)
    public = errors.from_native(variant)
    assert public is not None
    expected = {**FIELDS, "code": code, "message": FIELDS["details"], "display_message": None}
    del expected["details"]
    assert attributes(public) == expected


def test_every_variant_is_known() -> None:
    variants = {name for name, value in vars(_native.KernelError).items() if isinstance(value, type)}
    assert variants == set(CODES)


def test_panic_becomes_internal() -> None:
    public = errors.from_native(_native.InternalError("index out of bounds"))
    assert public is not None
    assert public.code == "Internal"
    assert "index out of bounds" in public.message


def test_other_exceptions_are_not_converted() -> None:
    assert errors.from_native(ValueError("details")) is None


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_keeps_everything(error: KernelError, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
    assert type(again) is KernelError
    assert attributes(again) == attributes(error)
    assert str(again) == str(error)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copy_keeps_everything(error: KernelError, duplicate: Callable[[KernelError], KernelError]) -> None:
    assert attributes(duplicate(error)) == attributes(error)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "no [Unknown]"),
        ({"code": "Timeout"}, "no [Timeout]"),
        ({"code": "Unavailable", "http_status": 503}, "no [Unavailable, HTTP 503]"),
        (
            {"code": "SqlError", "sql_state": "22012", "http_status": 200, "query_id": "01f0"},
            "no [SqlError, SQLSTATE 22012, HTTP 200, query 01f0]",
        ),
    ],
)
def test_text_is_message_and_what_is_known(facts: dict[str, object], text: str) -> None:
    assert str(KernelError("no", **facts)) == text  # type: ignore[arg-type]


def test_it_is_named_as_it_is_imported(error: KernelError) -> None:
    assert databricks_sql_kernel.KernelError is KernelError
    assert f"{KernelError.__module__}.{KernelError.__qualname__}" == "databricks_sql_kernel.KernelError"
    assert repr(error) == "KernelError(code='SqlError', message='[TABLE_OR_VIEW_NOT_FOUND] no such table')"
