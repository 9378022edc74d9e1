"""The kernel's errors as those of PEP 249."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sql import exc
from databricks_sql_kernel.connector.errors import CLASS_OF, FIELDS, mapped_errors, pep249_error
from databricks_sql_kernel.errors import KernelError

EVERYTHING: dict[str, Any] = {
    "sql_state": "42P01",
    "error_code": "TABLE_OR_VIEW_NOT_FOUND",
    "vendor_code": 7,
    "http_status": 400,
    "retryable": True,
    "query_id": "01f0",
    "display_message": "short",
    "diagnostic_info": "chain",
    "error_details_json": "{}",
}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidArgument", exc.ProgrammingError),
        ("Unauthenticated", exc.OperationalError),
        ("PermissionDenied", exc.OperationalError),
        ("NotFound", exc.ProgrammingError),
        ("ResourceExhausted", exc.OperationalError),
        ("Unavailable", exc.OperationalError),
        ("Timeout", exc.OperationalError),
        ("Cancelled", exc.OperationalError),
        ("DataLoss", exc.DatabaseError),
        ("Internal", exc.DatabaseError),
        ("InvalidState", exc.ProgrammingError),
        ("InvalidStatementHandle", exc.ProgrammingError),
        ("NetworkError", exc.OperationalError),
        ("SqlError", exc.ServerOperationError),
        ("Unknown", exc.DatabaseError),
        ("ACodeOfLater", exc.DatabaseError),
    ],
)
def test_each_code_has_its_class_and_every_field_is_kept(code: str, kind: type[Exception]) -> None:
    error = KernelError("what happened", code=code, **EVERYTHING)
    with pytest.raises(kind, match=r"^what happened$") as raised, mapped_errors("x"):
        raise error
    assert type(raised.value) is kind
    assert raised.value.__cause__ is error
    assert {name: getattr(raised.value, name) for name in FIELDS} == {"code": code, **EVERYTHING}


def test_table_has_every_code_of_the_kernel() -> None:
    documented = KernelError.__doc__ or ""
    assert [code for code in CLASS_OF if f"`{code}`" not in documented] == []


def test_failed_query_has_the_context_of_the_other_backends() -> None:
    error = pep249_error("x", KernelError("m", code="SqlError", **EVERYTHING))
    assert error.context == {"operation-id": "01f0", "diagnostic-info": "chain"}


def test_everything_else_is_an_operational_error_with_its_cause() -> None:
    with (
        pytest.raises(exc.OperationalError, match=r"^fetching rows failed: ValueError: bad$") as raised,
        mapped_errors("fetching rows"),
    ):
        raise ValueError("bad")
    assert isinstance(raised.value.__cause__, ValueError)


def test_argument_of_a_wrong_type_is_a_programming_error() -> None:
    with (
        pytest.raises(exc.ProgrammingError, match=r"^executing a statement failed: tags must be a mapping$"),
        mapped_errors("executing a statement"),
    ):
        raise TypeError("tags must be a mapping")


@pytest.mark.parametrize("error", [exc.InterfaceError("closed"), KeyboardInterrupt(), SystemExit(3)])
def test_errors_of_pep249_and_interrupts_pass_unchanged(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, mapped_errors("x"):
        raise error
    assert raised.value is error
