"""What arguments must look like. Wrong values are `InvalidArgument`, wrong types `TypeError`; both name the argument."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from .errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Iterable


def text(name: str, value: object) -> str:
    """Text that is not empty."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not value:
        raise invalid_argument(f"{name} is empty")
    return value


def seconds(name: str, value: float | timedelta | None) -> timedelta | None:
    """A positive time span in seconds, with fractions."""
    if value is None or isinstance(value, timedelta):
        span = value
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds or a timedelta, not {type(value).__name__}")
    elif not math.isfinite(value):
        raise invalid_argument(f"{name} must be a finite number of seconds, not {value}")
    else:
        try:
            span = timedelta(seconds=value)
        except OverflowError:
            raise invalid_argument(f"{name} is too long: {value} seconds") from None
    if span is not None and span <= timedelta(0):
        raise invalid_argument(f"{name} must be more than 0 seconds, not {value}; leave it out for the default")
    return span


def count(name: str, value: int | None, most: int = 2**31 - 1) -> int | None:
    """A positive number."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not 0 < value <= most:
        raise invalid_argument(f"{name} must be between 1 and {most}, not {value}; leave it out for the default")
    return value


def pem(name: str, value: bytes | str | None) -> bytes | None:
    """PEM text, as `bytes` or `str`."""
    if value is None:
        return None
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{name} must be PEM as bytes or str, not {type(value).__name__}")
    if b"-----BEGIN " not in value:
        raise invalid_argument(f"{name} is not PEM: pass the content of the file, which begins with -----BEGIN")
    return bytes(value)


def string_pairs(name: str, value: Mapping[str, str] | Iterable[tuple[str, str]] | None) -> list[tuple[str, str]]:
    """Pairs of text, from a mapping or a sequence of pairs."""
    pairs = []
    for item in value.items() if isinstance(value, Mapping) else value or ():
        try:
            key, entry = item
        except (TypeError, ValueError):
            raise TypeError(f"{name} must be a mapping or a sequence of (name, value) pairs") from None
        if not isinstance(key, str) or not isinstance(entry, str):
            raise TypeError(f"{name} must have text as names and values; {key!r} has {type(entry).__name__}")
        pairs.append((key, entry))
    return pairs
