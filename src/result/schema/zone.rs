//! The time zone of TIMESTAMP columns, on every level of a schema.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Schema, TimeUnit};

/// Whether there is a TIMESTAMP anywhere.
pub(in crate::result) fn has_zone(schema: &Schema) -> bool {
    schema.fields().iter().any(|field| is_zoned(field.data_type()))
}

fn is_zoned(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(_, zone) => zone.is_some(),
        DataType::List(element) | DataType::Map(element, _) => is_zoned(element.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| is_zoned(field.data_type())),
        _ => false,
    }
}

/// `schema` with every TIMESTAMP in `zone`.
pub(in crate::result) fn in_zone(schema: &Schema, zone: &Arc<str>) -> Schema {
    Schema::new(schema.fields().iter().map(|field| field_in(field, zone)).collect::<Vec<_>>())
}

fn field_in(field: &FieldRef, zone: &Arc<str>) -> FieldRef {
    if !is_zoned(field.data_type()) {
        return Arc::clone(field);
    }
    let data_type = match field.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::clone(zone)))
        }
        DataType::List(element) => DataType::List(field_in(element, zone)),
        DataType::Map(entries, sorted) => DataType::Map(field_in(entries, zone), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| field_in(field, zone)).collect()),
        other => other.clone(),
    };
    Arc::new(Field::clone(field).with_data_type(data_type))
}

/// The zone as every reader of Arrow takes it: an offset has two digits for its hours.
pub(in crate::result) fn padded(zone: &str) -> Cow<'_, str> {
    match zone.as_bytes() {
        [sign @ (b'+' | b'-'), b'0'..=b'9', b':', ..] => Cow::Owned(format!("{}0{}", char::from(*sign), &zone[1..])),
        _ => Cow::Borrowed(zone),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::result::schema::type_text::parse;

    fn schema(type_text: &str, zone: &str) -> Schema {
        Schema::new(vec![
            Field::new("n", DataType::Int32, true),
            Field::new("c", parse(type_text, zone).unwrap(), true).with_metadata([("k".into(), "v".into())].into()),
        ])
    }

    #[rstest]
    #[case("TIMESTAMP", true)]
    #[case("ARRAY<TIMESTAMP>", true)]
    #[case("MAP<TIMESTAMP, INT>", true)]
    #[case("MAP<INT, ARRAY<STRUCT<a: INT, t: TIMESTAMP>>>", true)]
    #[case("TIMESTAMP_NTZ", false)]
    #[case("STRUCT<a: ARRAY<TIMESTAMP_NTZ>, b: STRING>", false)]
    fn in_zone_changes_every_timestamp_and_nothing_else(#[case] type_text: &str, #[case] zoned: bool) {
        let before = schema(type_text, "UTC");
        assert_eq!(has_zone(&before), zoned);
        assert_eq!(in_zone(&before, &"Asia/Tokyo".into()), schema(type_text, "Asia/Tokyo"));
    }

    #[rstest]
    #[case("+5:30", "+05:30")]
    #[case("-8:00", "-08:00")]
    #[case("+05:30", "+05:30")]
    #[case("America/Los_Angeles", "America/Los_Angeles")]
    #[case("", "")]
    fn padded_gives_an_offset_two_digits_of_hours(#[case] zone: &str, #[case] expected: &str) {
        assert_eq!(padded(zone), expected);
    }
}
