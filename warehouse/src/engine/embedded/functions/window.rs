//! Window functions.

use std::sync::Arc;

use datafusion::functions_window::{cume_dist, lead_lag, nth_value, ntile, rank, row_number};
use datafusion::logical_expr::WindowUDF;

type Udf = fn() -> Arc<WindowUDF>;

/// The functions of windows alone, by their name.
const FUNCTIONS: &[(&str, Udf)] = &[
    ("row_number", row_number::row_number_udwf),
    ("rank", rank::rank_udwf),
    ("dense_rank", rank::dense_rank_udwf),
    ("percent_rank", rank::percent_rank_udwf),
    ("cume_dist", cume_dist::cume_dist_udwf),
    ("ntile", ntile::ntile_udwf),
    ("lag", lead_lag::lag_udwf),
    ("lead", lead_lag::lead_udwf),
    ("first_value", nth_value::first_value_udwf),
    ("first", nth_value::first_value_udwf),
    ("last_value", nth_value::last_value_udwf),
    ("last", nth_value::last_value_udwf),
    ("nth_value", nth_value::nth_value_udwf),
];

/// The window function of this name.
pub(in super::super) fn find(name: &str) -> Option<Arc<WindowUDF>> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, udwf)| udwf())
}

/// The names of the functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

/// Whether the function counts rows, which the engine does in unsigned numbers and SQL in INT.
pub(super) fn counts_rows(name: &str) -> bool {
    matches!(name, "row_number" | "rank" | "dense_rank" | "ntile")
}

/// Whether the function is of rows in an order, which the window has to give.
pub(super) fn needs_order(name: &str) -> bool {
    find(name).is_some() && !matches!(name, "first_value" | "first" | "last_value" | "last")
}
