//! The Databricks SQL client kernel.
