"""The examples of Spark's functions, as DESCRIBE FUNCTION EXTENDED shows them, as golden files without schemas.

They are asked of Spark itself once and kept beside the jar of its tests. An example whose answer differs from the one that it
shows on Spark too, because it tells the time or takes chances, is no golden statement.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from golden_files import Golden, GoldenFile

if TYPE_CHECKING:
    from pathlib import Path

    from engines import Engine, Run

FOLDER = "functions/"
OPERATORS = "operators"
# No golden file has such a schema line: an example shows none.
NO_SCHEMA = ""
# What may stand behind the examples.
FOLLOWING = re.compile(r"\n\s*(?:Arguments|Deprecated|Note|Since):")
EXAMPLE = re.compile(r"(.+?);(?:\n(.*))?", re.DOTALL)


def read(kept: Path) -> list[GoldenFile]:
    """The examples by the first letter of their function, each letter as a file, and those of operators."""
    examples = json.loads(kept.read_text(encoding="utf-8"))
    letters: dict[str, list[Golden]] = {}
    for name, sql, output in examples:
        letters.setdefault(name[0] if name[0].isalpha() else OPERATORS, []).append(Golden(sql, NO_SCHEMA, (output,)))
    return [GoldenFile(f"{FOLDER}{letter}", ((),), tuple(of_letter)) for letter, of_letter in sorted(letters.items())]


def fetch(engine: Engine, kept: Path) -> None:
    """Asks Spark for its functions, runs their examples on it, and keeps those that come as they are shown."""
    with engine.start([]) as run:
        names = sorted(row[0] for row in run.execute("SHOW SYSTEM FUNCTIONS").rows)
        examples = [(name, *example) for name in names for example in _examples(run, name, engine.uncarried)]
    kept.write_text(json.dumps(examples, indent=0), encoding="utf-8")


def _examples(run: Run, name: str, uncarried: frozenset[str]) -> list[tuple[str, str]]:
    text = "\n".join(row[0] for row in run.execute(f"DESCRIBE FUNCTION EXTENDED {name}").rows)
    part = FOLLOWING.split(text.partition("Examples:\n")[2])[0]
    parts = re.split(r"(?m)^\s*> ", part)[1:]
    found = [example for part in parts if (example := EXAMPLE.fullmatch(part.rstrip()))]
    shown = [(example.group(1).strip(), unindented(example.group(2) or "")) for example in found]
    return [(sql, output) for sql, output in shown if _comes(run, sql, output, uncarried)]


def _comes(run: Run, sql: str, output: str, uncarried: frozenset[str]) -> bool:
    """Whether an answer is the one that is shown, in any order; an answer that results cannot hold is taken to be."""
    outcome = run.execute(sql)
    if outcome.error:
        return outcome.error[0] in uncarried and "current" not in sql
    lines = unindented("\n".join("\t".join(row) for row in outcome.rows)).split("\n")
    return sorted(lines) == sorted(output.split("\n"))


def unindented(text: str) -> str:
    """An output without the blanks before its lines and around it, as Spark compares examples."""
    return re.sub(r"\n\s+", "\n", text).strip()
