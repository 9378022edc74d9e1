//! Where rows of several queries or literals meet, their types meet by the reference's rules, not the engine's.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, JoinType, NullEquality, Result as DfResult};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::logical_plan::{Join, Union, Values};
use datafusion::logical_expr::{Expr, ExprFunctionExt, ExprSchemable, LogicalPlan, LogicalPlanBuilder};

use super::cast::{Failure, cast_expr};
use super::operators::common_type;
use super::time::Zone;
use super::{errors, types};
use crate::engine::SqlError;

/// Brings the branches of every UNION to common types, and refuses inline tables whose types the engine would mix.
pub(super) fn coerce(plan: LogicalPlan, zone: Zone) -> DfResult<LogicalPlan> {
    let coerced = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Union(union) => branches(union, zone).map(Transformed::yes),
        LogicalPlan::Join(join) if is_of_all(&join) => of_all(&join).map(Transformed::yes),
        LogicalPlan::Values(values) => checked(&values).map(|()| Transformed::no(LogicalPlan::Values(values))),
        other => other.recompute_schema().map(Transformed::no),
    })?;
    Ok(coerced.data)
}

fn branches(union: Union, zone: Zone) -> DfResult<LogicalPlan> {
    let Some(first) = union.inputs.first() else { return Ok(LogicalPlan::Union(union)) };
    let mut common: Vec<DataType> = first.schema().fields().iter().map(|f| f.data_type().clone()).collect();
    for input in &union.inputs {
        for (common, field) in common.iter_mut().zip(input.schema().fields()) {
            *common = meet(common, field.data_type(), "UNION")?;
        }
    }
    let inputs: DfResult<Vec<Arc<LogicalPlan>>> = union.inputs.iter().map(|i| converted(i, &common, zone)).collect();
    Ok(LogicalPlan::Union(Union::try_new_with_loose_types(inputs?)?))
}

/// EXCEPT ALL or INTERSECT ALL, which the planner takes for a join alone. Where no row stands twice on the left, it is one.
fn is_of_all(join: &Join) -> bool {
    join.null_equality == NullEquality::NullEqualsNull
        && matches!(join.join_type, JoinType::LeftSemi | JoinType::LeftAnti)
        && !matches!(join.left.as_ref(), LogicalPlan::Distinct(_))
}

/// The n-th of equal rows on one side goes with the n-th on the other.
fn of_all(join: &Join) -> DfResult<LogicalPlan> {
    let numbered = |side: &Arc<LogicalPlan>, name: &str| -> DfResult<(LogicalPlan, Vec<Column>)> {
        let names: Vec<String> = (0..side.schema().fields().len()).map(|at| format!("\u{2}{name} {at}")).collect();
        let columns = side.schema().columns().into_iter().zip(&names);
        let renamed = columns.map(|(column, name)| Expr::from(column).alias(name));
        let keys: Vec<Expr> = names.iter().map(|name| Expr::Column(Column::from_name(name))).collect();
        let number = format!("\u{2}{name}");
        let row_number = row_number().partition_by(keys).build()?.alias(&number);
        let plan =
            LogicalPlanBuilder::from(side.as_ref().clone()).project(renamed)?.window(vec![row_number])?.build()?;
        Ok((plan, names.into_iter().chain([number]).map(Column::from_name).collect()))
    };
    let (left, left_keys) = numbered(&join.left, "left")?;
    let (right, right_keys) = numbered(&join.right, "right")?;
    let rows = LogicalPlanBuilder::from(left)
        .join_detailed(right, join.join_type, (left_keys.clone(), right_keys), None, NullEquality::NullEqualsNull)?
        .build()?;
    let names = join
        .left
        .schema()
        .iter()
        .zip(left_keys)
        .map(|((qualifier, field), column)| Expr::Column(column).alias_qualified(qualifier.cloned(), field.name()));
    LogicalPlanBuilder::from(rows).project(names)?.build()
}

fn converted(input: &Arc<LogicalPlan>, types: &[DataType], zone: Zone) -> DfResult<Arc<LogicalPlan>> {
    let schema = input.schema();
    if schema.fields().iter().zip(types).all(|(f, t)| f.data_type() == t) {
        return Ok(Arc::clone(input));
    }
    let columns: DfResult<Vec<Expr>> = schema
        .iter()
        .zip(types)
        .map(|((qualifier, field), to)| {
            let column = Expr::from((qualifier, field));
            Ok(cast_expr(column, field.data_type(), to, zone, Failure::Error)?.alias(field.name()))
        })
        .collect();
    Ok(Arc::new(LogicalPlanBuilder::from(input.as_ref().clone()).project(columns?)?.build()?))
}

fn checked(values: &Values) -> DfResult<()> {
    for (position, field) in values.schema.fields().iter().enumerate() {
        let mut common = DataType::Null;
        for row in &values.values {
            let written = match &row[position] {
                // The engine has put its own casts around what it would convert; widening numbers it does as it should.
                Expr::Cast(cast) => match cast.expr.get_type(&values.schema)? {
                    inner if inner.is_numeric() => row[position].get_type(&values.schema)?,
                    inner => inner,
                },
                other => other.get_type(&values.schema)?,
            };
            common = meet(&common, &written, "VALUES")?;
        }
        if common != DataType::Null && &common != field.data_type() {
            let feature = format!("an inline table that mixes {} with other types", types::quoted(&common));
            return Err(errors::carried(errors::unsupported(feature)));
        }
    }
    Ok(())
}

fn meet(left: &DataType, right: &DataType, of: &str) -> DfResult<DataType> {
    common_type(left, right).ok_or_else(|| {
        errors::carried(SqlError::new(
            "INCOMPATIBLE_COLUMN_TYPE",
            "42825",
            format!("{of} needs rows of compatible types, not {} and {}.", types::quoted(left), types::quoted(right)),
        ))
    })
}
