//! Plans that the engine would run to another answer than the reference's, refused by what they have in them.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, JoinType, NullEquality, Result as DfResult};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::logical_plan::{Join, Limit, Subquery};
use datafusion::logical_expr::{Distinct, Expr, ExprSchemable, LogicalPlan, WindowFrameBound, WindowFrameUnits};

use super::constant::constant;
use super::{errors, types};
use crate::engine::SqlError;

/// Refuses a plan with such a part, or fails as the reference does.
pub(super) fn check(plan: &LogicalPlan) -> DfResult<()> {
    plan.apply_with_subqueries(|node| {
        match node {
            LogicalPlan::Distinct(Distinct::All(input)) => no_maps(input)?,
            LogicalPlan::Aggregate(aggregate) => {
                for key in &aggregate.group_expr {
                    if holds_map(&key.get_type(aggregate.input.schema())?) {
                        return Err(refused("a MAP as a key of GROUP BY"));
                    }
                }
            }
            LogicalPlan::Join(join) => {
                set_operation(join)?;
                lateral(&join.right)?;
            }
            LogicalPlan::Limit(limit) => row_counts(limit)?,
            LogicalPlan::Projection(projection) => {
                for expr in &projection.expr {
                    derived_name(expr, projection.input.schema())?;
                }
            }
            LogicalPlan::Union(union) if union.inputs.iter().any(|input| has_name_twice(input.schema())) => {
                return Err(refused("UNION of queries with a column name that stands twice"));
            }
            LogicalPlan::Window(window) => {
                for expr in &window.window_expr {
                    expr.apply(|expr| frame(expr, window.input.schema()))?;
                }
            }
            _ => {}
        }
        node.apply_expressions(|expr| expr.apply(subqueries))
    })?;
    Ok(())
}

fn refused(feature: &str) -> DataFusionError {
    errors::carried(errors::unsupported(feature))
}

/// A column's name that was worked out from the text alone, where the reference has more to go by: the columns from outside of a
/// subquery, and whether `current_date` is a column.
fn derived_name(expr: &Expr, schema: &DFSchema) -> DfResult<()> {
    let Expr::Alias(alias) = expr else { return Ok(()) };
    let of_subquery = ["scalarsubquery()", "exists()", "listquery()"].iter().any(|part| alias.name.contains(part));
    let reads_outside = |expr: &Expr| {
        Ok(match expr {
            Expr::ScalarSubquery(subquery) => correlated(subquery),
            Expr::Exists(exists) => correlated(&exists.subquery),
            Expr::InSubquery(within) => correlated(&within.subquery),
            _ => false,
        })
    };
    let is_subquery = |expr: &Expr| Ok(matches!(expr, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_)));
    // One inside of an aggregate stands elsewhere in the plan.
    let of_rows = ["exists()", "listquery()"].iter().any(|part| alias.name.contains(part));
    if of_subquery && (expr.exists(reads_outside)? || of_rows && !expr.exists(is_subquery)?) {
        return Err(refused(
            "a subquery that reads columns from outside, without a name of its own; give it one with AS, it",
        ));
    }
    for function in WITHOUT_BRACKETS {
        let is_column = !schema.qualified_fields_with_unqualified_name(function).is_empty();
        if is_column && alias.name.contains(&format!("{function}()")) {
            return Err(refused(&format!("the column {function} without another name, which AS gives,")));
        }
    }
    Ok(())
}

/// Functions that are called without brackets, unless there is a column of that name.
pub(super) const WITHOUT_BRACKETS: [&str; 8] = [
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "current_catalog",
    "current_schema",
    "session_user",
    "user",
];

fn has_name_twice(schema: &DFSchema) -> bool {
    let mut names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    names.sort_unstable();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

fn subqueries(expr: &Expr) -> DfResult<TreeNodeRecursion> {
    let (kind, subquery, by_limit) = match expr {
        Expr::Exists(exists) => ("EXISTS", &exists.subquery, skips(&exists.subquery)?),
        Expr::InSubquery(within) => ("IN", &within.subquery, limited(&within.subquery)?),
        Expr::ScalarSubquery(subquery) => ("a value", subquery, limited(subquery)?),
        _ => return Ok(TreeNodeRecursion::Continue),
    };
    let by_aggregate = match kind {
        "a value" => counts_otherwise(subquery)?,
        _ => aggregates(subquery)?,
    };
    if correlated(subquery) && (by_aggregate || by_limit) {
        let feature = format!("a subquery of {kind} with aggregates, LIMIT or OFFSET that reads columns from outside");
        return Err(refused(&feature));
    }
    Ok(TreeNodeRecursion::Continue)
}

fn lateral(right: &LogicalPlan) -> DfResult<()> {
    match right {
        LogicalPlan::SubqueryAlias(alias) => lateral(&alias.input),
        LogicalPlan::Subquery(subquery) if correlated(subquery) && (aggregates(subquery)? || limited(subquery)?) => {
            Err(refused("a LATERAL subquery with aggregates or LIMIT that reads columns from outside"))
        }
        _ => Ok(()),
    }
}

fn correlated(subquery: &Subquery) -> bool {
    !subquery.outer_ref_columns.is_empty()
}

fn aggregates(subquery: &Subquery) -> DfResult<bool> {
    subquery.subquery.exists(|node| Ok(matches!(node, LogicalPlan::Aggregate(_))))
}

/// Whether a count is more than the value itself: the planner gives NULL for it where there are no rows, not 0.
fn counts_otherwise(subquery: &Subquery) -> DfResult<bool> {
    let mut counted = false;
    let mut otherwise = false;
    subquery.subquery.apply(|node| {
        match node {
            LogicalPlan::Projection(projection) => otherwise |= !projection.expr.iter().all(is_column),
            LogicalPlan::Filter(_) => otherwise = true,
            LogicalPlan::SubqueryAlias(_) => {}
            LogicalPlan::Aggregate(aggregate) => {
                otherwise |= !aggregate.group_expr.is_empty();
                counted |= aggregate.aggr_expr.iter().any(|expr| counts(expr, &aggregate.aggr_expr));
                return Ok(TreeNodeRecursion::Stop);
            }
            _ => return Ok(TreeNodeRecursion::Stop),
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(counted && otherwise)
}

/// Whether an aggregate is a count, and not that of an average, whose sum is NULL without rows.
fn counts(aggregate: &Expr, all: &[Expr]) -> bool {
    let arguments = |name: &str, expr: &Expr| match expr {
        Expr::AggregateFunction(call) if call.func.name() == name => Some(call.params.args.clone()),
        _ => None,
    };
    let summed = |counted: &[Expr]| all.iter().filter_map(|expr| arguments("sum", expr)).any(|sum| sum == counted);
    arguments("count", aggregate).is_some_and(|counted| !summed(&counted))
}

fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(alias) => is_column(&alias.expr),
        other => matches!(other, Expr::Column(_)),
    }
}

fn limited(subquery: &Subquery) -> DfResult<bool> {
    subquery.subquery.exists(|node| Ok(matches!(node, LogicalPlan::Limit(_))))
}

/// Whether rows are left out though there are some: OFFSET, or LIMIT 0.
fn skips(subquery: &Subquery) -> DfResult<bool> {
    let is_number = |expr: &Expr| constant(expr.clone()).and_then(|value| value.to_string().parse::<i64>().ok());
    subquery.subquery.exists(|node| {
        Ok(match node {
            LogicalPlan::Limit(Limit { skip, fetch, .. }) => {
                skip.as_deref().is_some_and(|skip| is_number(skip) != Some(0))
                    || fetch.as_deref().is_some_and(|fetch| is_number(fetch).is_none_or(|rows| rows < 1))
            }
            _ => false,
        })
    })
}

/// INTERSECT and EXCEPT are joins that take NULL for equal; they compare columns of one type.
fn set_operation(join: &Join) -> DfResult<()> {
    if join.null_equality != NullEquality::NullEqualsNull
        || !matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti)
    {
        return Ok(());
    }
    no_maps(&join.left)?;
    let columns = join.left.schema().fields().iter().zip(join.right.schema().fields());
    for (left, right) in columns {
        if left.data_type() != right.data_type() {
            let types = format!("{} and {}", types::quoted(left.data_type()), types::quoted(right.data_type()));
            return Err(refused(&format!("INTERSECT or EXCEPT of the different types {types}")));
        }
    }
    Ok(())
}

fn no_maps(plan: &LogicalPlan) -> DfResult<()> {
    match plan.schema().fields().iter().find(|field| holds_map(field.data_type())) {
        Some(field) => Err(errors::carried(SqlError::new(
            "UNSUPPORTED_FEATURE.SET_OPERATION_ON_MAP_TYPE",
            "0A000",
            format!(
                "The feature is not supported: set operations (INTERSECT, EXCEPT, DISTINCT) over the MAP {}.",
                field.name()
            ),
        ))),
        None => Ok(()),
    }
}

pub(super) fn holds_map(data_type: &DataType) -> bool {
    match data_type {
        DataType::Map(..) => true,
        DataType::List(item) => holds_map(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| holds_map(field.data_type())),
        _ => false,
    }
}

/// The values that RANGE moves by are numbers or days; ROWS are counted in INT.
fn frame(expr: &Expr, schema: &DFSchema) -> DfResult<TreeNodeRecursion> {
    let Expr::WindowFunction(window) = expr else { return Ok(TreeNodeRecursion::Continue) };
    let frame = &window.params.window_frame;
    for bound in [&frame.start_bound, &frame.end_bound] {
        let (WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset)) = bound else { continue };
        if offset.is_null() {
            continue;
        }
        let counted = offset.to_string().parse::<i64>().is_ok_and(|rows| i32::try_from(rows).is_ok());
        if frame.units == WindowFrameUnits::Rows && !counted {
            return Err(refused("ROWS by more than an INT"));
        }
        let keys = window.params.order_by.iter().map(|key| key.expr.get_type(schema));
        let keys = keys.collect::<DfResult<Vec<_>>>()?;
        let moves = |key: &DataType| key.is_numeric() || key == &DataType::Date32;
        if frame.units == WindowFrameUnits::Range && !keys.iter().all(moves) {
            return Err(refused("RANGE over other than numbers and dates"));
        }
    }
    Ok(TreeNodeRecursion::Continue)
}

/// LIMIT and OFFSET take a number of rows.
fn row_counts(limit: &Limit) -> DfResult<()> {
    for (name, count) in [("limit", &limit.fetch), ("offset", &limit.skip)] {
        let Some(count) = count else { continue };
        let invalid = |class: &str, why: &str| {
            errors::carried(SqlError::new(
                &format!("INVALID_LIMIT_LIKE_EXPRESSION.{class}"),
                "42K0E",
                format!("The limit like expression is invalid: the {name} expression must {why}."),
            ))
        };
        match constant(count.as_ref().clone()) {
            Some(value) if value.is_null() => return Err(invalid("IS_NULL", "not evaluate to NULL")),
            Some(value) if !value.data_type().is_integer() => return Err(invalid("DATA_TYPE", "be of the type INT")),
            Some(value) if value.to_string().starts_with('-') => {
                return Err(invalid("IS_NEGATIVE", "not be negative"));
            }
            Some(_) => {}
            None => return Err(invalid("IS_UNFOLDABLE", "evaluate to a constant value")),
        }
    }
    Ok(())
}
