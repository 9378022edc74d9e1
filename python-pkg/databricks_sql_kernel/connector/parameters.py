"""A cursor's parameters: taken from the caller, and bound to a statement of the kernel's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Final

from databricks.sql.exc import NotSupportedError, ProgrammingError
from databricks.sql.parameters.native import DbsqlParameterBase, DecimalParameter, dbsql_parameter_from_primitive

from databricks_sql_kernel._arguments import any_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from databricks_sql_kernel.statement import Statement

__all__ = ["as_sent", "bind_parameters", "given_parameters"]

COMPOUND: Final = frozenset({"ARRAY", "MAP", "STRUCT"})
BYTES: Final = (bytes, bytearray, memoryview)

TAKEN: Final = "a list or tuple with a value for each `?`, or a dict with a value for each :name"


def given_parameters(parameters: Any) -> list[DbsqlParameterBase]:
    """The connector's parameters for what `execute` was given: a sequence of values, or a mapping from names to values.

    Raises:
        ProgrammingError: It is something else, such as one value alone.
        NotSupportedError: A value is of a type that has no SQL type here, such as `bytes`.
    """
    if isinstance(parameters, Mapping):
        return [_parameter(value, f":{name}", _name(name)) for name, value in parameters.items()]
    if isinstance(parameters, (str, *BYTES)) or not isinstance(parameters, Sequence):
        raise ProgrammingError(f"parameters must be {TAKEN}, not {type(parameters).__name__}")
    return [_parameter(value, f"number {number}", None) for number, value in enumerate(parameters, 1)]


def as_sent(parameter: DbsqlParameterBase, number: int, *, named: bool) -> Any:
    """The `TSparkParameter` of a parameter: its own type and the text of its value.

    Args:
        parameter: One of the connector's.
        number: Where it stands, counted from 1.
        named: Whether it is bound by its name, or by its place.

    Raises:
        ProgrammingError: Its value has no text.
    """
    from databricks.sql.thrift_api.TCLIService.ttypes import TSparkParameterValue

    where = f":{parameter.name}" if named else f"number {number}"
    value = parameter.value
    try:
        sent = parameter.as_tspark_param(named=named)
        if sent.arguments is None:
            sent.value = None if value is None else TSparkParameterValue(stringValue=_text(value))
    except (TypeError, ValueError) as error:
        raise ProgrammingError(f"parameter {where}: its {type(value).__name__} has no text: {error}") from error
    if isinstance(parameter, DecimalParameter):
        # Of its type, it means the first number by `scale` and the second by `precision`. Without them the kernel finds the
        # narrowest type; the connector would count the sign as a digit.
        sent.type = "DECIMAL" if parameter.scale is None else f"DECIMAL({parameter.scale},{parameter.precision})"
    return sent


def bind_parameters(statement: Statement, parameters: Iterable[Any]) -> None:
    """Binds `TSparkParameter`s, by name where they have one and else in their order.

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
        text = None if parameter.value is None else any_text(f"parameter {where}", parameter.value.stringValue)
        if named:
            statement.bind_named_param(parameter.name, text, sql_type)
        else:
            statement.bind_param(ordinal, text, sql_type)


def _parameter(value: Any, where: str, name: str | None) -> DbsqlParameterBase:
    if isinstance(value, DbsqlParameterBase):
        named = copy(value)
        named.name = value.name if name is None else name
        return named
    if isinstance(value, BYTES):
        raise NotSupportedError(
            f"parameter {where} is of type {type(value).__name__}: there is no BINARY parameter; "
            "pass value.hex() and write unhex() around it"
        )
    try:
        return dbsql_parameter_from_primitive(value, name)
    except NotSupportedError:
        raise NotSupportedError(
            f"parameter {where} is of type {type(value).__name__}, which has no SQL type here: pass a str, int, float, bool, "
            "Decimal, date, datetime or None, such as str(value) or value.item(), or a class of databricks.sql.parameters over one"
        ) from None


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise ProgrammingError(f"the names of parameters must be str, and {name!r} is of type {type(name).__name__}")
    return name


def _text(value: object) -> str:
    """The text of a value, also where its class, such as an `Enum`, would write its name."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__repr__(value)
    return str(value)
