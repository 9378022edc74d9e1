"""What catalogs, schemas, tables and columns there are, awaited."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from databricks_sql_kernel.metadata import MetadataCalls

from ._wait import obtain
from .result import ResultStream

if TYPE_CHECKING:
    from databricks_sql_kernel import _native

__all__ = ["Metadata"]


class Metadata(MetadataCalls[Awaitable[ResultStream]]):
    """The metadata calls of a session, with patterns as those of LIKE. Each is awaited, and answers a `ResultStream`."""

    async def _result(self, request: _native.MetadataCall) -> ResultStream:
        return ResultStream(await obtain(request.fetch_ready, request.fetch_within, request.interrupt))
