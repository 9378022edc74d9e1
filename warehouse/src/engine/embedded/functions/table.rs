//! Table functions.

use std::sync::Arc;

use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, TableSource};

use super::super::constant::constant;
use super::super::errors;
use super::super::range::RangeTable;
use super::super::rewrite::fold;
use crate::engine::SqlError;

/// The table functions.
pub(super) const NAMES: [&str; 1] = ["range"];

/// The table that a table function's call gives.
pub(in super::super) fn source(name: &str, args: &[Expr]) -> DfResult<Arc<dyn TableSource>> {
    let name = fold(name);
    let name = name.as_str();
    let is_function = super::registry::is_missing(name) || super::registry::names().contains(name);
    if name != "range" && is_function {
        return Err(errors::carried(errors::unsupported(format!("the table function {name}"))));
    }
    if name != "range" {
        return Err(errors::carried(SqlError::new(
            "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
            "42883",
            format!("Could not resolve `{name}` to a table-valued function."),
        )));
    }
    if args.is_empty() || args.len() > 4 {
        return Err(super::wrong_count("range", "[1, 2, 3, 4]", args.len()));
    }
    if args.iter().any(|arg| constant(arg.clone()).is_none()) {
        return Err(errors::carried(SqlError::new(
            "NON_FOLDABLE_ARGUMENT",
            "42K08",
            "The function `range` requires its parameters to be foldable expressions, but the actual argument is not foldable.",
        )));
    }
    let numbers: Option<Vec<i64>> = args.iter().map(number).collect();
    let range = match numbers.as_deref() {
        Some([end]) => RangeTable::new(0, *end, 1),
        Some([start, end]) => RangeTable::new(*start, *end, 1),
        // The fourth argument is a number of partitions, which the embedded engine chooses itself.
        Some([start, end, step] | [start, end, step, _]) => RangeTable::new(*start, *end, *step),
        _ => {
            return Err(errors::carried(SqlError::new(
                "UNEXPECTED_INPUT_TYPE",
                "42K09",
                "The function `range` takes one to four whole numbers: range([start,] end [, step [, partitions]]).",
            )));
        }
    };
    Ok(provider_as_source(Arc::new(range.map_err(errors::carried)?)))
}

fn number(arg: &Expr) -> Option<i64> {
    match constant(arg.clone())? {
        ScalarValue::Int64(value) => value,
        ScalarValue::Int32(value) => value.map(i64::from),
        ScalarValue::Int16(value) => value.map(i64::from),
        ScalarValue::Int8(value) => value.map(i64::from),
        ScalarValue::Float64(Some(value)) if value.abs() < 9e15 => Some(value.trunc() as i64),
        _ => None,
    }
}
