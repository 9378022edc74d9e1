"""`databricks-sql-connector` on this kernel: its connections and cursors, with the kernel in place of its backends.

    from databricks_sql_kernel import connector

    with connector.connect(server_hostname="…", http_path="…", access_token="…") as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 AS one")
            print(cursor.fetchone().one)

`connect` takes what `databricks.sql.connect` takes. Programs that cannot change the call, such as pandas and SQLAlchemy, use
`install` or `installed`: `databricks.sql.connect(..., use_sea=True)` then goes to the kernel too. Importing this package imports
neither the connector nor pyarrow nor the native library; without one of them the first use raises an `ImportError` that says how
to get it. Connector 4.8 and 4.9 are supported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .client import KernelDatabricksClient
    from .result_set import KernelResultSet
    from .routing import connect, install, installed, uninstall

__all__ = ["KernelDatabricksClient", "KernelResultSet", "connect", "install", "installed", "uninstall"]

_MODULE_OF: Final = {
    "KernelDatabricksClient": "client",
    "KernelResultSet": "result_set",
    "connect": "routing",
    "install": "routing",
    "installed": "routing",
    "uninstall": "routing",
}


def __getattr__(name: str) -> object:
    """Loads a public name, and with it its module, when it is first used."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from ._requirements import require_connector

    require_connector()
    value: object = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
