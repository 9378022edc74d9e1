"""The words of a statement, as far as a judge needs them: what it is, what it makes, what it names, whether it orders its rows."""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<text>[rR]?'(?:[^'\\]|\\.|'')*'|[rR]?"(?:[^"\\]|\\.|"")*")
      | (?P<quoted>`(?:[^`]|``)*`)
      | (?P<word>[A-Za-z_0-9]\w*)
      | (?P<mark>\S)""",
    re.VERBOSE | re.DOTALL,
)
CHANGES = {
    "alter",
    "analyze",
    "cache",
    "comment",
    "create",
    "declare",
    "delete",
    "drop",
    "insert",
    "load",
    "merge",
    "msck",
    "refresh",
}
CHANGES |= {"replace", "truncate", "uncache", "update"}
# What may stand between the verb and the name of what it changes.
BETWEEN = {"or", "replace", "global", "local", "temporary", "temp", "external", "view", "table", "function", "schema", "database"}
BETWEEN |= {"namespace", "if", "not", "exists", "into", "overwrite", "from", "on", "column", "variable", "var", "lazy", "recursive"}
BETWEEN |= {"materialized", "repair", "metric"}


class Words:
    """A statement, cut."""

    def __init__(self, sql: str) -> None:
        """Cuts it; comments are left out."""
        found = (match for match in TOKEN.finditer(sql) if match.lastgroup != "comment")
        self.tokens = [(str(match.lastgroup), match.group()) for match in found]
        self.plain = [text.strip("`").lower() if kind in {"word", "quoted"} else "" for kind, text in self.tokens]

    @property
    def verb(self) -> str:
        """The first word, or INSERT where it stands behind WITH or FROM."""
        first = next((word for word in self.plain if word), "")
        return "insert" if first in {"with", "from"} and "insert" in self.plain else first

    @property
    def named(self) -> set[str]:
        """Every name and word, and those inside texts where texts may be names or statements."""
        names = {word for word in self.plain if word}
        if names & {"identifier", "execute"}:
            texts = " ".join(text for kind, text in self.tokens if kind == "text")
            names |= {word.lower() for word in re.findall(r"\w+", texts)}
        return names

    @property
    def executes_change(self) -> bool:
        """Whether it is EXECUTE IMMEDIATE of a text that changes something."""
        return self.verb == "execute" and bool(self.named & CHANGES)

    @property
    def target(self) -> str | None:
        """The last part of the name of what a statement changes; `None` when it changes nothing with a name."""
        verb = self.verb
        if verb == "set":
            words = [word for word in self.plain if word]
            return words[2] if len(words) > 2 and words[1] in {"var", "variable"} else None
        if verb not in CHANGES:
            return None
        at = self.plain.index(verb) + 1
        while at < len(self.plain) and self.plain[at] in BETWEEN and self.tokens[at][0] == "word":
            at += 1
        if at < len(self.plain) and self.plain[at] == "identifier":
            return next((text.strip("'\"").split(".")[-1].lower() for kind, text in self.tokens[at:] if kind == "text"), None)
        return self._name(at) or None

    @property
    def declared(self) -> set[str]:
        """The names of the variables that a DECLARE of several makes."""
        target = self.target if self.verb == "declare" else None
        if target not in self.plain:
            return set()
        at = self.plain.index(target)
        names = {target}
        while self.tokens[at + 1 : at + 2] == [("mark", ",")]:
            at += 2
            names.add(self._name(at))
        return names

    @property
    def inserted(self) -> set[str]:
        """The last parts of the names of the tables that a statement with several INSERTs changes."""
        behind = [at for at, word in enumerate(self.plain) if word in {"into", "overwrite"}]
        if self.verb != "insert" or len(behind) == 1:
            return set()
        return {self._name(at + 1 + (self.plain[at + 1 : at + 2] == ["table"])) for at in behind} - {""}

    def _name(self, at: int) -> str:
        """The last part of the name at a position; empty when there is none."""
        while at + 2 < len(self.plain) and self.tokens[at + 1][1] == ".":
            at += 2
        return self.plain[at] if at < len(self.plain) else ""

    @property
    def orders(self) -> bool:
        """Whether it ends in an ORDER BY of its own, outside of all brackets."""
        depth = 0
        for (_, text), word, following in zip(self.tokens, self.plain, [*self.plain[1:], ""], strict=True):
            depth += (text == "(") - (text == ")")
            if depth == 0 and word == "order" and following == "by":
                return True
        return False
