"""SQL types as the manifest of a result writes them, and as the schema line of a golden file does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SqlType:
    """A type by its word in lower case, such as `int`, `decimal(10,2)` or `array`, with what it is made of and their names."""

    word: str
    parts: tuple[SqlType, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As in a golden file's schema."""
        if self.word == "struct":
            fields = zip(self.names, self.parts, strict=True)
            return f"struct<{','.join(f'{name}:{part}' for name, part in fields)}>"
        return f"{self.word}<{','.join(map(str, self.parts))}>" if self.parts else self.word


def parse(text: str) -> SqlType:
    """Reads `MAP<STRING, STRUCT<a: INT>>`. A text that is no type is taken as one word."""
    try:
        parsed, end = _type(text, 0)
    except (IndexError, ValueError):
        return SqlType(text.lower())
    return parsed if end == len(text) else SqlType(text.lower())


def _type(text: str, at: int) -> tuple[SqlType, int]:
    upper = text[at : at + 7].upper()
    if upper.startswith("ARRAY<"):
        part, at = _type(text, at + 6)
        return SqlType("array", (part,)), _past(text, at, ">")
    if upper.startswith("MAP<"):
        key, at = _type(text, at + 4)
        value, at = _type(text, _past(text, at, ", "))
        return SqlType("map", (key, value)), _past(text, at, ">")
    if upper == "STRUCT<":
        return _struct(text, at + 7)
    end = at
    depth = 0
    while end < len(text) and (depth or text[end] not in ",>"):
        depth += (text[end] == "(") - (text[end] == ")")
        end += 1
    return SqlType(text[at:end].strip().lower().removesuffix(" not null").replace(", ", ",")), end


def _struct(text: str, at: int) -> tuple[SqlType, int]:
    names: list[str] = []
    parts: list[SqlType] = []
    while text[at] != ">":
        at = _past(text, at, ", ") if names else at
        name, at = _name(text, at)
        part, at = _type(text, at)
        names.append(name)
        parts.append(part)
    return SqlType("struct", tuple(parts), tuple(names)), at + 1


def _name(text: str, at: int) -> tuple[str, int]:
    if text[at] == "`":
        end = at + 1
        while text[end] != "`" or text[end + 1] == "`":
            end += 2 if text[end] == "`" else 1
        return text[at + 1 : end].replace("``", "`"), _past(text, end + 1, ": ")
    end = text.index(":", at)
    return text[at:end], _past(text, end, ": ")


def _past(text: str, at: int, wanted: str) -> int:
    """Behind a mark, whose blank may be missing."""
    if text[at] != wanted[0]:
        raise ValueError(text)
    return at + (2 if len(wanted) == 2 and text[at + 1] == " " else 1)
