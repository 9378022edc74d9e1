"""The public interface: what the published wheel has and more, documented, and loaded late."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import child
import databricks_sql_kernel
import pytest
from extras import needs_connector
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from databricks_sql_kernel.testing import LocalWarehouse

# Read off the published wheel 1.3.0: for each class its members with their parameters (none for a property).
PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published_interface.json").read_text())
# Properties there, which this package must have as properties too; the rest are methods.
CLASSES = [name for name, entry in PUBLISHED.items() if "members" in entry and name != "KernelError"]


def parameters(function: object) -> list[list[str | None]]:
    return [
        [p.name, p.kind.name, None if p.default is inspect.Parameter.empty else repr(p.default)]
        for p in inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        if p.name != "self"
    ]


def test_every_published_name_is_there() -> None:
    assert set(PUBLISHED) <= set(databricks_sql_kernel.__all__)


@pytest.mark.parametrize("name", CLASSES)
def test_members_have_the_published_signatures(name: str) -> None:
    cls = getattr(databricks_sql_kernel, name)
    ours = {
        member: None if isinstance(inspect.getattr_static(cls, member), property) else parameters(getattr(cls, member))
        for member in PUBLISHED[name]["members"]
    }
    assert ours == PUBLISHED[name]["members"]


def test_session_takes_the_published_arguments_and_ours_by_keyword() -> None:
    published = PUBLISHED["Session"]["parameters"]
    ours = parameters(databricks_sql_kernel.Session)
    assert ours[: len(published)] == published
    assert all(kind == "KEYWORD_ONLY" for _, kind, _ in ours[len(published) :])
    assert [name for name, _, _ in ours[len(published) :]] == [
        "token_provider",
        "profile",
        "on_authorization_url",
        "use_entra_app",
        "token_cache_directory",
        "databricks_cli_path",
        "oidc_token_filepath",
        "oidc_token_env",
        "token_audience",
        "proxy_url",
        "proxy_username",
        "proxy_password",
        "proxy_bypass",
        "connect_timeout_secs",
        "stall_timeout_secs",
        "result_memory_bytes",
        "max_chunk_bytes",
    ]


def test_every_public_name_is_documented() -> None:
    missing = []
    for name in databricks_sql_kernel.__all__:
        value = getattr(databricks_sql_kernel, name)
        if isinstance(value, str):
            continue
        members = vars(value).items() if isinstance(value, type) else []
        documented = [
            (name, value),
            *((f"{name}.{m}", v) for m, v in members if not m.startswith("_") and (callable(v) or isinstance(v, property))),
        ]
        missing += [path for path, item in documented if not inspect.getdoc(item)]
    assert missing == []


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'databricks_sql_kernel' has no attribute 'Sesion': did you mean 'Session'\?$"):
        databricks_sql_kernel.Sesion  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'connect': make a Session\(\.\.\.\)$"):
        databricks_sql_kernel.connect  # noqa: B018


def test_dir_lists_the_public_names() -> None:
    assert set(databricks_sql_kernel.__all__) <= set(dir(databricks_sql_kernel))


HEAVY = ("pyarrow", "numpy", "pytest", "databricks.sql")
LATE = (*HEAVY, "databricks_sql_kernel._native", "subprocess")


@pytest.mark.parametrize(
    "use",
    [
        "import databricks_sql_kernel as k",
        "import databricks_sql_kernel as k, inspect; inspect.signature(k.Session); k.KernelError; k.Statement; k.Token; k.Metadata",
        "import databricks_sql_kernel as k; assert k.init_logging() is True; assert k.init_logging() is False; k.reset_logging()",
        "import databricks_sql_kernel as k; k.__version__",
        "import databricks_sql_kernel as k\nfor name in k.__all__: getattr(k, name)",
        "from databricks_sql_kernel import *",
    ],
)
def test_nothing_heavy_is_loaded_before_the_first_session(use: str) -> None:
    check = f"import sys\n{use}\nprint(*[name for name in {LATE!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.split() in ([], ["subprocess"] if "__version__" in use else [])


@needs_connector
def test_version_is_the_kernels_and_what_the_connector_asks_for() -> None:
    from databricks_sql_kernel import _native

    version = databricks_sql_kernel.__version__
    assert version == importlib.metadata.version("databricks-sql-kernel") == _native.kernel_version()
    asked = [Requirement(line) for line in importlib.metadata.requires("databricks-sql-connector") or []]
    [kernel] = [requirement for requirement in asked if requirement.name == "databricks-sql-kernel"]
    assert version in kernel.specifier


def test_wheel_is_tagged_for_every_python_3() -> None:
    text = importlib.metadata.distribution("databricks-sql-kernel").read_text("WHEEL")
    assert text is not None
    tags = [line.removeprefix("Tag: ") for line in text.splitlines() if line.startswith("Tag: ")]
    assert tags
    assert all(tag.startswith("py3-none-") for tag in tags)


def test_library_is_stripped_and_small() -> None:
    from databricks_sql_kernel import _native

    [library] = Path(_native.__file__).parent.glob("*databricks_sql_kernel.so")
    assert library.stat().st_size < 16 * 1024 * 1024
    assert b".symtab" not in library.read_bytes()


def test_missing_library_says_how_to_get_it(tmp_path: Path) -> None:
    package = Path(databricks_sql_kernel.__file__).parent
    for source in package.glob("*.py"):
        target = tmp_path / "databricks_sql_kernel" / source.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    check = "import databricks_sql_kernel as k; print(k.__file__); k.Session('h', 'p', access_token='t')"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)}
    )
    assert done.stdout.startswith(str(tmp_path))
    assert "ImportError: the native library of databricks_sql_kernel is missing" in done.stderr
    assert "pip install dist/databricks_sql_kernel-*.whl" in done.stderr


def brought_with(name: str) -> set[str]:
    """A distribution and all that it needs here without extras."""
    lines = [Requirement(line) for line in importlib.metadata.requires(name) or []]
    needed = [line.name for line in lines if line.marker is None or line.marker.evaluate({"extra": ""})]
    return {name}.union(*map(brought_with, needed))


def test_wheel_and_what_it_brings_are_small(capsys: pytest.CaptureFixture[str]) -> None:
    names = sorted(brought_with("databricks-sql-kernel"))
    files = [file.locate() for name in names for file in importlib.metadata.files(name) or []]
    size = sum(Path(str(file)).stat().st_size for file in files if Path(str(file)).is_file())
    with capsys.disabled():
        print(f"\n{', '.join(names)} installed: {size / 1e6:.1f} MB")  # noqa: T201
    assert size < 20_000_000


def test_extras_are_those_that_are_described() -> None:
    extras = importlib.metadata.metadata("databricks-sql-kernel").get_all("Provides-Extra")
    assert set(extras or []) == {"arrow", "connector", "progress", "all"}


# Whatever is asked for of a result as Arrow; `aio` answers it awaited.
AS_ARROW = (
    "arrow_schema()",
    "fetch_next_batch()",
    "fetch_all_arrow()",
    "to_pandas()",
    "to_polars()",
    "__arrow_c_stream__(object())",
)
AS_ARROW_AWAITED = ("read_schema()", "fetch_next_batch()", "fetch_all_arrow()")
LINE = "pip install --find-links dist 'databricks-sql-kernel[arrow]'"


def test_everything_but_tables_and_batches_does_without_pyarrow(warehouse: LocalWarehouse) -> None:
    program = f"""
import asyncio
from types import SimpleNamespace
# What is None here cannot be imported.
sys.modules.update(dict.fromkeys(("pyarrow", "numpy"), None))
sys.modules.update(dict.fromkeys(("pandas", "polars"), SimpleNamespace(DataFrame=None)))
import databricks_sql_kernel as kernel
from databricks_sql_kernel import aio
query = "SELECT id, CAST(id AS STRING) AS s FROM range(20000) ORDER BY id"
def refused(error):
    tell(kind=type(error).__name__, message=str(error))
with kernel.Session(**arguments) as session:
    statement = session.statement()
    statement.set_sql(query)
    result = statement.execute()
    for way in {AS_ARROW!r}:
        try:
            eval("result." + way)
        except Exception as error:
            refused(error)
    assert repr(result.__arrow_c_schema__()).startswith('<capsule object "arrow_schema"')
    assert repr(result.__arrow_c_stream__()).startswith('<capsule object "arrow_array_stream"')
    assert [column.name for column in result.columns()] == ["id", "s"]
    assert list(result.rows()) == [(number, str(number)) for number in range(20000)]
    assert ("system",) in set(session.metadata().list_catalogs().rows())
async def main():
    async with aio.connect(**arguments) as session:
        result = await session.execute(query)
        for way in {AS_ARROW_AWAITED!r}:
            try:
                await eval("result." + way)
            except Exception as error:
                refused(error)
        assert [column.name for column in await result.columns()] == ["id", "s"]
        assert [row async for row in result.rows()] == [(number, str(number)) for number in range(20000)]
asyncio.run(main())
"""  # noqa: S608
    status, told, errors = child.run(program, warehouse.connect_arguments())
    message = f"reading a result as Arrow needs pyarrow: {LINE}"
    assert told == [{"kind": "ImportError", "message": message}] * (len(AS_ARROW) + len(AS_ARROW_AWAITED))
    assert (status, errors) == (0, "")


def test_rows_load_neither_pyarrow_nor_numpy(warehouse: LocalWarehouse) -> None:
    program = f"""
import databricks_sql_kernel as kernel
with kernel.Session(**arguments) as session:
    statement = session.statement()
    statement.set_sql("SELECT 1.5 AS d, DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05' AS t, array(1) AS a")
    assert len(list(statement.execute().rows())) == 1
tell(loaded=[name for name in {HEAVY!r} if name in sys.modules])
"""
    assert child.run(program, warehouse.connect_arguments())[1] == [{"loaded": []}]


def test_missing_tqdm_says_how_to_get_it(warehouse: LocalWarehouse) -> None:
    program = """
sys.modules["tqdm"] = None
import databricks_sql_kernel as kernel
with kernel.Session(**arguments) as session:
    statement = session.statement()
    statement.set_sql("SELECT 1")
    statement.execute().show_progress()
"""
    errors = child.run(program, warehouse.connect_arguments())[2]
    line = "pip install --find-links dist 'databricks-sql-kernel[progress]'"
    assert errors.endswith(f"ImportError: show_progress() needs tqdm: {line}\n")
