use std::sync::Arc;

use arrow_array::builder::{ListBuilder, MapBuilder, StringBuilder};
use arrow_array::{
    ArrayRef, BooleanArray, Decimal128Array, Int32Array, Int64Array, NullArray, RecordBatch as Batch, StringArray,
    StructArray,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{Field, SchemaRef};
use proptest::prelude::*;
use rstest::rstest;

use super::super::relabel::SchemaMessage;
use super::*;
use crate::result::decode;
use crate::result::memory::output::Output;

/// A batch with every layout that an array may have.
pub(in crate::result) fn batch(rows: i32) -> Batch {
    let numbers = Int64Array::from_iter((0..rows).map(|row| (row % 3 != 0).then_some(i64::from(row))));
    let texts = StringArray::from_iter((0..rows).map(|row| (row % 4 != 1).then(|| "x".repeat(row as usize % 5))));
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
    let expected = Checked { batches: at[1]..at[4], row_count: 12, surplus: 0 };
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
    let expected = Checked { batches: at[1]..at[last_message], row_count: announced, surplus };
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn check_of_damaged_bytes_lets_through_only_what_decodes_without_a_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = stream(&[batch(5), batch(7)]);
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        if let Ok(checked) = check(&bytes, &schema(), Some(12)) {
            prop_assert_eq!(checked.row_count, 12);
            prop_assert!(checked.batches.end <= bytes.len());
            let message = SchemaMessage::new(&schema());
            let mut output = Output::new(message.headroom(), bytes.len(), None);
            output.append(&bytes);
            let chunk = message.relabel(output, &checked);
            let _ = chunk.and_then(|chunk| decode(&chunk));
        }
    }
}
