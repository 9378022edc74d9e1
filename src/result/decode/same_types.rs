//! Whether a chunk's own schema has the types that the manifest announced. Names, nullability and metadata do not matter: a chunk
//! may come from another query's cache, and its TIMESTAMPs from a session in another zone.

use arrow_ipc::{self as ipc, Endianness, IntervalUnit as IpcIntervalUnit, Precision, TimeUnit as IpcTimeUnit, Type};
use arrow_schema::{DataType, IntervalUnit, Schema, TimeUnit};

use crate::result::defect::Defect;

/// Compares the types of `found` and `expected` by position.
pub(in crate::result) fn check_types(found: &ipc::Schema<'_>, expected: &Schema) -> Result<(), Defect> {
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
    Ok(())
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

    fn compare(found: DataType, expected: DataType) -> Result<(), Defect> {
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
            "INTERVAL MONTH",
            "INTERVAL DAY",
            "ARRAY<INT>",
            "MAP<STRING, ARRAY<DATE>>",
            "STRUCT<a: INT, b: STRUCT<>>"
        )]
        text: &str,
    ) {
        assert_eq!(compare(sql(text), sql(text)), Ok(()));
    }

    #[rstest]
    #[case("STRUCT<a: INT>", "STRUCT<b: INT NOT NULL>")]
    #[case("TIMESTAMP", "TIMESTAMP")]
    fn check_types_ignores_names_and_zones(#[case] found: &str, #[case] expected: &str) {
        assert_eq!(compare(parse(found, "Asia/Tokyo").unwrap(), sql(expected)), Ok(()));
    }

    #[test]
    fn check_types_ignores_the_names_inside_lists() {
        let found = DataType::List(Field::new("item", DataType::Int32, false).into());
        assert_eq!(compare(found, sql("ARRAY<INT>")), Ok(()));
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
