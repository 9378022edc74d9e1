"""Tests without a workspace: a local SQL warehouse, started and stopped by the test.

    from databricks_sql_kernel.testing import LocalWarehouse

    with LocalWarehouse() as warehouse:
        session = databricks_sql_kernel.Session(**warehouse.connect_arguments())

pytest finds the fixture `local_warehouse` by itself: one warehouse for the whole run.
"""

from .local_warehouse import LocalWarehouse, LocalWarehouseError

__all__ = ["LocalWarehouse", "LocalWarehouseError"]
