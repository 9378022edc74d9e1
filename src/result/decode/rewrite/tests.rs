use std::collections::HashMap;

use arrow_array::Array as _;
use arrow_array::cast::AsArray;

use rstest::rstest;

use super::super::json;
use super::*;
use crate::result::schema::type_text::parse;

const ALL: ResultConfig = ResultConfig {
    complex_types_as_json: true,
    intervals_as_text: true,
    geospatial_as_wkb: true,
    memory_budget: None,
    max_chunk_bytes: None,
};

fn field(name: &str, sql: &str, zone: &str) -> Field {
    let type_name = sql.split(['(', '<', ' ']).next().unwrap().to_owned();
    let metadata = HashMap::from([("databricks.type_name".to_owned(), type_name)]);
    Field::new(name, parse(sql, zone).unwrap(), true).with_metadata(metadata)
}

/// Rewrites one column of cells, as they stand in an inline result.
fn rewrite(sql: &str, cells: &[Option<&str>], zone: &str) -> Result<ArrayRef> {
    rewrite_as(&ALL, sql, cells, zone)
}

fn rewrite_as(config: &ResultConfig, sql: &str, cells: &[Option<&str>], zone: &str) -> Result<ArrayRef> {
    let sent: SchemaRef = Arc::new(Schema::new(vec![field("c", sql, zone)]));
    let rows = cells.iter().map(|cell| vec![cell.map(str::to_owned)]).collect();
    let chunk = json::chunk(rows, &sent, None).unwrap();
    let rewrites = Rewrites::new(&sent, config, zone);
    let schema = rewrites.schema(&sent);
    let rewritten = rewrites.apply(&chunk, &schema)?;
    assert_eq!(rewritten.row_count, cells.len() as i64);
    let batch = decode(&rewritten).unwrap().remove(0);
    assert_eq!(batch.schema(), schema);
    assert_eq!(schema.field(0).metadata(), sent.field(0).metadata());
    Ok(Arc::clone(batch.column(0)))
}

fn rewritten_texts(sql: &str, cells: &[Option<&str>], zone: &str) -> Vec<Option<String>> {
    let column = rewrite(sql, cells, zone).unwrap();
    column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

#[rstest]
#[case("ARRAY<INT>", "[ 1, null, -3 ]", "[1,null,-3]")]
#[case("ARRAY<INT>", "[]", "[]")]
#[case("ARRAY<TINYINT>", "[1]", "[1]")]
#[case("ARRAY<SMALLINT>", "[1]", "[1]")]
#[case("ARRAY<BIGINT>", "[9223372036854775807]", "[9223372036854775807]")]
#[case("ARRAY<BOOLEAN>", "[true,false]", "[true,false]")]
#[case("ARRAY<DOUBLE>", "[1.5,\"NaN\",\"Infinity\",\"-Infinity\"]", "[1.5,\"NaN\",\"Infinity\",\"-Infinity\"]")]
#[case("ARRAY<FLOAT>", "[0.1]", "[0.1]")]
#[case(
    "ARRAY<DECIMAL(38,10)>",
    "[1234567890123456789012345678.0123456789]",
    "[1234567890123456789012345678.0123456789]"
)]
#[case("ARRAY<DECIMAL(4,2)>", "[1,-0.5]", "[1.00,-0.50]")]
#[case("ARRAY<STRING>", "[\"a\\\"b\\\\\\n\",\"é\"]", "[\"a\\\"b\\\\\\n\",\"é\"]")]
#[case("ARRAY<BINARY>", "[\"00ff\"]", "[\"AP8=\"]")]
#[case("ARRAY<DATE>", "[\"2024-02-29\"]", "[\"2024-02-29\"]")]
#[case("ARRAY<TIMESTAMP>", "[\"2024-07-01T00:00:00Z\"]", "[\"2024-07-01T01:00:00+01:00\"]")]
#[case("ARRAY<TIMESTAMP>", "[\"2024-01-01T00:00:00.25Z\"]", "[\"2024-01-01T00:00:00.250+00:00\"]")]
#[case("ARRAY<TIMESTAMP_NTZ>", "[\"2024-07-01T00:00:00.000001\"]", "[\"2024-07-01T00:00:00.000001\"]")]
#[case("ARRAY<INTERVAL YEAR TO MONTH>", "[\"1-2\"]", "[\"1-2\"]")]
#[case("ARRAY<INTERVAL DAY TO SECOND>", "[\"1 02:03:04\"]", "[\"1 02:03:04.000000000\"]")]
#[case("ARRAY<VOID>", "[null]", "[null]")]
#[case("MAP<INT, STRING>", "{\"1\":\"a\",\"2\":null}", "{\"1\":\"a\",\"2\":null}")]
#[case("MAP<STRING, INT>", "{\"a\\\"\":1}", "{\"a\\\"\":1}")]
#[case("MAP<DATE, ARRAY<INT>>", "{\"2024-01-01\":[1]}", "{\"2024-01-01\":[1]}")]
#[case("STRUCT<b: INT, a: STRUCT<`x y`: STRING>>", "{\"a\":{\"x y\":\"z\"}}", "{\"b\":null,\"a\":{\"x y\":\"z\"}}")]
#[case("STRUCT<>", "{}", "{}")]
fn apply_writes_complex_types_as_json(#[case] sql: &str, #[case] cell: &str, #[case] expected: &str) {
    let texts = rewritten_texts(sql, &[None, Some(cell)], "Europe/Lisbon");
    assert_eq!(texts, [None, Some(expected.to_owned())]);
}

#[rstest]
#[case("+05:30", "2024-01-01T05:30:00+05:30")]
#[case("Etc/UTC", "2024-01-01T00:00:00+00:00")]
#[case("Mars/Olympus", "2024-01-01T00:00:00+00:00")]
fn apply_writes_nested_timestamps_in_the_zone(#[case] zone: &str, #[case] expected: &str) {
    let texts = rewritten_texts("ARRAY<TIMESTAMP>", &[Some("[\"2024-01-01T00:00:00Z\"]")], zone);
    assert_eq!(texts, [Some(format!("[\"{expected}\"]"))]);
}

#[rstest]
#[case("INTERVAL YEAR TO MONTH", "-1-2", "-1-2")]
#[case("INTERVAL DAY TO SECOND", "-1 02:03:04.5", "-1 02:03:04.500000000")]
fn apply_writes_intervals_as_text(#[case] sql: &str, #[case] cell: &str, #[case] expected: &str) {
    assert_eq!(rewritten_texts(sql, &[Some(cell), None], "UTC"), [Some(expected.to_owned()), None]);
}

#[rstest]
#[case("ARRAY<INTERVAL YEAR>", "[\"1-0\",null]", "List(Utf8)")]
#[case(
    "MAP<STRING, INTERVAL MONTH>",
    "{\"a\":\"-0-3\",\"b\":null}",
    "Map(\"entries\": non-null Struct(\"key\": non-null Utf8, \"value\": Utf8), unsorted)"
)]
#[case("STRUCT<n: INT, i: INTERVAL YEAR TO MONTH>", "{\"n\":1,\"i\":\"1-2\"}", "Struct(\"n\": Int32, \"i\": Utf8)")]
#[case("ARRAY<STRUCT<i: INTERVAL DAY>>", "[{\"i\":\"1 00:00:00.000000000\"}]", "List(Struct(\"i\": Utf8))")]
fn apply_writes_intervals_inside_other_types_as_text(#[case] sql: &str, #[case] cell: &str, #[case] expected: &str) {
    let config = ResultConfig { intervals_as_text: true, ..ResultConfig::default() };
    let column = rewrite_as(&config, sql, &[Some(cell), None, Some(cell)], "UTC").unwrap();
    assert_eq!(column.data_type().to_string().replace(", field: 'element'", ""), expected);
    let texts = json_text::array(column.as_ref(), "UTC").unwrap();
    let texts: Vec<_> = texts.as_string::<i32>().iter().collect();
    assert_eq!(texts, [Some(cell), None, Some(cell)]);
}

#[test]
fn apply_writes_geometries_as_srid_and_wkb() {
    let cells = [Some("SRID=4326;POINT(1 2)"), None, Some("POINT(1 2)")];
    let column = rewrite("GEOMETRY(4326)", &cells, "UTC").unwrap();
    let structs = column.as_struct();
    let srids: Vec<_> = structs.column(0).as_primitive::<arrow_array::types::Int32Type>().iter().collect();
    assert_eq!(srids, [Some(4326), None, Some(0)]);
    assert_eq!((0..3).map(|row| structs.is_null(row)).collect::<Vec<_>>(), [false, true, false]);
    let wkbs = structs.column(1).as_binary::<i32>();
    assert_eq!(Some(wkbs.value(0).to_vec()), wkt::to_wkb("POINT(1 2)"));
}

#[test]
fn apply_of_a_geometry_that_is_no_text_form_names_the_column() {
    let error = rewrite("GEOGRAPHY(4326)", &[None, Some("secret")], "UTC").unwrap_err();
    let details = "the column `c` cannot be converted: row 1 of a batch is not well-known text";
    assert_eq!((error.code, error.details.as_str()), (crate::error::Code::DataLoss, details));
}

#[rstest]
#[case(ResultConfig::default(), [None, None, None, None])]
#[case(ResultConfig { complex_types_as_json: true, ..ResultConfig::default() }, [None, Some(Rewrite::ComplexAsJson), None, None])]
#[case(ResultConfig { intervals_as_text: true, ..ResultConfig::default() }, [None, None, Some(Rewrite::IntervalAsText), None])]
#[case(ResultConfig { geospatial_as_wkb: true, ..ResultConfig::default() }, [None, None, None, Some(Rewrite::GeospatialAsWkb)])]
fn new_rewrites_what_was_asked_for(#[case] config: ResultConfig, #[case] expected: [Option<Rewrite>; 4]) {
    let columns = [("t", "STRING"), ("a", "ARRAY<INT>"), ("i", "INTERVAL DAY"), ("g", "GEOMETRY(0)")];
    let sent: SchemaRef = Arc::new(Schema::new(columns.map(|(name, sql)| field(name, sql, "UTC")).to_vec()));
    let rewrites = Rewrites::new(&sent, &config, "UTC");
    let is_none = expected.iter().all(Option::is_none);
    assert_eq!(rewrites.are_none(), is_none);
    assert_eq!(rewrites.columns, (!is_none).then(|| expected.to_vec()));
    if is_none {
        assert!(Arc::ptr_eq(&rewrites.schema(&sent), &sent));
    }
}
