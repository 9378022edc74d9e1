//! How long WITH RECURSIVE may go on: as many steps and rows as the session allows.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::common::Result as DfResult;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::TryStreamExt;

use super::errors;
use super::settings::Settings;
use crate::engine::SqlError;

/// The most steps and rows of one recursion; `None` where there is no limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecursionLimits {
    steps: Option<u64>,
    rows: Option<u64>,
}

impl RecursionLimits {
    /// The limits of a session.
    pub(super) fn of(settings: &Settings) -> Self {
        let limit =
            |name: &str, default: u64| match settings.get(name).ok().and_then(|value| value.trim().parse::<i64>().ok())
            {
                Some(limit) => u64::try_from(limit).ok(),
                None => Some(default),
            };
        Self {
            steps: limit("spark.sql.cteRecursionLevelLimit", 100),
            rows: limit("spark.sql.cteRecursionRowLimit", 1_000_000),
        }
    }

    /// The plan whose recursions keep within the limits.
    pub(super) fn apply(self, plan: Arc<dyn ExecutionPlan>) -> DfResult<Arc<dyn ExecutionPlan>> {
        let limited = plan.transform_up(|node| {
            let Some(recursion) = node.downcast_ref::<RecursiveQueryExec>() else { return Ok(Transformed::no(node)) };
            let rows = Arc::new(AtomicU64::new(0));
            let step = Part::Step { limits: self, steps: Arc::default(), rows: Arc::clone(&rows) };
            let step = Arc::new(Limited { input: Arc::clone(recursion.recursive_term()), part: step });
            let children: Vec<Arc<dyn ExecutionPlan>> = vec![Arc::clone(recursion.static_term()), step];
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            let input = Arc::clone(&node).replace_children(children, options)?;
            let whole: Arc<dyn ExecutionPlan> = Arc::new(Limited { input, part: Part::Whole { rows } });
            Ok(Transformed::yes(whole))
        });
        limited.map(|limited| limited.data)
    }

    /// The error of another step behind so many steps and rows.
    fn check(self, steps: u64, rows: u64) -> DfResult<()> {
        let exceeded = |class: &str, what: &str, limit: u64| {
            let text =
                format!("Recursion {what} limit {limit} reached but query has not exhausted, try increasing it.");
            Err(errors::carried(SqlError::new(class, "42836", text)))
        };
        match self {
            Self { steps: Some(limit), .. } if steps >= limit => {
                exceeded("RECURSION_LEVEL_LIMIT_EXCEEDED", "level", limit)
            }
            Self { rows: Some(limit), .. } if rows > limit => exceeded("RECURSION_ROW_LIMIT_EXCEEDED", "row", limit),
            _ => Ok(()),
        }
    }
}

/// A part of a recursion. Copies of it, which the recursion makes at every step, count together.
#[derive(Debug, Clone)]
enum Part {
    /// What is run again and again.
    Step { limits: RecursionLimits, steps: Arc<AtomicU64>, rows: Arc<AtomicU64> },
    /// All of it, whose rows are counted.
    Whole { rows: Arc<AtomicU64> },
}

#[derive(Debug, Clone)]
struct Limited {
    input: Arc<dyn ExecutionPlan>,
    part: Part,
}

impl DisplayAs for Limited {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limited: {:?}", self.part)
    }
}

impl ExecutionPlan for Limited {
    fn name(&self) -> &str {
        "Limited"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DfResult<TreeNodeRecursion>,
    ) -> DfResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        match children.pop() {
            Some(input) => Ok(Arc::new(Self { input, ..Self::clone(&self) })),
            None => Err(errors::carried(errors::internal("a limit of nothing"))),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> DfResult<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> DfResult<SendableRecordBatchStream> {
        let rows = match &self.part {
            Part::Step { limits, steps, rows } => {
                limits.check(steps.fetch_add(1, Ordering::Relaxed), rows.load(Ordering::Relaxed))?;
                return self.input.execute(partition, context);
            }
            Part::Whole { rows } => Arc::clone(rows),
        };
        let stream = self.input.execute(partition, context)?;
        let schema = stream.schema();
        let counted = stream.inspect_ok(move |batch| {
            rows.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, counted)))
    }
}
