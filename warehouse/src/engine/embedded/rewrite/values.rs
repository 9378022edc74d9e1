//! The values of an inline table, of one type in each column before the planner chooses one of its own.

use datafusion::arrow::datatypes::DataType;
use datafusion::sql::sqlparser::ast::{Expr, Value, ValueWithSpan, Values};

use super::super::operators::common_type;
use super::super::types;
use super::typed_call::{TypedOp, cast, literal};
use crate::engine::SqlError;

/// Brings the values of every column whose types the text tells to their common type.
pub(super) fn align(values: &mut Values) -> Result<(), SqlError> {
    let width = values.rows.first().map_or(0, |row| row.content.len());
    for column in 0..width {
        let cells = values.rows.iter().filter_map(|row| row.content.get(column));
        let Some(types) = cells.map(told_type).collect::<Option<Vec<_>>>() else { continue };
        let text = |t: &DataType| *t == DataType::Utf8;
        if types.iter().any(text) && types.iter().any(|t| !text(t) && *t != DataType::Null) {
            return Err(incompatible());
        }
        let common =
            types.iter().try_fold(DataType::Null, |common, t| common_type(&common, t)).ok_or_else(incompatible)?;
        let Some(name) = types::sql_text(&common).filter(|_| common.is_numeric()) else { continue };
        for (row, own) in values.rows.iter_mut().zip(&types) {
            if let Some(cell) = row.content.get_mut(column)
                && *own != common
                && *own != DataType::Null
            {
                let value = std::mem::replace(cell, Expr::value(Value::Null));
                *cell = converted(value, own, &name);
            }
        }
    }
    Ok(())
}

fn incompatible() -> SqlError {
    let text = "Invalid inline table. Found incompatible types in a column for inline table.";
    SqlError::new("INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", "42000", text)
}

/// The type of a literal or a cast.
fn told_type(value: &Expr) -> Option<DataType> {
    match value {
        Expr::Value(ValueWithSpan { value: Value::Null, .. }) => Some(DataType::Null),
        Expr::Value(ValueWithSpan { value: Value::Boolean(_), .. }) => Some(DataType::Boolean),
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_) | Value::DoubleQuotedString(_), .. }) => {
            Some(DataType::Utf8)
        }
        Expr::BinaryOp { op, .. } => match TypedOp::decode(op)? {
            TypedOp::Literal(name) | TypedOp::Cast(name) | TypedOp::TryCast(name) => types::parse(name, "UTC").ok(),
            TypedOp::Call(_) => None,
        },
        _ => None,
    }
}

/// A number in another type: a literal's digits are read anew, where that gives the same value.
fn converted(value: Expr, own: &DataType, name: &str) -> Expr {
    if let Expr::BinaryOp { op, right, .. } = &value
        && let Some(TypedOp::Literal(_)) = TypedOp::decode(op)
        && let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(digits), .. }) = right.as_ref()
        && *own != DataType::Float32
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
    {
        return literal(name, digits);
    }
    cast(name, value)
}
