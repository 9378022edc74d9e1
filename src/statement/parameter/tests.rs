use rstest::rstest;

use super::*;
use crate::error::Code;

fn checked(value: &str, sql_type: &str) -> (String, String) {
    let (sql_type, value) = check_parameter(Some(value), sql_type).unwrap();
    (sql_type, value.unwrap())
}

const NINES: &str = "99999999999999999999999999999999999999";

#[rstest]
#[case::boolean("True", "bool", "BOOLEAN", "true")]
#[case::boolean_digit("0", "BOOLEAN", "BOOLEAN", "false")]
#[case::tinyint("-128", "TINYINT", "TINYINT", "-128")]
#[case::smallint("32767", "smallint", "SMALLINT", "32767")]
#[case::int("+01", "Integer", "INT", "1")]
#[case::bigint("-9223372036854775808", "long", "BIGINT", "-9223372036854775808")]
#[case::float("1.5e3", "FLOAT", "FLOAT", "1.5e3")]
#[case::float_edge("3.4028235e38", "FLOAT", "FLOAT", "3.4028235e38")]
#[case::double("1e300", "DOUBLE", "DOUBLE", "1e300")]
#[case::nan("nan", "DOUBLE", "DOUBLE", "NaN")]
#[case::infinity("+inf", "FLOAT", "FLOAT", "Infinity")]
#[case::minus_infinity("-Infinity", "DOUBLE", "DOUBLE", "-Infinity")]
#[case::string("", "  string ", "STRING", "")]
#[case::varchar("äöü", "VARCHAR(3)", "STRING", "äöü")]
#[case::char("ab", "char ( 5 )", "STRING", "ab")]
fn check_scalar_table(#[case] value: &str, #[case] sql_type: &str, #[case] wire_type: &str, #[case] wire_value: &str) {
    assert_eq!(checked(value, sql_type), (wire_type.to_owned(), wire_value.to_owned()));
}

#[rstest]
#[case::date("2024-01-02", "DATE", "2024-01-02")]
#[case::date_short("2024-1-2", "DATE", "2024-01-02")]
#[case::date_first("0001-01-01", "DATE", "0001-01-01")]
#[case::date_before_era("-0001-01-01", "DATE", "-0001-01-01")]
#[case::date_far("+12024-01-02", "DATE", "+12024-01-02")]
#[case::plain("2024-01-02 03:04:05", "TIMESTAMP", "2024-01-02 03:04:05")]
#[case::iso("2024-01-02T03:04:05.12", "TIMESTAMP", "2024-01-02 03:04:05.120000")]
#[case::nanos_lossless("2024-01-02 03:04:05.123456000", "TIMESTAMP", "2024-01-02 03:04:05.123456")]
#[case::no_seconds("2024-01-02T03:04", "TIMESTAMP", "2024-01-02 03:04:00")]
#[case::no_time("2024-01-02", "TIMESTAMP", "2024-01-02 00:00:00")]
#[case::offset("2024-01-01 23:04:05-03:30", "TIMESTAMP", "2024-01-02T02:34:05Z")]
#[case::offset_with_seconds("1883-11-18 12:03:58-07:52:58", "TIMESTAMP", "1883-11-18T19:56:56Z")]
#[case::offset_short("2024-01-02 03:04:05 +0200", "TIMESTAMP", "2024-01-02T01:04:05Z")]
#[case::utc("2024-01-02T03:04:05.000001Z", "TIMESTAMP", "2024-01-02T03:04:05.000001Z")]
#[case::ltz("2024-01-02 03:04:05", "TIMESTAMP_LTZ", "2024-01-02 03:04:05")]
#[case::ltz_offset("2024-01-02 03:04:05+02:00", "TIMESTAMP_LTZ", "2024-01-02T01:04:05Z")]
#[case::ntz("2024-01-02 03:04:05", "timestamp_ntz", "2024-01-02 03:04:05")]
#[case::ntz_offset("2024-01-02 03:04:05+02:00", "TIMESTAMP_NTZ", "2024-01-02 03:04:05")]
#[case::ntz_utc("2024-01-02T03:04:05.5Z", "TIMESTAMP_NTZ", "2024-01-02 03:04:05.500000")]
#[case::ntz_offset_at_the_first_hour("0001-01-01 00:00:00+14:00", "TIMESTAMP_NTZ", "0001-01-01 00:00:00")]
#[case::interval("1 day -2 HOURS", "INTERVAL", "1 day -2 HOURS")]
#[case::interval_literal("INTERVAL '1-2' YEAR TO MONTH", "interval year  to month", "INTERVAL '1-2' YEAR TO MONTH")]
#[case::interval_any_literal("interval '1.5' second", "INTERVAL", "interval '1.5' second")]
#[case::interval_years("-1-2", "INTERVAL YEAR TO MONTH", "-1-2")]
#[case::interval_time("1 02:03:04.5", "INTERVAL DAY TO SECOND", "1 02:03:04.5")]
#[case::interval_single("7", "INTERVAL MONTH", "7")]
fn check_time_table(#[case] value: &str, #[case] sql_type: &str, #[case] wire_value: &str) {
    let wire_type = sql_type.to_ascii_uppercase().replace("  ", " ");
    assert_eq!(checked(value, sql_type), (wire_type, wire_value.to_owned()));
}

#[rstest]
#[case::declared("1.5", "decimal( 5 , 2 )", "DECIMAL(5,2)", "1.5")]
#[case::no_scale("15", "DECIMAL(5)", "DECIMAL(5,0)", "15")]
#[case::zeros_give_way("1.500", "DECIMAL(5,1)", "DECIMAL(5,1)", "1.5")]
#[case::leading_zeros("-007.50", "DECIMAL(3,2)", "DECIMAL(3,2)", "-7.50")]
#[case::bare_points("-.5", "DECIMAL(5,3)", "DECIMAL(5,3)", "-0.5")]
#[case::zero("-0.0000", "DECIMAL(4,4)", "DECIMAL(4,4)", "0.0000")]
#[case::most(
    "99999999999999999999999999999999999999",
    "DECIMAL(38,0)",
    "DECIMAL(38,0)",
    "99999999999999999999999999999999999999"
)]
#[case::exponent("-12.5e-1", "DECIMAL(5,3)", "DECIMAL(5,3)", "-1.25")]
#[case::exponent_fits("1E+3", "DECIMAL(4,0)", "DECIMAL(4,0)", "1000")]
#[case::exponent_widens("1.5E+10", "DECIMAL(6,5)", "DECIMAL(11,0)", "15000000000")]
#[case::exponent_widens_scale("1E-7", "DECIMAL(4,0)", "DECIMAL(7,7)", "0.0000001")]
#[case::exponent_of_zero("0E+999999999", "DECIMAL(4,0)", "DECIMAL(4,0)", "0")]
#[case::derived("123.46", "DECIMAL", "DECIMAL(5,2)", "123.46")]
#[case::derived_zero("0.0000", "decimal", "DECIMAL(4,4)", "0.0000")]
#[case::derived_whole("0", "DECIMAL", "DECIMAL(1,0)", "0")]
#[case::derived_drops_zeros(
    "12345678901234567890123456789012345678.00",
    "DECIMAL",
    "DECIMAL(38,0)",
    "12345678901234567890123456789012345678"
)]
#[case::counted_sign(&format!("-{NINES}"), "DECIMAL(39,0)", "DECIMAL(38,0)", &format!("-{NINES}"))]
#[case::counted_sign_and_zero(&format!("-0.{NINES}"), "DECIMAL(40,38)", "DECIMAL(38,38)", &format!("-0.{NINES}"))]
#[case::counted_sign_before_a_point(
    "-9999999999999999999999999999999999999.9",
    "DECIMAL(39,1)",
    "DECIMAL(38,1)",
    "-9999999999999999999999999999999999999.9"
)]
#[case::counted_exponent(
    "1.000000000000000000000000000000000000E+37",
    "DECIMAL(41,40)",
    "DECIMAL(38,0)",
    "10000000000000000000000000000000000000"
)]
fn check_decimal_table(#[case] value: &str, #[case] sql_type: &str, #[case] wire_type: &str, #[case] wire_value: &str) {
    assert_eq!(checked(value, sql_type), (wire_type.to_owned(), wire_value.to_owned()));
}

#[rstest]
#[case::wkt("POINT(1 2)", "GEOMETRY", "POINT(1 2)")]
#[case::ewkt("srid=4326;POINT(1 2)", "geography", "POINT(1 2)")]
#[case::same_srid("SRID=4326;LINESTRING Z (1 2 3,-4 5e1 6)", "GEOMETRY(4326)", "LINESTRING Z (1 2 3,-4 5e1 6)")]
#[case::srid_of_type("POLYGON((0 0,1 0,1 1,0 0))", "GEOMETRY(3857)", "POLYGON((0 0,1 0,1 1,0 0))")]
#[case::any_srid("SRID=3857;POINT EMPTY", "GEOMETRY(ANY)", "POINT EMPTY")]
#[case::collection(
    "GEOMETRYCOLLECTION(POINT(1 2),POINT EMPTY)",
    "GEOGRAPHY",
    "GEOMETRYCOLLECTION(POINT(1 2),POINT EMPTY)"
)]
fn check_geospatial_table(#[case] value: &str, #[case] sql_type: &str, #[case] wire_value: &str) {
    assert_eq!(checked(value, sql_type), ("STRING".to_owned(), wire_value.to_owned()));
}

#[rstest]
#[case("void", "VOID")]
#[case("INTEGER", "INT")]
#[case("VARCHAR(3)", "STRING")]
#[case("DECIMAL(10,2)", "DECIMAL(10,2)")]
#[case("DECIMAL", "DECIMAL(10,0)")]
#[case("TIMESTAMP_LTZ", "TIMESTAMP_LTZ")]
#[case("interval day to second", "INTERVAL DAY TO SECOND")]
#[case("GEOMETRY(4326)", "STRING")]
fn check_null_keeps_its_type(#[case] sql_type: &str, #[case] wire_type: &str) {
    assert_eq!(check_parameter(None, sql_type).unwrap(), (wire_type.to_owned(), None));
}

/// Every refusal in one text: each names the parameter, its type and what is taken, and none repeats the value.
#[test]
fn bind_bad_values_are_named_without_the_value() {
    let table = [
        ("7x", "VOID"),
        ("yes7x", "BOOLEAN"),
        ("300", "TINYINT"),
        ("3000000000", "INT"),
        (" 1 ", "INT"),
        ("1.0", "BIGINT"),
        ("1e39", "FLOAT"),
        ("1e400", "DOUBLE"),
        ("7xd", "DOUBLE"),
        ("7xabc", "VARCHAR(2)"),
        ("2024-02-30", "DATE"),
        ("24-01-02", "DATE"),
        ("2024-01-02T00:00:00", "DATE"),
        ("2024-01-02 03:04:05.1234567", "TIMESTAMP"),
        ("2024-01-02 03:04:05 Europe/Paris", "TIMESTAMP"),
        ("2024-01-02 25:04:05", "TIMESTAMP_NTZ"),
        ("2024-01-02 03:04:05+19:00", "TIMESTAMP_LTZ"),
        ("7x days", "INTERVAL"),
        ("7-2", "INTERVAL DAY"),
        ("7 02:03", "INTERVAL DAY TO SECOND"),
        ("INTERVAL '7' DAY", "INTERVAL MONTH"),
        ("7.55", "DECIMAL(5,1)"),
        ("777777", "DECIMAL(5)"),
        ("7E+99", "DECIMAL(5)"),
        ("777777777777777777777777777777777777777", "DECIMAL(39,0)"),
        ("-777777777777777777777777777777777777777", "DECIMAL(40,0)"),
        ("-7E-39", "DECIMAL(6,0)"),
        ("-7", "DECIMAL(39,0)"),
        ("0x7", "DECIMAL"),
        ("Infinity", "DECIMAL(5,3)"),
        ("SRID=4326;POINT(1 2)", "GEOMETRY(3857)"),
        ("SRID=x;POINT(1 2)", "GEOGRAPHY"),
        ("POINT(7 2", "GEOMETRY"),
        ("CIRCLE(1 2)", "GEOMETRY"),
    ];
    let mut texts = String::new();
    for (value, sql_type) in table {
        let error = Parameters::default().bind(1, Some(value), sql_type).unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument, "{sql_type}");
        assert!(!error.details.contains(value), "{}", error.details);
        texts.push_str(&error.details);
        texts.push('\n');
    }
    insta::assert_snapshot!("refused_values", texts);
}

#[test]
fn bind_bad_types_and_markers_are_explained() {
    let unsupported = [
        "",
        "FOO",
        "REAL",
        "INT(3)",
        "DECIMAL(39,0)",
        "DECIMAL(5,6)",
        "DECIMAL(0)",
        "DECIMAL(",
        "VARCHAR(x)",
        "ARRAY<INT>",
        "map",
        "BINARY",
        "INTERVAL HOUR TO YEAR",
        "INTERVAL SECOND TO DAY",
        "GEOMETRY(x)",
    ];
    let mut errors: Vec<Error> =
        unsupported.iter().map(|sql_type| Parameters::default().bind_named("p", None, sql_type).unwrap_err()).collect();
    for ordinal in [0, -1] {
        errors.push(Parameters::default().bind(ordinal, Some("1"), "INT").unwrap_err());
    }
    for name in ["", ":p"] {
        errors.push(Parameters::default().bind_named(name, Some("1"), "INT").unwrap_err());
    }
    let (mut by_position, mut by_name) = (Parameters::default(), Parameters::default());
    by_position.bind(1, Some("1"), "INT").unwrap();
    errors.push(by_position.bind_named("p", Some("1"), "INT").unwrap_err());
    by_name.bind_named("p", Some("1"), "INT").unwrap();
    errors.push(by_name.bind(1, Some("1"), "INT").unwrap_err());
    by_position.bind(3, Some("1"), "INT").unwrap();
    errors.push(by_position.to_wire("SELECT ?, ?, ?").err().unwrap());
    errors.push(by_position.to_wire("SELECT ?, '?'").err().unwrap());
    assert!(errors.iter().all(|error| error.code == Code::InvalidArgument));
    let texts: Vec<String> = errors.into_iter().map(|error| error.details).collect();
    insta::assert_snapshot!("refused_types_and_markers", texts.join("\n"));
}

#[test]
fn to_wire_positions_are_sent_in_order_and_the_last_binding_counts() {
    let mut parameters = Parameters::default();
    parameters.bind(3, None, "VOID").unwrap();
    parameters.bind(1, Some("0"), "INT").unwrap();
    parameters.bind(2, Some("2024-01-02 03:04:05+02:00"), "TIMESTAMP").unwrap();
    parameters.bind(1, Some("42"), "BIGINT").unwrap();
    parameters.bind(1, Some("x"), "BIGINT").unwrap_err();
    insta::assert_json_snapshot!("positional", parameters.to_wire("SELECT ?, ?, ?").unwrap());
}

#[test]
fn to_wire_names_are_sorted_and_the_last_binding_counts() {
    let mut parameters = Parameters::default();
    parameters.bind_named("p", Some("1E+3"), "DECIMAL(10,2)").unwrap();
    parameters.bind_named("a b", Some("x"), "STRING").unwrap();
    parameters.bind_named("p", Some("1.50"), "DECIMAL(10,2)").unwrap();
    parameters.bind_named("n", None, "date").unwrap();
    insta::assert_json_snapshot!("named", parameters.to_wire("SELECT :p").unwrap());
}

#[test]
fn to_wire_nothing_bound_is_empty() {
    assert!(Parameters::default().to_wire("SELECT ?").unwrap().is_empty());
}
