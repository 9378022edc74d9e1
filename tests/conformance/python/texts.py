"""The canonical text of values, as ../README.md defines it; of Arrow's numbers, and of Python's values."""

from __future__ import annotations

import json
import re
import struct
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
MICROSECOND = timedelta(microseconds=1)


def of_value(value: Any, type_text: str) -> Any:
    """A value of Python's, of a SQL type: text, lists and objects of text, and none for NULL."""
    if isinstance(value, (list, tuple)):
        return [of_value(item, type_text) for item in value]
    if isinstance(value, dict):
        return {name: of_value(item, type_text) for name, item in value.items()}
    return None if value is None else _of_scalar(value, type_text)


def _of_scalar(value: Any, type_text: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value, 32 if re.search(r"\bFLOAT\b", type_text) else 64)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        mark, utc = ("", value) if value.tzinfo is None else ("Z", value.astimezone(timezone.utc))
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + mark
    if isinstance(value, date):
        return value.isoformat()
    return duration(value // MICROSECOND) if isinstance(value, timedelta) else str(value)


def moment(since: timedelta) -> str:
    """So long after 1970 began."""
    return (EPOCH + since).isoformat(timespec="microseconds")


def duration(micros: int) -> str:
    """An interval of so many microseconds."""
    seconds, fraction = divmod(abs(micros), 1_000_000)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    return f"{'-' if micros < 0 else ''}{days} {hours % 24:02}:{minutes % 60:02}:{seconds % 60:02}.{fraction * 1000:09}"


def shortest(value: float, bits: int) -> str:
    """The shortest digits that read back as the same number, such as `1.5e0`."""
    if value != value:  # noqa: PLR0124
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    kind = "f" if bits == 32 else "d"  # noqa: PLR2004
    for digits in range(17):
        text = f"{value:.{digits}e}"
        try:
            same = struct.pack(kind, float(text)) == struct.pack(kind, value)
        except OverflowError:
            continue
        if same:
            break
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{int(exponent)}"


def as_line(value: object) -> str:
    """One line, for messages."""
    return json.dumps(value, ensure_ascii=False)
