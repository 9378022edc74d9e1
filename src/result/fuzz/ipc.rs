use std::sync::Arc;

use arrow_array::{Array as _, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, Schema};

use super::layout_of;
use crate::error::Code;
use crate::result::ChunkData;
use crate::result::decode::check::{Checked, Checker};
use crate::result::defect::Defect;
use crate::result::layout::Layout;
use crate::result::memory::output::Output;
use crate::sea::wire::Format;

/// The types of columns on the first line, with `;` between them, then a decoded chunk. What the check accepts,
/// arrow-rs reads and validates in full, with as many rows; and every rewrite of it is valid too, or an error.
pub fn ipc(input: &[u8]) {
    let Some((types, stream)) = input.iter().position(|byte| *byte == b'\n').map(|end| input.split_at(end)) else {
        return;
    };
    let (Ok(types), stream) = (std::str::from_utf8(types), &stream[1..]) else { return };
    let layout = layout_of(types, false, Format::ArrowStream);
    let schema = &layout.labels.any().sent_schema;
    let Ok(checked) = check(stream, schema, None) else { return };
    assert_eq!(checked.surplus, 0);

    let rows = checked.row_count;
    assert_eq!(check(stream, schema, Some(rows)).map(|found| (found.row_count, found.surplus)), Ok((rows, 0)));
    assert!(rows == i64::MAX || check(stream, schema, Some(rows + 1)).is_err(), "fewer rows than announced");
    for announced in [rows, rows / 2] {
        let Some(chunk) = handed_over(&layout, stream, announced) else { continue };
        assert_eq!(chunk.row_count, announced);
        assert_eq!(rows_of_arrow(chunk.stream.as_slice()).expect("it passed the check"), announced as usize);
    }
    if let Some(chunk) = handed_over(&layout_of(types, true, Format::ArrowStream), stream, rows) {
        assert_eq!(rows_of_arrow(chunk.stream.as_slice()).expect("it was written by arrow-rs"), rows as usize);
    }
}

/// Checks a chunk, as it comes at once and as it comes in pieces: that makes no difference.
pub(in crate::result) fn check(stream: &[u8], schema: &Schema, announced: Option<i64>) -> Result<Checked, Defect> {
    let checker = || Checker::new(Arc::new(schema.clone()), announced);
    let at_once = checker().finish(stream);
    let mut in_pieces = checker();
    for end in (0..stream.len()).step_by(61) {
        in_pieces.advance(&stream[..end]);
    }
    assert_eq!(in_pieces.finish(stream), at_once);
    at_once
}

/// What the user gets of a chunk that passed the check; `None` where its zone or a value is refused.
fn handed_over(layout: &Layout, stream: &[u8], announced: i64) -> Option<ChunkData> {
    let mut output = Output::new(layout.labels.headroom(), stream.len(), usize::MAX, None);
    output.append(stream).unwrap();
    let checked = check(output.decoded(), &layout.labels.any().sent_schema, Some(announced)).unwrap();
    let label = layout.labels.of_zone(checked.zone.as_deref().unwrap_or_default()).ok()?;
    let chunk = label.message.relabel(output, &checked).unwrap();
    match label.rewrites.apply(&chunk, &label.schema) {
        _ if label.rewrites.are_none() => Some(chunk),
        Ok(rewritten) => Some(rewritten),
        Err(error) => {
            assert_eq!(error.code, Code::DataLoss, "{}", error.details);
            None
        }
    }
}

/// What arrow-rs makes of a stream when it validates all that it can: the number of rows.
pub(in crate::result) fn rows_of_arrow(stream: &[u8]) -> Result<usize, ArrowError> {
    let (mut decoder, mut rest, mut batches) = (StreamDecoder::new(), Buffer::from(stream), Vec::new());
    while let Some(batch) = decoder.decode(&mut rest)? {
        batches.push(batch);
    }
    decoder.finish()?;
    let mut columns = batches.iter().flat_map(RecordBatch::columns);
    columns.try_for_each(|column| column.to_data().validate_full())?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}
