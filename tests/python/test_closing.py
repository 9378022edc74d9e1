"""The end of a `with` block: an exception that leaves it goes on, whatever closing says."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import logging
import pkgutil
from typing import TYPE_CHECKING, Any

import databricks_sql_kernel
import pytest
from conftest import run
from databricks_sql_kernel import KernelError, Session, aio
from databricks_sql_kernel.testing import LocalWarehouse

if TYPE_CHECKING:
    from collections.abc import Callable


def kinds() -> list[type]:
    """Every public class that is closed at the end of a `with` block or an `async with` block."""
    modules = pkgutil.walk_packages(databricks_sql_kernel.__path__, "databricks_sql_kernel.")
    names = [module.name for module in modules if "._" not in module.name and ".connector" not in module.name]
    found = {kind for name in names for kind in vars(importlib.import_module(name)).values() if inspect.isclass(kind)}
    ours = [kind for kind in found if kind.__module__.startswith("databricks_sql_kernel.")]
    closed = [kind for kind in ours if hasattr(kind, "close") or hasattr(kind, "stop")]
    return sorted((kind for kind in closed if hasattr(kind, "__exit__") or hasattr(kind, "__aexit__")), key=str)


def leave(kind: Any, error: BaseException | None) -> object:
    """Leaves a block over an object that fails to close."""

    def fail(_: object) -> None:
        raise KernelError("the line is cut", code="NetworkError")

    async def fail_later(_: object) -> None:
        fail(_)

    blocking = hasattr(kind, "__exit__")
    close = fail if blocking else fail_later
    failing: Any = type(kind.__name__, (kind,), {"close": close, "stop": close, "__del__": lambda _: None})
    arguments = (None if error is None else type(error), error, None)
    made = failing.__new__(failing)
    return made.__exit__(*arguments) if blocking else asyncio.run(made.__aexit__(*arguments))


def test_enumeration_finds_the_classes() -> None:
    assert set(kinds()) >= {Session, aio.Session, LocalWarehouse}
    assert len(kinds()) >= 11


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_failure_to_close_is_raised_alone_and_logged_beside_another(kind: type, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KernelError, match="the line is cut"):
        leave(kind, None)
    assert caplog.records == []
    for error in (ValueError("the caller's"), KeyboardInterrupt(), asyncio.CancelledError()):
        # Neither raised nor swallowed: the caller's goes on.
        assert not leave(kind, error)
        [record] = caplog.records
        assert (record.name, record.levelno) == ("databricks.sql.kernel", logging.WARNING)
        assert record.getMessage() == "closing after an error failed too: the line is cut [NetworkError]"
        caplog.clear()


def test_statement_closes_all_that_it_ran_also_when_one_fails(
    warehouse: LocalWarehouse, session: Session, faults: Callable[[list[dict[str, Any]]], None]
) -> None:
    statement = session.statement()
    statement.set_sql("SELECT 1 AS one")
    submitted = [statement.submit() for _ in range(3)]
    faults([{"on": "close", "do": {"status": {"code": 403}}}])
    with pytest.raises(KernelError) as raised:
        statement.close()
    assert raised.value.code == "PermissionDenied"
    assert warehouse.faults_report()["requests"]["close"] == len(submitted)


def test_callers_exception_goes_on_when_the_server_refuses_to_close(
    warehouse: LocalWarehouse, faults: Callable[[list[dict[str, Any]]], None], caplog: pytest.LogCaptureFixture
) -> None:
    faults([{"on": "close_session", "do": {"status": {"code": 403}}}])

    def use() -> None:
        with Session(**warehouse.connect_arguments()) as session:
            run(session, "SELECT 1")
            raise LookupError("the caller's")

    with pytest.raises(LookupError, match="the caller's"):
        use()
    assert "closing after an error failed too" in caplog.text
