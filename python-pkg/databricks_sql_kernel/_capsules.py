"""Results as capsules of the Arrow PyCapsule interface, made by the kernel: no library of Arrow's is needed."""

from __future__ import annotations

import _thread
from ctypes import c_void_p, cast, py_object, pythonapi
from functools import cache
from typing import TYPE_CHECKING

from ._library import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from . import _native
    from ._pieces import Piece


def schema_capsule(schema: bytes) -> object:
    """The schema of an Arrow IPC stream."""
    from . import _native

    return _capsule(call(_native.exported_schema, schema), _kinds().schema)


def stream_capsule(schema: bytes, next_piece: Callable[[], Piece | None]) -> object:
    """Record batches, each taken when it is read. What `next_piece` raises reaches the reader as an error of his with its text."""
    from . import _native

    class Source(_native.BatchSource):
        def next_batch(self) -> _native.BatchRows | None:
            try:
                piece = next_piece()
                return None if piece is None else piece.for_arrow()
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    # Only errors cross to the reader, so Ctrl-C comes once more when he has answered.
                    _thread.interrupt_main()
                raise _native.CallbackError.Failed(f"{type(error).__name__}: {error}") from None  # type: ignore[attr-defined]

    return _capsule(call(_native.exported_batches, schema, Source()), _kinds().stream)


_new = pythonapi.PyCapsule_New
_new.restype, _new.argtypes = py_object, [c_void_p, c_void_p, c_void_p]


def _capsule(address: int, kind: _native.CapsuleKind) -> object:
    return _new(address, kind.name, kind.destructor)


@cache
def _kinds() -> _native.CapsuleKinds:
    from . import _native

    return _native.capsule_kinds(cast(pythonapi.PyCapsule_GetPointer, c_void_p).value or 0)
