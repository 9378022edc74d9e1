//! Where rows of several queries or literals meet, their types meet by the reference's rules, not the engine's.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::logical_plan::{Union, Values};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};

use super::cast::{Failure, cast_expr};
use super::operators::common_type;
use super::time::Zone;
use super::{errors, types};
use crate::engine::SqlError;

/// Brings the branches of every UNION to common types, and refuses inline tables whose types the engine would mix.
pub(super) fn coerce(plan: LogicalPlan, zone: Zone) -> DfResult<LogicalPlan> {
    let coerced = plan.transform_up_with_subqueries(|node| match node {
        LogicalPlan::Union(union) => branches(union, zone).map(Transformed::yes),
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
