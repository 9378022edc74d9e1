"""Values of Arrow as Spark's golden files write them: the text form of Hive."""

from __future__ import annotations

import base64
import math
import re
import struct
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pyarrow as pa
    from sql_types import SqlType

MICROS_PER_DAY = 86_400_000_000
# The calendar repeats itself after 400 years, weekdays and rules of clock changes included.
CYCLE_DAYS = 146_097
LAST_DAY = 2_932_896
FIRST_DAY = -719_162
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def column_texts(column: pa.ChunkedArray, sql_type: SqlType, binary_style: str) -> list[str]:
    """The text of each value of a column."""
    return [_text(value, sql_type, binary_style, nested=False) for value in column]


def _text(value: Any, sql_type: SqlType, style: str, *, nested: bool) -> str:
    if not value.is_valid:
        return "null" if nested else "NULL"
    inner = [lambda part, at=at: _text(part, sql_type.parts[at], style, nested=True) for at in range(len(sql_type.parts))]
    match sql_type.word:
        case "array":
            return f"[{','.join(map(inner[0], value.values))}]"
        case "map":
            pairs = ((pair["key"], pair["value"]) for pair in value.values)
            return f"{{{','.join(sorted((f'{inner[0](key)}:{inner[1](item)}' for key, item in pairs), key=java_order))}}}"
        case "struct":
            fields = (f'"{name}":{inner[at](value[at])}' for at, name in enumerate(sql_type.names))
            return f"{{{','.join(fields)}}}"
        case "string":
            return f'"{value.as_py()}"' if nested else str(value.as_py())
        case "binary":
            return binary(value.as_py(), style)
        case word:
            return _scalar(value, word)


def _scalar(value: Any, word: str) -> str:
    match word:
        case "boolean":
            return "true" if value.as_py() else "false"
        case "float":
            return java_float(value.as_py())
        case "double":
            return java_number(value.as_py(), repr(value.as_py()))
        case "date":
            return day(value.value)
        case "timestamp":
            return moment(value.value, zone(value.type.tz or "UTC"))
        case "timestamp_ntz":
            return moment(value.value, timezone.utc)
    if word.startswith("decimal"):
        return format(value.as_py(), "f")
    if word.startswith("interval"):
        return interval(value.as_py(), word.rpartition(" ")[2])
    return str(value.as_py())


def interval(text: str, last: str) -> str:
    """An INTERVAL, such as `1-2` or `1 02:03:04.500000000`, without what is smaller than the last unit of its type."""
    match last:
        case "year":
            return f"{text.rpartition('-')[0]}-0"
        case "day":
            return f"{text.partition(' ')[0]} 00:00:00.000000000"
        case "hour":
            return f"{text.partition(':')[0]}:00:00.000000000"
        case "minute":
            return f"{text.rpartition(':')[0]}:00.000000000"
    return text


def java_order(text: str) -> bytes:
    """The key that sorts as Java does: by units of UTF-16."""
    return text.encode("utf-16-be", "surrogatepass")


def binary(value: bytes, style: str) -> str:
    """BINARY in the session's `spark.sql.binaryOutputStyle`."""
    match style.upper():
        case "BASE64":
            return base64.b64encode(value).decode().rstrip("=")
        case "HEX":
            return value.hex().upper()
        case "HEX_DISCRETE":
            return f"[{value.hex(' ').upper()}]"
        case "BASIC":
            return f"[{', '.join(str(byte - 256 if byte > 127 else byte) for byte in value)}]"
    return value.decode("utf-8", "replace")


def java_float(value: float) -> str:
    """A FLOAT as Java writes it: the fewest digits that give it back."""
    if not math.isfinite(value):
        return java_number(value, repr(value))
    packed = struct.pack("f", value)
    shortest = next(text for digits in range(1, 10) if _packs_to(text := f"{value:.{digits}g}", packed))
    return java_number(value, shortest)


def _packs_to(text: str, packed: bytes) -> bool:
    try:
        return struct.pack("f", float(text)) == packed
    except OverflowError:
        return False


def java_number(value: float, shortest: str) -> str:
    """A number with these digits as Java's Double.toString writes it."""
    if math.isnan(value):
        return "NaN"
    sign, digits, exponent = Decimal(shortest).as_tuple()
    if not isinstance(exponent, int):
        return "-Infinity" if sign else "Infinity"
    minus = "-" if sign else ""
    text = "".join(map(str, digits)).rstrip("0")
    if not text:
        return f"{minus}0.0"
    if len(text) == 1:
        # Java always writes two digits, so it takes the two that come closest: 4.9E-324.
        _, digits, exponent = Decimal(f"{value:.1e}").as_tuple()
        text = "".join(map(str, digits)).rstrip("0")
    point = len(digits) + int(exponent)
    if -3 < point <= 7:
        padded = text.ljust(point, "0") if point > 0 else "0" * (1 - point) + text
        whole = max(point, 1)
        return f"{minus}{padded[:whole]}.{padded[whole:] or '0'}"
    return f"{minus}{text[0]}.{text[1:] or '0'}E{point - 1}"


def day(days: int) -> str:
    """A DATE, counted from 1970-01-01, in the proleptic Gregorian calendar."""
    cycles, within = divmod(days - FIRST_DAY, CYCLE_DAYS)
    date = EPOCH + timedelta(days=within + FIRST_DAY)
    year = date.year + 400 * cycles
    sign = "+" if year > 9999 else "-" if year < 0 else ""
    return f"{sign}{abs(year):04}-{date.month:02}-{date.day:02}"


@cache
def zone(name: str) -> tzinfo:
    """A session's time zone, by its name or its offset."""
    if offset := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?(?::(\d{2}))?", name):
        sign, hours, minutes, seconds = offset.groups("0")
        span = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        return timezone(-span if sign == "-" else span)
    return timezone.utc if name == "Z" else ZoneInfo(name)


def moment(micros: int, where: tzinfo) -> str:
    """A timestamp, in microseconds from 1970-01-01T00:00:00Z, as the clock of a zone shows it."""
    days, within = divmod(micros, MICROS_PER_DAY)
    like = days - (max(0, days - LAST_DAY + CYCLE_DAYS) // CYCLE_DAYS) * CYCLE_DAYS
    like = max(like, FIRST_DAY + 2)
    offset = (EPOCH + timedelta(days=like, microseconds=within)).astimezone(where).utcoffset() or timedelta()
    days, within = divmod(micros + offset // timedelta(microseconds=1), MICROS_PER_DAY)
    seconds, fraction = divmod(within, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{day(days)} {clock}{f'.{fraction:06}'.rstrip('0') if fraction else ''}"
