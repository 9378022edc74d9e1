//! Casts that are called like functions.

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::{Expr, lit};

use super::super::cast::{Failure, cast_expr};
use super::super::sql_type::simple_type_text;
use super::super::{errors, types};
use super::registry::{Call, Function, planned};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("string", 1..=1, |call| cast(call, DataType::Utf8)),
    planned("tinyint", 1..=1, |call| cast(call, DataType::Int8)),
    planned("smallint", 1..=1, |call| cast(call, DataType::Int16)),
    planned("int", 1..=1, |call| cast(call, DataType::Int32)),
    planned("bigint", 1..=1, |call| cast(call, DataType::Int64)),
    planned("float", 1..=1, |call| cast(call, DataType::Float32)),
    planned("double", 1..=1, |call| cast(call, DataType::Float64)),
    planned("decimal", 1..=1, |call| cast(call, DataType::Decimal128(10, 0))),
    planned("binary", 1..=1, |call| cast(call, DataType::Binary)),
    planned("boolean", 1..=1, |call| cast(call, DataType::Boolean)),
    planned("date", 1..=1, |call| cast(call, DataType::Date32)),
    planned("timestamp", 1..=1, |call| {
        let zoned = types::timestamp(call.typed.session.time_zone());
        cast(call, zoned)
    }),
    planned("typeof", 1..=1, type_of),
];

/// The only argument as a value of a type.
pub(super) fn cast(call: Call<'_>, to: DataType) -> DfResult<Expr> {
    let typed = call.typed;
    let [value] = call.take()?;
    typed.cast(value, &to)
}

/// The same, NULL where it is none.
pub(super) fn try_cast(call: Call<'_>, to: &DataType) -> DfResult<Expr> {
    let (typed, from) = (call.typed, call.type_of(0)?);
    let [value] = call.take()?;
    cast_expr(value, &from, to, typed.zone(), Failure::Null)
}

fn type_of(call: Call<'_>) -> DfResult<Expr> {
    match call.type_of(0)? {
        DataType::Interval(_) | DataType::Duration(_) => {
            Err(errors::carried(errors::unsupported("typeof of an interval")))
        }
        found => Ok(lit(simple_type_text(&Field::new("", found, true)))),
    }
}
