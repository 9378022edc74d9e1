"""pandas and SQLAlchemy over our routing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from databricks_sql_kernel import connector
from databricks_sql_kernel.connector import KernelDatabricksClient

pytest.importorskip("databricks.sqlalchemy", reason="databricks-sqlalchemy is not in this environment")

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from databricks_sql_kernel.testing import LocalWarehouse


@pytest.fixture(scope="module")
def engine(warehouse: LocalWarehouse) -> Iterator[sa.Engine]:
    """An engine whose connections come to the kernel."""
    host, _, port = warehouse.url.rpartition(":")
    address = sa.URL.create(
        "databricks",
        username="token",
        password=warehouse.token,
        host="127.0.0.1",
        query={"http_path": warehouse.http_path, "catalog": "main", "schema": "default"},
    )
    arguments = {"server_hostname": host, "_port": int(port), "use_sea": True, "enable_telemetry": False}
    with connector.installed():
        engine = sa.create_engine(address, connect_args=arguments)
        yield engine
        engine.dispose()


def test_engine_is_on_the_kernel(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        assert isinstance(driver.session.backend, KernelDatabricksClient)
        assert connection.scalar(sa.text("SELECT :n + 1"), {"n": 41}) == 42


def test_core_round_trip(engine: sa.Engine) -> None:
    table = sa.Table(
        "core_round_trip",
        sa.MetaData(),
        sa.Column("n", sa.BigInteger),
        sa.Column("s", sa.String),
        sa.Column("d", sa.Numeric(10, 2)),
        sa.Column("day", sa.Date),
        sa.Column("b", sa.Boolean),
    )
    rows = [(1, "it's", Decimal("1.50"), dt.date(2026, 1, 2), True), (2, None, None, None, None)]
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [dict(zip(["n", "s", "d", "day", "b"], row, strict=True)) for row in rows])
        assert [tuple(row) for row in connection.execute(table.select().order_by(table.c.n))] == rows
        connection.execute(table.update().where(table.c.n == 2).values(s="two"))
        assert connection.scalar(sa.select(table.c.s).where(table.c.n == 2)) == "two"
        connection.execute(table.delete().where(table.c.n == 1))
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1
        table.drop(connection)


def test_reflection(engine: sa.Engine) -> None:
    assert "default" in sa.inspect(engine).get_schema_names()
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE OR REPLACE TABLE main.default.reflected (n BIGINT NOT NULL, s STRING, d DECIMAL(10, 2))")
        )
    try:
        assert "reflected" in sa.inspect(engine).get_table_names()
        assert sa.inspect(engine).has_table("reflected")
        assert not sa.inspect(engine).has_table("no_such_table")
        table = sa.Table("reflected", sa.MetaData(), autoload_with=engine)
        assert [column.name for column in table.columns] == ["n", "s", "d"]
        assert isinstance(table.c.n.type, sa.BigInteger)
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE main.default.reflected"))


class Base(DeclarativeBase):
    """The mapped classes of this file."""


class Part(Base):
    __tablename__ = "orm_part"
    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String)


def test_orm_round_trip(engine: sa.Engine) -> None:
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all([Part(id=1, name="bolt"), Part(id=2, name="nut")])
            session.commit()
        with Session(engine) as session:
            part = session.scalars(sa.select(Part).where(Part.name == "nut")).one()
            assert part.id == 2
            part.name = "washer"
            session.commit()
            assert sorted(session.scalars(sa.select(Part.name))) == ["bolt", "washer"]
            session.delete(part)
            session.commit()
            assert session.get(Part, 2) is None
    finally:
        Base.metadata.drop_all(engine)


def test_pandas_over_sqlalchemy(engine: sa.Engine) -> None:
    frame = pd.read_sql(sa.text("SELECT r_regionkey, r_name FROM samples.tpch.region ORDER BY r_regionkey"), engine)
    assert frame["r_name"].tolist() == ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"]


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy:UserWarning")
def test_pandas_over_a_connection(warehouse: LocalWarehouse) -> None:
    with connector.connect(**warehouse.connector_arguments()) as connection:
        frame = pd.read_sql("SELECT id, id * 2 AS twice FROM range(3) WHERE id < :most", connection, params={"most": 3})
        assert frame.to_dict("list") == {"id": [0, 1, 2], "twice": [0, 2, 4]}
