//! Walks a chunk's Arrow IPC stream without decoding its arrays: framing, types, lengths and row count.
//!
//! What passes here can be read by address: every buffer lies within its message's body and is long enough for its rows.

use std::ops::Range;

use arrow_ipc::{MessageHeader, RecordBatch, root_as_message};
use arrow_schema::{DataType, Schema};

use super::same_types::check_types;
use crate::result::defect::Defect;

const CONTINUATION: [u8; 4] = [0xFF; 4];

/// A chunk that is sound.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::result) struct Checked {
    /// Where the messages of its record batches lie, as far as their rows were announced.
    pub(in crate::result) batches: Range<usize>,
    pub(in crate::result) row_count: i64,
    /// How many rows of the last of these batches were not announced.
    pub(in crate::result) surplus: i64,
}

/// Checks a decoded chunk against the result's schema and the row count that the manifest announced for it. Batches beyond
/// that count are left out.
pub(in crate::result) fn check(stream: &[u8], schema: &Schema, announced: Option<i64>) -> Result<Checked, Defect> {
    let mut position = 0;
    let first = next_message(stream, &mut position)?.ok_or_else(|| Defect::damaged("it is empty"))?;
    let found = root_as_message(first.metadata).map_err(damaged_header)?;
    let found = found.header_as_schema().ok_or_else(|| Defect::damaged("it does not begin with a schema"))?;
    check_types(&found, schema)?;

    let mut checked = Checked { batches: position..position, row_count: 0, surplus: 0 };
    while let Some(message) = next_message(stream, &mut position)? {
        let header = root_as_message(message.metadata).map_err(damaged_header)?;
        let Some(batch) = header.header_as_record_batch() else {
            return Err(match header.header_type() {
                MessageHeader::DictionaryBatch => Defect::foreign("it is dictionary-encoded"),
                _ => Defect::damaged("it contains a message that is not a record batch"),
            });
        };
        check_batch(&batch, message.body, schema)?;
        if announced.is_none_or(|announced| checked.row_count < announced) {
            checked.row_count += batch.length();
            checked.batches.end = position;
        }
    }
    if let Some(announced) = announced {
        if checked.row_count < announced {
            return Err(Defect::damaged(format!("it has {} rows, {announced} were announced", checked.row_count)));
        }
        checked.surplus = checked.row_count - announced;
        checked.row_count = announced;
    }
    Ok(checked)
}

struct Message<'a> {
    metadata: &'a [u8],
    body: &'a [u8],
}

/// The message at `position`, which moves behind it; `None` at the end marker, or at the end where it is left out.
fn next_message<'a>(stream: &'a [u8], position: &mut usize) -> Result<Option<Message<'a>>, Defect> {
    let mut rest = &stream[*position..];
    if rest.is_empty() {
        return Ok(None);
    }
    if take(&mut rest, 4)? != CONTINUATION {
        return Err(Defect::damaged("a message does not begin with its marker"));
    }
    let length = take(&mut rest, 4)?.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    if length == 0 {
        return if rest.is_empty() { Ok(None) } else { Err(Defect::damaged("bytes follow its end marker")) };
    }
    let metadata = take(&mut rest, length)?;
    let body_length = root_as_message(metadata).map_err(damaged_header)?.bodyLength();
    let body = take(&mut rest, usize::try_from(body_length).map_err(|_| cut_off())?)?;
    if length % 8 != 0 || body.len() % 8 != 0 {
        return Err(Defect::damaged("a message is not padded to 8 bytes"));
    }
    *position = stream.len() - rest.len();
    Ok(Some(Message { metadata, body }))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Defect> {
    let (taken, left) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    *rest = left;
    Ok(taken)
}

fn cut_off() -> Defect {
    Defect::damaged("its Arrow stream ends within a message, it was cut off")
}

fn damaged_header(error: impl std::fmt::Display) -> Defect {
    Defect::damaged(format!("a message's header is damaged: {error}"))
}

fn check_batch(batch: &RecordBatch<'_>, body: &[u8], schema: &Schema) -> Result<(), Defect> {
    if batch.compression().is_some() {
        return Err(Defect::foreign("its record batches are compressed inside the Arrow stream"));
    }
    let rows = usize::try_from(batch.length()).map_err(|_| misfit("row count"))?;
    let mut columns = Columns { batch, body, node: 0, buffer: 0 };
    for field in schema.fields() {
        columns.check(field.data_type(), rows)?;
    }
    let counted = (batch.nodes().map_or(0, |nodes| nodes.len()), batch.buffers().map_or(0, |buffers| buffers.len()));
    if counted != (columns.node, columns.buffer) {
        return Err(misfit("number of buffers"));
    }
    Ok(())
}

fn misfit(what: &str) -> Defect {
    Defect::damaged(format!("the {what} of a record batch does not fit its schema"))
}

/// Walks the nodes and buffers of a record batch in the order of its fields.
struct Columns<'a> {
    batch: &'a RecordBatch<'a>,
    body: &'a [u8],
    node: usize,
    buffer: usize,
}

impl<'a> Columns<'a> {
    fn check(&mut self, data_type: &DataType, least_rows: usize) -> Result<(), Defect> {
        let node = self.batch.nodes().filter(|nodes| self.node < nodes.len()).map(|nodes| *nodes.get(self.node));
        let node = node.ok_or_else(|| misfit("number of columns"))?;
        self.node += 1;
        let rows = usize::try_from(node.length()).ok().filter(|rows| *rows >= least_rows);
        let rows = rows.ok_or_else(|| misfit("length of a column"))?;
        if *data_type == DataType::Null {
            return Ok(());
        }
        let validity = self.next_buffer()?;
        if validity.len() < rows.div_ceil(8) && !(validity.is_empty() && node.null_count() == 0) {
            return Err(misfit("validity buffer"));
        }
        match data_type {
            DataType::Boolean => self.values(rows.div_ceil(8)),
            DataType::Utf8 | DataType::Binary => {
                let length = self.last_offset(rows)?;
                self.values(length)
            }
            DataType::List(element) | DataType::Map(element, _) => {
                let length = self.last_offset(rows)?;
                self.check(element.data_type(), length)
            }
            DataType::Struct(fields) => fields.iter().try_for_each(|field| self.check(field.data_type(), rows)),
            fixed => {
                let width = fixed.primitive_width().ok_or_else(|| misfit("type"))?;
                self.values(rows.saturating_mul(width))
            }
        }
    }

    fn next_buffer(&mut self) -> Result<&'a [u8], Defect> {
        let buffer = self.batch.buffers().filter(|all| self.buffer < all.len()).map(|all| *all.get(self.buffer));
        self.buffer += 1;
        let range = buffer.and_then(|buffer| {
            let offset = usize::try_from(buffer.offset()).ok().filter(|offset| offset % 8 == 0)?;
            Some(offset..offset.checked_add(usize::try_from(buffer.length()).ok()?)?)
        });
        range.and_then(|range| self.body.get(range)).ok_or_else(|| misfit("extent of the buffers"))
    }

    fn values(&mut self, least_length: usize) -> Result<(), Defect> {
        if self.next_buffer()?.len() < least_length {
            return Err(misfit("values buffer"));
        }
        Ok(())
    }

    /// The end of the last of `rows` values of varying length.
    fn last_offset(&mut self, rows: usize) -> Result<usize, Defect> {
        let offsets = self.next_buffer()?;
        if offsets.len() % 4 != 0 {
            return Err(misfit("offsets"));
        }
        if rows == 0 {
            return Ok(0);
        }
        let last = rows.checked_mul(4).and_then(|start| offsets.get(start..)?.first_chunk::<4>());
        last.and_then(|bytes| usize::try_from(i32::from_le_bytes(*bytes)).ok()).ok_or_else(|| misfit("offsets"))
    }
}

#[cfg(test)]
pub(in crate::result) mod tests;
