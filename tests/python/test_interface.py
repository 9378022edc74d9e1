"""The public interface: what the published wheel has and more, documented, and loaded late."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import databricks_sql_kernel
import pytest
from packaging.requirements import Requirement

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


LATE = ("pyarrow", "databricks_sql_kernel._native", "numpy", "pytest", "databricks.sql", "subprocess")


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


def test_missing_pyarrow_says_how_to_get_it() -> None:
    check = "import sys; sys.modules['pyarrow'] = None; import databricks_sql_kernel as k; k.Session('h', 'p', access_token='t')"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert "ImportError: databricks_sql_kernel needs pyarrow: pip install 'pyarrow>=14.0.1'" in done.stderr
