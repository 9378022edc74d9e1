//! The types that tables have; the server cannot be asked for them.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Field};

use super::batch;
use crate::error::Result;

const TABLE_TYPES: [&str; 4] = ["SYSTEM TABLE", "TABLE", "VIEW", "METRIC_VIEW"];

pub(super) fn shape() -> Result<RecordBatch> {
    let column = StringArray::from_iter_values(TABLE_TYPES);
    batch([(Field::new("TABLE_TYPE", DataType::Utf8, false), Arc::new(column) as _)])
}
