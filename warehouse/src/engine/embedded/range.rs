//! `range(start, end, step)`: rows of consecutive numbers, made as they are read.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{Int64Array, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result as DfResult;
use datafusion::datasource::TableType;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::stream;

use crate::engine::SqlError;

const ROWS_IN_ORDER: i128 = 100_000;

/// The numbers from `start` up to but not including `end`, as the column `id` BIGINT.
#[derive(Debug, Clone)]
pub(super) struct RangeTable {
    start: i128,
    step: i128,
    rows: i128,
    schema: SchemaRef,
}

impl RangeTable {
    /// The numbers; a step of zero is an error.
    pub(super) fn new(start: i64, end: i64, step: i64) -> Result<Self, SqlError> {
        if step == 0 {
            return Err(SqlError::new(
                "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
                "42K09",
                "The step of `range` cannot be 0.",
            ));
        }
        let (start, end, step) = (i128::from(start), i128::from(end), i128::from(step));
        let distance = if step > 0 { end - start } else { start - end };
        let rows = if distance > 0 { (distance + step.abs() - 1) / step.abs() } else { 0 };
        let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
        Ok(Self { start, step, rows, schema })
    }

    fn batch(&self, first: i128, rows: i128, projection: &SchemaRef) -> DfResult<RecordBatch> {
        let count = usize::try_from(rows).unwrap_or(0);
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        let columns: Vec<Arc<dyn datafusion::arrow::array::Array>> = if projection.fields().is_empty() {
            vec![]
        } else {
            let numbers = (first..first + rows).map(|n| i64::try_from(self.start + n * self.step).unwrap_or_default());
            vec![Arc::new(numbers.collect::<Int64Array>())]
        };
        Ok(RecordBatch::try_new_with_options(Arc::clone(projection), columns, &options)?)
    }
}

#[async_trait]
impl TableProvider for RangeTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        // Few rows come in their order, many from all cores at once.
        let partitions = match self.rows {
            ..=ROWS_IN_ORDER => 1,
            _ => i128::try_from(state.config().target_partitions()).unwrap_or(1).max(1),
        };
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        let share = (self.rows + partitions - 1) / partitions;
        let parts = (0..partitions).map(|part| {
            let first = (part * share).min(self.rows);
            let last = (first + share).min(self.rows);
            let range = self.clone();
            Arc::new(RangePart { range, first, last, schema: Arc::clone(&schema) }) as Arc<dyn PartitionStream>
        });
        Ok(Arc::new(StreamingTableExec::try_new(Arc::clone(&schema), parts.collect(), None, vec![], false, limit)?))
    }
}

#[derive(Debug)]
struct RangePart {
    range: RangeTable,
    first: i128,
    last: i128,
    schema: SchemaRef,
}

impl PartitionStream for RangePart {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let size = i128::try_from(context.session_config().batch_size()).unwrap_or(8192).max(1);
        let (range, last, schema) = (self.range.clone(), self.last, Arc::clone(&self.schema));
        let batches = stream::unfold(self.first, move |first| {
            let next = (first + size).min(last);
            let batch = (first < last).then(|| (range.batch(first, next - first, &schema), next));
            // Numbers come without waiting: give way, so that a stop is heard.
            async move {
                tokio::task::yield_now().await;
                batch
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
