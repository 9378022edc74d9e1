//! Rows of text as Arrow: what statements answer that have no Arrow form.

mod cell;
mod nested;

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, DurationMicrosecondBuilder,
    IntervalYearMonthBuilder, PrimitiveBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::types::{Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType, NullArray, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, IntervalUnit, Schema, TimeUnit};

use crate::result::ChunkData;
use crate::result::defect::Defect;

/// A cell, and the row that it stands in: cells inside arrays and structs keep that of their column.
#[derive(Debug, Clone)]
struct Cell<'a> {
    row: usize,
    text: Option<Cow<'a, str>>,
}

/// A cell that is not a value of its column's type; its row.
#[derive(Debug, PartialEq, Eq)]
struct Unreadable(usize);

/// Converts `rows` to the types of `schema`. Rows beyond `announced` are left out; fewer are damage.
pub(in crate::result) fn chunk(
    mut rows: Vec<Vec<Option<String>>>,
    schema: &Arc<Schema>,
    announced: Option<i64>,
) -> Result<ChunkData, Defect> {
    if let Some(announced) = announced.and_then(|announced| usize::try_from(announced).ok()) {
        if rows.len() < announced {
            return Err(Defect::damaged(format!("it has {} rows, {announced} were announced", rows.len())));
        }
        rows.truncate(announced);
    }
    let width = schema.fields().len();
    if let Some(row) = rows.iter().position(|row| row.len() != width) {
        let found = rows[row].len();
        return Err(Defect::foreign(format!("its row {row} has {found} columns, the manifest has {width}")));
    }
    let columns = schema.fields().iter().enumerate().map(|(column, field)| {
        let cells: Vec<Cell<'_>> = rows
            .iter()
            .enumerate()
            .map(|(row, cells)| Cell { row, text: cells[column].as_deref().map(Cow::Borrowed) })
            .collect();
        array(field, &cells).map_err(|Unreadable(row)| {
            let (name, data_type) = (field.name(), field.data_type());
            Defect::foreign(format!("the cell of column `{name}` in its row {row} is not a value of type {data_type}"))
        })
    });
    let columns = columns.collect::<Result<Vec<_>, Defect>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| Defect::foreign(format!("its columns do not fit together: {error}")))
        .and_then(|batch| ChunkData::encode(schema, &[batch]).map_err(|error| Defect::foreign(error.details)))
}

fn array(field: &Field, cells: &[Cell<'_>]) -> Result<ArrayRef, Unreadable> {
    let units = || field.metadata().get("databricks.type_interval_type").map_or("", String::as_str);
    macro_rules! build {
        ($builder:expr, $parse:expr) => {{
            let mut builder = $builder;
            for cell in cells {
                match &cell.text {
                    None => builder.append_null(),
                    Some(text) => builder.append_value($parse(text.as_ref()).ok_or(Unreadable(cell.row))?),
                }
            }
            Ok(Arc::new(builder.finish()))
        }};
    }
    match field.data_type() {
        DataType::Null => match cells.iter().find(|cell| cell.text.is_some()) {
            Some(cell) => Err(Unreadable(cell.row)),
            None => Ok(Arc::new(NullArray::new(cells.len()))),
        },
        DataType::Boolean => build!(BooleanBuilder::with_capacity(cells.len()), cell::boolean),
        DataType::Int8 => numbers::<Int8Type>(cells),
        DataType::Int16 => numbers::<Int16Type>(cells),
        DataType::Int32 => numbers::<Int32Type>(cells),
        DataType::Int64 => numbers::<Int64Type>(cells),
        DataType::Float32 => numbers::<Float32Type>(cells),
        DataType::Float64 => numbers::<Float64Type>(cells),
        DataType::Decimal128(precision, scale) => {
            let builder = Decimal128Builder::with_capacity(cells.len())
                .with_precision_and_scale(*precision, *scale)
                .map_err(|_| Unreadable(0))?;
            build!(builder, |text| cell::decimal(text, *precision, *scale))
        }
        DataType::Utf8 => build!(StringBuilder::new(), Some),
        DataType::Binary => build!(BinaryBuilder::new(), cell::binary),
        DataType::Date32 => build!(Date32Builder::with_capacity(cells.len()), cell::date),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => {
            let builder = TimestampMicrosecondBuilder::with_capacity(cells.len()).with_timezone(Arc::clone(zone));
            let zone = zone.parse().ok();
            build!(builder, |text| cell::timestamp(text, zone.as_ref()))
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            build!(TimestampMicrosecondBuilder::with_capacity(cells.len()), cell::local_timestamp)
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            build!(IntervalYearMonthBuilder::with_capacity(cells.len()), |text| {
                crate::result::schema::interval::parse_year_month(text, units())
            })
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            build!(DurationMicrosecondBuilder::with_capacity(cells.len()), |text| {
                crate::result::schema::interval::parse_day_time(text, units())
            })
        }
        DataType::List(element) => nested::list(element, cells),
        DataType::Map(entries, _) => nested::map(entries, cells),
        DataType::Struct(fields) => nested::structs(fields, cells),
        _ => Err(Unreadable(0)),
    }
}

fn numbers<T: ArrowPrimitiveType>(cells: &[Cell<'_>]) -> Result<ArrayRef, Unreadable>
where
    T::Native: std::str::FromStr,
{
    let mut builder = PrimitiveBuilder::<T>::with_capacity(cells.len());
    for cell in cells {
        let number = cell.text.as_ref().map(|text| text.trim().parse().map_err(|_| Unreadable(cell.row)));
        builder.append_option(number.transpose()?);
    }
    Ok(Arc::new(builder.finish()))
}

#[cfg(test)]
mod tests;
