"""What the adapter needs beside this package, and how a user gets it."""

from __future__ import annotations

from importlib.util import find_spec


def require_connector() -> None:
    """Checks that the connector is there, without importing it.

    Raises:
        ImportError: It is not; the text has the command that installs it.
    """
    try:
        found = find_spec("databricks.sql") is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        raise ImportError(
            "databricks_sql_kernel.connector needs databricks-sql-connector: pip install 'databricks-sql-connector>=4.8,<5'"
        )


def require_kernel() -> None:
    """Loads pyarrow and the native library.

    Raises:
        ImportError: One of them is missing; the text has the command that installs it.
    """
    from databricks_sql_kernel._library import load

    load()
