"""What arguments must look like. Wrong values are `InvalidArgument`, wrong types `TypeError`; both name the argument."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta

from .errors import invalid_argument


def text(name: str, value: object) -> str:
    """Text that is not empty."""
    given = any_text(name, value)
    if not given:
        raise invalid_argument(f"{name} is empty")
    return given


def any_text(name: str, value: object, rule: str = "a str") -> str:
    """Text, also an empty one; `rule` says what is taken."""
    if not isinstance(value, str):
        raise wrong_type(name, rule, value)
    try:
        # What cannot be UTF-8 would only be found in generated code.
        value.isascii() or value.encode()
    except UnicodeEncodeError as error:
        raise invalid_argument(f"{name} has a lone surrogate at position {error.start}, which is no character") from None
    return value


def optional_text(name: str, value: object) -> str | None:
    """Text or `None`."""
    return None if value is None else any_text(name, value, "a str or None")


def texts(name: str, value: object) -> list[str] | None:
    """A sequence of texts, or `None`; one text is not taken for the sequence of its characters."""
    if value is None:
        return None
    if isinstance(value, (str, bytes, bytearray, Mapping)) or not isinstance(value, Iterable):
        raise wrong_type(name, "a sequence of str, such as a list", value)
    return [any_text(f"{name}[{index}]", item) for index, item in enumerate(value)]


def flag(name: str, value: object) -> bool:
    """`True` or `False`: the text "false" is true elsewhere."""
    if not isinstance(value, bool):
        raise wrong_type(name, "True or False", value)
    return value


def seconds(name: str, value: object) -> timedelta | None:
    """A positive time span in seconds, with fractions."""
    if value is None:
        return None
    if isinstance(value, timedelta):
        span = value
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type(name, "a number of seconds or a timedelta", value)
    elif not math.isfinite(value):
        raise invalid_argument(f"{name} must be a finite number of seconds, not {value}")
    else:
        try:
            span = timedelta(seconds=value)
        except OverflowError:
            raise invalid_argument(f"{name} is too long: {value} seconds") from None
    if span <= timedelta(0):
        raise invalid_argument(f"{name} must be more than 0 seconds, not {value}; leave it out for the default")
    return span


def count(name: str, value: object, most: int = 2**31 - 1) -> int | None:
    """A positive number, or `None` for the default."""
    return None if value is None else whole(name, value, 1, most, "; leave it out for the default")


def whole(name: str, value: object, least: int, most: int = 2**31 - 1, else_: str = "") -> int:
    """A whole number within limits; `else_` is the way out."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(name, "an int", value)
    if not least <= value <= most:
        raise invalid_argument(f"{name} must be between {least} and {most}, not {value}{else_}")
    return value


def pem(name: str, value: object) -> bytes | None:
    """PEM text, as `bytes` or `str`."""
    if value is None:
        return None
    if isinstance(value, str):
        value = any_text(name, value).encode()
    if not isinstance(value, (bytes, bytearray)):
        raise wrong_type(name, "PEM as bytes or str", value)
    if b"-----BEGIN " not in value:
        raise invalid_argument(f"{name} is not PEM: pass the content of the file, which begins with -----BEGIN")
    return bytes(value)


def string_pairs(name: str, value: object) -> list[tuple[str, str]]:
    """Pairs of text, from a mapping or a sequence of pairs."""
    pairs = []
    for key, entry in _pairs(name, value):
        if not isinstance(key, str) or not isinstance(entry, str):
            raise TypeError(f"{name} must have text as names and values; {key!r} has {type(entry).__name__}")
        pairs.append((any_text(f"a name in {name}", key), any_text(f"{name}[{key!r}]", entry)))
    return pairs


def _pairs(name: str, value: object) -> Iterable[tuple[object, object]]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        return value.items()
    rule = "a mapping or a sequence of (name, value) pairs"
    if isinstance(value, (str, bytes, bytearray)) or not isinstance(value, Iterable):
        raise wrong_type(name, rule, value)
    items = list(value)
    for item in items:
        if not isinstance(item, (tuple, list)) or len(item) != 2:  # noqa: PLR2004
            raise TypeError(f"{name} must be {rule}")
    return items


def tags(name: str, value: object) -> dict[str, str | None]:
    """A mapping from text to text or `None`."""
    if not isinstance(value, Mapping):
        raise wrong_type(name, "a mapping from str to str or None, such as {'team': 'a', 'urgent': None}", value)
    return {any_text(f"a key of {name}", key): optional_text(f"{name}[{key!r}]", entry) for key, entry in value.items()}


def function(name: str, value: object) -> None:
    """Something to call, or `None`."""
    if value is not None and not callable(value):
        raise wrong_type(name, "a function or None", value)


def wrong_type(name: str, rule: str, value: object) -> TypeError:
    """The error for a value of another type; it does not show the value, which may be a secret."""
    return TypeError(f"{name} must be {rule}, not {'None' if value is None else type(value).__name__}")
