use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, BinaryArray, Date32Array, create_array};
use arrow_schema::Field;
use rstest::rstest;

use super::*;
use crate::result::decode;
use crate::result::schema::type_text::parse;

const ZONE: &str = "Europe/Lisbon";

/// One column of the SQL type, converted.
fn column(sql: &str, cells: &[Option<&str>]) -> Result<ArrayRef, Defect> {
    let schema = Arc::new(Schema::new(vec![Field::new("c", parse(sql, ZONE).unwrap(), true)]));
    let rows = cells.iter().map(|cell| vec![cell.map(str::to_owned)]).collect();
    let chunk = chunk(rows, &schema, None)?;
    assert_eq!(chunk.row_count, cells.len() as i64);
    let batches = decode(&chunk).unwrap();
    assert_eq!(batches[0].schema(), schema);
    Ok(Arc::clone(batches[0].column(0)))
}

#[rstest]
#[case("BOOLEAN", &[Some("true"), Some("FALSE"), None], create_array!(Boolean, [Some(true), Some(false), None]))]
#[case("TINYINT", &[Some("-128"), Some("127"), None], create_array!(Int8, [Some(-128), Some(127), None]))]
#[case("SMALLINT", &[Some("-32768")], create_array!(Int16, [i16::MIN]))]
#[case("INT", &[Some("+7"), None], create_array!(Int32, [Some(7), None]))]
#[case("BIGINT", &[Some("9223372036854775807")], create_array!(Int64, [i64::MAX]))]
#[case("FLOAT", &[Some("1.5"), Some("-Infinity")], create_array!(Float32, [1.5, f32::NEG_INFINITY]))]
#[case("DOUBLE", &[Some("1.7976931348623157E308"), Some("Infinity"), None], create_array!(Float64, [Some(f64::MAX), Some(f64::INFINITY), None]))]
#[case("STRING", &[Some(""), Some("é\u{0}"), None], create_array!(Utf8, [Some(""), Some("é\u{0}"), None]))]
#[case("VARIANT", &[Some("{\"a\":1}")], create_array!(Utf8, ["{\"a\":1}"]))]
#[case("BINARY", &[Some(""), Some("00fFA0"), None], Arc::new(BinaryArray::from(vec![Some(&b""[..]), Some(&b"\x00\xFF\xA0"[..]), None])))]
#[case("DATE", &[Some("1970-01-02"), Some("0001-01-01"), Some("9999-12-31")], Arc::new(Date32Array::from(vec![1, -719_162, 2_932_896])))]
#[case("VOID", &[None, None], Arc::new(NullArray::new(2)))]
fn chunk_reads_the_cells_of_a_type(
    #[case] sql: &str,
    #[case] cells: &[Option<&str>],
    #[case] expected: Arc<dyn Array>,
) {
    assert_eq!(&column(sql, cells).unwrap(), &expected);
}

#[test]
fn chunk_reads_not_a_number() {
    let values = column("DOUBLE", &[Some("NaN")]).unwrap();
    assert!(values.as_primitive::<arrow_array::types::Float64Type>().value(0).is_nan());
}

#[rstest]
#[case("DECIMAL(10,2)", "12.5", 1250)]
#[case("DECIMAL(10,2)", "-0.01", -1)]
#[case("DECIMAL(10,2)", "12.500", 1250)]
#[case("DECIMAL(10,2)", "1E+3", 100_000)]
#[case("DECIMAL(10,2)", "1.5e-1", 15)]
#[case("DECIMAL(10,2)", "0E-20", 0)]
#[case("DECIMAL(4,4)", ".1234", 1234)]
#[case("DECIMAL(38,0)", "99999999999999999999999999999999999999", 99_999_999_999_999_999_999_999_999_999_999_999_999)]
fn chunk_reads_decimals_exactly(#[case] sql: &str, #[case] text: &str, #[case] unscaled: i128) {
    assert_eq!(column(sql, &[Some(text)]).unwrap().as_primitive::<Decimal128Type>().value(0), unscaled);
}

#[rstest]
#[case("TIMESTAMP", "2021-06-01T08:30:00.000+01:00", 1_622_532_600_000_000)]
#[case("TIMESTAMP", "2021-06-01T08:30:00.123456Z", 1_622_536_200_123_456)]
#[case("TIMESTAMP", "2021-06-01 08:30:00+0530", 1_622_516_400_000_000)]
#[case::in_the_zone("TIMESTAMP", "2021-06-01 08:30:00", 1_622_532_600_000_000)]
#[case("TIMESTAMP", "1969-12-31T23:59:59.999999Z", -1)]
#[case("TIMESTAMP_NTZ", "2021-06-01T08:30:00.5", 1_622_536_200_500_000)]
#[case("TIMESTAMP_NTZ", "2021-06-01 08:30:00", 1_622_536_200_000_000)]
fn chunk_reads_timestamps(#[case] sql: &str, #[case] text: &str, #[case] micros: i64) {
    assert_eq!(column(sql, &[Some(text)]).unwrap().as_primitive::<TimestampMicrosecondType>().value(0), micros);
}

#[test]
fn chunk_reads_intervals_with_the_units_of_their_column() {
    let months = column("INTERVAL YEAR TO MONTH", &[Some("-1-2"), None]).unwrap();
    assert_eq!(months.as_primitive::<IntervalYearMonthType>().value(0), -14);
    let metadata = [("databricks.type_interval_type".to_owned(), "MINUTE".to_owned())].into();
    let field = Field::new("c", DataType::Duration(TimeUnit::Microsecond), true).with_metadata(metadata);
    let schema = Arc::new(Schema::new(vec![field]));
    let chunk = chunk(vec![vec![Some("90".to_owned())]], &schema, None).unwrap();
    let batch = decode(&chunk).unwrap().remove(0);
    assert_eq!(batch.column(0).as_primitive::<DurationMicrosecondType>().value(0), 5_400_000_000);
}

#[test]
fn chunk_reads_nested_values() {
    let cells = [
        Some(r#"[{"k":"a","m":{"x":"1.10","y":null}}, {"k":"b\n\"c","m":{}}, null]"#),
        Some("[]"),
        None,
        Some(r#"[ {"m": {"z" : 12345678901234567890.12}} ]"#),
    ];
    let lists = column("ARRAY<STRUCT<k: STRING, m: MAP<STRING, DECIMAL(22,2)>>>", &cells).unwrap();
    let lists = lists.as_list::<i32>();
    assert_eq!(lists.value_offsets(), [0, 3, 3, 3, 4]);
    assert_eq!((0..4).map(|row| lists.is_null(row)).collect::<Vec<_>>(), [false, false, true, false]);
    let structs = lists.values().as_struct();
    assert_eq!((0..4).map(|row| structs.is_null(row)).collect::<Vec<_>>(), [false, false, true, false]);
    let keys: Vec<_> = structs.column(0).as_string::<i32>().iter().collect();
    assert_eq!(keys, [Some("a"), Some("b\n\"c"), None, None]);
    let maps = structs.column(1).as_map();
    assert_eq!(maps.keys().as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["x", "y", "z"]);
    let amounts: Vec<_> = maps.values().as_primitive::<Decimal128Type>().iter().collect();
    assert_eq!(amounts, [Some(110), None, Some(1_234_567_890_123_456_789_012)]);
}

#[test]
fn chunk_reads_fields_of_one_name_in_their_order() {
    let structs = column("STRUCT<a: INT, b: INT, a: INT>", &[Some(r#"{"a": 1, "b": 2, "a": 3}"#), None]).unwrap();
    let fields = structs.as_struct().columns().iter().map(|field| field.as_primitive::<Int32Type>().value(0));
    assert_eq!(fields.collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn chunk_reads_map_keys_of_other_types_from_their_text() {
    let maps = column("MAP<DATE, INT>", &[Some(r#"{"2024-01-31": 1}"#)]).unwrap();
    assert_eq!(maps.as_map().keys().as_primitive::<Date32Type>().value(0), 19_753);
}

#[rstest]
#[case("BOOLEAN", "yes")]
#[case("TINYINT", "128")]
#[case("INT", "1.0")]
#[case("DOUBLE", "one")]
#[case("DECIMAL(4,2)", "100")]
#[case("DECIMAL(4,2)", "1.234")]
#[case("DECIMAL(4,2)", "1e99999999999")]
#[case("DECIMAL(4,2)", "")]
#[case("DECIMAL(4,2)", "-")]
#[case("BINARY", "abc")]
#[case("BINARY", "0g")]
#[case("DATE", "2024-02-30")]
#[case("TIMESTAMP", "2024-01-01T25:00:00Z")]
#[case::skipped_hour("TIMESTAMP", "2024-03-31T01:30:00")]
#[case("TIMESTAMP_NTZ", "2024-01-01T00:00:00Z")]
#[case("INTERVAL YEAR", "2 days")]
#[case("INTERVAL DAY", "1-2")]
#[case("VOID", "x")]
#[case("ARRAY<INT>", "[1")]
#[case("ARRAY<INT>", "[\"x\"]")]
#[case("ARRAY<INT>", "{}")]
#[case("MAP<STRING, INT>", "[]")]
#[case("STRUCT<a: INT>", "{\"b\": 1}")]
#[case::twice("STRUCT<a: INT>", "{\"a\": 1, \"a\": 2}")]
#[case::one_of_two("STRUCT<a: INT, a: INT>", "{\"a\": 1}")]
fn chunk_of_an_unreadable_cell_names_column_and_row_but_not_the_value(#[case] sql: &str, #[case] text: &str) {
    let data_type = parse(sql, ZONE).unwrap();
    let details = format!("the cell of column `c` in its row 1 is not a value of type {data_type}");
    assert_eq!(column(sql, &[None, Some(text)]).err(), Some(Defect::foreign(details)));
}

#[rstest]
#[case::fewer(vec![vec![None]], Some(2), Defect::damaged("it has 1 rows, 2 were announced"))]
#[case::wider(vec![vec![None], vec![None, None]], None, Defect::foreign("its row 1 has 2 columns, the manifest has 1"))]
fn chunk_of_another_shape_is_a_defect(
    #[case] rows: Vec<Vec<Option<String>>>,
    #[case] announced: Option<i64>,
    #[case] expected: Defect,
) {
    let schema = Arc::new(Schema::new(vec![Field::new("c", DataType::Utf8, true)]));
    assert_eq!(chunk(rows, &schema, announced).err(), Some(expected));
}

#[test]
fn chunk_leaves_rows_out_that_were_not_announced() {
    let schema = Arc::new(Schema::new(vec![Field::new("c", DataType::Utf8, true)]));
    assert_eq!(chunk(vec![vec![None]; 3], &schema, Some(2)).unwrap().row_count, 2);
}

proptest::proptest! {
    #[test]
    fn chunk_of_any_text_never_panics(text in "[\\PC0-9:.,\\[\\]{}\"'+ TZeE-]{0,24}") {
        for sql in ["DECIMAL(38,3)", "DATE", "TIMESTAMP", "INTERVAL DAY", "INTERVAL YEAR", "BINARY", "STRUCT<a: MAP<INT, ARRAY<DOUBLE>>>"] {
            let _ = column(sql, &[Some(&text)]);
        }
    }
}
