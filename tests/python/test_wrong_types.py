"""Every argument of the public surface, given every wrong type: refused by name, and never out of generated code."""

from __future__ import annotations

import asyncio
import inspect
import io
import re
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from conftest import run
from databricks_sql_kernel import KernelError, Session, Token, aio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from databricks_sql_kernel.testing import LocalWarehouse

# A lone surrogate is text for Python and for nobody else.
VALUES: tuple[object, ...] = (None, 5, 1.5, True, b"bytes", ["a"], {"a": "b"}, "text", "\ud800", object())

# Which types an annotation admits, by its words outside brackets.
ADMITTED: dict[str, tuple[type, ...]] = {
    "None": (type(None),),
    "str": (str,),
    "LocalPath": (str,),
    "bytes": (bytes,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "Mapping": (dict,),
    "Iterable": (list, dict),
    "Sequence": (list,),
}

# They belong to the interface, and nothing is made of them.
IGNORED = re.compile("runtime_|os_|telemetry_|locale_name|char_set_encoding|process_name")

GOOD: dict[str, Any] = {
    "host": "http://127.0.0.1:1",
    "http_path": "/sql/1.0/warehouses/w",
    "value": "t",
    "ordinal": 1,
    "sql_type": "INT",
    "statement_id": "no-such-statement",
    "source": b"",
    "target": io.BytesIO(),
    "path": "/Volumes/main/default/none/x",
}


def is_admitted(annotation: str, value: object) -> bool:
    while (outer := re.sub(r"\[[^\[\]]*\]", "", annotation)) != annotation:
        annotation = outer
    admitted = [kind for word in re.findall(r"\w+", annotation) for kind in ADMITTED.get(word, ())]
    return type(value) in admitted and not (isinstance(value, str) and not value.isascii())


def wrong_calls(function: Callable[..., object]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of an argument, and a call in which it alone is wrong."""
    parameters = [parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != "self"]
    required = {
        parameter.name: GOOD.get(parameter.name, "text") for parameter in parameters if parameter.default is parameter.empty
    }
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD or IGNORED.match(parameter.name):
            continue
        for value in VALUES:
            if not is_admitted(str(parameter.annotation), value):
                yield parameter.name, {**required, parameter.name: value}


def check_refused(name: str, function: Callable[..., object], arguments: dict[str, Any]) -> None:
    def call() -> None:
        answer = function(**arguments)
        if inspect.iscoroutine(answer):
            asyncio.run(answer)

    with pytest.raises((TypeError, KernelError)) as raised:
        call()
    error = raised.value
    assert getattr(error, "code", "InvalidArgument") == "InvalidArgument", error
    assert re.search(rf"\b{name}\b|\bthe token\b", str(error)), error
    assert "_native" not in traceback.extract_tb(error.__traceback__)[-1].filename, error


def methods_of(kind: type) -> list[str]:
    return [name for name, member in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]


# What an argument is only looked at beside.
BESIDE: dict[str, dict[str, Any]] = {
    **{name: {"proxy_url": "http://127.0.0.1:1"} for name in ("proxy_username", "proxy_password", "proxy_bypass")},
    "tls_client_cert": {"tls_client_key": b"-----BEGIN X-----"},
    "tls_client_key": {"tls_client_cert": b"-----BEGIN X-----"},
    "token_provider": {"access_token": None},
}


@pytest.mark.parametrize("kind", [Session, aio.Session, Token])
def test_arguments_of_making(kind: Any) -> None:
    for name, arguments in wrong_calls(kind.__init__):
        needs = {} if kind is Token else {"access_token": "t", **BESIDE.get(name, {})}
        check_refused(name, kind, {**needs, **arguments})


def test_arguments_of_the_methods_of_every_object(warehouse: LocalWarehouse, session: Session) -> None:
    other = aio.connect(**warehouse.connect_arguments())
    asyncio.run(other.open())
    awaited = asyncio.run(other.execute("SELECT 1 AS one"))
    objects: list[Any] = [
        *(session, session.statement(), session.metadata(), session.volume(), run(session, "SELECT 1 AS one")),
        *(other, other.statement(), other.metadata(), awaited),
    ]
    asked = 0
    for target in objects:
        for method in methods_of(type(target)):
            for name, arguments in wrong_calls(getattr(type(target), method)):
                check_refused(name, getattr(target, method), arguments)
                asked += 1
    asyncio.run(other.close())
    assert asked > 500
