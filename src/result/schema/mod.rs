//! The Arrow schema of a result, out of its manifest: known before the first chunk, and the same for an empty result.

pub(super) mod interval;
pub(super) mod type_text;
pub(super) mod zone;

use std::collections::HashMap;

use arrow_schema::{DataType, Field, Schema};

use super::decode::relabel::SchemaMessage;
use crate::error::{Code, Error, Result};
use crate::sea::wire::ColumnInfo;

/// The schema that the server's chunks have for `columns`; `zone` is that of TIMESTAMP. Every field is nullable, names may repeat.
///
/// A type that the kernel does not know is text: should the chunks disagree, reading them names the column and both
/// types. Errors: `Unknown` for a type of more levels than readers of Arrow take.
pub(super) fn of_columns(columns: &[ColumnInfo], zone: &str) -> Result<Schema> {
    let mut columns: Vec<&ColumnInfo> = columns.iter().collect();
    columns.sort_by_key(|column| column.position.unwrap_or(i64::MAX));
    let field = |column: &&ColumnInfo| {
        Ok(Field::new(&column.name, data_type(column, zone)?, true).with_metadata(metadata(column)))
    };
    Ok(Schema::new(columns.iter().map(field).collect::<Result<Vec<_>>>()?))
}

/// `schema` as one complete Arrow IPC stream without record batches.
pub(crate) fn schema_stream(schema: &Schema) -> Vec<u8> {
    SchemaMessage::new(schema).stream()
}

fn data_type(column: &ColumnInfo, zone: &str) -> Result<DataType> {
    let by_keys = match column.type_name.to_ascii_uppercase().as_str() {
        "DECIMAL" => column.type_precision.and_then(|p| type_text::decimal(p, column.type_scale.unwrap_or(0))),
        "INTERVAL" => column.type_interval_type.as_deref().and_then(type_text::interval),
        _ => None,
    };
    let known = by_keys
        .or_else(|| type_text::parse(&column.type_text, zone))
        .or_else(|| type_text::parse(&column.type_name, zone));
    if known.is_none() && type_text::is_too_deep(&column.type_text) {
        let (name, deepest) = (&column.name, type_text::DEEPEST);
        let details = format!(
            "the column `{name}` has a type of more than {deepest} levels, the most that readers of Arrow take: select a part of it, or to_json of it"
        );
        return Err(Error::new(Code::Unknown, details));
    }
    Ok(known.unwrap_or(DataType::Utf8))
}

/// What clients read off a field: the SQL type under the names that Databricks' clients gave it.
fn metadata(column: &ColumnInfo) -> HashMap<String, String> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let entries = [
        ("databricks.type_name", text(&column.type_name)),
        ("databricks.type_text", text(&column.type_text)),
        ("databricks.type_precision", column.type_precision.map(|number| number.to_string())),
        ("databricks.type_scale", column.type_scale.map(|number| number.to_string())),
        ("databricks.type_interval_type", column.type_interval_type.clone()),
        ("Spark:DataType:SqlName", text(&column.type_text)),
    ];
    entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{RecordBatch, new_null_array};
    use arrow_schema::{IntervalUnit, TimeUnit};
    use rstest::rstest;

    use super::*;
    use crate::result::decode::check::Checker;
    use crate::result::{ChunkData, decode};

    fn column(type_name: &str, type_text: &str) -> ColumnInfo {
        ColumnInfo { name: "c".into(), type_name: type_name.into(), type_text: type_text.into(), ..Default::default() }
    }

    #[rstest]
    #[case(column("BYTE", "TINYINT"), DataType::Int8)]
    #[case(column("LONG", "BIGINT"), DataType::Int64)]
    #[case(column("LONG", ""), DataType::Int64)]
    #[case(column("NULL", "VOID"), DataType::Null)]
    #[case(column("TIMESTAMP", "TIMESTAMP"), DataType::Timestamp(TimeUnit::Microsecond, Some("+05:30".into())))]
    #[case(column("DECIMAL", "DECIMAL(10,2)"), DataType::Decimal128(10, 2))]
    #[case(ColumnInfo { type_precision: Some(12), type_scale: Some(3), ..column("DECIMAL", "DECIMAL") }, DataType::Decimal128(12, 3))]
    #[case(ColumnInfo { type_precision: Some(99), ..column("DECIMAL", "DECIMAL(10,2)") }, DataType::Decimal128(10, 2))]
    #[case(column("INTERVAL", "INTERVAL YEAR"), DataType::Interval(IntervalUnit::YearMonth))]
    #[case(ColumnInfo { type_interval_type: Some("HOUR TO MINUTE".into()), ..column("INTERVAL", "INTERVAL") }, DataType::Duration(TimeUnit::Microsecond))]
    #[case(column("ARRAY", "ARRAY<STRING>"), type_text::list_of(DataType::Utf8))]
    #[case(column("GEOMETRY", "GEOMETRY(4326)"), DataType::Utf8)]
    #[case(column("HYPERLOGLOG", "HYPERLOGLOG"), DataType::Utf8)]
    fn of_columns_maps_the_manifest_s_types(#[case] column: ColumnInfo, #[case] expected: DataType) {
        assert_eq!(of_columns(&[column], "+05:30").unwrap().field(0).data_type(), &expected);
    }

    #[test]
    fn of_columns_orders_by_position_and_keeps_repeated_names() {
        let columns = [
            ColumnInfo { position: Some(1), ..column("STRING", "STRING") },
            ColumnInfo { position: Some(0), ..column("INT", "INT") },
        ];
        let schema = of_columns(&columns, "UTC").unwrap();
        assert_eq!(schema.field(0).data_type(), &DataType::Int32);
        assert_eq!(schema.field(1).data_type(), &DataType::Utf8);
        assert!(schema.fields().iter().all(|field| field.name() == "c" && field.is_nullable()));
    }

    /// The outcome of a chunk whose one column has this type and is NULL.
    fn read(type_text: String) -> Result<usize> {
        let schema = Arc::new(of_columns(&[column("", &type_text)], "UTC")?);
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![new_null_array(schema.field(0).data_type(), 1)]);
        let chunk = ChunkData::encode(&schema, &[batch.unwrap()])?;
        Checker::new(schema, Some(1)).finish(&chunk.stream).map_err(|defect| defect.of_chunk(0))?;
        Ok(decode(&chunk)?.len())
    }

    #[rstest]
    #[case::array("ARRAY<", type_text::DEEPEST - 1)]
    #[case::structure("STRUCT<a: ", type_text::DEEPEST - 1)]
    #[case::map("MAP<INT, ", (type_text::DEEPEST - 1) / 2)]
    fn the_deepest_type_is_read_and_a_deeper_one_is_refused_by_name(#[case] open: &str, #[case] times: usize) {
        let nested = |times| format!("{}INT{}", open.repeat(times), ">".repeat(times));
        assert_eq!(read(nested(times)).unwrap(), 1);
        let error = read(nested(times + 1)).unwrap_err();
        let details = "the column `c` has a type of more than 61 levels, the most that readers of Arrow take: select a part of it, or to_json of it";
        assert_eq!((error.code, error.details.as_str()), (Code::Unknown, details));
    }

    #[test]
    fn of_columns_puts_the_sql_type_into_the_metadata() {
        let column = ColumnInfo { type_precision: Some(10), type_scale: Some(2), ..column("DECIMAL", "DECIMAL(10,2)") };
        let schema = of_columns(&[column], "UTC").unwrap();
        let mut metadata: Vec<_> = schema.field(0).metadata().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        metadata.sort_unstable();
        assert_eq!(
            metadata,
            [
                ("Spark:DataType:SqlName", "DECIMAL(10,2)"),
                ("databricks.type_name", "DECIMAL"),
                ("databricks.type_precision", "10"),
                ("databricks.type_scale", "2"),
                ("databricks.type_text", "DECIMAL(10,2)"),
            ]
        );
    }
}
