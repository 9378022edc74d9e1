//! Aggregate functions.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result as DfResult, ScalarValue};
use datafusion::functions_aggregate::{
    average, bool_and_or, correlation, count, covariance, first_last, min_max, stddev, sum, variance,
};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawAggregateExpr, RawWindowExpr};
use datafusion::logical_expr::{AggregateUDF, Cast, Expr, WindowFunctionDefinition, expr, lit};

use super::window::counts_rows;

/// The aggregate of this name.
pub(in super::super) fn find(name: &str) -> Option<Arc<AggregateUDF>> {
    Some(match name {
        "count" => count::count_udaf(),
        "sum" => sum::sum_udaf(),
        "avg" | "mean" => average::avg_udaf(),
        "min" => min_max::min_udaf(),
        "max" => min_max::max_udaf(),
        "stddev" | "std" | "stddev_samp" => stddev::stddev_udaf(),
        "stddev_pop" => stddev::stddev_pop_udaf(),
        "variance" | "var_samp" => variance::var_samp_udaf(),
        "var_pop" => variance::var_pop_udaf(),
        "corr" => correlation::corr_udaf(),
        "covar_samp" => covariance::covar_samp_udaf(),
        "covar_pop" => covariance::covar_pop_udaf(),
        "bool_and" | "every" => bool_and_or::bool_and_udaf(),
        "bool_or" | "some" | "any" => bool_and_or::bool_or_udaf(),
        "first" | "first_value" | "any_value" => first_last::first_value_udaf(),
        "last" | "last_value" => first_last::last_value_udaf(),
        _ => return None,
    })
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
