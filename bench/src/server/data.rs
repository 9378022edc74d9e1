//! Chunks: Arrow IPC streams in LZ4 frames, made once for each row count and kept in files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_ipc::writer::StreamWriter;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use serde_json::{Value, json};
use tempfile::TempDir;

/// So many chunks of a kind differ; a longer result repeats them. Together they are larger than a processor's cache.
const DISTINCT: usize = 8;
/// Rows of a record batch, as the service has them.
const BATCH_ROWS: usize = 4096;

/// The chunks that were asked for so far.
pub(crate) struct Library {
    folder: TempDir,
    shelves: Mutex<HashMap<usize, Shelf>>,
}

type Shelf = Arc<Vec<Chunk>>;

/// One chunk.
#[derive(Clone)]
pub(crate) struct Chunk {
    path: PathBuf,
    pub(crate) compressed: u64,
    pub(crate) decoded: usize,
}

impl Chunk {
    pub(crate) fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }
}

impl Library {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, shelves: Mutex::default() })
    }

    /// The chunk at `index` of a result whose chunks have `rows` rows.
    pub(crate) fn chunk(&self, rows: usize, index: usize) -> io::Result<Chunk> {
        let shelf = {
            let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
            match shelves.get(&rows) {
                Some(shelf) => Arc::clone(shelf),
                None => {
                    let made: io::Result<Vec<_>> = (0..DISTINCT).map(|number| self.make(rows, number)).collect();
                    let shelf = Arc::new(made?);
                    shelves.insert(rows, Arc::clone(&shelf));
                    shelf
                }
            }
        };
        Ok(shelf[index % DISTINCT].clone())
    }

    fn make(&self, rows: usize, number: usize) -> io::Result<Chunk> {
        let (body, decoded) = compressed(rows, number)?;
        let path = self.folder.path().join(format!("{rows}-{number}"));
        std::fs::write(&path, &body)?;
        Ok(Chunk { path, compressed: body.len() as u64, decoded })
    }
}

/// One frame with independent blocks of 4 MiB, as the service has for large chunks; and the length of what is in it.
pub(crate) fn compressed(rows: usize, number: usize) -> io::Result<(Vec<u8>, usize)> {
    let stream = stream(rows, number).map_err(io::Error::other)?;
    let frame = FrameInfo::new().block_size(BlockSize::Max4MB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(frame, Vec::new());
    encoder.write_all(&stream)?;
    Ok((encoder.finish().map_err(io::Error::other)?, stream.len()))
}

fn stream(rows: usize, number: usize) -> Result<Vec<u8>, arrow_schema::ArrowError> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (number as u64 + 1) << 32 ^ rows as u64);
    let schema = batch(&mut random, 0, 0)?.schema();
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    for first in (0..rows).step_by(BATCH_ROWS) {
        writer.write(&batch(&mut random, first, BATCH_ROWS.min(rows - first))?)?;
    }
    writer.into_inner()
}

/// What an order might have: counted and drawn numbers, an amount, a date, a short and a longer text.
fn batch(random: &mut Random, first: usize, rows: usize) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let each = 0..rows;
    let mut draw = |most: u64| random.next() % most;
    let ids = Int64Array::from_iter_values(each.clone().map(|row| (first + row) as i64));
    let customers = Int64Array::from_iter_values(each.clone().map(|_| draw(150_000) as i64));
    let quantities = Int32Array::from_iter_values(each.clone().map(|_| draw(50) as i32));
    let amounts = Decimal128Array::from_iter_values(each.clone().map(|_| i128::from(draw(1 << 40))));
    let discounts = Float64Array::from_iter_values(each.clone().map(|_| draw(1 << 53) as f64 / (1_u64 << 53) as f64));
    let days = Date32Array::from_iter_values(each.clone().map(|_| 8000 + draw(2500) as i32));
    let statuses = StringArray::from_iter_values(each.clone().map(|_| ["O", "F", "P"][draw(3) as usize]));
    let comments = StringArray::from_iter_values(each.map(|_| format!("order {:012x} of the day", draw(1 << 48))));
    let columns: [(&str, ArrayRef); 8] = [
        ("id", Arc::new(ids)),
        ("customer", Arc::new(customers)),
        ("quantity", Arc::new(quantities)),
        ("amount", Arc::new(amounts.with_precision_and_scale(18, 2)?)),
        ("discount", Arc::new(discounts)),
        ("day", Arc::new(days)),
        ("status", Arc::new(statuses)),
        ("comment", Arc::new(comments)),
    ];
    RecordBatch::try_from_iter(columns)
}

/// The manifest's columns for these chunks.
pub(crate) fn columns() -> Value {
    let types = ["BIGINT", "BIGINT", "INT", "DECIMAL(18,2)", "DOUBLE", "DATE", "STRING", "STRING"];
    let coarse = ["LONG", "LONG", "INT", "DECIMAL", "DOUBLE", "DATE", "STRING", "STRING"];
    let names = ["id", "customer", "quantity", "amount", "discount", "day", "status", "comment"];
    let column = |position: usize| {
        let mut column = json!({
            "name": names[position], "position": position, "type_name": coarse[position], "type_text": types[position],
        });
        if coarse[position] == "DECIMAL" {
            (column["type_precision"], column["type_scale"]) = (json!(18), json!(2));
        }
        column
    };
    (0..names.len()).map(column).collect()
}

/// Xorshift: the same numbers each time, fast.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 1
    }
}
