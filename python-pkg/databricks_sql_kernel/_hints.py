"""Calls whose arguments do not fit, answered with those that there are."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from ._handle import similar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

P = ParamSpec("P")
T = TypeVar("T")

# What other clients call an argument.
ALSO_CALLED: Final = {
    "server_hostname": "host",
    "hostname": "host",
    "server": "host",
    "warehouse": "http_path",
    "warehouse_id": "http_path",
    "path": "http_path",
    "token": "access_token",
    "password": "access_token",
    "credentials_provider": "token_provider",
    "session_configuration": "session_conf",
    "timeout": "request_timeout_secs",
    "user_agent_entry": "client_app_name",
}

# How many names a refusal lists: a session has sixty.
SHOWN: Final = 8


def hinted(function: Callable[P, T]) -> Callable[P, T]:
    """Says in words of the arguments what a call got wrong: misspelt, missing, or by position. A call that fits is just made."""

    @wraps(function)
    def checked(*args: P.args, **arguments: P.kwargs) -> T:
        try:
            return function(*args, **arguments)
        except TypeError:
            problem = _misfit(function, args, arguments)
            if problem is None:
                raise
        raise TypeError(problem)

    return checked


def _misfit(function: Callable[..., object], args: Sequence[object], arguments: Mapping[str, object]) -> str | None:
    """What is wrong with a call's arguments, without their values; `None` when they fit."""
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **arguments)
    except TypeError as error:
        _, *parameters = signature.parameters.values()
        called = type(args[0]).__name__ if function.__name__ == "__init__" else function.__name__
        names = [parameter.name for parameter in parameters]
        unknown = next((name for name in arguments if name not in signature.parameters), None)
        if unknown is not None:
            meant = ALSO_CALLED.get(unknown)
            hint = f"did you mean {meant!r}?" if meant in names else similar(unknown, names)
            return f"{called}() has no argument {unknown!r}: {hint or f'it takes {_listed(names)}'}"
        positional = [parameter.name for parameter in parameters if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
        if len(args) - 1 > len(positional):
            named = [name for name in names if name not in positional]
            first = f"takes {' and '.join(positional)} by position" if positional else "takes no argument by position"
            rest = f"; pass the others by name: {_listed([f'{name}=...' for name in named])}" if named else ""
            return f"{called}() {first}{rest}"
        missing = [
            parameter.name
            for parameter in parameters[len(args) - 1 :]
            if parameter.default is inspect.Parameter.empty and parameter.name not in arguments
        ]
        return f"{called}() needs {' and '.join(missing)}" if missing else f"{called}(): {error}"
    return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" and more" if len(names) > SHOWN else "")
