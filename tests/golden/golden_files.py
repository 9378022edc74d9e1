"""Spark's golden files: each query with the schema and the output that Spark's own tests expect of it.

They are read from the jar of Spark's tests and never copied into the tree. A query's text is taken from the results, which hold it
as it was run, so that the rules by which the inputs are cut into queries are Spark's alone.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = "sql-tests/inputs/"
RESULTS = "sql-tests/results/"
# It is there for the suite's own list of ignored files, and has no results.
IGNORED = "ignored.sql"
SEGMENT = re.compile(r"-- !query.*\n")

Setting = tuple[str, str]


@dataclass(frozen=True)
class Golden:
    """A query, the line of its schema, and its output; a second output is that of another Java, whose DOUBLEs end otherwise."""

    sql: str
    schema: str
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class GoldenFile:
    """A file by its name below the inputs, the settings of each of its runs, and its queries in their order."""

    name: str
    runs: tuple[tuple[Setting, ...], ...]
    statements: tuple[Golden, ...]


def read(jar: Path) -> list[GoldenFile]:
    """All files, by name."""
    with zipfile.ZipFile(jar) as archive:
        names = sorted(
            name.removeprefix(INPUTS) for name in archive.namelist() if name.startswith(INPUTS) and name.endswith(".sql")
        )
        return [_file(archive, name) for name in names if name != IGNORED]


def _file(archive: zipfile.ZipFile, name: str) -> GoldenFile:
    comments = [line for line in _text(archive, INPUTS + name).split("\n") if line.startswith("--")]
    settings = [setting for line in comments if line.startswith("--SET ") for setting in _settings(line[6:])]
    dimensions: dict[str, list[list[Setting]]] = {}
    for line in comments:
        if line.startswith("--CONFIG_DIM"):
            dimension, _, texts = line.removeprefix("--CONFIG_DIM").partition(" ")
            dimensions.setdefault(dimension, []).append(_settings(texts))
    runs = tuple(tuple(itertools.chain(settings, *sets)) for sets in itertools.product(*dimensions.values()))
    first = _segments(_text(archive, f"{RESULTS}{name}.out"))
    others = f"{RESULTS}{name}.out.java21"
    second = _segments(_text(archive, others)) if others in archive.namelist() else first
    statements = (
        Golden(sql.strip(), schema.strip(), tuple(dict.fromkeys((_trimmed(output), _trimmed(other[2])))))
        for (sql, schema, output), other in zip(first, second, strict=True)
    )
    return GoldenFile(name, runs, tuple(statements))


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8")


def _settings(line: str) -> list[Setting]:
    pairs = (setting.partition("=") for setting in line.split(","))
    return [(key.strip(), value.strip()) for key, _, value in pairs]


def _segments(text: str) -> list[tuple[str, str, str]]:
    """The query, schema and output of each query; what stands before the first is a heading."""
    parts = SEGMENT.split(text)[1:]
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def _trimmed(output: str) -> str:
    return output.rstrip()
