//! The exported metadata calls.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{Canceller, ResultStream};
use crate::call::Call;
use crate::error::{KernelError, Result as Fallible};
use crate::metadata::{self, MetadataQuery};
use crate::result::ResultReader;
use crate::session::SessionCore;
use crate::statement::{Cancellation, StatementSpec, read_all};

/// What the warehouse holds, in the JDBC column shapes. Each method makes a call; nothing is sent before it is fetched.
///
/// Patterns are SQL LIKE: `%` for any characters, `_` for one, a backslash before either for itself, letter case ignored. An absent argument means all,
/// an empty one nothing. A catalog is an exact name, but a pattern for tables. What does not exist has no rows.
#[derive(uniffi::Object)]
pub struct Metadata {
    session: Arc<SessionCore>,
}

#[uniffi::export]
impl Metadata {
    /// The catalogs: TABLE_CAT. Source: `SHOW CATALOGS`.
    pub fn list_catalogs(&self) -> Arc<MetadataCall> {
        self.call(MetadataQuery::Catalogs)
    }

    /// The schemas: TABLE_SCHEM, TABLE_CATALOG. Source: `SHOW SCHEMAS`.
    #[uniffi::method(default(catalog = None, schema_pattern = None))]
    pub fn list_schemas(&self, catalog: Option<String>, schema_pattern: Option<String>) -> Arc<MetadataCall> {
        self.call(MetadataQuery::Schemas { catalog, schema_pattern })
    }

    /// The tables and views: TABLE_CAT, TABLE_SCHEM, TABLE_NAME, TABLE_TYPE, REMARKS and five more. `table_types` keeps those types alone, in any
    /// letter case. Source: `SHOW TABLES`.
    #[uniffi::method(default(catalog_pattern = None, schema_pattern = None, table_pattern = None, table_types = None))]
    pub fn list_tables(
        &self,
        catalog_pattern: Option<String>,
        schema_pattern: Option<String>,
        table_pattern: Option<String>,
        table_types: Option<Vec<String>>,
    ) -> Arc<MetadataCall> {
        self.call(MetadataQuery::Tables { catalog_pattern, schema_pattern, table_pattern, table_types })
    }

    /// The columns of tables, in the order of their positions: 23 columns of JDBC's shape. Source: `SHOW COLUMNS`.
    #[uniffi::method(default(catalog = None, schema_pattern = None, table_pattern = None, column_pattern = None))]
    pub fn list_columns(
        &self,
        catalog: Option<String>,
        schema_pattern: Option<String>,
        table_pattern: Option<String>,
        column_pattern: Option<String>,
    ) -> Arc<MetadataCall> {
        self.call(MetadataQuery::Columns { catalog, schema_pattern, table_pattern, column_pattern })
    }

    /// The types that a table can have: TABLE_TYPE. Nothing is sent.
    pub fn table_types(&self) -> Arc<MetadataCall> {
        self.call(MetadataQuery::TableTypes)
    }

    /// The SQL types: 18 columns of JDBC's shape. Nothing is sent.
    pub fn type_info(&self) -> Arc<MetadataCall> {
        self.call(MetadataQuery::TypeInfo)
    }

    /// The primary key of a table, all names exact. Source: `SHOW KEYS`.
    pub fn primary_keys(&self, catalog: String, schema: String, table: String) -> Arc<MetadataCall> {
        self.call(MetadataQuery::PrimaryKeys { catalog, schema, table })
    }

    /// The foreign keys of the table on the foreign side, whose names are exact; the parent's names narrow them down. Source: `SHOW FOREIGN KEYS`.
    pub fn foreign_keys(
        &self,
        parent_catalog: Option<String>,
        parent_schema: Option<String>,
        parent_table: Option<String>,
        foreign_catalog: String,
        foreign_schema: String,
        foreign_table: String,
    ) -> Arc<MetadataCall> {
        self.call(MetadataQuery::ForeignKeys {
            parent_catalog,
            parent_schema,
            parent_table,
            foreign_catalog,
            foreign_schema,
            foreign_table,
        })
    }

    /// The functions; without a catalog those of the session's current one. Source: `SHOW FUNCTIONS`.
    #[uniffi::method(default(catalog = None, schema_pattern = None, function_pattern = None))]
    pub fn functions(
        &self,
        catalog: Option<String>,
        schema_pattern: Option<String>,
        function_pattern: Option<String>,
    ) -> Arc<MetadataCall> {
        self.call(MetadataQuery::Functions { catalog, schema_pattern, function_pattern })
    }

    /// The procedures. Source: `information_schema.routines`.
    #[uniffi::method(default(catalog = None, schema_pattern = None, procedure_pattern = None))]
    pub fn procedures(
        &self,
        catalog: Option<String>,
        schema_pattern: Option<String>,
        procedure_pattern: Option<String>,
    ) -> Arc<MetadataCall> {
        self.call(MetadataQuery::Procedures { catalog, schema_pattern, procedure_pattern })
    }
}

impl Metadata {
    pub(super) fn new(session: Arc<SessionCore>) -> Arc<Self> {
        Arc::new(Self { session })
    }

    fn call(&self, query: MetadataQuery) -> Arc<MetadataCall> {
        let (session, cancellation) = (Arc::clone(&self.session), Cancellation::new());
        Arc::new(MetadataCall { session, query, cancellation, fetch: Call::new() })
    }
}

/// A question about the warehouse, ready to be asked.
#[derive(uniffi::Object)]
pub struct MetadataCall {
    session: Arc<SessionCore>,
    query: MetadataQuery,
    cancellation: Arc<Cancellation>,
    fetch: Call<Arc<ResultStream>>,
}

#[uniffi::export]
impl MetadataCall {
    /// Asks, and answers the whole result. Errors: `InvalidArgument` for a name that cannot be one, and those of a statement.
    pub fn fetch(&self) -> Result<Arc<ResultStream>, KernelError> {
        self.fetch.blocking(|| self.start())
    }

    /// `fetch`, awaited.
    pub async fn fetch_async(&self) -> Result<Arc<ResultStream>, KernelError> {
        self.fetch.future(|| self.start()).await
    }

    /// Waits, awaited, until `fetch_within` has the answer. For languages whose tasks may be cancelled at any time: no answer is lost. `interrupt` drops one that nobody wants.
    pub async fn fetch_ready(&self) -> Result<(), KernelError> {
        self.fetch.ready(|| self.start()).await
    }

    /// `fetch`, waiting at most `limit`; none means not yet.
    pub fn fetch_within(&self, limit: Duration) -> Result<Option<Arc<ResultStream>>, KernelError> {
        self.fetch.within(limit, || self.start())
    }

    /// A handle that cancels the call from any thread.
    pub fn canceller(&self) -> Arc<Canceller> {
        Canceller::new(Arc::clone(&self.cancellation))
    }

    /// Gives up what `fetch_within` left unfinished.
    pub fn interrupt(&self) {
        self.cancellation.request();
        self.fetch.abandon();
    }
}

impl MetadataCall {
    fn start(&self) -> impl Future<Output = Fallible<Arc<ResultStream>>> + Send + 'static {
        let (session, query, cancellation) =
            (Arc::clone(&self.session), self.query.clone(), Arc::clone(&self.cancellation));
        async move {
            let batch = metadata::fetch(&query, |request: metadata::Request| {
                let spec = StatementSpec::of_metadata(request.sql, request.headers);
                read_all(Arc::clone(&session), spec, Arc::clone(&cancellation))
            })
            .await?;
            Ok(ResultStream::new(ResultReader::from_batch(&batch)?))
        }
    }
}
