"""The pytest plugin: found by its entry point, it costs nothing until the fixture is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .local_warehouse import LocalWarehouse


@pytest.fixture(scope="session")
def local_warehouse() -> Iterator[LocalWarehouse]:
    """A local warehouse for the whole test run, with the tables of `samples.tpch`."""
    from .local_warehouse import LocalWarehouse

    with LocalWarehouse() as warehouse:
        yield warehouse
