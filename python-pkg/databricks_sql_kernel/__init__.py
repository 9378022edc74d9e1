"""The Databricks SQL client kernel: sessions, statements and results as Arrow.

    import databricks_sql_kernel as kernel

    with kernel.Session("host", "/sql/1.0/warehouses/ID", access_token=token) as session:
        with session.statement() as statement:
            statement.set_sql("SELECT 1 AS one")
            for batch in statement.execute():
                print(batch.to_pydict())

Every failure is a `KernelError`, whose `code` says what to do about it. A session may be used from any number of threads.
Importing this package loads neither pyarrow nor the native library: both wait for the first session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .auth import Token, TokenProvider
    from .errors import KernelError
    from .logging import init_logging, reset_logging
    from .metadata import Metadata
    from .profile import Profile, ProfileValue
    from .result import ExecutedStatement, ResultStream
    from .session import Session
    from .statement import ExecutedAsyncStatement, Statement, StatementCanceller
    from .volume import Volume, VolumeFile, VolumeOperation

    __version__: str

__all__ = [
    "ExecutedAsyncStatement",
    "ExecutedStatement",
    "KernelError",
    "Metadata",
    "Profile",
    "ProfileValue",
    "ResultStream",
    "Session",
    "Statement",
    "StatementCanceller",
    "Token",
    "TokenProvider",
    "Volume",
    "VolumeFile",
    "VolumeOperation",
    "__version__",
    "init_logging",
    "reset_logging",
]

_MODULE_OF: Final = {
    "ExecutedAsyncStatement": "statement",
    "ExecutedStatement": "result",
    "KernelError": "errors",
    "Metadata": "metadata",
    "Profile": "profile",
    "ProfileValue": "profile",
    "ResultStream": "result",
    "Session": "session",
    "Statement": "statement",
    "StatementCanceller": "statement",
    "Token": "auth",
    "TokenProvider": "auth",
    "Volume": "volume",
    "VolumeFile": "volume",
    "VolumeOperation": "volume",
    "init_logging": "logging",
    "reset_logging": "logging",
}


def __getattr__(name: str) -> object:
    """Loads a public name, and with it its module, when it is first used."""
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("databricks-sql-kernel")
    elif name in _MODULE_OF:
        from importlib import import_module

        value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    else:
        from ._handle import similar

        hint = "make a Session(...)" if name == "connect" else similar(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint and f': {hint}'}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
