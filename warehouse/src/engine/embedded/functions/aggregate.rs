//! Aggregate functions.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions_aggregate::{
    average, bool_and_or, count, covariance, first_last, min_max, stddev, sum, variance,
};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawWindowExpr};
use datafusion::logical_expr::{AggregateUDF, Case, Cast, Expr, WindowFunctionDefinition, expr, lit};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, Value as SqlValue,
};

use super::super::operators::Typed;
use super::super::rewrite::typed_call;
use super::super::{errors, types};
use super::total;
use super::window::counts_rows;
use crate::engine::SqlError;

/// The aggregate of this name.
pub(in super::super) fn find(name: &str) -> Option<Arc<AggregateUDF>> {
    Some(match name {
        "count" | "count_if" => count::count_udaf(),
        "sum" => sum::sum_udaf(),
        "avg" | "mean" => average::avg_udaf(),
        "min" => min_max::min_udaf(),
        "max" => min_max::max_udaf(),
        "stddev" | "std" | "stddev_samp" => stddev::stddev_udaf(),
        "stddev_pop" => stddev::stddev_pop_udaf(),
        "variance" | "var_samp" => variance::var_samp_udaf(),
        "var_pop" => variance::var_pop_udaf(),
        "covar_samp" => covariance::covar_samp_udaf(),
        "covar_pop" => covariance::covar_pop_udaf(),
        "bool_and" | "every" => bool_and_or::bool_and_udaf(),
        "bool_or" | "some" | "any" => bool_and_or::bool_or_udaf(),
        "first" | "first_value" | "any_value" => first_last::first_value_udaf(),
        "last" | "last_value" => first_last::last_value_udaf(),
        _ => return None,
    })
}

/// Whether the aggregate is of squares, which the engine takes away again from a frame that moves on: digits get lost.
pub(super) fn is_of_moments(name: &str) -> bool {
    name.starts_with("std") || name.starts_with("var") || name.starts_with("covar")
}

/// An aggregate's call whose arguments and result go through the typed calls that give them the reference's types.
pub(super) fn checked(mut function: Function, name: &str) -> Result<SqlExpr, SqlError> {
    if function.null_treatment.is_some() || !function.within_group.is_empty() {
        return Err(errors::unsupported(format!("{name} with IGNORE NULLS or WITHIN GROUP")));
    }
    let FunctionArguments::List(list) = &mut function.args else {
        return Err(errors::unsupported(format!("the arguments of {name}")));
    };
    if !list.clauses.is_empty() {
        return Err(errors::unsupported(format!("the clauses inside of {name}")));
    }
    let (least, most) = match name {
        "count" => (1, usize::MAX),
        "covar_pop" | "covar_samp" => (2, 2),
        _ => (1, 1),
    };
    refuse_told_of_nulls(name, list)?;
    if !(least..=most).contains(&list.args.len()) {
        return Err(SqlError::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            "42605",
            format!("The `{name}` requires {least} parameters but the actual number is {}.", list.args.len()),
        ));
    }
    for arg in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
            let inner = std::mem::replace(expr, SqlExpr::value(SqlValue::Null));
            *expr = typed_call::call(&format!("{ARGUMENT}{name}"), vec![inner]);
        }
    }
    let engine_name = if name == "count_if" { "count" } else { name };
    function.name = ObjectName::from(vec![Ident::new(engine_name)]);
    Ok(typed_call::call(&format!("{RESULT}{name}"), vec![SqlExpr::Function(function)]))
}

const ARGUMENT: &str = "argument of ";
const RESULT: &str = "result of ";

/// Plans an aggregate's argument or result; `None` for other calls.
pub(super) fn plan(called: &str, args: &[Expr], typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let [value] = args else { return Ok(None) };
    if let Some(name) = called.strip_prefix(ARGUMENT) {
        return argument(name, value.clone(), typed).map(Some);
    }
    match called.strip_prefix(RESULT) {
        Some("sum") => total::checked_sum(value, typed).map(Some),
        Some("avg" | "mean") => total::average(value, typed).map(Some),
        Some(_) => Ok(Some(value.clone())),
        None => Ok(None),
    }
}

/// Refuses the second argument of the first and the last value, which tells whether NULL is left out.
pub(super) fn refuse_told_of_nulls(name: &str, list: &FunctionArgumentList) -> Result<(), SqlError> {
    let is_told = list.args.len() == 2 && ["first", "first_value", "last", "last_value", "any_value"].contains(&name);
    match is_told {
        true => Err(errors::unsupported(format!("{name} that is told whether it leaves NULL out"))),
        false => Ok(()),
    }
}

fn argument(name: &str, value: Expr, typed: &Typed<'_>) -> DfResult<Expr> {
    let found = typed.type_of(&value)?;
    let mismatch = || typed.mismatch(name, std::slice::from_ref(&found));
    match name {
        "count" | "first" | "first_value" | "last" | "last_value" | "any_value" => Ok(value),
        "min" | "max" => match found {
            DataType::Map(..) => Err(mismatch()),
            DataType::List(_) | DataType::Struct(_) => {
                Err(errors::carried(errors::unsupported(format!("{name} of {}", types::quoted(&found)))))
            }
            _ => Ok(value),
        },
        "count_if" => match found {
            DataType::Boolean => {
                let hit = Case::new(None, vec![(Box::new(value), Box::new(lit(1_i64)))], None);
                Ok(Expr::Case(hit))
            }
            _ => Err(mismatch()),
        },
        "bool_and" | "every" | "bool_or" | "some" | "any" => match found {
            DataType::Boolean => Ok(value),
            _ => Err(mismatch()),
        },
        "sum" => match found {
            DataType::Int64 | DataType::Decimal128(..) => Ok(total::summand(value, &found)),
            DataType::Int8 | DataType::Int16 | DataType::Int32 => typed.cast(value, &DataType::Int64),
            DataType::Float64 => Ok(value),
            DataType::Float32 | DataType::Utf8 | DataType::Null => typed.cast(value, &DataType::Float64),
            _ => Err(mismatch()),
        },
        "avg" | "mean" => match found {
            DataType::Timestamp(..) => Err(errors::carried(errors::unsupported(format!("{name} of TIMESTAMP")))),
            DataType::Decimal128(..) => Ok(value),
            _ if found.is_numeric() || matches!(found, DataType::Utf8 | DataType::Null) => {
                typed.cast(value, &DataType::Float64)
            }
            _ => Err(mismatch()),
        },
        _ if found.is_numeric() || matches!(found, DataType::Utf8 | DataType::Null) => {
            typed.cast(value, &DataType::Float64)
        }
        _ => Err(mismatch()),
    }
}

/// Brings counts and positions to the reference's types.
#[derive(Debug)]
pub(in super::super) struct AggregatePlanner;

impl ExprPlanner for AggregatePlanner {
    #[expect(deprecated, reason = "the planner hands the star of count(*) over as a wildcard expression")]
    fn plan_aggregate(&self, raw: RawAggregateExpr) -> DfResult<PlannerResult<RawAggregateExpr>> {
        let RawAggregateExpr { func, mut args, distinct, filter, order_by, null_treatment } = raw;
        if func.name() == "count" && matches!(args.as_slice(), [Expr::Wildcard { .. }]) {
            args = vec![Expr::Literal(ScalarValue::Int64(Some(1)), None)];
        }
        Ok(PlannerResult::Original(RawAggregateExpr { func, args, distinct, filter, order_by, null_treatment }))
    }

    #[expect(deprecated, reason = "the planner hands the star of count(*) over as a wildcard expression")]
    fn plan_window(&self, raw: RawWindowExpr) -> DfResult<PlannerResult<RawWindowExpr>> {
        let mut raw = raw;
        if raw.func_def.name() == "count" && matches!(raw.args.as_slice(), [Expr::Wildcard { .. }] | []) {
            raw.args = vec![lit(1_i64)];
        }
        let WindowFunctionDefinition::WindowUDF(function) = &raw.func_def else {
            return Ok(PlannerResult::Original(raw));
        };
        if !counts_rows(function.name()) {
            return Ok(PlannerResult::Original(raw));
        }
        let call = Expr::WindowFunction(Box::new(WindowFunction {
            fun: raw.func_def,
            params: expr::WindowFunctionParams {
                args: raw.args,
                partition_by: raw.partition_by,
                order_by: raw.order_by,
                window_frame: raw.window_frame,
                filter: raw.filter,
                null_treatment: raw.null_treatment,
                distinct: raw.distinct,
            },
        }));
        Ok(PlannerResult::Planned(Expr::Cast(Cast::new(Box::new(call), DataType::Int32))))
    }
}
