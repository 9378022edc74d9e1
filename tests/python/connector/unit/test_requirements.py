"""What is imported when, and what is said when something is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

HAS_PYARROW = importlib.util.find_spec("pyarrow") is not None
HAS_KERNEL = HAS_PYARROW and importlib.util.find_spec("databricks_sql_kernel._native") is not None

PLACE = "'127.0.0.1', '/sql/1.0/warehouses/x', 'token'"
CONNECT = f"from databricks_sql_kernel import connector; connector.connect({PLACE})"
LINE = "pip install --find-links dist 'databricks-sql-kernel[connector]'"
INSTALL = "from databricks import sql; from databricks_sql_kernel import connector; connector.install()"


def run(program: str) -> tuple[int, str]:
    """The status and the last line of a program's errors."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]


@pytest.mark.parametrize("module", ["databricks.sql", "pyarrow", "databricks_sql_kernel._native"])
def test_import_loads_nothing_else(module: str) -> None:
    program = f"import sys, databricks_sql_kernel.connector as c; dir(c); sys.exit({module!r} in sys.modules)"
    assert run(program) == (0, "")


def test_missing_connector_is_named_with_the_command() -> None:
    status, error = run(f"import sys; sys.modules['databricks'] = None\n{CONNECT}")
    assert status == 1
    assert error == f"ImportError: databricks_sql_kernel.connector needs databricks-sql-connector: {LINE}"


@pytest.mark.skipif(HAS_PYARROW, reason="pyarrow is installed here")
def test_missing_pyarrow_is_named_with_the_command() -> None:
    assert run(CONNECT) == (1, f"ImportError: databricks_sql_kernel.connector needs pyarrow: {LINE}")


@pytest.mark.skipif(HAS_PYARROW, reason="pyarrow is installed here")
@pytest.mark.parametrize("before", ["", "import databricks_sql_kernel as k; k.init_logging()"])
def test_connectors_own_backend_names_it_too(before: str) -> None:
    connect = f"from databricks import sql\ntry:\n    sql.connect({PLACE}, use_kernel=True, enable_telemetry=False)\n"
    program = f"{before}\n{connect}except ImportError as error:\n    print(error)"
    # Then the connector's connection complains of its own end.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == f"use_kernel=True needs pyarrow: {LINE}\n"


@pytest.mark.skipif(not HAS_PYARROW or HAS_KERNEL, reason="this needs pyarrow without the native library")
@pytest.mark.parametrize(
    "program", [CONNECT, f"{INSTALL}; sql.connect({PLACE}, use_sea=True, enable_telemetry=False)"], ids=["connect", "install"]
)
def test_missing_native_library_is_named_with_the_command(program: str) -> None:
    status, error = run(program)
    assert status == 1
    assert error.startswith("ImportError: the native library of databricks_sql_kernel is missing")
    assert "pip install dist/databricks_sql_kernel-*.whl" in error


def test_unknown_name_is_an_attribute_error() -> None:
    assert run("from databricks_sql_kernel import connector; connector.nothing")[1].startswith("AttributeError")
