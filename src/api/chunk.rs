//! A chunk of a result, in the kernel's memory.

use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use arrow_data::ArrayData;
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::DataType;

use super::arrow_c::{ResultColumn, columns_of};
use crate::error::{Error, KernelError, Result as Fallible};
use crate::result::{ChunkData, decode, pickled, row_counts};

/// One chunk of a result: a complete Arrow IPC stream in the kernel's memory, not copied.
///
/// Read the `length` bytes at `address` while `owner` is alive, and never write to them.
#[derive(Clone, uniffi::Record)]
pub struct Chunk {
    /// Where the stream begins, 8-byte aligned or better.
    pub address: i64,
    /// The stream's length in bytes.
    pub length: i64,
    /// How many rows its record batches have together.
    pub row_count: i64,
    /// Keeps the memory alive.
    pub owner: Arc<ChunkMemory>,
}

/// The memory of one chunk; freed with the last reference to it. Rows are counted from 0 over all of its record batches.
#[derive(uniffi::Object)]
pub struct ChunkMemory {
    data: ChunkData,
    /// Arrays over the same memory, once they were asked for.
    batches: OnceLock<Vec<RecordBatch>>,
}

/// Rows as a pickle. Read the `length` bytes at `address` while `owner` is alive.
#[derive(Clone, uniffi::Record)]
pub struct PickledRows {
    /// Where it begins.
    pub address: i64,
    /// Its length in bytes.
    pub length: i64,
    /// Keeps the memory alive.
    pub owner: Arc<PickleMemory>,
}

/// The memory of a pickle; freed with the last reference to it.
#[derive(uniffi::Object)]
pub struct PickleMemory {
    _bytes: Vec<u8>,
}

#[uniffi::export]
impl ChunkMemory {
    /// The chunk's Arrow IPC stream, copied: for consumers that cannot map memory.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.data.stream.to_vec()
    }

    /// Writes the stream, as an array of unsigned bytes of the Arrow C data interface, into the `struct ArrowArray` at `address`: 80 bytes of the
    /// caller's, writable, 8-byte aligned. The array keeps the memory alive by itself, until it is released by whoever takes it over, on any
    /// thread; that runs nothing of the caller's language. Source: <https://arrow.apache.org/docs/format/CDataInterface.html>.
    pub fn export_to(&self, address: i64) {
        let stream = self.data.stream.clone();
        let bytes = ArrayData::builder(DataType::UInt8).len(stream.len()).add_buffer(stream);
        // SAFETY: one buffer of as many bytes as there are values, none of which is null.
        let array = FFI_ArrowArray::new(&unsafe { bytes.build_unchecked() });
        // SAFETY: the caller has said so. What was there before is not an array, and is not dropped.
        unsafe { (address as *mut FFI_ArrowArray).write(array) };
    }

    /// How many rows each of its record batches has.
    pub fn batch_row_counts(&self) -> Vec<i64> {
        row_counts(&self.data)
    }

    /// Its columns.
    pub fn columns(&self) -> Result<Vec<ResultColumn>, KernelError> {
        columns_of(&self.data.stream)
    }

    /// `count` rows from `first` on, which lie in one record batch: a list of columns, which are lists, in the format of Python's pickle (protocol 4) with
    /// the names that the Python package knows; of `column` alone where it is given. Errors: `DataLoss`: the chunk is damaged.
    pub fn pickled_rows(&self, first: i64, count: i64, column: Option<i32>) -> Result<PickledRows, KernelError> {
        let column = column.map(|column| usize::try_from(column).unwrap_or(usize::MAX));
        let pickle = pickled(&self.batch(first, count)?, column)?;
        Ok(PickledRows {
            address: pickle.as_ptr() as i64,
            length: pickle.len() as i64,
            owner: Arc::new(PickleMemory { _bytes: pickle }),
        })
    }
}

impl ChunkMemory {
    fn batches(&self) -> Fallible<&[RecordBatch]> {
        if let Some(known) = self.batches.get() {
            return Ok(known);
        }
        let batches = decode(&self.data)?;
        Ok(self.batches.get_or_init(|| batches))
    }

    /// `count` rows from `first` on, which lie in one record batch.
    pub(super) fn batch(&self, first: i64, count: i64) -> Fallible<RecordBatch> {
        let mut begin = 0;
        for batch in self.batches()? {
            let end = begin + batch.num_rows() as i64;
            if begin <= first && first.saturating_add(count) <= end && count >= 0 {
                return Ok(batch.slice((first - begin) as usize, count as usize));
            }
            begin = end;
        }
        Err(no_such_row(first))
    }
}

fn no_such_row(row: i64) -> Error {
    Error::invalid_argument(format!("the chunk has no row {row}"))
}

impl From<ChunkData> for Chunk {
    fn from(data: ChunkData) -> Self {
        Self {
            address: data.stream.as_ptr() as i64,
            length: data.stream.len() as i64,
            row_count: data.row_count,
            owner: Arc::new(ChunkMemory { data, batches: OnceLock::new() }),
        }
    }
}
