//! Whether a chunk's own schema has the types that the manifest announced, and in which zone. Names, nullability and metadata do not
//! matter: a chunk may come from another query's cache.

use arrow_ipc::{self as ipc, Endianness, IntervalUnit as IpcIntervalUnit, Precision, TimeUnit as IpcTimeUnit, Type};
use arrow_schema::{DataType, IntervalUnit, Schema, TimeUnit};

use crate::result::defect::Defect;

/// Compares the types of `found` and `expected` by position; zones may differ. Answers the zone of all TIMESTAMP columns of `found`.
pub(in crate::result) fn check_types(found: &ipc::Schema<'_>, expected: &Schema) -> Result<Option<String>, Defect> {
    if found.endianness() != Endianness::Little {
        return Err(Defect::foreign("its numbers are big-endian"));
    }
    let columns = found.fields();
    let count = columns.map_or(0, |columns| columns.len());
    if count != expected.fields().len() {
        return Err(Defect::foreign(format!("it has {count} columns, the manifest has {}", expected.fields().len())));
    }
    for (field, column) in expected.fields().iter().zip(columns.iter().flatten()) {
        if !is(&column, field.data_type()) {
            return Err(Defect::foreign(format!(
                "its column `{}` has the Arrow type {}, the manifest's type is {}",
                field.name(),
                describe(&column),
                field.data_type(),
            )));
        }
    }
    zone_of(columns.iter().flatten())
}

/// The one zone on every level of `fields`.
fn zone_of<'a>(fields: impl Iterator<Item = ipc::Field<'a>>) -> Result<Option<String>, Defect> {
    let mut zone: Option<String> = None;
    for field in fields {
        let timestamp = field.type_as_timestamp().and_then(|timestamp| timestamp.timezone()).map(str::to_owned);
        for found in timestamp.into_iter().chain(zone_of(field.children().iter().flatten())?) {
            if zone.get_or_insert_with(|| found.clone()) != &found {
                let known = zone.unwrap_or_default();
                return Err(Defect::foreign(format!("its timestamps are in two zones, {known} and {found}")));
            }
        }
    }
    Ok(zone)
}

fn is(found: &ipc::Field<'_>, expected: &DataType) -> bool {
    if found.dictionary().is_some() {
        return false;
    }
    let integer = |bits| found.type_as_int().is_some_and(|integer| integer.is_signed() && integer.bitWidth() == bits);
    let float = |precision| found.type_as_floating_point().is_some_and(|float| float.precision() == precision);
    let kind = |kind| found.type_type() == kind;
    match expected {
        DataType::Null => kind(Type::Null),
        DataType::Boolean => kind(Type::Bool),
        DataType::Int8 => integer(8),
        DataType::Int16 => integer(16),
        DataType::Int32 => integer(32),
        DataType::Int64 => integer(64),
        DataType::Float32 => float(Precision::SINGLE),
        DataType::Float64 => float(Precision::DOUBLE),
        DataType::Decimal128(precision, scale) => found.type_as_decimal().is_some_and(|decimal| {
            decimal.bitWidth() == 128
                && decimal.precision() == i32::from(*precision)
                && decimal.scale() == i32::from(*scale)
        }),
        DataType::Utf8 => kind(Type::Utf8),
        DataType::Binary => kind(Type::Binary),
        DataType::Date32 => found.type_as_date().is_some_and(|date| date.unit() == ipc::DateUnit::DAY),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => found.type_as_timestamp().is_some_and(|timestamp| {
            timestamp.unit() == IpcTimeUnit::MICROSECOND && timestamp.timezone().is_some() == zone.is_some()
        }),
        DataType::Interval(IntervalUnit::YearMonth) => {
            found.type_as_interval().is_some_and(|interval| interval.unit() == IpcIntervalUnit::YEAR_MONTH)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            found.type_as_duration().is_some_and(|duration| duration.unit() == IpcTimeUnit::MICROSECOND)
        }
        DataType::List(element) => kind(Type::List) && children_are(found, &[element.data_type()]),
        DataType::Map(entries, _) => kind(Type::Map) && children_are(found, &[entries.data_type()]),
        DataType::Struct(fields) => {
            let types: Vec<&DataType> = fields.iter().map(|field| field.data_type()).collect();
            kind(Type::Struct_) && children_are(found, &types)
        }
        _ => false,
    }
}

fn children_are(found: &ipc::Field<'_>, expected: &[&DataType]) -> bool {
    let children = found.children();
    children.map_or(0, |children| children.len()) == expected.len()
        && children.iter().flatten().zip(expected).all(|(child, expected)| is(&child, expected))
}

/// A type as text, for people.
fn describe(found: &ipc::Field<'_>) -> String {
    let children = || {
        let children: Vec<String> = found.children().iter().flatten().map(|child| describe(&child)).collect();
        children.join(", ")
    };
    let plain = found.type_type().variant_name().unwrap_or("unknown").trim_end_matches('_');
    let detail = match found.type_type() {
        Type::Int => found.type_as_int().map(|integer| {
            format!("{} bits, {}", integer.bitWidth(), if integer.is_signed() { "signed" } else { "unsigned" })
        }),
        Type::FloatingPoint => found.type_as_floating_point().map(|float| format!("{:?}", float.precision())),
        Type::Decimal => {
            found.type_as_decimal().map(|d| format!("{}, {}, {} bits", d.precision(), d.scale(), d.bitWidth()))
        }
        Type::Date => found.type_as_date().map(|date| format!("{:?}", date.unit())),
        Type::Timestamp => {
            found.type_as_timestamp().map(|t| format!("{:?}, {}", t.unit(), t.timezone().unwrap_or("no zone")))
        }
        Type::Interval => found.type_as_interval().map(|interval| format!("{:?}", interval.unit())),
        Type::Duration => found.type_as_duration().map(|duration| format!("{:?}", duration.unit())),
        Type::List | Type::Map | Type::Struct_ => Some(children()),
        _ => None,
    };
    let described = detail.map_or_else(|| plain.to_owned(), |detail| format!("{plain}({detail})"));
    if found.dictionary().is_some() { format!("dictionary of {described}") } else { described }
}

#[cfg(test)]
mod tests {
    use arrow_ipc::convert::IpcSchemaEncoder;
    use arrow_ipc::root_as_schema;
    use arrow_ipc::writer::DictionaryTracker;
    use arrow_schema::Field;
    use rstest::rstest;

    use super::*;
    use crate::result::schema::type_text::parse;

    fn compare(found: DataType, expected: DataType) -> Result<Option<String>, Defect> {
        let mut dictionaries = DictionaryTracker::new(false);
        let mut encoder = IpcSchemaEncoder::new().with_dictionary_tracker(&mut dictionaries);
        let encoded = encoder.schema_to_fb(&Schema::new(vec![Field::new("x", found, false)]));
        let found = root_as_schema(encoded.finished_data()).unwrap();
        check_types(&found, &Schema::new(vec![Field::new("amount", expected, true)]))
    }

    fn sql(text: &str) -> DataType {
        parse(text, "UTC").unwrap()
    }

    #[rstest]
    fn check_types_accepts_the_same_types(
        #[values(
            "VOID",
            "BOOLEAN",
            "TINYINT",
            "SMALLINT",
            "INT",
            "BIGINT",
            "FLOAT",
            "DOUBLE",
            "DECIMAL(38,18)",
            "STRING",
            "BINARY",
            "DATE",
            "TIMESTAMP",
            "TIMESTAMP_NTZ",
            "MAP<TIMESTAMP, STRUCT<a: ARRAY<TIMESTAMP>>>",
            "INTERVAL MONTH",
            "INTERVAL DAY",
            "ARRAY<INT>",
            "MAP<STRING, ARRAY<DATE>>",
            "STRUCT<a: INT, b: STRUCT<>>"
        )]
        text: &str,
    ) {
        let zone = text.contains("TIMESTAMP").then(|| "UTC".to_owned()).filter(|_| text != "TIMESTAMP_NTZ");
        assert_eq!(compare(sql(text), sql(text)), Ok(zone));
    }

    #[test]
    fn check_types_ignores_names() {
        assert_eq!(compare(sql("STRUCT<a: INT>"), sql("STRUCT<b: INT NOT NULL>")), Ok(None));
    }

    #[test]
    fn check_types_answers_the_zone_that_was_found() {
        let found = parse("ARRAY<TIMESTAMP>", "Asia/Tokyo").unwrap();
        assert_eq!(compare(found, sql("ARRAY<TIMESTAMP>")), Ok(Some("Asia/Tokyo".to_owned())));
    }

    #[test]
    fn check_types_of_two_zones_is_foreign() {
        let fields = ["UTC", "Asia/Tokyo"].map(|zone| Field::new(zone, parse("TIMESTAMP", zone).unwrap(), true));
        let found = DataType::Struct(fields.to_vec().into());
        let details = "its timestamps are in two zones, UTC and Asia/Tokyo";
        assert_eq!(compare(found, sql("STRUCT<a: TIMESTAMP, b: TIMESTAMP>")), Err(Defect::foreign(details)));
    }

    #[test]
    fn check_types_ignores_the_names_inside_lists() {
        let found = DataType::List(Field::new("item", DataType::Int32, false).into());
        assert_eq!(compare(found, sql("ARRAY<INT>")), Ok(None));
    }

    #[rstest]
    #[case(sql("INT"), "BIGINT", "Int(32 bits, signed)")]
    #[case(DataType::UInt64, "BIGINT", "Int(64 bits, unsigned)")]
    #[case(sql("FLOAT"), "DOUBLE", "FloatingPoint(SINGLE)")]
    #[case(sql("DECIMAL(10,2)"), "DECIMAL(10,3)", "Decimal(10, 2, 128 bits)")]
    #[case(DataType::LargeUtf8, "STRING", "LargeUtf8")]
    #[case(DataType::Date64, "DATE", "Date(MILLISECOND)")]
    #[case(sql("TIMESTAMP_NTZ"), "TIMESTAMP", "Timestamp(MICROSECOND, no zone)")]
    #[case(sql("INTERVAL DAY"), "INTERVAL YEAR", "Duration(MICROSECOND)")]
    #[case(sql("ARRAY<STRING>"), "ARRAY<INT>", "List(Utf8)")]
    #[case(sql("STRUCT<a: INT>"), "STRUCT<a: INT, b: INT>", "Struct(Int(32 bits, signed))")]
    #[case(DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), "STRING", "dictionary of Utf8")]
    fn check_types_of_other_types_names_the_column_and_both(
        #[case] found: DataType,
        #[case] expected: &str,
        #[case] described: &str,
    ) {
        let expected = sql(expected);
        let details = format!("its column `amount` has the Arrow type {described}, the manifest's type is {expected}");
        assert_eq!(compare(found, expected), Err(Defect::foreign(details)));
    }
}
