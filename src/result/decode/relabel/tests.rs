use std::collections::HashMap;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_schema::Field;
use rstest::rstest;

use super::super::check::tests::{batch, stream};
use super::*;
use crate::result::decode;
use crate::result::fuzz::ipc::check;

/// The batch's types under other names, with metadata, so that the message is longer or shorter than the chunk's own.
fn renamed(batch: &RecordBatch, name: &str) -> Schema {
    let schema = batch.schema();
    let fields = schema.fields().iter().map(|field| {
        let metadata = HashMap::from([("databricks.type_name".to_owned(), name.to_owned())]);
        Field::new(name, field.data_type().clone(), true).with_metadata(metadata)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn relabel(bytes: &[u8], schema: &Schema, row_count: Option<i64>) -> ChunkData {
    let message = SchemaMessage::new(schema);
    let mut output = Output::new(message.headroom(), bytes.len(), usize::MAX, None);
    output.append(bytes).unwrap();
    let checked = check(output.decoded(), schema, row_count).unwrap();
    message.relabel(output, &checked).unwrap()
}

#[rstest]
fn relabel_keeps_the_rows_under_the_result_s_schema(
    #[values("", "c", "a name that is a good deal longer than those that the server gave, to need more room")]
    name: &str,
) {
    let batches = [batch(5), batch(3)];
    let schema = renamed(&batches[0], name);
    let chunk = relabel(&stream(&batches), &schema, Some(8));
    assert_eq!(chunk.row_count, 8);
    assert_eq!(chunk.stream.as_ptr() as usize % ALIGNMENT, 0);

    let read = StreamReader::try_new(chunk.stream.as_slice(), None).unwrap();
    assert_eq!(read.schema().as_ref(), &schema);
    let read: Vec<_> = read.map(Result::unwrap).collect();
    assert_eq!(read.len(), 2);
    for (read, sent) in read.iter().zip(&batches) {
        assert_eq!(read.columns(), sent.columns());
    }
    assert_eq!(decode(&chunk).unwrap(), read);
}

#[test]
fn relabel_of_a_stream_without_its_end_marker_adds_it() {
    let bytes = stream(&[batch(2)]);
    let chunk = relabel(&bytes[..bytes.len() - 8], &batch(0).schema(), Some(2));
    assert!(chunk.stream.ends_with(&END_MARKER));
    assert_eq!(decode(&chunk).unwrap(), [batch(2)]);
}

#[rstest]
#[case(0, &[])]
#[case(2, &[2])]
#[case(5, &[5])]
#[case(8, &[5, 3])]
fn relabel_cuts_the_rows_that_were_not_announced(#[case] announced: i64, #[case] expected: &[usize]) {
    let chunk = relabel(&stream(&[batch(5), batch(7)]), &batch(0).schema(), Some(announced));
    assert_eq!(chunk.row_count, announced);
    let read: Vec<_> = StreamReader::try_new(chunk.stream.as_slice(), None).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), expected);
    for (read, sent) in read.iter().zip([batch(5), batch(7)]) {
        assert_eq!(read, &sent.slice(0, read.num_rows()));
    }
}

#[test]
fn stream_is_a_schema_without_batches() {
    let schema = renamed(&batch(0), "c");
    let bytes = SchemaMessage::new(&schema).stream();
    let mut read = StreamReader::try_new(bytes.as_slice(), None).unwrap();
    assert_eq!(read.schema().as_ref(), &schema);
    assert!(read.next().is_none());
}
