//! What lets a cancelled statement end, and others run beside one that does not give way.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use datafusion::common::Result as DfResult;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Does work that does not give way, such as planning, so that its thread's other tasks go on on another thread.
pub(super) async fn aside<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(|| work.as_mut().poll(context)),
        _ => work.as_mut().poll(context),
    })
    .await
}

/// Makes every join give way between its batches. A join turns one batch read into as many as its other side has,
/// so that giving way where rows are read, as the optimizer arranges it, can be minutes apart.
#[derive(Debug)]
pub(super) struct CooperativeJoins;

impl PhysicalOptimizerRule for CooperativeJoins {
    fn name(&self) -> &'static str {
        "cooperative_joins"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> DfResult<Arc<dyn ExecutionPlan>> {
        let wrap = |node: Arc<dyn ExecutionPlan>| {
            Ok(match node.children().len() {
                0 | 1 => Transformed::no(node),
                _ => Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>),
            })
        };
        plan.transform_up(wrap).map(|wrapped| wrapped.data)
    }

    fn schema_check(&self) -> bool {
        true
    }
}
