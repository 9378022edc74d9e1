"""The Databricks SQL client kernel: sessions, statements, and results as rows or as Arrow.

    import databricks_sql_kernel as kernel

    with kernel.Session("host", "/sql/1.0/warehouses/ID", access_token=token) as session:
        with session.statement() as statement:
            statement.set_sql("SELECT 1 AS one")
            for row in statement.execute().rows():
                print(row)

Every failure is a `KernelError`, whose `code` says what to do about it. A session may be used from any number of threads.
Importing this package loads no native library: that waits for the first session. pyarrow is loaded, and needed, only where
tables or record batches are asked for: it is the extra `arrow`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._result_base import Column
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
    "Column",
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
    "Column": "_result_base",
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
        if name == "init_logging":
            # Not kept, because the connector's own backend asks for it first of all, and imports pyarrow next.
            if "databricks.sql.backend.kernel" in sys.modules:
                from .connector._requirements import require_arrow

                require_arrow("use_kernel=True")
            return value
    else:
        from ._handle import similar

        hint = "make a Session(...)" if name == "connect" else similar(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint and f': {hint}'}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
