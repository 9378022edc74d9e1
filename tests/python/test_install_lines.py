"""Nothing that users read tells them to install another project: on the index, the name of this one is the vendor's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("", "bench", "demo", "docs", "kotlin-pkg", "python-pkg", "src", "tests", "warehouse")
KINDS = {".json", ".kt", ".md", ".py", ".rs", ".sh", ".toml", ".yaml", ".yml"}
COMMAND = re.compile(r"\b(?:(?:pip3?|pipx|uv|poetry|conda|mamba)\b.*\b(?:install|add|download|sync|run)|uvx)\b(?P<what>.*)")
# The package by its name, not a file of it; and the connector's extra that brings it.
VENDORS = re.compile(
    r"(?<![/\w.-])databricks[-_]sql[-_]kernel(?![\w.-]*\.whl|[-_]?\*|\.\w)|databricks[-_]sql[-_]connector\[[^]]*kernel",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(r"--(?:find-links|no-index)\b")


def fetches_the_vendors(line: str) -> bool:
    """Whether a command in the line would take the package from the index."""
    command = COMMAND.search(line)
    return command is not None and VENDORS.search(command["what"]) is not None and ELSEWHERE.search(line) is None


def files() -> list[Path]:
    """What is written by hand, but for this file."""
    found: list[Path] = []
    for folder in FOLDERS:
        paths = (ROOT / folder).rglob("*") if folder else ROOT.glob("*")
        found += [path for path in paths if path.suffix in KINDS and path.is_file() and path != Path(__file__).resolve()]
    return [path for path in found if not {"target", "build"} & set(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize(
    ("line", "fetches"),
    [
        ("pip install databricks-sql-kernel", True),
        ("pip install 'databricks_sql_kernel[arrow]'", True),
        ("uv add databricks-sql-kernel==1.4.0", True),
        ("uvx databricks-sql-kernel -e 'SELECT 1'", True),
        ("`pip install 'databricks-sql-connector[kernel]'`", True),
        ("pip install --find-links dist 'databricks-sql-kernel[arrow]'", False),
        ("pip install dist/databricks_sql_kernel-*.whl", False),
        ("pip install ./dist/databricks_sql_kernel-1.4.0-py3-none-any.whl", False),
        ("pip install 'databricks-sql-connector>=4.8,<5'", False),
        ("import databricks_sql_kernel", False),
    ],
)
def test_lines_are_told_apart(line: str, *, fetches: bool) -> None:
    assert fetches_the_vendors(line) is fetches


def test_no_line_fetches_the_vendors_package() -> None:
    lines = [(path, line) for path in files() for line in path.read_text(encoding="utf-8").splitlines()]
    assert [f"{path}: {line}" for path, line in lines if fetches_the_vendors(line)] == []
    assert sum("--find-links dist" in line for _, line in lines) > 3
