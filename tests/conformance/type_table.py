"""Makes docs/types.md from the cases that have a `type`; with `--check`, says whether it is what they give."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "types.md"
HEAD = """# Types

How each SQL type arrives. Made from the conformance cases by `make types`; each row names the case that shows it, with its extremes
and NULL. Arrow is the type of the column in every language; Python is the class that pyarrow's `to_pylist()` and `rows()` give,
Kotlin the one that a row gives; `description` is the name in the connector's cursor.

| SQL | Arrow | Python | Kotlin | `description` | case |
|---|---|---|---|---|---|
"""
TAIL = """
Rows marked \\* are refused by the local warehouse's embedded engine and shown on its Spark engine.

- INTERVAL of years and months: pyarrow has no type for it; Python asks for text with `intervals_as_string=True`.
- `complex_types_as_json` gives ARRAY, MAP and STRUCT as JSON text, decimals exact; `intervals_as_string` (Kotlin:
  `intervalsAsText`) gives INTERVAL as text: `text/*`.
- GEOMETRY and GEOGRAPHY are text, or with `enable_geospatial_support` (Kotlin: `geospatialAsWkb`) a struct of their reference
  system and their WKB.
- A column of CHAR or VARCHAR is a STRING, that of CHAR padded to its length: `types/char`, `types/varchar`.
- TIMESTAMP is an instant and carries a zone: the `TIMEZONE` that the session was given, else that of the server's own chunks;
  TIMESTAMP_NTZ has none.
"""


def page() -> str:
    """The page that the cases give."""
    rows = []
    for file in sorted((ROOT / "tests/conformance/cases").rglob("*.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        if "type" in case:
            [[_, sql, arrow]] = case["schema"]
            names = case["type"]
            name = file.relative_to(ROOT / "tests/conformance/cases").with_suffix("")
            mark = " \\*" if case.get("engine") == "spark" else ""
            rows.append(
                f"| `{sql}`{mark} | `{arrow}` | `{names['python']}` | `{names['kotlin']}` | `{names['description']}` | {name} |\n"
            )
    return HEAD + "".join(rows) + TAIL


def main() -> int:
    """Writes the page, or compares it."""
    if "--check" not in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE} is not what the conformance cases give: run `make types`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
