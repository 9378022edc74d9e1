//! Expressions that are the same for every row, worked out while a statement is planned.

use std::sync::Arc;

use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;

/// The value of an expression; `None` when rows decide it, or when it fails.
pub(super) fn constant(expr: Expr) -> Option<ScalarValue> {
    if let Expr::Literal(value, _) = expr {
        return Some(value);
    }
    let context = SimplifyContext::builder().with_schema(Arc::new(DFSchema::empty())).build();
    match ExprSimplifier::new(context).simplify(expr) {
        Ok(Expr::Literal(value, _)) => Some(value),
        _ => None,
    }
}
