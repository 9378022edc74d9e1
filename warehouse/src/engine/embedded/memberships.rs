//! IN and EXISTS with a subquery as values: where they are no conditions by themselves, the planner has no joins for them.
//!
//! Each is put together from subqueries that give a value: `max(1)` over the rows that match, which is NULL when there are none.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result as DfResult, ScalarValue};
use datafusion::functions_aggregate::min_max::max_udaf;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::logical_plan::{Aggregate, Filter, Join, Projection, Subquery};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, Case, ColumnarValue, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility, lit,
};

use super::cast::{Failure, cast_expr};
use super::operators::{call, common_type};
use super::time::Zone;
use super::{errors, types};

/// The plan with IN and EXISTS as values in all places where the planner has nothing else for them.
pub(super) fn as_values(plan: LogicalPlan, zone: Zone) -> DfResult<LogicalPlan> {
    let plan = plan.transform_up_with_subqueries(|node| {
        let inside = node.expressions().iter().any(|expr| is_inside(expr).unwrap_or(false));
        if !inside {
            return match node {
                LogicalPlan::Projection(projection) => with_nulls(projection),
                node => Ok(Transformed::no(node)),
            };
        }
        match node {
            LogicalPlan::Filter(filter) => filtered(filter, zone).map(Transformed::yes),
            LogicalPlan::Projection(projection) => projected(projection, zone).map(Transformed::yes),
            LogicalPlan::Join(join) => joined(join, zone).map(Transformed::yes),
            LogicalPlan::Aggregate(aggregate) => aggregated(aggregate, zone).map(Transformed::yes),
            _ => Err(refused("IN or EXISTS with a subquery in this place")),
        }
    })?;
    Ok(plan.data)
}

fn refused(feature: &str) -> datafusion::error::DataFusionError {
    errors::carried(errors::unsupported(feature))
}

fn is_membership(expr: &Expr) -> bool {
    matches!(expr, Expr::InSubquery(_) | Expr::Exists(_))
}

fn is_inside(expr: &Expr) -> DfResult<bool> {
    expr.exists(|expr| Ok(is_membership(expr)))
}

/// A condition by itself, for which there are joins.
fn is_condition(expr: &Expr) -> DfResult<bool> {
    match expr {
        Expr::Not(inner) => is_condition(inner),
        Expr::InSubquery(membership) => Ok(!is_inside(&membership.expr)?),
        other => Ok(matches!(other, Expr::Exists(_))),
    }
}

/// A condition in which NULL is as good as false wherever there is IN, so that a mark of a join will do.
fn is_mark(expr: &Expr) -> DfResult<bool> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            Ok(is_mark(left)? && is_mark(right)?)
        }
        Expr::InSubquery(membership) => Ok(!membership.negated && !is_inside(&membership.expr)?),
        Expr::Exists(_) => Ok(true),
        other => Ok(!is_inside(other)?),
    }
}

fn filtered(filter: Filter, zone: Zone) -> DfResult<LogicalPlan> {
    let mut conditions = Vec::new();
    for condition in split_conjunction_owned(filter.predicate) {
        conditions.push(match is_condition(&condition)? {
            true => condition,
            false if is_mark(&condition)? => condition,
            false => values(condition, filter.input.schema(), zone, false)?,
        });
    }
    let condition = conjunction(conditions).unwrap_or_else(|| lit(true));
    Ok(LogicalPlan::Filter(Filter::try_new(condition, filter.input)?))
}

fn projected(projection: Projection, zone: Zone) -> DfResult<LogicalPlan> {
    let Projection { expr, input, .. } = projection;
    let exprs = expr.into_iter().map(|expr| values(expr, input.schema(), zone, true));
    let exprs = exprs.collect::<DfResult<Vec<_>>>()?;
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, input)?))
}

fn with_nulls(projection: Projection) -> DfResult<Transformed<LogicalPlan>> {
    let has_subquery = |expr: &Expr| expr.exists(|expr| Ok(matches!(expr, Expr::ScalarSubquery(_)))).unwrap_or(false);
    if !projection.expr.iter().any(|expr| matches!(expr, Expr::Alias(_)) && has_subquery(expr)) {
        return Ok(Transformed::no(LogicalPlan::Projection(projection)));
    }
    let Projection { expr, input, .. } = projection;
    let exprs = expr.into_iter().map(|expr| match expr {
        Expr::Alias(_) => may_be_null(expr),
        other => Ok(other),
    });
    let exprs = exprs.collect::<DfResult<Vec<_>>>()?;
    Ok(Transformed::yes(LogicalPlan::Projection(Projection::try_new(exprs, input)?)))
}

/// The values are worked out below, each on the side of the join whose columns it reads.
fn joined(join: Join, zone: Zone) -> DfResult<LogicalPlan> {
    let columns = join.schema.columns();
    let Join { left, right, on, filter, join_type, null_equality, null_aware, .. } = join;
    if null_aware || on.iter().any(|(l, r)| is_inside(l).unwrap_or(true) || is_inside(r).unwrap_or(true)) {
        return Err(refused("IN or EXISTS with a subquery in a condition of a join"));
    }
    let Some(filter) = filter else { return Err(errors::carried(errors::internal("a join without a condition"))) };
    let mut marks = [Marks::of(left, "left"), Marks::of(right, "right")];
    let filter = filter.transform_down(|expr| {
        if !is_membership(&expr) {
            return Ok(Transformed::no(expr));
        }
        let read = outer_columns(&expr)?;
        let Some(side) = marks.iter_mut().find(|side| read.iter().all(|column| side.input.schema().has_column(column)))
        else {
            return Err(refused("IN or EXISTS with a subquery that reads both sides of a join"));
        };
        let column = side.add(expr, zone)?;
        Ok(Transformed::new(column, true, TreeNodeRecursion::Jump))
    })?;
    let [left, right] = marks;
    let (left, right) = (left.projected()?, right.projected()?);
    let (left_keys, right_keys): (Vec<Expr>, Vec<Expr>) = on.into_iter().unzip();
    let joined = LogicalPlanBuilder::from(left).join_with_expr_keys(
        right,
        join_type,
        (left_keys, right_keys),
        Some(filter.data),
    )?;
    let mut plan = joined.build()?;
    if let LogicalPlan::Join(join) = &mut plan {
        join.null_equality = null_equality;
    }
    LogicalPlanBuilder::from(plan).project(columns.into_iter().map(Expr::from))?.build()
}

fn aggregated(aggregate: Aggregate, zone: Zone) -> DfResult<LogicalPlan> {
    let names: Vec<String> = aggregate.schema.fields().iter().map(|field| field.name().clone()).collect();
    let Aggregate { input, group_expr, aggr_expr, .. } = aggregate;
    if group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)) || is_inside(expr).unwrap_or(true)) {
        return Err(refused("IN or EXISTS with a subquery beside keys of GROUP BY"));
    }
    let mut marks = Marks::of(input, "value");
    let mut exprs = Vec::with_capacity(aggr_expr.len());
    for (expr, name) in aggr_expr.into_iter().zip(&names[group_expr.len()..]) {
        let marked = expr.transform_down(|expr| match is_membership(&expr) {
            true => Ok(Transformed::new(marks.add(expr, zone)?, true, TreeNodeRecursion::Jump)),
            false => Ok(Transformed::no(expr)),
        })?;
        exprs.push(if marked.transformed { marked.data.alias(name) } else { marked.data });
    }
    let input = Arc::new(marks.projected()?);
    Ok(LogicalPlan::Aggregate(Aggregate::try_new(input, group_expr, exprs)?))
}

/// An input with values beside its columns.
struct Marks {
    input: Arc<LogicalPlan>,
    name: &'static str,
    values: Vec<Expr>,
}

impl Marks {
    fn of(input: Arc<LogicalPlan>, name: &'static str) -> Self {
        Self { input, name, values: vec![] }
    }

    fn add(&mut self, expr: Expr, zone: Zone) -> DfResult<Expr> {
        let name = format!("\u{2}{} {}", self.name, self.values.len());
        let value = values(expr, self.input.schema(), zone, true)?;
        self.values.push(value.alias(&name));
        Ok(Expr::Column(Column::from_name(name)))
    }

    fn projected(self) -> DfResult<LogicalPlan> {
        if self.values.is_empty() {
            return Ok(Arc::unwrap_or_clone(self.input));
        }
        let columns = self.input.schema().columns().into_iter().map(Expr::from);
        let exprs: Vec<Expr> = columns.chain(self.values).collect();
        LogicalPlanBuilder::from(Arc::unwrap_or_clone(self.input)).project(exprs)?.build()
    }
}

/// The columns of the surrounding query that an IN or EXISTS reads.
fn outer_columns(expr: &Expr) -> DfResult<Vec<Column>> {
    let mut columns = Vec::new();
    let subquery = match expr {
        Expr::InSubquery(membership) => {
            membership.expr.apply(|expr| {
                if let Expr::Column(column) = expr {
                    columns.push(column.clone());
                }
                Ok(TreeNodeRecursion::Continue)
            })?;
            &membership.subquery
        }
        Expr::Exists(exists) => &exists.subquery,
        _ => return Ok(columns),
    };
    for outer in &subquery.outer_ref_columns {
        if let Expr::OuterReferenceColumn(_, column) = outer {
            columns.push(column.clone());
        }
    }
    Ok(columns)
}

/// The expression with values in the places of IN and, where it is to be, of EXISTS.
fn values(expr: Expr, schema: &DFSchema, zone: Zone, with_exists: bool) -> DfResult<Expr> {
    let done = expr.transform_up(|expr| match expr {
        Expr::InSubquery(membership) => contained(membership, schema, zone).map(Transformed::yes),
        Expr::Exists(Exists { subquery, negated }) if with_exists => {
            let found = some_row(&subquery, subquery.subquery.as_ref().clone(), vec![])?;
            Ok(Transformed::yes(if negated { found.is_null() } else { found.is_not_null() }))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(done.data)
}

/// `x IN (y, …)`: true when there is such a y; else NULL when x or a y is NULL and there are rows; else false.
fn contained(membership: InSubquery, schema: &DFSchema, zone: Zone) -> DfResult<Expr> {
    let InSubquery { expr, subquery, negated } = membership;
    let plan = subquery.subquery.as_ref().clone();
    let [field] = plan.schema().fields().as_ref() else {
        return Err(refused("IN with a subquery of several columns in this place"));
    };
    let (from, own) = (field.data_type().clone(), expr.get_type(schema)?);
    let common = common_type(&own, &from).filter(|common| !matches!(common, DataType::Map(..)));
    let Some(common) = common else {
        let types = format!("{} and {}", types::quoted(&own), types::quoted(&from));
        return Err(refused(&format!("IN with a subquery of the types {types}")));
    };
    let column = Expr::from(plan.schema().columns().swap_remove(0));
    let may_be_null = field.is_nullable();
    let value = "\u{2}value";
    let rows = LogicalPlanBuilder::from(plan)
        .project(vec![cast_expr(column, &from, &common, zone, Failure::Error)?.alias(value)])?
        .build()?;
    let value = Expr::Column(Column::from_name(value));
    let wanted = cast_expr(expr.as_ref().clone(), &own, &common, zone, Failure::Error)?;
    let mut outer = Vec::new();
    let from_outside = wanted.clone().transform(|expr| match expr {
        Expr::Column(column) => {
            let field = Arc::clone(schema.qualified_field(schema.index_of_column(&column)?).1);
            let reference = Expr::OuterReferenceColumn(field, column);
            outer.push(reference.clone());
            Ok(Transformed::yes(reference))
        }
        Expr::OuterReferenceColumn(..) | Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) => {
            Err(refused("IN with a subquery, of a value that reads another query,"))
        }
        other => Ok(Transformed::no(other)),
    })?;
    let equal = LogicalPlanBuilder::from(rows.clone()).filter(value.clone().eq(from_outside.data))?.build()?;
    let mut otherwise = lit(false);
    let null = || Expr::Literal(ScalarValue::Boolean(None), None);
    if may_be_null {
        let nulls = LogicalPlanBuilder::from(rows.clone()).filter(value.is_null())?.build()?;
        otherwise = when(some_row(&subquery, nulls, vec![])?.is_not_null(), null(), otherwise);
    }
    if wanted.nullable(schema)? {
        let any = some_row(&subquery, rows, vec![])?.is_not_null();
        otherwise = when(wanted.is_null().and(any), null(), otherwise);
    }
    let found = when(some_row(&subquery, equal, outer)?.is_not_null(), lit(true), otherwise);
    Ok(if negated { Expr::Not(Box::new(found)) } else { found })
}

fn when(condition: Expr, then: Expr, otherwise: Expr) -> Expr {
    let branches = vec![(Box::new(condition), Box::new(then))];
    Expr::Case(Case { expr: None, when_then_expr: branches, else_expr: Some(Box::new(otherwise)) })
}

/// A subquery whose value is 1 when there are rows, and NULL when there are none.
fn some_row(subquery: &Subquery, rows: LogicalPlan, more: Vec<Expr>) -> DfResult<Expr> {
    let one = max_udaf().call(vec![lit(1_i32)]).alias("\u{2}some");
    let plan = LogicalPlanBuilder::from(rows).aggregate(Vec::<Expr>::new(), vec![one])?.build()?;
    let mut outer_ref_columns = subquery.outer_ref_columns.clone();
    for reference in more {
        if !outer_ref_columns.contains(&reference) {
            outer_ref_columns.push(reference);
        }
    }
    let spans = subquery.spans.clone();
    Ok(Expr::ScalarSubquery(Subquery { subquery: Arc::new(plan), outer_ref_columns, spans }))
}

/// A subquery's value, which is NULL where it has no row, whatever its column says.
fn may_be_null(expr: Expr) -> DfResult<Expr> {
    let done = expr.transform_up(|expr| match &expr {
        Expr::ScalarSubquery(subquery) if !subquery.subquery.schema().field(0).is_nullable() => {
            let signature = Signature::new(TypeSignature::Any(1), Volatility::Immutable);
            Ok(Transformed::yes(call(MayBeNull { signature }, vec![expr])))
        }
        _ => Ok(Transformed::no(expr)),
    })?;
    Ok(done.data)
}

/// Its argument, as one that may be NULL.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MayBeNull {
    signature: Signature,
}

impl ScalarUDFImpl for MayBeNull {
    fn name(&self) -> &str {
        "may_be_null"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> DfResult<DataType> {
        Ok(args.first().cloned().unwrap_or(DataType::Null))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DfResult<FieldRef> {
        let field =
            args.arg_fields.first().map(|field| field.as_ref().clone().with_name(self.name()).with_nullable(true));
        field.map(Arc::new).ok_or_else(|| errors::carried(errors::internal("a value was expected")))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        args.args.into_iter().next().ok_or_else(|| errors::carried(errors::internal("a value was expected")))
    }
}
