//! The manifest: what a result consists of.

use serde_json::{Map, Value, json};

use super::{Format, Stored};
use crate::engine::Column;

/// A result's manifest, with exactly the keys that the service sends.
pub(crate) fn manifest(stored: &Stored) -> Value {
    // Inline rows have no sizes.
    let sized = !stored.inline;
    let mut schema = Map::from_iter([("column_count".to_owned(), json!(stored.columns.len()))]);
    if !stored.columns.is_empty() {
        schema.insert(
            "columns".to_owned(),
            stored.columns.iter().enumerate().map(|(position, column)| column_info(column, position)).collect(),
        );
    }
    let mut manifest = Map::from_iter([
        ("format".to_owned(), json!(format_name(stored.format))),
        ("schema".to_owned(), schema.into()),
        ("total_chunk_count".to_owned(), json!(stored.chunks.len())),
        ("total_row_count".to_owned(), json!(stored.declared_total())),
        ("truncated".to_owned(), json!(stored.truncated)),
    ]);
    if stored.is_volume_operation {
        manifest.insert("is_volume_operation".to_owned(), json!(true));
    }
    if !stored.chunks.is_empty() {
        let chunk = |(index, chunk): (usize, &super::Chunk)| {
            let mut info =
                json!({"chunk_index": index, "row_offset": chunk.row_offset, "row_count": stored.declared_rows(index)});
            if sized {
                info["byte_count"] = json!(chunk.byte_count);
            }
            info
        };
        manifest.insert("chunks".to_owned(), stored.chunks.iter().enumerate().map(chunk).collect());
    }
    if sized {
        manifest.insert(
            "total_byte_count".to_owned(),
            json!(stored.chunks.iter().map(|chunk| chunk.byte_count).sum::<usize>()),
        );
    }
    if let Some(compressed) = stored.compressed {
        manifest.insert("result_compression".to_owned(), json!(if compressed { "LZ4_FRAME" } else { "NONE" }));
    }
    manifest.into()
}

fn format_name(format: Format) -> &'static str {
    match format {
        Format::JsonArray => "JSON_ARRAY",
        Format::ArrowStream => "ARROW_STREAM",
        Format::Csv => "CSV",
    }
}

fn column_info(column: &Column, position: usize) -> Value {
    let sql_type = column.sql_type.as_str();
    let base = sql_type.split(['(', '<', ' ']).next().unwrap_or(sql_type);
    let type_name = match base {
        "TINYINT" => "BYTE",
        "SMALLINT" => "SHORT",
        "BIGINT" => "LONG",
        "VARCHAR" | "CHAR" => "STRING",
        "VOID" => "NULL",
        other => other,
    };
    // The length of a VARCHAR is not told.
    let type_text = if type_name == "STRING" { "STRING" } else { sql_type };
    let mut info = json!({"name": column.name, "type_text": type_text, "type_name": type_name, "position": position});
    if let Some((precision, scale)) = (base == "DECIMAL").then(|| precision_and_scale(sql_type)).flatten() {
        info["type_precision"] = json!(precision);
        info["type_scale"] = json!(scale);
    }
    if let Some(interval) = sql_type.strip_prefix("INTERVAL ") {
        info["type_interval_type"] = json!(interval);
    }
    info
}

fn precision_and_scale(sql_type: &str) -> Option<(u8, i8)> {
    let (precision, scale) = sql_type.strip_prefix("DECIMAL(")?.strip_suffix(')')?.split_once(',')?;
    Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("BIGINT", json!({"type_name": "LONG"}))]
    #[case("DECIMAL(10,2)", json!({"type_name": "DECIMAL", "type_precision": 10, "type_scale": 2}))]
    #[case("INTERVAL YEAR TO MONTH", json!({"type_name": "INTERVAL", "type_interval_type": "YEAR TO MONTH"}))]
    #[case("ARRAY<DECIMAL(10,2)>", json!({"type_name": "ARRAY"}))]
    #[case("VOID", json!({"type_name": "NULL"}))]
    #[case("VARCHAR(10)", json!({"type_name": "STRING", "type_text": "STRING"}))]
    #[case("STRUCT<a: DECIMAL(10,2)>", json!({"type_name": "STRUCT"}))]
    #[case("TIMESTAMP_NTZ", json!({"type_name": "TIMESTAMP_NTZ"}))]
    fn column_has_the_keys_of_its_type_alone(#[case] sql_type: &str, #[case] mut expected: Value) {
        let column = Column { name: "c".to_owned(), sql_type: sql_type.to_owned(), nullable: true };
        expected["name"] = json!("c");
        if expected.get("type_text").is_none() {
            expected["type_text"] = json!(sql_type);
        }
        expected["position"] = json!(3);
        assert_eq!(column_info(&column, 3), expected);
    }

    #[test]
    fn ddl_has_no_columns_and_no_chunks() {
        let stored = Stored {
            format: Format::ArrowStream,
            inline: false,
            columns: vec![],
            chunks: vec![],
            compressed: Some(true),
            truncated: false,
            is_volume_operation: false,
            faults: vec![],
        };
        let expected = json!({"format": "ARROW_STREAM", "schema": {"column_count": 0}, "total_chunk_count": 0, "total_row_count": 0,
            "total_byte_count": 0, "truncated": false, "result_compression": "LZ4_FRAME"});
        assert_eq!(manifest(&stored), expected);
    }
}
