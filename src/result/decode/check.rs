//! Walks a chunk's Arrow IPC stream without decoding its arrays: framing, types, lengths, and all that is read by address.
//!
//! What passes here passes the full validation of arrow-rs and of Arrow C++. Beyond them it refuses, by name: dictionaries, compressed
//! bodies, big-endian numbers, other types than the manifest's, padding or buffers not to 8 bytes, bytes behind the end marker, surplus
//! buffers, more than 2^31 - 1 rows in a batch, and null counts or lengths that bitmaps or members deny.

use std::ops::Range;

use arrow_ipc::{Message as Header, MessageHeader, MetadataVersion, root_as_message};
use arrow_schema::SchemaRef;

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

/// Checks a chunk against the result's schema and the row count that the manifest announced for it; batches beyond that count are left out.
/// It does so while the chunk is decoded, message by message, when what it reads is still in the processor's cache.
pub(in crate::result) struct Checker {
    schema: SchemaRef,
    announced: Option<i64>,
    /// Behind the last message that was checked.
    position: usize,
    /// What was found so far; nothing before the schema message.
    checked: Option<Checked>,
    /// What is wrong. It is told in the end: where the body is cut off or its checksum is wrong, that is the cause.
    defect: Option<Defect>,
}

impl Checker {
    pub(in crate::result) fn new(schema: SchemaRef, announced: Option<i64>) -> Self {
        Self { schema, announced, position: 0, checked: None, defect: None }
    }

    /// Checks the messages that have become whole; `stream` is all that was decoded so far.
    pub(in crate::result) fn advance(&mut self, stream: &[u8]) {
        while self.defect.is_none() {
            match self.next(stream) {
                Ok(true) => {}
                Ok(false) | Err(Unreadable::CutOff) => return,
                Err(Unreadable::Defect(defect)) => self.defect = Some(defect),
            }
        }
    }

    /// Checks what is left, and the whole.
    pub(in crate::result) fn finish(mut self, stream: &[u8]) -> Result<Checked, Defect> {
        self.advance(stream);
        if let Some(defect) = self.defect {
            return Err(defect);
        }
        // What is left is the end, or no whole message.
        self.next(stream)?;
        let mut checked = self.checked.ok_or_else(|| Defect::damaged("it is empty"))?;
        if let Some(announced) = self.announced {
            if checked.row_count < announced {
                return Err(Defect::damaged(format!("it has {} rows, {announced} were announced", checked.row_count)));
            }
            checked.surplus = checked.row_count - announced;
            checked.row_count = announced;
        }
        Ok(checked)
    }

    /// Checks the next message; `false` when there is none.
    fn next(&mut self, stream: &[u8]) -> Result<bool, Unreadable> {
        let Some(message) = next_message(stream, &mut self.position)? else { return Ok(false) };
        let Some(checked) = &mut self.checked else {
            let schema = message.header.header_as_schema();
            let schema = schema.ok_or_else(|| Defect::damaged("it does not begin with a schema"))?;
            let zone = check_types(&schema, &self.schema)?;
            self.checked = Some(Checked { batches: self.position..self.position, row_count: 0, surplus: 0, zone });
            return Ok(true);
        };
        let batch = message.header.header_as_record_batch().ok_or_else(|| match message.header.header_type() {
            MessageHeader::DictionaryBatch => Defect::foreign("it is dictionary-encoded"),
            _ => Defect::damaged("it contains a message that is not a record batch"),
        })?;
        check_arrays(&batch, message.body, &self.schema)?;
        if self.announced.is_none_or(|announced| checked.row_count < announced) {
            let row_count = checked.row_count.checked_add(batch.length());
            checked.row_count = row_count.ok_or_else(|| Defect::damaged("it has more rows than can be counted"))?;
            checked.batches.end = self.position;
        }
        Ok(true)
    }
}

/// How many rows each record batch of a stream has that was checked.
pub(in crate::result) fn row_counts(stream: &[u8]) -> Vec<i64> {
    let mut position = 0;
    let messages = std::iter::from_fn(|| next_message(stream, &mut position).ok().flatten());
    messages.filter_map(|message| Some(message.header.header_as_record_batch()?.length())).collect()
}

/// Why there is no next message.
#[derive(Debug)]
enum Unreadable {
    /// Its end is not there.
    CutOff,
    Defect(Defect),
}

impl From<Defect> for Unreadable {
    fn from(defect: Defect) -> Self {
        Self::Defect(defect)
    }
}

impl From<Unreadable> for Defect {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::CutOff => Self::damaged("its Arrow stream ends within a message, it was cut off"),
            Unreadable::Defect(defect) => defect,
        }
    }
}

struct Message<'a> {
    header: Header<'a>,
    body: &'a [u8],
}

/// The message at `position`, which moves behind it; `None` at the end marker, or at the end where it is left out.
fn next_message<'a>(stream: &'a [u8], position: &mut usize) -> Result<Option<Message<'a>>, Unreadable> {
    let mut rest = &stream[*position..];
    if rest.is_empty() {
        return Ok(None);
    }
    if take(&mut rest, 4)? != CONTINUATION {
        return Err(Defect::damaged("a message does not begin with its marker").into());
    }
    let length = take(&mut rest, 4)?.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    if length == 0 {
        return if rest.is_empty() { Ok(None) } else { Err(Defect::damaged("bytes follow its end marker").into()) };
    }
    let metadata = take(&mut rest, length)?;
    let header = root_as_message(metadata)
        .map_err(|error| Defect::damaged(format!("a message's header is damaged: {error}")))?;
    if !matches!(header.version(), MetadataVersion::V4 | MetadataVersion::V5) {
        let version = header.version().0;
        let details = format!("its messages have version {version} of Arrow's format, 3 or 4 was expected");
        return Err(Defect::foreign(details).into());
    }
    let body = take(&mut rest, usize::try_from(header.bodyLength()).map_err(|_| Unreadable::CutOff)?)?;
    if length % 8 != 0 || body.len() % 8 != 0 {
        return Err(Defect::damaged("a message is not padded to 8 bytes").into());
    }
    *position = stream.len() - rest.len();
    Ok(Some(Message { header, body }))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Unreadable> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Unreadable::CutOff)?;
    *rest = left;
    Ok(taken)
}

#[cfg(test)]
pub(in crate::result) mod tests;
