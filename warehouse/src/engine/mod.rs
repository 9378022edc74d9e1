//! The SQL engines behind the protocol.
//!
//! The server above this trait knows HTTP, states and result shapes; an engine knows SQL. Nothing of the wire
//! is named below this line, and nothing of DataFusion or Spark above it.

pub mod embedded;
pub mod spark;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use futures::stream::BoxStream;

/// The stack, in bytes, of the threads that run statements: what is as deep as an engine allows must fit in. Only what
/// is used of it is ever real memory.
pub const STACK: usize = 512 * 1024 * 1024;

/// A SQL engine: one catalog of tables shared by all of its sessions.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Opens a session. Unknown settings and catalogs are errors; its schema may still be to come.
    async fn open_session(&self, options: SessionOptions) -> Result<Arc<dyn EngineSession>, SqlError>;

    /// Ends what the engine has started besides this process, and waits until it has ended.
    async fn stop(&self) {}
}

/// What a client asks for when it opens a session.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// The current catalog; the engine's default when absent.
    pub catalog: Option<String>,
    /// The current schema; `default` when absent.
    pub schema: Option<String>,
    /// Session parameters by name, in the client's spelling.
    pub settings: BTreeMap<String, String>,
}

/// One session: its current catalog and schema, its settings, its temporary views.
#[async_trait]
pub trait EngineSession: Send + Sync + 'static {
    /// Runs one statement. Dropping the future, or the answer's batches, stops the work.
    async fn execute(&self, statement: Statement) -> Result<Answer, SqlError>;

    /// The longest time a statement of this session may run (`STATEMENT_TIMEOUT`); `None` when unlimited.
    fn statement_timeout(&self) -> Option<Duration>;
}

/// A statement with its parameters.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// The SQL text, one statement.
    pub sql: String,
    /// The values for its markers.
    pub parameters: Vec<Parameter>,
}

/// A value for one parameter marker.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Which marker it is for.
    pub marker: Marker,
    /// The SQL type's text, such as `DECIMAL(10,2)`.
    pub sql_type: String,
    /// The value as text; `None` is NULL.
    pub value: Option<String>,
}

/// A parameter marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// `:name`
    Named(String),
    /// The n-th `?`, counted from 1.
    Ordinal(usize),
}

/// What a statement answers.
pub struct Answer {
    /// The columns in order; empty for a statement that answers nothing (DDL, `USE`).
    pub columns: Vec<Column>,
    /// The rows. Every batch has exactly the Arrow types of `columns`, by position.
    pub batches: BoxStream<'static, Result<RecordBatch, SqlError>>,
}

/// One column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name shown to the client; names may repeat.
    pub name: String,
    /// The SQL type's full text, such as `ARRAY<DECIMAL(10,2)>`; the Arrow type follows from it.
    pub sql_type: String,
    /// Whether a value may be NULL.
    pub nullable: bool,
}

/// Why a statement failed, in the words and codes of the reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{class}] {text} SQLSTATE: {sql_state}")]
pub struct SqlError {
    /// The error class, such as `TABLE_OR_VIEW_NOT_FOUND`.
    pub class: String,
    /// The SQLSTATE, such as `42P01`.
    pub sql_state: String,
    /// The message without class and state.
    pub text: String,
}

impl SqlError {
    /// An error of the given class.
    pub fn new(class: &str, sql_state: &str, text: impl Into<String>) -> Self {
        Self { class: class.to_owned(), sql_state: sql_state.to_owned(), text: text.into() }
    }
}
