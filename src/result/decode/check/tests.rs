use std::sync::Arc;

use arrow_array::builder::{ListBuilder, MapBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Int32Array, Int64Array, NullArray, RecordBatch as Batch, StringArray,
    StructArray,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use proptest::prelude::*;
use rstest::rstest;

use super::super::relabel::SchemaMessage;
use super::*;
use crate::result::fuzz;
use crate::result::fuzz::ipc::check;
use crate::result::memory::output::Output;

/// A batch with every layout that an array may have.
pub(in crate::result) fn batch(rows: i32) -> Batch {
    let numbers = Int64Array::from_iter((0..rows).map(|row| (row % 3 != 0).then_some(i64::from(row))));
    let texts = StringArray::from_iter((0..rows).map(|row| (row % 4 != 1).then(|| "é".repeat(row as usize % 5))));
    let flags = BooleanArray::from_iter((0..rows).map(|row| Some(row % 2 == 0)));
    let amounts = Decimal128Array::from_iter_values((0..rows).map(i128::from)).with_precision_and_scale(10, 2).unwrap();
    let mut lists = ListBuilder::new(StringBuilder::new());
    let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in 0..rows {
        lists.append_value((0..row % 3).map(|element| Some(element.to_string())));
        maps.keys().append_value("k");
        maps.values().append_option((row % 2 == 0).then_some("v"));
        maps.append(true).unwrap();
    }
    let structs = StructArray::from(vec![(
        Arc::new(Field::new("a", DataType::Int32, true)),
        Arc::new(Int32Array::from_iter((0..rows).map(Some))) as ArrayRef,
    )]);
    Batch::try_from_iter_with_nullable([
        ("n", Arc::new(numbers) as ArrayRef, true),
        ("t", Arc::new(texts), true),
        ("f", Arc::new(flags), true),
        ("d", Arc::new(amounts), true),
        ("l", Arc::new(lists.finish()), true),
        ("m", Arc::new(maps.finish()), true),
        ("s", Arc::new(structs), true),
        ("v", Arc::new(NullArray::new(rows as usize)), true),
    ])
    .unwrap()
}

pub(in crate::result) fn stream(batches: &[Batch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn schema() -> SchemaRef {
    batch(0).schema()
}

/// Where each message begins, and where the last one ends.
fn boundaries(stream: &[u8]) -> Vec<usize> {
    let mut position = 0;
    let mut found = vec![0];
    while next_message(stream, &mut position).unwrap().is_some() {
        found.push(position);
    }
    found
}

#[test]
fn check_of_a_whole_stream_finds_its_batches() {
    let stream = stream(&[batch(5), batch(0), batch(7)]);
    let at = boundaries(&stream);
    assert_eq!(stream.len(), at[4] + 8);
    let expected = Checked { batches: at[1]..at[4], row_count: 12, surplus: 0, zone: None };
    assert_eq!(check(&stream, &schema(), None).as_ref(), Ok(&expected));
    assert_eq!(check(&stream, &schema(), Some(12)).as_ref(), Ok(&expected));
    assert_eq!(check(&stream[..at[4]], &schema(), Some(12)), Ok(expected), "the end marker may be left out");
}

#[rstest]
#[case(0, 1, 0)]
#[case(3, 2, 2)]
#[case(5, 2, 0)]
#[case(6, 3, 6)]
#[case(12, 3, 0)]
fn check_of_more_rows_than_announced_leaves_the_rest_out(
    #[case] announced: i64,
    #[case] last_message: usize,
    #[case] surplus: i64,
) {
    let stream = stream(&[batch(5), batch(7)]);
    let at = boundaries(&stream);
    let expected = Checked { batches: at[1]..at[last_message], row_count: announced, surplus, zone: None };
    assert_eq!(check(&stream, &schema(), Some(announced)), Ok(expected));
}

#[test]
fn check_of_fewer_rows_than_announced_is_damage_with_both_numbers() {
    let error = check(&stream(&[batch(5)]), &schema(), Some(6));
    assert_eq!(error, Err(Defect::damaged("it has 5 rows, 6 were announced")));
}

#[test]
fn check_of_a_stream_that_ends_anywhere_else_is_damage() {
    let stream = stream(&[batch(5), batch(7)]);
    let at = boundaries(&stream);
    for end in (0..stream.len()).filter(|end| !at[1..].contains(end)) {
        assert!(matches!(check(&stream[..end], &schema(), Some(12)), Err(Defect::Damaged(_))), "cut at {end}");
    }
    // At the end of a message only the row count tells.
    let error = check(&stream[..at[2]], &schema(), Some(12));
    assert_eq!(error, Err(Defect::damaged("it has 5 rows, 12 were announced")));
}

#[test]
fn check_of_bytes_behind_the_end_marker_is_damage() {
    let twice = stream(&[batch(1)]).repeat(2);
    assert_eq!(check(&twice, &schema(), None), Err(Defect::damaged("bytes follow its end marker")));
}

#[test]
fn check_of_another_schema_is_foreign() {
    let other = Schema::new(vec![Field::new("n", DataType::Int64, true)]);
    let error = check(&stream(&[batch(1)]), &other, Some(1));
    assert_eq!(error, Err(Defect::foreign("it has 8 columns, the manifest has 1")));
}

#[test]
fn check_of_a_message_that_is_no_batch_is_damage() {
    let one = stream(&[batch(1)]);
    let schema_message = &one[..boundaries(&one)[1]];
    let error = check(&schema_message.repeat(2), &schema(), None);
    assert_eq!(error, Err(Defect::damaged("it contains a message that is not a record batch")));
}

/// What is damaged, of the first record batch.
enum Place {
    /// A node: its length, then its null count.
    Node(usize),
    /// What the header says of a buffer: its offset, then its length.
    Extent(usize),
    /// The bytes of a buffer.
    Within(usize),
}
use Place::{Extent, Node, Within};

impl Place {
    fn position(&self, stream: &[u8]) -> usize {
        let (header, body) = first_batch(stream);
        let batch = header.header_as_record_batch().unwrap();
        let (nodes, buffers) = (batch.nodes().unwrap(), batch.buffers().unwrap());
        match *self {
            Node(number) => nodes.bytes().as_ptr() as usize - stream.as_ptr() as usize + number * 16,
            Extent(number) => buffers.bytes().as_ptr() as usize - stream.as_ptr() as usize + number * 16,
            Within(number) => body + buffers.get(number).offset() as usize,
        }
    }
}

fn first_batch(stream: &[u8]) -> (Header<'_>, usize) {
    let mut position = 0;
    next_message(stream, &mut position).unwrap();
    let message = next_message(stream, &mut position).unwrap().unwrap();
    (message.header, message.body.as_ptr() as usize - stream.as_ptr() as usize)
}

// Nodes: n 0, t 1, f 2, d 3, l 4, its elements 5, m 6, its entries 7, keys 8 and values 9, s 10, a 11, v 12.
// Buffers: n 0 and 1, t 2 to 4, f 5, 6, d 7, 8, l 9, 10, elements 11 to 13, m 14, 15, entries 16, keys 17 to 19, values 20 to 22, s 23, a 24, 25.
#[rstest]
#[case::first_offset_negative(Within(3), 0, &(-1_i32).to_le_bytes(), "the offsets of")]
#[case::offset_falls(Within(3), 8, &90_i32.to_le_bytes(), "the offsets of")]
#[case::offset_leaps(Within(3), 28, &i32::MAX.to_le_bytes(), "the values buffer of")]
#[case::last_offset_beyond(Within(3), 28, &(1_i32 << 20).to_le_bytes(), "the values buffer of")]
#[case::list_offset_falls(Within(10), 4, &7_i32.to_le_bytes(), "the offsets of")]
#[case::list_longer_than_its_elements(Within(10), 28, &99_i32.to_le_bytes(), "the length of a column of")]
#[case::elements_offset_falls(Within(12), 4, &7_i32.to_le_bytes(), "the offsets of")]
#[case::map_offset_negative(Within(15), 0, &i32::MIN.to_le_bytes(), "the offsets of")]
#[case::text_is_not_utf8(Within(4), 0, &[0xFF], "a text of a record batch is not UTF-8")]
#[case::text_begins_within_a_character(Within(3), 12, &3_i32.to_le_bytes(), "a text of a record batch is not UTF-8")]
#[case::text_in_a_list_is_not_utf8(Within(13), 0, &[0xC3], "a text of a record batch is not UTF-8")]
#[case::decimal_too_long(Within(8), 15, &[0x10], "a decimal of a record batch has more than 10 digits")]
#[case::decimal_too_small(Within(8), 15, &[0xF0], "a decimal of a record batch has more than 10 digits")]
#[case::nulls_that_are_not_counted(Node(0), 8, &0_i64.to_le_bytes(), "the null count of")]
#[case::nulls_that_are_not_there(Node(0), 8, &4_i64.to_le_bytes(), "the null count of")]
#[case::nulls_below_zero(Node(0), 8, &(-1_i64).to_le_bytes(), "the null count of")]
#[case::bit_of_a_null(Within(2), 0, &[0xDC], "the null count of")]
#[case::void_without_nulls(Node(12), 8, &0_i64.to_le_bytes(), "the null count of")]
#[case::column_too_long(Node(0), 0, &8_i64.to_le_bytes(), "the length of a column of")]
#[case::column_below_zero(Node(0), 0, &(-7_i64).to_le_bytes(), "the length of a column of")]
#[case::member_too_long(Node(11), 0, &8_i64.to_le_bytes(), "the length of a column of")]
#[case::void_too_long(Node(12), 0, &i64::MAX.to_le_bytes(), "the length of a column of")]
#[case::buffer_beyond_the_body(Extent(1), 0, &(1_i64 << 40).to_le_bytes(), "the extent of the buffers of")]
#[case::buffer_before_the_body(Extent(1), 0, &(-64_i64).to_le_bytes(), "the extent of the buffers of")]
#[case::buffer_that_overflows(Extent(1), 8, &i64::MAX.to_le_bytes(), "the extent of the buffers of")]
#[case::buffer_too_short(Extent(1), 8, &48_i64.to_le_bytes(), "the values buffer of")]
#[case::offsets_too_short(Extent(3), 8, &28_i64.to_le_bytes(), "the offsets of")]
#[case::offsets_cut_off(Extent(12), 8, &69_i64.to_le_bytes(), "the offsets of")]
#[case::validity_left_out(Extent(0), 8, &0_i64.to_le_bytes(), "the validity buffer of")]
fn check_of_what_would_be_read_beside_its_buffers_is_damage(
    #[case] place: Place,
    #[case] further: usize,
    #[case] written: &[u8],
    #[case] begins: &str,
) {
    let mut bytes = stream(&[batch(7)]);
    assert!(check(&bytes, &schema(), Some(7)).is_ok());
    let place = place.position(&bytes) + further;
    bytes[place..place + written.len()].copy_from_slice(written);
    match check(&bytes, &schema(), Some(7)) {
        Err(Defect::Damaged(details)) => assert!(details.starts_with(begins), "{details}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn check_of_a_null_where_there_can_be_none_is_damage() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let batch = Batch::try_from_iter_with_nullable([("n", numbers, true)]).unwrap();
    let expected = Schema::new(vec![Field::new("n", DataType::Int64, false)]);
    let error = check(&stream(&[batch]), &expected, Some(2));
    assert_eq!(error, Err(Defect::damaged("the null count of a record batch does not fit its schema")));
}

#[test]
fn check_does_not_mind_what_lies_under_nulls_and_behind_the_last_row() {
    let amounts = Decimal128Array::new(vec![i128::MAX, 5].into(), Some(vec![false, true].into()));
    let amounts: ArrayRef = Arc::new(amounts.with_precision_and_scale(10, 2).unwrap());
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let batch = Batch::try_from_iter_with_nullable([("d", amounts, true), ("n", numbers, true)]).unwrap();
    let mut bytes = stream(std::slice::from_ref(&batch));
    let bits = Within(2).position(&bytes);
    bytes[bits] |= 0xFC;
    assert!(check(&bytes, &batch.schema(), Some(2)).is_ok());
}

#[test]
fn check_of_another_version_of_the_format_is_foreign() {
    let options = arrow_ipc::writer::IpcWriteOptions::try_new(8, false, MetadataVersion::V4).unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema(), options).unwrap();
    writer.write(&batch(3)).unwrap();
    let mut older = writer.into_inner().unwrap();
    assert!(check(&older, &schema(), Some(3)).is_ok(), "version 4 has the same bodies");
    let version = older.windows(2).position(|pair| pair == [3, 0]).unwrap();
    older[version] = 9;
    let details = "its messages have version 9 of Arrow's format, 3 or 4 was expected";
    assert_eq!(check(&older, &schema(), Some(3)), Err(Defect::foreign(details)));
}

/// The rows that arrow-rs reads and validates; it panics at some damage.
fn rows_of_arrow(stream: &[u8]) -> Option<usize> {
    std::panic::catch_unwind(|| fuzz::ipc::rows_of_arrow(stream)).ok()?.ok()
}

/// The reasons that arrow-rs does not have.
const STRICTER: [&str; 14] = [
    "it is dictionary-encoded",
    "its record batches are compressed",
    "its numbers are big-endian",
    "its messages have version",
    "its column `",
    "it has ",
    "a message is not padded",
    "a message does not begin",
    "a buffer of a record batch does not begin",
    "bytes follow its end marker",
    "the number of buffers of",
    "the length of a column of",
    "the null count of",
    "a decimal of",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn check_lets_through_only_what_arrow_validates_and_refuses_more_for_named_reasons_only(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = stream(&[batch(5), batch(7)]);
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        match check(&bytes, &schema(), Some(12)) {
            Ok(checked) => {
                prop_assert_eq!((checked.row_count, checked.surplus), (12, 0));
                let message = SchemaMessage::new(&schema());
                let mut output = Output::new(message.headroom(), bytes.len(), usize::MAX, None);
                output.append(&bytes).unwrap();
                let chunk = message.relabel(output, &checked).unwrap();
                prop_assert_eq!(rows_of_arrow(chunk.stream.as_slice()), Some(12));
            }
            Err(defect) => {
                let reason = defect.to_string();
                let is_stricter = STRICTER.iter().any(|known| reason.starts_with(known));
                prop_assert!(is_stricter || rows_of_arrow(&bytes) != Some(12), "arrow reads it, and: {}", reason);
            }
        }
    }
}
