//! A table over files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{ScanArgs, ScanResult, Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::dml::InsertOp;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::object_store::ObjectStoreExt;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use tokio::sync::OnceCell;
use url::Url;

use super::Format;
use crate::engine::SqlError;
use crate::engine::embedded::catalog::schema::Opener;
use crate::engine::embedded::catalog::{TableName, error};
use crate::engine::embedded::{errors, types};

/// The zone in which a file's timestamps are declared; an answer shows them in the session's.
const ZONE: &str = "Etc/UTC";

/// Files that become a table when somebody reads them.
#[derive(Debug)]
pub(super) struct MountedTable {
    name: TableName,
    format: Format,
    files: Vec<PathBuf>,
    opened: OnceCell<Arc<dyn TableProvider>>,
}

impl MountedTable {
    pub(super) fn new(name: TableName, format: Format, files: Vec<PathBuf>) -> Arc<Self> {
        Arc::new(Self { name, format, files, opened: OnceCell::new() })
    }

    async fn read(&self) -> Result<Arc<dyn TableProvider>> {
        let state = SessionContext::new().state();
        let format = file_format(self.format);
        let urls = self.files.iter().map(|file| url(file)).collect::<Result<Vec<_>>>()?;
        let inferred = self.infer(&state, format.as_ref(), &urls).await?;
        let options = ListingOptions::new(format).with_file_extension("");
        let config = ListingTableConfig::new_with_multi_paths(urls)
            .with_listing_options(options)
            .with_schema(self.table_schema(&inferred)?);
        Ok(Arc::new(ReadOnly { name: self.name.clone(), table: ListingTable::try_new(config)? }))
    }

    /// The columns of all files together.
    async fn infer(
        &self,
        state: &SessionState,
        format: &dyn FileFormat,
        urls: &[ListingTableUrl],
    ) -> Result<SchemaRef> {
        let Some(first) = urls.first() else { return Ok(Arc::new(Schema::empty())) };
        let store = state.runtime_env().object_store(first)?;
        let mut objects = Vec::new();
        for url in urls {
            objects.push(store.head(url.prefix()).await?);
        }
        format.infer_schema(state, &store, &objects).await
    }

    /// The columns in SQL's types: the files' columns are cast to them when they are read.
    fn table_schema(&self, inferred: &Schema) -> Result<SchemaRef> {
        let field = |field: &Arc<Field>| match table_type(field.data_type()) {
            Some(data_type) => Ok(Field::new(field.name(), data_type, field.is_nullable())),
            None => Err(errors::carried(SqlError::new(
                "UNSUPPORTED_DATATYPE",
                "0A000",
                format!("Unsupported data type \"{}\" of the column `{}`.", field.data_type(), field.name()),
            ))),
        };
        Ok(Arc::new(Schema::new(inferred.fields().iter().map(field).collect::<Result<Vec<_>>>()?)))
    }
}

#[async_trait]
impl Opener for MountedTable {
    async fn open(&self) -> Result<Arc<dyn TableProvider>> {
        let opened = self.opened.get_or_try_init(|| self.read()).await;
        opened.cloned().map_err(|error| self.failed(&error))
    }
}

impl MountedTable {
    fn failed(&self, error: &DataFusionError) -> DataFusionError {
        if let DataFusionError::External(inner) = error.find_root()
            && let Some(ours) = inner.downcast_ref::<SqlError>()
        {
            return errors::carried(ours.clone());
        }
        let files = self.files.first().map(|file| file.display().to_string()).unwrap_or_default();
        errors::carried(SqlError::new(
            "FAILED_READ_FILE.NO_HINT",
            "KD001",
            format!("Error while reading the files of the table {} ({files}): {}.", self.name, error.strip_backtrace()),
        ))
    }
}

fn file_format(format: Format) -> Arc<dyn FileFormat> {
    match format {
        Format::Parquet => Arc::new(ParquetFormat::default().with_force_view_types(false)),
        // All rows are looked at: a type that only fits the first ones would fail in the middle of a query.
        Format::Csv => Arc::new(
            CsvFormat::default()
                .with_has_header(true)
                .with_newlines_in_values(true)
                .with_schema_infer_max_rec(usize::MAX),
        ),
        Format::Json => Arc::new(JsonFormat::default().with_schema_infer_max_rec(usize::MAX)),
    }
}

fn table_type(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::UInt64 => Some(DataType::Decimal128(20, 0)),
        DataType::Float16 => Some(DataType::Float32),
        other => types::canonical(other, ZONE),
    }
}

/// A file's URL, taken literally: nothing in its name is a pattern.
fn url(file: &Path) -> Result<ListingTableUrl> {
    let absolute = std::path::absolute(file)?;
    let url = Url::from_file_path(&absolute)
        .map_err(|()| DataFusionError::Execution(format!("{} is no file's path", absolute.display())))?;
    ListingTableUrl::try_new(url, None)
}

/// The table as sessions see it: they read the files and never change them.
#[derive(Debug)]
struct ReadOnly {
    name: TableName,
    table: ListingTable,
}

#[async_trait]
impl TableProvider for ReadOnly {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        self.table.table_type()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.table.scan(state, projection, filters, limit).await
    }

    async fn scan_with_args<'a>(&self, state: &dyn Session, args: ScanArgs<'a>) -> Result<ScanResult> {
        self.table.scan_with_args(state, args).await
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.table.supports_filters_pushdown(filters)
    }

    fn statistics(&self) -> Option<Statistics> {
        self.table.statistics()
    }

    async fn insert_into(
        &self,
        _state: &dyn Session,
        _input: Arc<dyn ExecutionPlan>,
        _operation: InsertOp,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(errors::carried(error::read_only(&format!("table {} over mounted files", self.name))))
    }
}
