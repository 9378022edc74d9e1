"""A cursor's parameters, bound to a statement of the kernel's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from databricks.sql.exc import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from databricks_sql_kernel.statement import Statement

__all__ = ["bind_parameters"]

COMPOUND: Final = frozenset({"ARRAY", "MAP", "STRUCT"})


def bind_parameters(statement: Statement, parameters: Iterable[Any]) -> None:
    """Binds the connector's `TSparkParameter`s, by name where they have one and else in their order.

    Raises:
        NotSupportedError: One is an ARRAY, MAP or STRUCT, which the protocol has no parameters of.
        KernelError: `InvalidArgument`: a value does not parse as its type. Nothing was sent.
    """
    ordinal = 0
    for parameter in parameters:
        named = parameter.name is not None and not parameter.ordinal
        ordinal += not named
        where = f":{parameter.name}" if named else f"number {ordinal}"
        sql_type = parameter.type or "STRING"
        base = sql_type.split("(")[0].split("<")[0].strip().upper()
        if base in COMPOUND or parameter.arguments:
            raise NotSupportedError(
                f"parameter {where} is of type {base}: the SQL Statement Execution API takes no ARRAY, MAP or STRUCT parameters; "
                "pass its parts as parameters and put them together in SQL, as in array(:a, :b), or pass JSON text to from_json"
            )
        text = None if parameter.value is None else parameter.value.stringValue
        if named:
            statement.bind_named_param(parameter.name, text, sql_type)
        else:
            statement.bind_param(ordinal, text, sql_type)
