//! Aggregate functions.

use std::ops::RangeInclusive;
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
    DuplicateTreatment, Expr as SqlExpr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, NullTreatment, ObjectName, OrderByExpr, Value as SqlValue, WindowType,
};

use super::super::operators::Typed;
use super::super::rewrite::typed_call;
use super::super::{errors, refused, types};
use super::gathered::{Body, Returns, gathered};
use super::registry::wanted;
use super::row::{Takes, taken};
use super::window::counts_rows;
use super::{bits, statistics, total};
use crate::engine::SqlError;

/// An aggregate's row: its names, how many arguments it takes, which of them as what, and what computes it.
struct Aggregate {
    names: &'static str,
    count: RangeInclusive<usize>,
    takes: Arguments,
    udaf: Udaf,
}

/// What the arguments are taken as.
enum Arguments {
    /// By a rule of the function's own.
    Own,
    /// Each as its parameter; further ones as the last.
    As(&'static [Takes]),
}

enum Udaf {
    Engine(fn() -> Arc<AggregateUDF>),
    Gathered(Returns, Body),
}

const fn engine(names: &'static str, count: RangeInclusive<usize>, udaf: fn() -> Arc<AggregateUDF>) -> Aggregate {
    Aggregate { names, count, takes: Arguments::Own, udaf: Udaf::Engine(udaf) }
}

/// An aggregate of numbers that are taken as DOUBLE and come out as one.
const fn of_doubles(names: &'static str, takes: &'static [Takes], body: Body) -> Aggregate {
    let count = takes.len()..=takes.len();
    let returns: Returns = |_| DataType::Float64;
    Aggregate { names, count, takes: Arguments::As(takes), udaf: Udaf::Gathered(returns, body) }
}

/// An aggregate whose arguments are taken by a rule of its own.
const fn own(names: &'static str, count: RangeInclusive<usize>, returns: Returns, body: Body) -> Aggregate {
    Aggregate { names, count, takes: Arguments::Own, udaf: Udaf::Gathered(returns, body) }
}

const ONE: &[Takes] = &[Takes::Double];
const TWO: &[Takes] = &[Takes::Double, Takes::Double];

/// The aggregates.
const FUNCTIONS: &[Aggregate] = &[
    engine("count", 1..=usize::MAX, count::count_udaf),
    engine("count_if", 1..=1, count::count_udaf),
    engine("sum", 1..=1, sum::sum_udaf),
    engine("avg mean", 1..=1, average::avg_udaf),
    engine("min", 1..=1, min_max::min_udaf),
    engine("max", 1..=1, min_max::max_udaf),
    engine("stddev std stddev_samp", 1..=1, stddev::stddev_udaf),
    engine("stddev_pop", 1..=1, stddev::stddev_pop_udaf),
    engine("variance var_samp", 1..=1, variance::var_samp_udaf),
    engine("var_pop", 1..=1, variance::var_pop_udaf),
    engine("covar_samp", 2..=2, covariance::covar_samp_udaf),
    engine("covar_pop", 2..=2, covariance::covar_pop_udaf),
    engine("bool_and every", 1..=1, bool_and_or::bool_and_udaf),
    engine("bool_or some any", 1..=1, bool_and_or::bool_or_udaf),
    engine("first first_value any_value", 1..=1, first_last::first_value_udaf),
    engine("last last_value", 1..=1, first_last::last_value_udaf),
    own("collect_list array_agg", 1..=1, list_of_first, statistics::collect_list),
    own("collect_set", 1..=1, list_of_first, statistics::collect_set),
    own("max_by", 2..=3, one_or_list, statistics::max_by),
    own("min_by", 2..=3, one_or_list, statistics::min_by),
    own("bit_and", 1..=1, |types| types.get(1).cloned().unwrap_or(DataType::Int64), statistics::bit_and),
    own("bit_or", 1..=1, |types| types.get(1).cloned().unwrap_or(DataType::Int64), statistics::bit_or),
    own("bit_xor", 1..=1, |types| types.get(1).cloned().unwrap_or(DataType::Int64), statistics::bit_xor),
    own("approx_count_distinct", 1..=1, |_| DataType::Int64, statistics::approx_count_distinct),
    own("percentile percentile_cont", 2..=3, of_parts, statistics::percentile),
    own("percentile_disc", 2..=3, of_parts, statistics::percentile_disc),
    own("percentile_approx approx_percentile", 2..=3, each_of_first, statistics::percentile_approx),
    own("mode", 1..=2, first_type, statistics::mode),
    own("listagg string_agg", 1..=4, first_type, statistics::listagg),
    own("bitmap_construct_agg", 1..=1, |_| DataType::Binary, bits::bitmap_construct_agg),
    own("bitmap_or_agg", 1..=1, |_| DataType::Binary, bits::bitmap_or_agg),
    own("bitmap_and_agg", 1..=1, |_| DataType::Binary, bits::bitmap_and_agg),
    own("try_sum", 1..=1, first_type, statistics::try_sum),
    own("try_avg", 1..=1, |_| DataType::Float64, statistics::try_avg),
    of_doubles("median", ONE, statistics::median),
    of_doubles("skewness", ONE, statistics::skewness),
    of_doubles("kurtosis", ONE, statistics::kurtosis),
    of_doubles("corr", TWO, statistics::corr),
    own("regr_count", 2..=2, |_| DataType::Int64, statistics::regr_count),
    own("regr_avgx", 2..=2, |_| DataType::Float64, statistics::regr_avgx),
    own("regr_avgy", 2..=2, |_| DataType::Float64, statistics::regr_avgy),
    of_doubles("regr_sxx", TWO, statistics::regr_sxx),
    of_doubles("regr_syy", TWO, statistics::regr_syy),
    of_doubles("regr_sxy", TWO, statistics::regr_sxy),
    of_doubles("regr_slope", TWO, statistics::regr_slope),
    of_doubles("regr_intercept", TWO, statistics::regr_intercept),
    of_doubles("regr_r2", TWO, statistics::regr_r2),
];

fn first_type(types: &[DataType]) -> DataType {
    types.first().cloned().unwrap_or(DataType::Null)
}

fn list_of_first(args: &[DataType]) -> DataType {
    types::array(first_type(args))
}

/// A DOUBLE for each part of the way that is asked for.
fn of_parts(args: &[DataType]) -> DataType {
    match args.get(1) {
        Some(DataType::List(_)) => types::array(DataType::Float64),
        _ => DataType::Float64,
    }
}

/// A list when a number of values is asked for.
fn one_or_list(args: &[DataType]) -> DataType {
    if args.len() > 2 { list_of_first(args) } else { first_type(args) }
}

fn each_of_first(args: &[DataType]) -> DataType {
    match args.get(1) {
        Some(DataType::List(_)) => list_of_first(args),
        _ => first_type(args),
    }
}

fn row(name: &str) -> Option<&'static Aggregate> {
    FUNCTIONS.iter().find(|function| function.names.split(' ').any(|known| known == name))
}

/// The names of the aggregates.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().flat_map(|function| function.names.split(' '))
}

/// The aggregate of this name.
pub(in super::super) fn find(name: &str) -> Option<Arc<AggregateUDF>> {
    let function = row(name)?;
    Some(match function.udaf {
        Udaf::Engine(udaf) => udaf(),
        Udaf::Gathered(returns, body) => gathered(function.names, returns, body),
    })
}

/// Whether the aggregate is of squares, which the engine takes away again from a frame that moves on: digits get lost.
pub(super) fn is_of_moments(name: &str) -> bool {
    name.starts_with("std") || name.starts_with("var") || name.starts_with("covar")
}

/// An aggregate's call whose arguments and result go through the typed calls that give them the reference's types.
pub(super) fn checked(mut function: Function, name: &str) -> Result<SqlExpr, SqlError> {
    let Some(aggregate) = row(name) else { return Err(errors::internal("an aggregate without a row")) };
    let told = ["first", "first_value", "last", "last_value", "any_value"].contains(&name);
    if function.null_treatment.is_some() && !(told && function.over.is_none()) {
        return Err(errors::unsupported(format!("{name} with IGNORE NULLS or RESPECT NULLS")));
    }
    let keys = std::mem::take(&mut function.within_group);
    let FunctionArguments::List(list) = &mut function.args else {
        return Err(errors::unsupported(format!("the arguments of {name}")));
    };
    if !list.clauses.is_empty() {
        return Err(errors::unsupported(format!("the clauses inside of {name}")));
    }
    within_group(name, list, keys)?;
    if !aggregate.count.contains(&list.args.len()) {
        return Err(SqlError::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            "42605",
            format!(
                "The `{name}` requires {} parameters but the actual number is {}.",
                wanted(&aggregate.count),
                list.args.len()
            ),
        ));
    }
    completed(name, list)?;
    let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct)) && list.args.len() == 4;
    for (position, arg) in list.args.iter_mut().enumerate() {
        let position = if distinct && position == 0 { ORDERED_DISTINCT } else { position };
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
            let inner = std::mem::replace(expr, SqlExpr::value(SqlValue::Null));
            *expr = typed_call::call(&format!("{ARGUMENT}{position} {name}"), vec![inner]);
        }
    }
    // The engine's planner reads the name of its own function.
    let engine_name = if name == "count_if" { "count" } else { name };
    function.name = ObjectName::from(vec![Ident::new(engine_name)]);
    Ok(typed_call::call(&format!("{RESULT}{name}"), vec![SqlExpr::Function(function)]))
}

/// Makes arguments of the key of WITHIN GROUP: what is ordered comes first, or last, and then whether from its end.
fn within_group(name: &str, list: &mut FunctionArgumentList, keys: Vec<OrderByExpr>) -> Result<(), SqlError> {
    let argument = |expr: SqlExpr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    let needs = ["percentile_cont", "percentile_disc"].contains(&name);
    let takes = needs || ["mode", "listagg", "string_agg"].contains(&name);
    if name == "mode" && keys.is_empty() && list.args.len() == 2 {
        // Whether the least of several is wanted.
        match list.args.pop() {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(SqlExpr::Value(asked)))) => match asked.value {
                SqlValue::Boolean(true) => list.args.push(argument(SqlExpr::value(SqlValue::Boolean(false)))),
                SqlValue::Boolean(false) => {}
                _ => return Err(errors::unsupported("mode with such a second argument")),
            },
            _ => return Err(errors::unsupported("mode with a second argument that is not a literal")),
        }
    }
    let [key] = keys.as_slice() else {
        if keys.is_empty() && (needs || name == "mode" && list.args.is_empty()) {
            return Err(SqlError::new(
                "INVALID_WITHIN_GROUP_EXPRESSION.WITHIN_GROUP_MISSING",
                "42K0K",
                format!("Invalid function `{name}` with WITHIN GROUP: WITHIN GROUP is required for it."),
            ));
        }
        return match keys.is_empty() {
            true => Ok(()),
            false => Err(errors::unsupported(format!("{name} with no or several keys WITHIN GROUP"))),
        };
    };
    if !takes || key.options.nulls_first.is_some() || key.with_fill.is_some() {
        return Err(errors::unsupported(format!("{name} WITHIN GROUP of this form")));
    }
    if matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct))
        && !matches!(list.args.first(), Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(value))) if *value == key.expr)
    {
        return Err(errors::unsupported(format!("{name} of DISTINCT values in the order of others")));
    }
    let descending = argument(SqlExpr::value(SqlValue::Boolean(key.options.asc == Some(false))));
    let ordered = argument(key.expr.clone());
    match (name, list.args.len()) {
        ("percentile_cont" | "percentile_disc", 1) => list.args.insert(0, ordered),
        ("mode", 0) => list.args.push(ordered),
        ("listagg" | "string_agg", 1 | 2) => {
            completed(name, list)?;
            list.args.push(ordered);
        }
        _ => return Err(errors::unsupported(format!("{name} WITHIN GROUP of these arguments"))),
    }
    list.args.push(descending);
    Ok(())
}

/// Adds the arguments that nobody wrote.
fn completed(name: &str, list: &mut FunctionArgumentList) -> Result<(), SqlError> {
    let argument = |expr: SqlExpr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    match (name, list.args.len()) {
        ("listagg" | "string_agg", 1) => list.args.push(argument(SqlExpr::value(SqlValue::Null))),
        // The type of the result.
        ("bit_and" | "bit_or" | "bit_xor", 1) => list.args.push(list.args[0].clone()),
        ("percentile", 3)
            if !matches!(&list.args[2], FunctionArg::Unnamed(FunctionArgExpr::Expr(SqlExpr::Value(_)))) =>
        {
            return Err(errors::unsupported("percentile of values that count more than once"));
        }
        _ => {}
    }
    Ok(())
}

/// Stands for the position of values that are to be distinct as text and in the order of their own type.
const ORDERED_DISTINCT: usize = 100;

const ARGUMENT: &str = "argument of ";
const RESULT: &str = "result of ";

/// Plans an aggregate's argument or result; `None` for other calls.
pub(super) fn plan(called: &str, args: &[Expr], typed: &Typed<'_>) -> DfResult<Option<Expr>> {
    let [value] = args else { return Ok(None) };
    if let Some((position, name)) = called.strip_prefix(ARGUMENT).and_then(|rest| rest.split_once(' ')) {
        let position = position.parse().unwrap_or(0);
        return match row(name).map(|row| &row.takes) {
            Some(Arguments::As(takes)) => taken(name, value.clone(), takes[position.min(takes.len() - 1)], typed),
            _ => argument(name, position, value.clone(), typed),
        }
        .map(Some);
    }
    match called.strip_prefix(RESULT) {
        Some("sum") => total::checked_sum(value, typed).map(Some),
        Some("avg" | "mean") => total::average(value, typed).map(Some),
        Some(_) => Ok(Some(value.clone())),
        None => Ok(None),
    }
}

/// Fails where a window's aggregate is DISTINCT, or stands in an order that its values already have.
pub(super) fn check_window(name: &str, function: &Function) -> Result<(), SqlError> {
    let distinct = matches!(&function.args, FunctionArguments::List(list)
        if matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct)));
    let ordered = ["percentile_cont", "percentile_disc", "mode"].contains(&name);
    if distinct && ordered && !function.within_group.is_empty() {
        return Err(SqlError::new(
            "INVALID_WITHIN_GROUP_EXPRESSION.DISTINCT_UNSUPPORTED",
            "42K0K",
            format!("Invalid function `{name}` with WITHIN GROUP: DISTINCT is not supported."),
        ));
    }
    let Some(WindowType::WindowSpec(spec)) = &function.over else { return Ok(()) };
    if distinct {
        return Err(SqlError::new(
            "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED",
            "0A000",
            "Distinct window functions are not supported.",
        ));
    }
    let whole = ["percentile_cont", "percentile_disc", "median"].contains(&name)
        || ["listagg", "string_agg"].contains(&name) && !function.within_group.is_empty();
    match whole && (!spec.order_by.is_empty() || spec.window_frame.is_some()) {
        true => Err(SqlError::new(
            "INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC",
            "42601",
            format!("Cannot specify ORDER BY or a window frame for {name}."),
        )),
        false => Ok(()),
    }
}

/// Takes the second argument of the first and the last value, which tells whether NULL is left out.
pub(super) fn told_of_nulls(name: &str, function: &mut Function) -> Result<(), SqlError> {
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    if list.args.len() != 2 || !["first", "first_value", "last", "last_value", "any_value"].contains(&name) {
        return Ok(());
    }
    let asked = match list.args.pop() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(SqlExpr::Value(asked)))) => asked.value,
        _ => SqlValue::Null,
    };
    match asked {
        SqlValue::Boolean(false) => Ok(()),
        SqlValue::Boolean(true) if function.over.is_none() => {
            function.null_treatment = Some(NullTreatment::IgnoreNulls);
            Ok(())
        }
        _ => Err(errors::unsupported(format!("{name} that is told so whether it leaves NULL out"))),
    }
}

fn argument(name: &str, position: usize, value: Expr, typed: &Typed<'_>) -> DfResult<Expr> {
    let found = typed.type_of(&value)?;
    let mismatch = || typed.mismatch(name, std::slice::from_ref(&found));
    match name {
        "max_by" | "min_by" if position == 2 => match found {
            found if found.is_integer() => {
                let count = typed.cast(parts(name, value.clone())?, &DataType::Int64)?;
                let is_outside = |count: ScalarValue| {
                    count.to_string().parse::<i64>().is_ok_and(|count| !(1..=100_000).contains(&count))
                };
                match super::super::constant::constant(value).is_some_and(is_outside) {
                    true => Err(errors::carried(SqlError::new(
                        "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                        "42K09",
                        format!(
                            "Cannot resolve \"{name}\" due to data type mismatch: The `k` must be between [1, 100000]."
                        ),
                    ))),
                    false => Ok(count),
                }
            }
            _ => Err(mismatch()),
        },
        "collect_list" | "array_agg" | "collect_set" | "approx_count_distinct" | "max_by" | "min_by" => {
            let keyed = ["max_by", "min_by"].contains(&name);
            let compared = if keyed { position == 1 } else { !["collect_list", "array_agg"].contains(&name) };
            match compared && refused::holds_map(&found) {
                true => Err(errors::carried(errors::unsupported(format!("{name} by a MAP")))),
                false => Ok(value),
            }
        }
        "bit_and" | "bit_or" | "bit_xor" if found.is_integer() => match position {
            0 => typed.cast(value, &DataType::Int64),
            _ => Ok(value),
        },
        "bit_and" | "bit_or" | "bit_xor" => Err(mismatch()),
        "percentile" | "percentile_cont" | "percentile_disc" => match position {
            0 => taken(name, value, Takes::Double, typed),
            1 if matches!(found, DataType::List(_)) => {
                typed.cast(parts(name, value)?, &types::array(DataType::Float64))
            }
            1 => typed.cast(parts(name, value)?, &DataType::Float64),
            _ => taken(name, value, Takes::Bool, typed),
        },
        "percentile_approx" | "approx_percentile" => match position {
            0 if found == DataType::Utf8 => typed.cast(value, &DataType::Float64),
            0 if found.is_numeric() || matches!(found, DataType::Date32 | DataType::Timestamp(..)) => Ok(value),
            0 if matches!(found, DataType::Interval(_) | DataType::Duration(_)) => Ok(value),
            0 => Err(mismatch()),
            1 if matches!(found, DataType::List(_)) => {
                typed.cast(parts(name, value)?, &types::array(DataType::Float64))
            }
            1 => typed.cast(parts(name, value)?, &DataType::Float64),
            _ if found.is_integer() => typed.cast(value, &DataType::Int64),
            _ => Err(mismatch()),
        },
        "bitmap_construct_agg" => taken(name, value, Takes::Long, typed),
        "bitmap_or_agg" | "bitmap_and_agg" => match found {
            DataType::Binary | DataType::Null => typed.cast(value, &DataType::Binary),
            _ => Err(mismatch()),
        },
        "mode" => match (position, &found) {
            (0, found) if refused::holds_map(found) => {
                Err(errors::carried(errors::unsupported("mode of values that hold a MAP")))
            }
            (0, _) => Ok(value),
            // The least of the values, which is the first of them, or any.
            (_, DataType::Boolean) => Ok(value),
            _ => Err(mismatch()),
        },
        "listagg" | "string_agg" => match position {
            ORDERED_DISTINCT
                if matches!(found, DataType::Float32 | DataType::Float64 | DataType::Timestamp(_, Some(_))) =>
            {
                Err(errors::carried(SqlError::new(
                    "INVALID_WITHIN_GROUP_EXPRESSION.MISMATCH_WITH_DISTINCT_INPUT_UNSAFE_CAST",
                    "42K0K",
                    format!(
                        "Invalid function `{name}` with WITHIN GROUP: the cast of {} may merge values.",
                        types::quoted(&found)
                    ),
                )))
            }
            ORDERED_DISTINCT if found == DataType::Binary => Ok(value),
            ORDERED_DISTINCT => taken(name, value, Takes::Text, typed),
            1 if !value.column_refs().is_empty() => Err(errors::carried(SqlError::new(
                "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
                "42K09",
                format!(
                    "Cannot resolve \"{name}\" due to data type mismatch: the input `delimiter` should be foldable."
                ),
            ))),
            0 if found == DataType::Binary => Ok(value),
            0 => taken(name, value, Takes::Text, typed),
            1 if matches!(found, DataType::Binary | DataType::Utf8) => Ok(value),
            1 if found == DataType::Null => typed.cast(value, &DataType::Utf8),
            1 => Err(mismatch()),
            _ => Ok(value),
        },
        "try_sum" => match found {
            _ if found.is_integer() => typed.cast(value, &DataType::Int64),
            DataType::Decimal128(..) => Err(errors::carried(errors::unsupported("try_sum of DECIMAL"))),
            _ => taken(name, value, Takes::Double, typed),
        },
        "try_avg" | "regr_avgx" | "regr_avgy" => match found {
            DataType::Decimal128(..) => Err(errors::carried(errors::unsupported(format!("{name} of DECIMAL")))),
            _ => taken(name, value, Takes::Double, typed),
        },
        "regr_count" => {
            Ok(Expr::Case(Case::new(None, vec![(Box::new(value.is_not_null()), Box::new(lit(1.0_f64)))], None)))
        }
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

/// Parts of the way that are no column.
fn parts(name: &str, value: Expr) -> DfResult<Expr> {
    match value.column_refs().is_empty() {
        true => Ok(value),
        false => Err(errors::carried(errors::unsupported(format!("{name} of a percentage that is a column")))),
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
