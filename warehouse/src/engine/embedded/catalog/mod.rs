//! The catalogs that all sessions share.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider,
    TableProvider,
};
use datafusion::common::Result as DfResult;
use tpchgen::generators as tpch;
use tpchgen_arrow as tpch_arrow;

use super::EngineConfig;
use crate::engine::SqlError;

/// The catalogs of an engine.
#[derive(Debug)]
pub struct Catalogs {
    catalogs: BTreeMap<String, Arc<dyn CatalogProvider>>,
}

impl Catalogs {
    /// The catalogs `main`, `samples` and `system`.
    pub fn new(config: &EngineConfig) -> Result<Arc<Self>, SqlError> {
        let main = MemoryCatalogProvider::new();
        main.register_schema("default", Arc::new(MemorySchemaProvider::new()))?;
        let samples = MemoryCatalogProvider::new();
        let tables = TPCH_TABLES.map(|name| (name, OnceLock::new()));
        samples.register_schema("tpch", Arc::new(Tpch { scale_factor: config.scale_factor, tables }))?;
        let system = MemoryCatalogProvider::new();
        system.register_schema("information_schema", Arc::new(MemorySchemaProvider::new()))?;
        let catalogs: [(&str, Arc<dyn CatalogProvider>); 3] =
            [("main", Arc::new(main)), ("samples", Arc::new(samples)), ("system", Arc::new(system))];
        Ok(Arc::new(Self { catalogs: catalogs.into_iter().map(|(n, c)| (n.to_owned(), c)).collect() }))
    }
}

impl CatalogProviderList for Catalogs {
    fn register_catalog(&self, _: String, _: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        self.catalogs.keys().cloned().collect()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        self.catalogs.get(name).cloned()
    }
}

const TPCH_TABLES: [&str; 8] = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"];

#[derive(Debug)]
struct Tpch {
    scale_factor: f64,
    tables: [(&'static str, OnceLock<Arc<MemTable>>); 8],
}

#[async_trait]
impl SchemaProvider for Tpch {
    fn table_names(&self) -> Vec<String> {
        TPCH_TABLES.iter().map(|n| (*n).to_owned()).collect()
    }

    async fn table(&self, name: &str) -> DfResult<Option<Arc<dyn TableProvider>>> {
        let Some((name, cell)) = self.tables.iter().find(|(n, _)| *n == name) else { return Ok(None) };
        if let Some(table) = cell.get() {
            return Ok(Some(Arc::clone(table) as Arc<dyn TableProvider>));
        }
        let table = Arc::new(generate(name, self.scale_factor)?);
        Ok(Some(Arc::clone(cell.get_or_init(|| table)) as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, name: &str) -> bool {
        TPCH_TABLES.contains(&name)
    }
}

fn generate(name: &str, sf: f64) -> DfResult<MemTable> {
    let batches: Vec<RecordBatch> = match name {
        "customer" => tpch_arrow::CustomerArrow::new(tpch::CustomerGenerator::new(sf, 1, 1)).collect(),
        "lineitem" => tpch_arrow::LineItemArrow::new(tpch::LineItemGenerator::new(sf, 1, 1)).collect(),
        "nation" => tpch_arrow::NationArrow::new(tpch::NationGenerator::new(sf, 1, 1)).collect(),
        "orders" => tpch_arrow::OrderArrow::new(tpch::OrderGenerator::new(sf, 1, 1)).collect(),
        "part" => tpch_arrow::PartArrow::new(tpch::PartGenerator::new(sf, 1, 1)).collect(),
        "partsupp" => tpch_arrow::PartSuppArrow::new(tpch::PartSuppGenerator::new(sf, 1, 1)).collect(),
        "region" => tpch_arrow::RegionArrow::new(tpch::RegionGenerator::new(sf, 1, 1)).collect(),
        _ => tpch_arrow::SupplierArrow::new(tpch::SupplierGenerator::new(sf, 1, 1)).collect(),
    };
    let batches: DfResult<Vec<RecordBatch>> = batches.iter().map(plain_strings).collect();
    let batches = batches?;
    let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    MemTable::try_new(schema, vec![batches])
}

fn plain_strings(batch: &RecordBatch) -> DfResult<RecordBatch> {
    let plain = |t: &DataType| if *t == DataType::Utf8View { DataType::Utf8 } else { t.clone() };
    let fields: Vec<Field> =
        batch.schema().fields().iter().map(|f| Field::new(f.name(), plain(f.data_type()), true)).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let columns: Result<Vec<_>, _> =
        batch.columns().iter().zip(schema.fields()).map(|(c, f)| cast(c, f.data_type())).collect();
    Ok(RecordBatch::try_new(schema, columns?)?)
}
