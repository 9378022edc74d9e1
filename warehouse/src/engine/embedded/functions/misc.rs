//! Functions of the session and of chance, and those that fail on purpose.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::functions as df;
use datafusion::logical_expr::{Expr, lit};

use super::super::types;
use super::registry::{Call, Function, each, planned};
use super::row::{Body, Each, Gives, Takes, Value};
use super::{hash, random};
use crate::engine::SqlError;

use Takes::{Bool, Text};

/// The functions of this file.
pub(super) const FUNCTIONS: &[Function] = &[
    planned("current_catalog", 0..=0, |call| Ok(lit(call.typed.session.catalog.as_str()))),
    planned("current_schema current_database", 0..=0, |call| Ok(lit(call.typed.session.schema.as_str()))),
    planned("current_user user session_user", 0..=0, |call| Ok(lit(call.typed.session.user.as_str()))),
    planned("current_timezone", 0..=0, |call| Ok(lit(call.typed.session.time_zone()))),
    planned("version", 0..=0, |_| Ok(lit(concat!("local-warehouse ", env!("CARGO_PKG_VERSION"))))),
    planned("now current_timestamp", 0..=0, |call| Ok(call.typed.session.now())),
    planned("current_date curdate", 0..=0, |call| call.typed.cast(call.typed.session.now(), &DataType::Date32)),
    planned("localtimestamp", 0..=0, |call| call.typed.cast(call.typed.session.now(), &types::timestamp_ntz())),
    planned("rand random", 0..=1, random::rand),
    planned("randn", 0..=1, random::randn),
    planned("uuid", 0..=0, |_| Ok(df::string::uuid().call(vec![]))),
    planned("hash", 1..=usize::MAX, hash::murmur3),
    planned("xxhash64", 1..=usize::MAX, hash::xxhash64),
    each("raise_error", &[Text], Gives::Void, |row| match row.is_null(0) {
        true => Err(raised("null")),
        false => Err(raised(row.text(0))),
    })
    .of_nulls(),
    planned("assert_true", 1..=2, assert_true),
    planned("collation", 1..=1, |call| match call.type_of(0)? {
        DataType::Utf8 => Ok(lit("SYSTEM.BUILTIN.UTF8_BINARY")),
        _ => Err(call.mismatch(0)),
    }),
    planned("input_file_name", 0..=0, |_| Ok(lit(""))),
    planned("input_file_block_start input_file_block_length", 0..=0, |_| Ok(lit(-1_i64))),
];

fn raised(message: &str) -> SqlError {
    SqlError::new("USER_RAISED_EXCEPTION", "P0001", message)
}

/// NULL where a condition holds.
fn assert_true(call: Call<'_>) -> DfResult<Expr> {
    let takes: &[Takes] = if call.args.len() == 2 { &[Bool, Text] } else { &[Bool] };
    if call.type_of(0)? != DataType::Boolean && call.type_of(0)? != DataType::Null {
        return Err(call.mismatch(0));
    }
    let body: Body = |row| match !row.is_null(0) && row.bool(0) {
        true => Ok(Value::Null),
        false if row.len() > 1 && row.is_null(1) => Err(raised("null")),
        false if row.len() > 1 => Err(raised(row.text(1))),
        false => Err(raised("the condition is not true!")),
    };
    Each::new(takes, Gives::Void, body).of_nulls().call(call.name, call.args, call.typed)
}
