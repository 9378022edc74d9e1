//! The exported metadata calls.
