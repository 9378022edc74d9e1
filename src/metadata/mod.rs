//! Metadata: SQL that asks, and the answers in the JDBC shapes.
