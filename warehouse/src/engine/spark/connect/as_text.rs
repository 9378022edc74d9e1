//! Types that results hold as text and Spark answers otherwise: VARIANT, GEOMETRY and GEOGRAPHY.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use prost::Message;

use super::protocol::{Expression, ExpressionKind, ExpressionString, Project, Relation, RelationKind, ToDf};
use super::rows::unreadable;
use super::types::VARIANT;
use crate::engine::{Column, SqlError};

/// The relation with its VARIANT columns as Spark writes them in JSON; `None` when there are none.
pub(super) fn relation(relation: Vec<u8>, columns: &[Column]) -> Option<Vec<u8>> {
    if !columns.iter().any(|column| column.sql_type == VARIANT) {
        return None;
    }
    // Columns may have the same name.
    let column_names: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
    let expression = |(name, column): (&String, &Column)| {
        let expression = if column.sql_type == VARIANT { format!("to_json({name})") } else { name.clone() };
        Expression { kind: Some(ExpressionKind::Text(ExpressionString { expression })) }
    };
    let expressions = column_names.iter().zip(columns).map(expression).collect();
    let renamed = Relation { kind: Some(RelationKind::ToDf(ToDf { input: relation, column_names })) };
    let project = Project { input: Some(Box::new(renamed)), expressions };
    Some(Relation { kind: Some(RelationKind::Project(project)) }.encode_to_vec())
}

/// The batch with its GEOMETRY and GEOGRAPHY columns as EWKT.
pub(super) fn batch(batch: RecordBatch, columns: &[Column]) -> Result<RecordBatch, SqlError> {
    if !columns.iter().any(is_geospatial) || batch.num_columns() != columns.len() {
        return Ok(batch);
    }
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    let schema = batch.schema();
    for ((field, array), column) in schema.fields().iter().zip(batch.columns()).zip(columns) {
        if is_geospatial(column) {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, field.is_nullable())));
            arrays.push(ewkt(array)?);
        } else {
            fields.push(Arc::clone(field));
            arrays.push(Arc::clone(array));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| unreadable(&error.to_string()))
}

fn is_geospatial(column: &Column) -> bool {
    column.sql_type.starts_with("GEOMETRY(") || column.sql_type.starts_with("GEOGRAPHY(")
}

/// `SRID=4326;POINT(1 2)`, of `struct<srid: int32, wkb: binary>`.
fn ewkt(column: &ArrayRef) -> Result<ArrayRef, SqlError> {
    let other = || unreadable(&format!("a geospatial column is {}", column.data_type()));
    let values = column.as_struct_opt().ok_or_else(other)?;
    let field = |name: &str| values.column_by_name(name).ok_or_else(other);
    let srids = field("srid")?.as_primitive_opt::<Int32Type>().ok_or_else(other)?;
    let shapes = field("wkb")?.as_binary_opt::<i32>().ok_or_else(other)?;
    let text = |row: usize| -> Result<Option<String>, SqlError> {
        if values.is_null(row) {
            return Ok(None);
        }
        let mut text = match srids.value(row) {
            0 => String::new(),
            srid => format!("SRID={srid};"),
        };
        let shape = wkb::reader::read_wkb(shapes.value(row)).map_err(|error| unreadable(&error.to_string()))?;
        wkt::to_wkt::write_geometry(&mut text, &shape).map_err(|error| unreadable(&error.to_string()))?;
        Ok(Some(text))
    };
    let texts = (0..values.len()).map(text).collect::<Result<Vec<_>, _>>()?;
    Ok(Arc::new(StringArray::from(texts)))
}
