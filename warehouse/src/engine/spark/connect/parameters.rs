//! Values for the markers of a statement.
//!
//! Spark takes literals alone. So a value that is no text is cast by Spark first, in a query of its own: the rules, the errors
//! and the session's time zone are Spark's.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as ArrowType, IntervalUnit, TimeUnit};
use futures::TryStreamExt;

use super::protocol::{
    DataType, DecimalLiteral, DecimalType, Expression, ExpressionKind, Ignored, IntervalType, Literal, LiteralKind,
    Relation, RelationKind, Sql, SqlCommand, TypeKind,
};
use super::{RemoteSession, operation};
use crate::engine::{Marker, Parameter, SqlError, Statement};

/// The command that runs a statement with its values.
pub(super) async fn command(session: &Arc<RemoteSession>, statement: &Statement) -> Result<SqlCommand, SqlError> {
    let values = literals(session, &statement.parameters).await?;
    let mut sql = Sql { query: statement.sql.clone(), ..Sql::default() };
    let mut ordinals: Vec<(usize, Expression)> = Vec::new();
    for (parameter, value) in statement.parameters.iter().zip(values) {
        match &parameter.marker {
            Marker::Named(name) => drop(sql.named_arguments.insert(name.clone(), value)),
            Marker::Ordinal(ordinal) => ordinals.push((*ordinal, value)),
        }
    }
    ordinals.sort_by_key(|(ordinal, _)| *ordinal);
    for (at, (ordinal, value)) in ordinals.into_iter().enumerate() {
        if ordinal != at + 1 {
            let text = format!("The parameter at position {} is missing.", at + 1);
            return Err(SqlError::new("UNBOUND_SQL_PARAMETER", "42P02", text));
        }
        sql.pos_arguments.push(value);
    }
    if !sql.named_arguments.is_empty() && !sql.pos_arguments.is_empty() {
        let text = "Parameterized query must either use positional, or named parameters, but not both.";
        return Err(SqlError::new("INVALID_QUERY_MIXED_QUERY_PARAMETERS", "42613", text));
    }
    Ok(of(sql))
}

fn of(sql: Sql) -> SqlCommand {
    SqlCommand { input: Some(Relation { kind: Some(RelationKind::Sql(sql)) }) }
}

fn literal(kind: LiteralKind) -> Expression {
    Expression { kind: Some(ExpressionKind::Literal(Literal { kind: Some(kind) })) }
}

fn null(kind: TypeKind) -> LiteralKind {
    LiteralKind::Null(Box::new(DataType { kind: Some(kind) }))
}

/// One literal for each parameter.
async fn literals(session: &Arc<RemoteSession>, parameters: &[Parameter]) -> Result<Vec<Expression>, SqlError> {
    let (mut columns, mut texts) = (Vec::new(), HashMap::new());
    for (at, parameter) in parameters.iter().enumerate() {
        let sql_type = checked_type(parameter)?;
        let name = format!("p{at}");
        let text = parameter.value.clone().map_or_else(|| null(TypeKind::Null(Ignored {})), LiteralKind::String);
        texts.insert(name.clone(), literal(text));
        columns.push(format!("CAST(:{name} AS {sql_type}) AS {name}"));
    }
    if parameters.iter().all(|parameter| parameter.value.is_some() && is_text(parameter)) {
        let text = |parameter: &Parameter| literal(LiteralKind::String(parameter.value.clone().unwrap_or_default()));
        return Ok(parameters.iter().map(text).collect());
    }
    let query = format!("SELECT {}", columns.join(", "));
    let answer = session.run(of(Sql { query, named_arguments: texts, ..Sql::default() }), &operation()).await?;
    if let Some(part) = answer.columns.iter().find(|column| is_part_of_an_interval(&column.sql_type)) {
        return Err(unsupported(&format!("that a parameter cannot have here ({})", part.sql_type)));
    }
    let batches: Vec<_> = answer.batches.try_collect().await?;
    let row = batches.first().filter(|batch| batch.num_rows() == 1 && batch.num_columns() == parameters.len());
    let Some(row) = row else { return Err(unsupported("that Spark answered nothing for")) };
    row.columns().iter().map(|value| value_of(value).map(literal)).collect()
}

/// A literal's interval has all fields of its family.
fn is_part_of_an_interval(sql_type: &str) -> bool {
    sql_type.starts_with("INTERVAL") && !["INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"].contains(&sql_type)
}

fn is_text(parameter: &Parameter) -> bool {
    let sql_type = parameter.sql_type.trim();
    sql_type.is_empty() || sql_type.eq_ignore_ascii_case("STRING")
}

/// The type's text, which becomes part of a query.
fn checked_type(parameter: &Parameter) -> Result<&str, SqlError> {
    let sql_type = parameter.sql_type.trim();
    match sql_type {
        "" => Ok("STRING"),
        _ if sql_type.chars().all(|c| c.is_ascii_alphanumeric() || "_ (),<>:".contains(c)) => Ok(sql_type),
        _ => Err(SqlError::new(
            "UNSUPPORTED_DATATYPE",
            "0A000",
            format!("Unsupported data type \"{sql_type}\" of a parameter."),
        )),
    }
}

fn unsupported(what: &str) -> SqlError {
    SqlError::new("UNSUPPORTED_DATATYPE", "0A000", format!("A parameter has a type {what}."))
}

/// The first value of a column as a literal of its type.
fn value_of(column: &ArrayRef) -> Result<LiteralKind, SqlError> {
    let is_null = column.is_null(0);
    let (kind, value) = match column.data_type() {
        ArrowType::Null => (TypeKind::Null(Ignored {}), None),
        ArrowType::Boolean => (TypeKind::Boolean(Ignored {}), Some(LiteralKind::Boolean(column.as_boolean().value(0)))),
        ArrowType::Int8 => {
            (TypeKind::Byte(Ignored {}), Some(LiteralKind::Byte(column.as_primitive::<Int8Type>().value(0).into())))
        }
        ArrowType::Int16 => {
            (TypeKind::Short(Ignored {}), Some(LiteralKind::Short(column.as_primitive::<Int16Type>().value(0).into())))
        }
        ArrowType::Int32 => {
            (TypeKind::Integer(Ignored {}), Some(LiteralKind::Integer(column.as_primitive::<Int32Type>().value(0))))
        }
        ArrowType::Int64 => {
            (TypeKind::Long(Ignored {}), Some(LiteralKind::Long(column.as_primitive::<Int64Type>().value(0))))
        }
        ArrowType::Float32 => {
            (TypeKind::Float(Ignored {}), Some(LiteralKind::Float(column.as_primitive::<Float32Type>().value(0))))
        }
        ArrowType::Float64 => {
            (TypeKind::Double(Ignored {}), Some(LiteralKind::Double(column.as_primitive::<Float64Type>().value(0))))
        }
        ArrowType::Decimal128(precision, scale) => {
            let (precision, scale) = (Some(i32::from(*precision)), Some(i32::from(*scale)));
            let value = column.as_primitive::<Decimal128Type>().value_as_string(0);
            let value = LiteralKind::Decimal(DecimalLiteral { value, precision, scale });
            (TypeKind::Decimal(DecimalType { precision, scale }), Some(value))
        }
        ArrowType::Utf8 => {
            let value = LiteralKind::String(column.as_string::<i32>().value(0).to_owned());
            (TypeKind::String(Ignored {}), Some(value))
        }
        ArrowType::Binary => {
            let value = LiteralKind::Binary(column.as_binary::<i32>().value(0).to_vec());
            (TypeKind::Binary(Ignored {}), Some(value))
        }
        ArrowType::Date32 => {
            (TypeKind::Date(Ignored {}), Some(LiteralKind::Date(column.as_primitive::<Date32Type>().value(0))))
        }
        ArrowType::Timestamp(TimeUnit::Microsecond, zone) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(0);
            match zone {
                Some(_) => (TypeKind::Timestamp(Ignored {}), Some(LiteralKind::Timestamp(micros))),
                None => (TypeKind::TimestampNtz(Ignored {}), Some(LiteralKind::TimestampNtz(micros))),
            }
        }
        ArrowType::Interval(IntervalUnit::YearMonth) => {
            let months = column.as_primitive::<IntervalYearMonthType>().value(0);
            (TypeKind::YearMonthInterval(IntervalType::default()), Some(LiteralKind::YearMonthInterval(months)))
        }
        ArrowType::Duration(TimeUnit::Microsecond) => {
            let micros = column.as_primitive::<DurationMicrosecondType>().value(0);
            (TypeKind::DayTimeInterval(IntervalType::default()), Some(LiteralKind::DayTimeInterval(micros)))
        }
        other => return Err(unsupported(&format!("that a parameter cannot have here ({other})"))),
    };
    Ok(value.filter(|_| !is_null).unwrap_or_else(|| null(kind)))
}
