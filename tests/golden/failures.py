"""The failed statements in full, for whoever mends them: nothing of it is kept in the tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judge import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# The most of a text that is shown, and the most examples of a kind.
LONGEST = 1500
EXAMPLES = 5
EXPECTED_CLASS = re.compile(r'"errorClass" : "([^"]*)"')
CLASS = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Failure:
    """A failed statement with what Spark gives and what came."""

    file: str
    number: int
    letter: str
    sql: str
    expected: str
    came: str

    def __str__(self) -> str:
        """All of it."""
        shown = [text if len(text) <= LONGEST else f"{text[:LONGEST]}…" for text in (self.sql, self.expected, self.came)]
        return f"=== {self.file} {self.number} {self.letter}: {FAILURES[self.letter]}\n" + "\n---\n".join(shown)

    @property
    def kind(self) -> str:
        """What it has in common with others: the classes of the errors, or the file."""
        expected, came = EXPECTED_CLASS.search(self.expected), CLASS.match(self.came)
        wanted = expected.group(1) if expected else "an answer"
        return f"{FAILURES[self.letter]}: {came.group(1) if came else self.file} for {wanted}"


def write(path: Path, failures: Iterable[Failure]) -> None:
    """Writes how often each kind is there, with examples, and then every failure."""
    kinds: dict[str, list[Failure]] = {}
    for failure in failures:
        kinds.setdefault(failure.kind, []).append(failure)
    ordered = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    lines = [
        f"{len(of_kind):>5}  {kind}  ({', '.join(f'{failure.file} {failure.number}' for failure in of_kind[:EXAMPLES])})"
        for kind, of_kind in ordered
    ]
    texts = [str(failure) for _, of_kind in ordered for failure in of_kind]
    path.write_text("\n".join(lines) + "\n\n" + "\n\n".join(texts) + "\n", encoding="utf-8")
