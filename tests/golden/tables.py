"""The tables that Spark's suite has before its first query, as Parquet files."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv, parquet

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "test-data/postgresql/"
FEW = ("unique1", "unique2", "two", "four", "ten", "twenty", "hundred", "thousand")
MANY = ("twothousand", "fivethous", "tenthous", "odd", "even")
TEXTS = ("stringu1", "stringu2", "string4")
TENK = [*((name, pa.int32()) for name in (*FEW, *MANY)), *((name, pa.string()) for name in TEXTS)]
READ = {
    "aggtest": ("agg.data", [("a", pa.int32()), ("b", pa.float32())]),
    "onek": ("onek.data", TENK),
    "tenk1": ("tenk.data", TENK),
}
NAMES = ("testdata", "arraydata", "mapdata", *READ)


def write(jar: Path, folder: Path) -> None:
    """Writes NAME.parquet for each table."""
    numbers = list(range(1, 101))
    arrays = [[1, 2, 3], [2, 3, 4]]
    maps = [[(key, f"{letter}{row}") for key, letter in enumerate("abcde"[: 6 - row], 1)] for row in range(1, 6)]
    tables = {
        "testdata": pa.table({"key": pa.array(numbers, pa.int32()), "value": [str(number) for number in numbers]}),
        "arraydata": pa.table(
            {
                "arraycol": pa.array(arrays, pa.list_(pa.int32())),
                "nestedarraycol": pa.array([[array] for array in arrays], pa.list_(pa.list_(pa.int32()))),
            }
        ),
        "mapdata": pa.table({"mapcol": pa.array(maps, pa.map_(pa.int32(), pa.string()))}),
    }
    with zipfile.ZipFile(jar) as archive:
        for name, (file, columns) in READ.items():
            tables[name] = csv.read_csv(
                archive.open(FOLDER + file),
                read_options=csv.ReadOptions(column_names=[column for column, _ in columns]),
                parse_options=csv.ParseOptions(delimiter="\t"),
                convert_options=csv.ConvertOptions(column_types=dict(columns)),
            )
    for name, table in tables.items():
        parquet.write_table(table, folder / f"{name}.parquet")
