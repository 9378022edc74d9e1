//! Walks a chunk's Arrow IPC stream without decoding its arrays: framing, types, lengths, and all that is read by address.
//!
//! What passes here passes the full validation of arrow-rs and of Arrow C++. Beyond them it refuses, by name: dictionaries, compressed
//! bodies, big-endian numbers, other types than the manifest's, padding or buffers not to 8 bytes, bytes behind the end marker, surplus
//! buffers, more than 2^31 - 1 rows in a batch, and null counts or lengths that bitmaps or members deny.

use std::ops::Range;

use arrow_ipc::{Message as Header, MessageHeader, MetadataVersion, root_as_message};
use arrow_schema::Schema;

use super::arrays::check_arrays;
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
    /// The zone of its TIMESTAMP columns, as its own schema says it.
    pub(in crate::result) zone: Option<String>,
}

/// Checks a decoded chunk against the result's schema and the row count that the manifest announced for it. Batches beyond
/// that count are left out.
pub(in crate::result) fn check(stream: &[u8], schema: &Schema, announced: Option<i64>) -> Result<Checked, Defect> {
    let mut position = 0;
    let first = next_message(stream, &mut position)?.ok_or_else(|| Defect::damaged("it is empty"))?;
    let found = first.header.header_as_schema().ok_or_else(|| Defect::damaged("it does not begin with a schema"))?;
    let zone = check_types(&found, schema)?;

    let mut checked = Checked { batches: position..position, row_count: 0, surplus: 0, zone };
    while let Some(message) = next_message(stream, &mut position)? {
        let Some(batch) = message.header.header_as_record_batch() else {
            return Err(match message.header.header_type() {
                MessageHeader::DictionaryBatch => Defect::foreign("it is dictionary-encoded"),
                _ => Defect::damaged("it contains a message that is not a record batch"),
            });
        };
        check_arrays(&batch, message.body, schema)?;
        if announced.is_none_or(|announced| checked.row_count < announced) {
            let row_count = checked.row_count.checked_add(batch.length());
            checked.row_count = row_count.ok_or_else(|| Defect::damaged("it has more rows than can be counted"))?;
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
    header: Header<'a>,
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
    let header = root_as_message(metadata)
        .map_err(|error| Defect::damaged(format!("a message's header is damaged: {error}")))?;
    if !matches!(header.version(), MetadataVersion::V4 | MetadataVersion::V5) {
        let version = header.version().0;
        return Err(Defect::foreign(format!(
            "its messages have version {version} of Arrow's format, 3 or 4 was expected"
        )));
    }
    let body = take(&mut rest, usize::try_from(header.bodyLength()).map_err(|_| cut_off())?)?;
    if length % 8 != 0 || body.len() % 8 != 0 {
        return Err(Defect::damaged("a message is not padded to 8 bytes"));
    }
    *position = stream.len() - rest.len();
    Ok(Some(Message { header, body }))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Defect> {
    let (taken, left) = rest.split_at_checked(length).ok_or_else(cut_off)?;
    *rest = left;
    Ok(taken)
}

fn cut_off() -> Defect {
    Defect::damaged("its Arrow stream ends within a message, it was cut off")
}

#[cfg(test)]
pub(in crate::result) mod tests;
