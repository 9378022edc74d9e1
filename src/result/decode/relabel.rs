//! Puts the result's own schema message in front of a chunk's record batches, without moving them.

use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteOptions};
use arrow_schema::Schema;

use super::check::Checked;
use crate::error::Result;
use crate::result::memory::output::Output;
use crate::result::memory::raw::ALIGNMENT;
use crate::result::{ChunkData, decode};

/// Continuation and metadata length, in front of every message.
const PREFIX: usize = 8;
const END_MARKER: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

/// A schema as an Arrow IPC message, encoded once for all chunks.
pub(in crate::result) struct SchemaMessage {
    metadata: Vec<u8>,
}

impl SchemaMessage {
    pub(in crate::result) fn new(schema: &Schema) -> Self {
        let mut dictionaries = DictionaryTracker::new(false);
        let options = IpcWriteOptions::default();
        let encoded = IpcDataGenerator {}.schema_to_bytes_with_dictionary_tracker(schema, &mut dictionaries, &options);
        Self { metadata: encoded.ipc_message }
    }

    fn length(&self) -> usize {
        PREFIX + self.metadata.len().next_multiple_of(8)
    }

    /// How much room it needs in front of a chunk, whatever the chunk's own schema message takes.
    pub(in crate::result) fn headroom(&self) -> usize {
        self.length() + ALIGNMENT
    }

    /// One complete Arrow IPC stream without record batches.
    pub(in crate::result) fn stream(&self) -> Vec<u8> {
        let mut stream = vec![0; self.length()];
        self.write_into(&mut stream);
        stream.extend(END_MARKER);
        stream
    }

    /// Hands a checked chunk over under this schema. The message is padded, so that the stream begins aligned and ends its
    /// schema where the first record batch begins.
    pub(in crate::result) fn relabel(&self, mut output: Output, checked: &Checked) -> Result<ChunkData> {
        output.truncate(checked.batches.end);
        output.append(&END_MARKER)?;
        let (bytes, decoded_start) = output.with_headroom();
        let end = bytes.len();
        let first_batch = decoded_start + checked.batches.start;
        let start = (first_batch - self.length()) / ALIGNMENT * ALIGNMENT;
        self.write_into(&mut bytes[start..first_batch]);
        let row_count = checked.row_count + checked.surplus;
        let chunk = ChunkData { stream: output.into_buffer(start..end)?, row_count, zone: None };
        if checked.surplus == 0 { Ok(chunk) } else { without_last_rows(&chunk, checked.surplus) }
    }

    /// Fills `room`, at least as long as the message, padding included.
    fn write_into(&self, room: &mut [u8]) {
        let (prefix, metadata) = room.split_at_mut(PREFIX);
        let padded = metadata.len() as u32;
        prefix[..4].fill(0xFF);
        prefix[4..].copy_from_slice(&padded.to_le_bytes());
        let (message, padding) = metadata.split_at_mut(self.metadata.len());
        message.copy_from_slice(&self.metadata);
        padding.fill(0);
    }
}

/// The chunk without the last `surplus` rows of its last batch.
fn without_last_rows(chunk: &ChunkData, surplus: i64) -> Result<ChunkData> {
    let mut batches = decode(chunk)?;
    let schema = batches.last().map(|batch| batch.schema());
    if let Some(last) = batches.last_mut() {
        *last = last.slice(0, last.num_rows().saturating_sub(surplus as usize));
    }
    schema.map_or_else(|| Ok(chunk.clone()), |schema| ChunkData::encode(&schema, &batches))
}

#[cfg(test)]
mod tests;
