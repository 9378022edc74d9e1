"""Columns out of what the kernel writes of them: a pickle whose names are those below, and no others."""

from __future__ import annotations

import pickle
import re
from ctypes import string_at
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn
from zoneinfo import ZoneInfo

from ._handle import NotCopied

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - every zone's
# What Python's datetime can hold: microseconds since 1970.
MICROSECONDS: Final = (-62_135_596_800_000_000, 253_402_300_799_999_999)
OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")


class NoForm(Exception):  # noqa: N818 - not an error of the caller's
    """A value has no form in Python; the text says why."""


def load(address: int, length: int) -> list[list[Any]]:
    """The columns of a pickle of the kernel's, which lies so many bytes long at an address.

    Raises:
        Exception: Python cannot hold one of the values.
    """
    columns: list[list[Any]] = _Unpickler(_Memory(address, length)).load()
    return columns


class _Memory(NotCopied):
    """A file of what lies at an address: it is copied once, when the unpickler asks for its frame."""

    def __init__(self, address: int, length: int) -> None:
        self._address, self._end = address, address + length

    def read(self, count: int) -> bytes:
        start = self._address
        self._address = min(start + count, self._end)
        return string_at(start, self._address - start)

    def readline(self) -> bytes:
        # All lines lie in the frame.
        return b""


def _numbers(kind: str, data: bytes, nulls: list[int]) -> list[Any]:
    values: list[Any] = memoryview(data).cast(kind).tolist()  # type: ignore[call-overload]
    for index in nulls:
        values[index] = None
    return values


def _date_beyond(days: int) -> date:
    return date.fromordinal(days + EPOCH.toordinal())


def _datetime_beyond(since_1970: int, zone: tzinfo | None = None) -> datetime:
    """The local time of an instant that is beyond Python's years in UTC.

    Raises:
        OverflowError: The local time is, too.
    """
    if zone is None:
        return EPOCH + timedelta(microseconds=since_1970)
    edge = min(max(since_1970, MICROSECONDS[0]), MICROSECONDS[1])
    local = zone.fromutc((EPOCH + timedelta(microseconds=edge)).replace(tzinfo=zone))
    return local + timedelta(microseconds=since_1970 - edge)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    offset = OFFSET.fullmatch(name)
    if offset is None:
        return ZoneInfo(name)
    span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    return timezone(-span if offset[1] == "-" else span)


def _local(zone: str) -> Callable[[datetime], datetime]:
    return _zone(zone).fromutc


def _unit(scale: str) -> Decimal:
    return Decimal((0, (1,), -int(scale)))


def _months() -> NoReturn:
    raise NoForm("Python has no class for months")


def _same_names() -> NoReturn:
    raise NoForm("two of its fields have the same name")


NAMES: Final = {
    "date": date,
    "date_beyond": _date_beyond,
    "datetime": datetime,
    "datetime_beyond": _datetime_beyond,
    "local": _local,
    "months": _months,
    # Exact for every DECIMAL: its digits times its unit.
    "multiply": Context(prec=76).multiply,
    "numbers": _numbers,
    "same_names": _same_names,
    "timedelta": timedelta,
    "unit": _unit,
    "zone": _zone,
}


class _Unpickler(NotCopied, pickle.Unpickler):
    def find_class(self, _module: str, name: str) -> Any:
        return NAMES[name]
