//! Plans to rows.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::{Optimizer, OptimizerRule as Rule};
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionConfig;

use super::cooperative::CooperativeJoins;
use super::errors;
use super::recursion::RecursionLimits;
use super::session::SessionView;
use crate::engine::SqlError;

type OptimizerRule = Arc<dyn Rule + Send + Sync>;

/// What all statements share: the optimizer, the memory, the caches.
#[derive(Debug)]
pub(super) struct Executor {
    base: SessionState,
}

impl Executor {
    /// An executor for this machine.
    pub(super) fn new() -> Self {
        let mut config = SessionConfig::new();
        let options = config.options_mut();
        options.sql_parser.enable_ident_normalization = false;
        options.sql_parser.map_string_types_to_utf8view = false;
        options.sql_parser.default_null_ordering = "nulls_min".to_owned();
        options.execution.parquet.schema_force_view_types = false;
        // A join's work is given up between two batches: they must not be as large as the joined table.
        options.execution.enforce_batch_size_in_joins = true;
        options.optimizer.expand_views_at_output = false;
        // It sums sums, which are DECIMAL of more digits than the sum of the reference has.
        let sums_again = |rule: &OptimizerRule| rule.name() == "single_distinct_aggregation_to_group_by";
        let rules = Optimizer::new().rules.into_iter().filter(|rule| !sums_again(rule)).collect();
        let base = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_optimizer_rules(rules)
            .with_physical_optimizer_rule(Arc::new(CooperativeJoins));
        Self { base: base.build() }
    }

    /// The state for one statement of a session.
    pub(super) fn state(&self, session: &SessionView) -> SessionState {
        let mut config = self.base.config().clone();
        config.options_mut().execution.time_zone = Some(session.time_zone().to_owned());
        config.set_extension(Arc::new(RecursionLimits::of(&session.settings)));
        SessionStateBuilder::new_from_existing(self.base.clone()).with_config(config).build()
    }

    /// Runs a plan. Dropping the stream stops the work.
    pub(super) async fn run(
        &self,
        state: &SessionState,
        plan: &LogicalPlan,
    ) -> Result<SendableRecordBatchStream, SqlError> {
        let mut physical = state.create_physical_plan(plan).await.map_err(unplanned)?;
        if let Some(limits) = state.config().get_extension::<RecursionLimits>() {
            physical = limits.apply(physical)?;
        }
        Ok(execute_stream(physical, Arc::new(state.into()))?)
    }
}

/// Names were resolved before: one that the optimizer has lost is of a subquery that it can't turn into a join.
fn unplanned(error: DataFusionError) -> SqlError {
    let error = SqlError::from(error);
    let lost = error.class.starts_with("UNRESOLVED_COLUMN") || error.class == "AMBIGUOUS_REFERENCE";
    if lost { errors::unsupported("a subquery of this form that reads columns from outside") } else { error }
}
