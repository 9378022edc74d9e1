"""Objects are neither copied nor pickled: a copy would free the kernel's object once more. Errors and plain values are."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from datetime import datetime, timezone
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import child
import databricks_sql_kernel
import pytest
from conftest import rows, run
from databricks_sql_kernel import Column, KernelError, Session, Token, VolumeFile, _native
from extras import HAS_CONNECTOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from databricks_sql_kernel.testing import LocalWarehouse

WAYS: dict[str, Callable[[Any], object]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": partial(pickle.dumps, protocol=protocol) for protocol in range(6)},
}

# What may be copied: values that nothing hangs on.
VALUES = {"Column", "ProfileValue", "Token", "VolumeFile", "Way", "_Watched"}


def classes_of(module: Any) -> list[type]:
    return [found for found in vars(module).values() if inspect.isclass(found) and found.__module__ == module.__name__]


def generated_classes() -> list[type]:
    from databricks_sql_kernel._native import databricks_sql_kernel as module

    return [found for found in classes_of(module) if "_handle" in inspect.get_annotations(found)]


def written_classes() -> list[type]:
    modules = pkgutil.walk_packages(databricks_sql_kernel.__path__, "databricks_sql_kernel.")
    names = [module.name for module in modules if "._native" not in module.name]
    if not HAS_CONNECTOR:
        names = [name for name in names if ".connector." not in name and not name.endswith("._arrow")]
    return [
        found
        for name in names
        for found in classes_of(importlib.import_module(name))
        if not issubclass(found, (Exception, Enum)) and Protocol not in found.__bases__
    ]


def refused(kind: type) -> None:
    """An object of the class is, in every way. One without content does: the class answers, and it has nothing to end."""
    empty: Any = type(kind.__name__, (kind,), {"__del__": lambda _: None})
    for way in WAYS.values():
        with pytest.raises(TypeError, match=rf"^cannot pickle an? {kind.__name__}: it can be neither copied nor sent"):
            way(empty.__new__(empty))


def test_enumeration_finds_the_classes() -> None:
    assert {found.__name__ for found in generated_classes()} >= {"Session", "Statement", "ChunkMemory", "Secret", "VolumeWriter"}
    public = {name for name in databricks_sql_kernel.__all__ if inspect.isclass(getattr(databricks_sql_kernel, name))}
    assert {found.__name__ for found in written_classes()} >= public - {"KernelError", "TokenProvider"}


@pytest.mark.parametrize("kind", generated_classes(), ids=lambda kind: kind.__name__)
def test_generated_object_is_refused(kind: type) -> None:
    refused(kind)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in written_classes() if kind.__name__ not in VALUES],
    ids=lambda kind: f"{kind.__module__.removeprefix('databricks_sql_kernel.')}.{kind.__name__}",
)
def test_object_of_the_package_is_refused(kind: type) -> None:
    refused(kind)


def test_what_holds_a_session_is_refused_and_the_session_goes_on(session: Session) -> None:
    @dataclasses.dataclass
    class Job:
        session: Session
        name: str = "x"

    result = run(session, "SELECT * FROM range(100)")
    for value in (session, session.statement(), session.metadata(), session.volume(), result, [result], {"r": result}):
        for way in ("deepcopy", "pickle 4"):
            with pytest.raises(TypeError, match=r"cannot pickle an? "):
                WAYS[way](value)
    with pytest.raises(TypeError, match="cannot pickle a Session"):
        dataclasses.asdict(Job(session))
    assert len(list(result.rows())) == 100
    assert rows(session, "SELECT 1 AS n") == [{"n": 1}]


def test_spawned_process_gets_no_session(warehouse: LocalWarehouse) -> None:
    program = """
import multiprocessing
import databricks_sql_kernel as kernel
with kernel.Session(**arguments) as session:
    try:
        multiprocessing.get_context("spawn").Process(target=print, args=(session,)).start()
    except TypeError as error:
        tell(error=str(error))
    statement = session.statement()
    statement.set_sql("SELECT 1 AS n")
    tell(rows=list(statement.execute().rows()))
"""
    status, told, _ = child.run(program, warehouse.connect_arguments())
    refusal = "cannot pickle a Session: it can be neither copied nor sent to another process"
    assert (status, told) == (0, [{"error": refusal}, {"rows": [[1]]}])


@pytest.mark.parametrize(
    "value",
    [
        KernelError("m", code="SqlError", sql_state="42P01", query_id="q", vendor_code=7, retryable=True),
        Column("d", "DECIMAL", "DECIMAL(10,2)"),
        Token("secret", datetime(2026, 1, 1, tzinfo=timezone.utc), {"a": "b"}),
        VolumeFile("/Volumes/a/b/c/d", "d", is_folder=False, size_bytes=3, modified_at=None),
        _native.Progress(bytes=1, total_bytes=2, rows=3, total_rows=4, chunks=5, total_chunks=None),
        _native.StatementState.RUNNING,
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_and_values_are_copied(value: Any) -> None:
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301 - our own bytes
        assert type(other) is type(value)
        if isinstance(value, KernelError):
            assert (str(other), vars(other)) == (str(value), vars(value))
        else:
            assert other == value
