//! GEOMETRY and GEOGRAPHY columns as `struct<srid: int32, wkb: binary>`.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, Int32Builder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, Field, Fields};

use super::wkt;
use crate::error::{Error, Result};

fn fields() -> Fields {
    Fields::from(vec![Field::new("srid", DataType::Int32, true), Field::new("wkb", DataType::Binary, true)])
}

/// The type that such a column gets.
pub(super) fn data_type() -> DataType {
    DataType::Struct(fields())
}

/// Each EWKT text, `SRID=4326;POINT(1 2)`, as SRID and WKB. Without an SRID it is 0.
pub(super) fn array(column: &dyn Array) -> Result<ArrayRef> {
    let texts = column.as_string_opt::<i32>().ok_or_else(|| Error::internal("it is not text"))?;
    let mut srids = Int32Builder::with_capacity(texts.len());
    let mut wkbs = BinaryBuilder::with_capacity(texts.len(), texts.len() * 21);
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else {
            srids.append_null();
            wkbs.append_null();
            continue;
        };
        let (srid, wkb) =
            read(text).ok_or_else(|| Error::data_loss(format!("row {row} of a batch is not well-known text")))?;
        srids.append_value(srid);
        wkbs.append_value(wkb);
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(srids.finish()), Arc::new(wkbs.finish())];
    StructArray::try_new(fields(), columns, texts.nulls().cloned())
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|error| Error::internal("a geospatial column could not be built").because(error))
}

fn read(text: &str) -> Option<(i32, Vec<u8>)> {
    let text = text.trim();
    let is_extended = text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("SRID="));
    let (srid, geometry) = if is_extended {
        let (srid, geometry) = text[5..].split_once(';')?;
        (srid.trim().parse().ok()?, geometry)
    } else {
        (0, text)
    };
    Some((srid, wkt::to_wkb(geometry)?))
}
