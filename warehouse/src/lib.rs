//! A local SQL warehouse: a real SQL engine behind the Databricks SQL Statement Execution protocol.

pub mod engine;
