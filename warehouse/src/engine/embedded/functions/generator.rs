//! Functions that make rows.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result as DfResult;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::Unnest;

use super::super::{errors, types};
use super::registry::Call;

/// A row for each element of an array.
pub(super) fn explode(call: Call<'_>) -> DfResult<Expr> {
    let outer = call.name == "explode_outer";
    match call.type_of(0)? {
        DataType::List(_) => {
            let [list] = call.take()?;
            Ok(Expr::Unnest(Unnest { expr: Box::new(list), outer }))
        }
        found => Err(errors::carried(errors::unsupported(format!("{} of {}", call.name, types::quoted(&found))))),
    }
}
