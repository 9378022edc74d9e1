"""What the adapter needs beside this package, and how a user gets it."""

from __future__ import annotations

from importlib.util import find_spec

from databricks_sql_kernel._extras import brought_by, install_line


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
        raise ImportError(f"databricks_sql_kernel.connector needs databricks-sql-connector: {install_line('connector')}")


def require_kernel() -> None:
    """Loads pyarrow and the native library.

    Raises:
        ImportError: One of them is missing; the text has the command that installs it.
    """
    from databricks_sql_kernel._library import load

    require_arrow("databricks_sql_kernel.connector")
    load()


def require_arrow(what: str) -> None:
    """Loads pyarrow.

    Args:
        what: What needs it.

    Raises:
        ImportError: It is missing; the text has the command that installs it.
    """
    with brought_by("connector", what, "pyarrow"):
        import pyarrow as pa  # noqa: F401
