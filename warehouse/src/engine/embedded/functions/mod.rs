//! The functions of the dialect. A name that is not here does not exist.

pub(super) mod aggregate;
mod array;
mod bits;
mod calendar;
mod checked_index;
mod columns;
mod conditional;
mod conversion;
pub(super) mod datetime;
mod encoding;
mod extract;
mod format;
mod gathered;
mod generator;
mod hash;
pub(super) mod interval_scale;
mod json;
pub(super) mod lambda;
mod lists;
mod maps;
mod maths;
mod misc;
mod missing;
mod moment;
pub(super) mod nested;
mod number_format;
mod pattern;
mod pattern_match;
mod random;
pub(super) mod registry;
mod rounding;
mod row;
mod sequence;
mod shift;
mod statistics;
mod string;
pub(super) mod table;
mod total;
mod url_parts;
mod vectors;
pub(super) mod window;
mod zip;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::sql::sqlparser::ast::{Expr as SqlExpr, Function, FunctionArguments, Ident, ObjectName, WindowType};

pub(super) use moment::{no_unit, takes_unit};
pub(super) use string::OF_BYTES;

use super::operators::{Typed, common_type};
use super::rewrite::typed_call::ARGUMENTS;
use super::{errors, types};
use crate::engine::SqlError;

/// Stands before the name of a function that is called without brackets: a column of that name goes first.
pub(super) const BARE: &str = "bare ";

/// Plans a scalar function's or named operation's call.
pub(super) fn plan(name: &str, args: Vec<Expr>, typed: &Typed<'_>) -> DfResult<Expr> {
    if let Some(name) = name.strip_prefix(BARE) {
        return match typed.schema.qualified_field_with_unqualified_name(name) {
            Ok(column) => Ok(Expr::from(column)),
            Err(_) => plan(name, args, typed),
        };
    }
    if let Some(expr) = aggregate::plan(name, &args, typed)? {
        return Ok(expr);
    }
    match registry::plan(name, args, typed)? {
        Some(expr) => Ok(expr),
        None => Err(errors::carried(unresolved(name))),
    }
}

/// A function that is not there.
pub(super) fn unresolved(name: &str) -> SqlError {
    // Words that the parser takes for functions where the dialect has something else.
    let is_other = ["all", "cube", "rollup", "timediff"].contains(&name);
    if is_other || registry::is_missing(name) || registry::names().contains(name) {
        return errors::unsupported(format!("the function {name}, called in this way,"));
    }
    no_routine(name)
}

/// The error for a function that the dialect has not.
pub(super) fn no_routine(name: &str) -> SqlError {
    SqlError::new(
        "UNRESOLVED_ROUTINE",
        "42883",
        format!("Cannot resolve routine `{name}` on search path [`system`.`builtin`, `system`.`session`]."),
    )
}

/// Whether a function's only parameter has this name.
pub(super) fn is_parameter(function: &str, name: &str) -> bool {
    ["explode", "explode_outer"].contains(&function) && name.eq_ignore_ascii_case("collection")
}

/// Whether the dialect has a function of this name, here or not.
pub(super) fn is_builtin(name: &str) -> bool {
    registry::is_missing(name) || registry::names().contains(name)
}

/// Whether the name is of an aggregate or window function, which keep their own form.
pub(super) fn is_set_function(name: &str) -> bool {
    aggregate::find(name).is_some() || window::find(name).is_some()
}

/// An aggregate's or window function's call, when there is one of that name.
pub(super) fn checked_set_function(mut function: Function, name: &str) -> Result<SqlExpr, SqlError> {
    let windowed = function.over.is_some();
    if let Some(WindowType::WindowSpec(spec)) = &function.over
        && spec.order_by.is_empty()
        && window::needs_order(name)
    {
        return Err(SqlError::new(
            "WINDOW_FUNCTION_FRAME_NOT_ORDERED",
            "42601",
            format!("Window function {name} requires the window to be ordered. You need to add an ORDER BY clause."),
        ));
    }
    if let Some(WindowType::WindowSpec(spec)) = &function.over
        && spec.window_frame.is_some()
        && aggregate::is_of_moments(name)
    {
        return Err(errors::unsupported(format!("{name} over a frame")));
    }
    // They rank by the order of the window, whatever is written.
    if ["rank", "dense_rank", "percent_rank"].contains(&name)
        && let FunctionArguments::List(list) = &mut function.args
    {
        list.args.clear();
    }
    aggregate::told_of_nulls(name, &mut function)?;
    aggregate::check_window(name, &function)?;
    if windowed && name == "any_value" {
        let function = Function { name: ObjectName::from(vec![Ident::new("first_value")]), ..function };
        return checked_set_function(function, "first_value");
    }
    if windowed && window::find(name).is_some() {
        return Ok(SqlExpr::Function(function));
    }
    if aggregate::find(name).is_some() {
        return aggregate::checked(function, name);
    }
    if window::find(name).is_some() {
        return Err(SqlError::new(
            "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE",
            "42601",
            format!("Window function \"{name}()\" requires an OVER clause."),
        ));
    }
    if windowed {
        return Err(errors::unsupported(format!("the function {name} over a window")));
    }
    Err(unresolved(name))
}

/// The wrong number of arguments.
pub(super) fn wrong_count(name: &str, wanted: &str, actual: usize) -> DataFusionError {
    errors::carried(SqlError::new(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "42605",
        format!("The `{name}` requires {wanted} parameters but the actual number is {actual}."),
    ))
}

/// The arguments, all of their common type.
pub(super) fn same_type(typed: &Typed<'_>, name: &str, args: Vec<Expr>) -> DfResult<Vec<Expr>> {
    let types: DfResult<Vec<DataType>> = args.iter().map(|a| typed.type_of(a)).collect();
    let types = types?;
    let mut common = DataType::Null;
    for data_type in &types {
        common = common_type(&common, data_type).ok_or_else(|| different_types(name, &types))?;
    }
    if !["in", "CASE"].contains(&name) && typed.are_narrow_intervals(&args) {
        let feature = format!("{name} of intervals with fewer fields than their type can have");
        return Err(errors::carried(errors::unsupported(feature)));
    }
    args.into_iter().map(|a| typed.cast(a, &common)).collect()
}

/// Arguments that have no type in common.
pub(super) fn different_types(name: &str, found: &[DataType]) -> DataFusionError {
    let found: Vec<_> = found.iter().map(types::quoted).collect();
    let text = format!(
        "Cannot resolve \"{name}\" due to data type mismatch: its input should all be the same type, but it's [{}].",
        found.join(", ")
    );
    errors::carried(SqlError::new("DATATYPE_MISMATCH.DATA_DIFF_TYPES", "42K09", text))
}

/// A result in the form of its arguments: one value when they all are.
pub(super) fn like_arguments(args: &[ColumnarValue], result: ArrayRef) -> DfResult<ColumnarValue> {
    let scalar = args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
    Ok(if scalar && result.len() == 1 {
        ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)
    } else {
        ColumnarValue::Array(result)
    })
}

/// The pseudo-function in which a typed call's arguments travel; it is never run.
pub(super) fn arguments_udf() -> ScalarUDF {
    ScalarUDF::from(Arguments { signature: Signature::new(TypeSignature::VariadicAny, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Arguments {
    signature: Signature,
}

impl ScalarUDFImpl for Arguments {
    fn name(&self) -> &str {
        ARGUMENTS
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Null)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        Err(errors::carried(errors::internal("arguments outside of a call")))
    }
}
