//! `samples.tpch`: the eight TPC-H tables, generated when they are read.
//!
//! Up to [`CACHED_UP_TO`] a table's rows are kept after the first read; beyond that they are generated for every
//! query, so that memory does not grow with the scale factor.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::thread;

use arrow_array::{Array, ArrayRef, Decimal128Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStream;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use tokio::sync::OnceCell;
use tpchgen::distribution::Distributions;
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};
use tpchgen::text::TextPool;
use tpchgen_arrow::{
    CustomerArrow, LineItemArrow, NationArrow, OrderArrow, PartArrow, PartSuppArrow, RecordBatchIterator, RegionArrow,
    SupplierArrow,
};

use super::schema::Entry;
use super::{TableFacts, TableKind};
use crate::engine::SqlError;
use crate::engine::embedded::errors;

/// The schema's comment.
pub(super) const COMMENT: &str = "The TPC-H benchmark's tables";

/// The largest scale factor whose rows are kept in memory: about 150 MB for all eight tables.
const CACHED_UP_TO: f64 = 0.1;
/// Rows of one batch.
const BATCH_ROWS: usize = 8192;
/// Batches that a generator may be ahead of its reader.
const BATCHES_AHEAD: usize = 2;
/// The precision of the amounts in Databricks' tables; the generator's is narrower.
const AMOUNT_PRECISION: u8 = 18;

/// The eight tables at this scale factor; an error when it is not a positive number.
pub(super) fn tables(scale_factor: f64) -> Result<Vec<(String, Entry)>, SqlError> {
    if !(scale_factor.is_finite() && scale_factor > 0.0) {
        return Err(SqlError::new(
            "INVALID_PARAMETER_VALUE",
            "22023",
            format!("The TPC-H scale factor must be a positive number, not {scale_factor}."),
        ));
    }
    let entry = |kind: Kind| {
        let facts = TableFacts::of(TableKind::Managed, "delta");
        (kind.name().to_owned(), Entry::open(Arc::new(TpchTable::new(kind, scale_factor)), facts))
    };
    Ok(Kind::ALL.into_iter().map(entry).collect())
}

/// The tables' names.
pub(crate) const NAMES: [&str; 8] =
    ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"];

/// Writes a table as Parquet files, one for each part, into a folder that does not exist yet. Errors: it is none of the
/// eight, or the files can't be written.
pub(crate) async fn write(table: &str, scale_factor: f64, folder: &Path) -> Result<(), SqlError> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == table);
    let table = TpchTable::new(kind.ok_or_else(|| errors::table_not_found(table))?, scale_factor);
    std::fs::create_dir_all(folder).map_err(DataFusionError::from)?;
    let mut tasks = Vec::new();
    for part in 1..=table.parts {
        let (rows, path) = (table.part(part, None)?, folder.join(format!("part-{part}.parquet")));
        tasks.push(tokio::task::spawn_blocking(move || rows.write(&path)));
    }
    for task in tasks {
        task.await.map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))??;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Customer,
    Lineitem,
    Nation,
    Orders,
    Part,
    Partsupp,
    Region,
    Supplier,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Customer,
        Self::Lineitem,
        Self::Nation,
        Self::Orders,
        Self::Part,
        Self::Partsupp,
        Self::Region,
        Self::Supplier,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Lineitem => "lineitem",
            Self::Nation => "nation",
            Self::Orders => "orders",
            Self::Part => "part",
            Self::Partsupp => "partsupp",
            Self::Region => "region",
            Self::Supplier => "supplier",
        }
    }

    // The generators of these two ignore the part that they are asked for.
    fn is_whole(self) -> bool {
        matches!(self, Self::Nation | Self::Region)
    }

    /// The generator's columns, without the seconds that making its pool of texts takes.
    fn generated_schema(self) -> SchemaRef {
        static FEW_TEXTS: LazyLock<TextPool> = LazyLock::new(|| TextPool::new(1024, Distributions::static_default()));
        let (words, texts) = (Distributions::static_default(), &*FEW_TEXTS);
        macro_rules! schema {
            ($arrow:ident, $generator:ident :: $new:ident ( $($argument:expr),* )) => {
                Arc::clone($arrow::new($generator::$new($($argument),*)).schema())
            };
        }
        match self {
            Self::Customer => {
                schema!(CustomerArrow, CustomerGenerator::new_with_distributions_and_text_pool(1.0, 1, 1, words, texts))
            }
            Self::Lineitem => {
                schema!(LineItemArrow, LineItemGenerator::new_with_distributions_and_text_pool(1.0, 1, 1, words, texts))
            }
            Self::Nation => schema!(NationArrow, NationGenerator::new_with_distributions_and_text_pool(words, texts)),
            Self::Orders => {
                schema!(OrderArrow, OrderGenerator::new_with_distributions_and_text_pool(1.0, 1, 1, words, texts))
            }
            Self::Part => {
                schema!(PartArrow, PartGenerator::new_with_distributions_and_text_pool(1.0, 1, 1, words, texts))
            }
            Self::Partsupp => schema!(PartSuppArrow, PartSuppGenerator::new_with_text_pool(1.0, 1, 1, texts)),
            Self::Region => schema!(RegionArrow, RegionGenerator::new_with_distributions_and_text_pool(words, texts)),
            Self::Supplier => {
                schema!(SupplierArrow, SupplierGenerator::new_with_distributions_and_text_pool(1.0, 1, 1, words, texts))
            }
        }
    }

    /// The generator of one part of the table; parts count from 1.
    fn generate(self, scale_factor: f64, part: i32, parts: i32) -> Box<dyn RecordBatchIterator> {
        macro_rules! boxed {
            ($arrow:ident, $generator:ident) => {
                Box::new($arrow::new($generator::new(scale_factor, part, parts)).with_batch_size(BATCH_ROWS))
            };
        }
        match self {
            Self::Customer => boxed!(CustomerArrow, CustomerGenerator),
            Self::Lineitem => boxed!(LineItemArrow, LineItemGenerator),
            Self::Nation => boxed!(NationArrow, NationGenerator),
            Self::Orders => boxed!(OrderArrow, OrderGenerator),
            Self::Part => boxed!(PartArrow, PartGenerator),
            Self::Partsupp => boxed!(PartSuppArrow, PartSuppGenerator),
            Self::Region => boxed!(RegionArrow, RegionGenerator),
            Self::Supplier => boxed!(SupplierArrow, SupplierGenerator),
        }
    }
}

#[derive(Debug)]
struct TpchTable {
    kind: Kind,
    scale_factor: f64,
    parts: i32,
    schema: SchemaRef,
    cache: OnceCell<Vec<Vec<RecordBatch>>>,
}

impl TpchTable {
    fn new(kind: Kind, scale_factor: f64) -> Self {
        static CPUS: LazyLock<i32> = LazyLock::new(|| {
            thread::available_parallelism().ok().and_then(|n| i32::try_from(n.get()).ok()).unwrap_or(1)
        });
        Self {
            kind,
            scale_factor,
            parts: if kind.is_whole() { 1 } else { *CPUS },
            schema: published_schema(&kind.generated_schema()),
            cache: OnceCell::new(),
        }
    }

    fn part(&self, part: i32, projection: Option<&Vec<usize>>) -> Result<Part> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        Ok(Part {
            kind: self.kind,
            scale_factor: self.scale_factor,
            part,
            parts: self.parts,
            projection: projection.cloned(),
            schema,
        })
    }

    /// All rows, by part; generated once, on threads that may block.
    async fn kept(&self) -> Result<&Vec<Vec<RecordBatch>>> {
        let generate = || async {
            let mut tasks = Vec::new();
            for part in 1..=self.parts {
                let part = self.part(part, None)?;
                tasks.push(tokio::task::spawn_blocking(move || part.batches().collect::<Result<Vec<_>, _>>()));
            }
            let mut parts = Vec::new();
            for task in tasks {
                parts.push(task.await.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??);
            }
            Ok(parts)
        };
        self.cache.get_or_try_init(generate).await
    }
}

#[async_trait]
impl TableProvider for TpchTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if self.scale_factor <= CACHED_UP_TO {
            let source = MemorySourceConfig::try_new(self.kept().await?, self.schema(), projection.cloned())?;
            return Ok(DataSourceExec::from_data_source(source.with_limit(limit)));
        }
        let parts: Vec<Part> = (1..=self.parts).map(|part| self.part(part, projection)).collect::<Result<_>>()?;
        let schema = parts.first().map_or_else(|| self.schema(), |part| Arc::clone(&part.schema));
        let parts = parts.into_iter().map(|part| Arc::new(part) as Arc<dyn PartitionStream>).collect();
        Ok(Arc::new(StreamingTableExec::try_new(schema, parts, None, None, false, limit)?))
    }
}

/// One part of a table, and which of its columns.
#[derive(Debug, Clone)]
struct Part {
    kind: Kind,
    scale_factor: f64,
    part: i32,
    parts: i32,
    projection: Option<Vec<usize>>,
    schema: SchemaRef,
}

impl Part {
    fn batches(self) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        self.kind.generate(self.scale_factor, self.part, self.parts).map(move |batch| {
            let batch = match &self.projection {
                Some(columns) => batch.project(columns)?,
                None => batch,
            };
            publish(&batch, &self.schema)
        })
    }

    fn write(self, path: &Path) -> Result<()> {
        let mut writer = ArrowWriter::try_new(std::fs::File::create(path)?, Arc::clone(&self.schema), None)?;
        for batch in self.batches() {
            writer.write(&batch?)?;
        }
        writer.close()?;
        Ok(())
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStream::builder(Arc::clone(&self.schema), BATCHES_AHEAD);
        let rows = stream.tx();
        let part = self.clone();
        stream.spawn_blocking(move || {
            for batch in part.batches() {
                // The reader is gone: it has enough, or the query was cancelled.
                if rows.blocking_send(batch.map_err(DataFusionError::from)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        stream.build()
    }
}

/// The columns as Databricks publishes them, from those of the generator.
fn published_schema(generated: &Schema) -> SchemaRef {
    let fields = generated.fields().iter().map(|field| Field::new(field.name(), published_type(field), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn published_type(field: &Field) -> DataType {
    match field.data_type() {
        DataType::Utf8View => DataType::Utf8,
        DataType::Decimal128(_, scale) => DataType::Decimal128(AMOUNT_PRECISION, *scale),
        other => other.clone(),
    }
}

fn publish(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| published_column(column, field));
    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect::<Result<_, _>>()?, &options)
}

fn published_column(column: &ArrayRef, field: &Field) -> Result<ArrayRef, ArrowError> {
    match (column.as_any().downcast_ref::<Decimal128Array>(), field.data_type()) {
        // A wider precision holds the same values.
        (Some(amounts), DataType::Decimal128(precision, scale)) => {
            Ok(Arc::new(amounts.clone().with_precision_and_scale(*precision, *scale)?))
        }
        _ => cast(column, field.data_type()),
    }
}
